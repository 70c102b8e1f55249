"""Sweeps end in time, and one broken item stops nobody."""

import pytest

from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.steps import Sweep
from rental_events.connection import operations
from rental_events.tasks import UnknownTaskError, expect_task
from rental_events.timed import RESERVE_MS, Swept, in_time
from tests.functions.rental.fake_dynamodb import RENTAL
from tests.functions.rental.invariants import check
from tests.functions.rental.world import MINUTE, World
from tests.functions.rental_events.lambdas import Context, deployed, held


def test_a_sweep_without_time_left_ends_and_says_so() -> None:
    world = World(cars=3, riders=3)
    for number in range(3):
        held(world, number)
    world.clock.now += 15 * MINUTE
    with deployed(world):
        first = in_time(operations(Context(60_000, RESERVE_MS - 1)).expire_holds)  # type: ignore[arg-type]  # as much of a context as is used
        assert (first.done, first.finished) == (1, False)
        second = in_time(operations(Context()).expire_holds)  # type: ignore[arg-type]  # likewise
    assert (second.done, second.finished) == (2, True)
    check(world.db)


def test_a_broken_item_stops_nobody() -> None:
    world = World(cars=2, riders=2)
    first, second = held(world, 0), held(world, 1)
    world.clock.now += 15 * MINUTE
    key = (f"BOOKING#{first.booking_id}", "BOOKING")
    world.db.put(RENTAL, key, world.db.tables[RENTAL][key] | {"state": {"S": "MELTED"}})
    with deployed(world):
        swept = in_time(operations(Context()).expire_holds)  # type: ignore[arg-type]  # as much of a context as is used
    assert swept.failed == {first.booking_id: "ValidationError"}
    assert swept.done == 1
    assert second.booking_id not in swept.failed


def test_a_list_that_does_not_come_is_left_to_the_next_run() -> None:
    def step() -> Sweep:
        raise RentalError(ErrorCode.TRY_AGAIN, "the store did not answer")

    swept = in_time(step)
    assert swept.failed
    assert not swept.finished


def test_a_region_that_stands_by_does_nothing() -> None:
    world = World()
    held(world)
    world.clock.now += 15 * MINUTE
    with deployed(world, writes_enabled=False):
        assert in_time(operations(Context()).expire_holds) == Swept(fenced=True)  # type: ignore[arg-type]  # as much of a context as is used


def test_a_fault_of_ours_is_raised() -> None:
    def step() -> Sweep:
        raise RentalError(ErrorCode.INVALID_REQUEST, "not what was meant")

    with pytest.raises(RentalError, match="not what was meant"):
        in_time(step)


def test_an_unknown_task_is_named_with_the_one_there_is() -> None:
    with pytest.raises(UnknownTaskError, match=r"'tidy'.*expire"):
        expect_task({"task": "tidy"}, "expire")
