"""Holds and commands end when their time is over: once, however often and in whatever company it is tried."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from booking_expirer.handler import handler
from ev_rental.rental.vocabulary import BookingState, CommandState, DueKind, EventType
from ev_rental.vocabulary import RentalState
from rental_events.tasks import UnknownTaskError
from rental_events.timed import RESERVE_MS
from tests.functions.rental.fake_dynamodb import FAULTS, RENTAL
from tests.functions.rental.invariants import check, check_history
from tests.functions.rental.world import MINUTE, World
from tests.functions.rental_events.lambdas import (
    Context,
    asked_to_end,
    asked_to_start,
    booking_of,
    deployed,
    held,
    metrics,
    stored,
)

EXPIRE = stored(__file__, "schedule.json")
HOLD = 15 * MINUTE


def run(world: World, context: Context | None = None, **deployment: bool) -> dict[str, dict[str, Any]]:
    with deployed(world, **deployment):
        return handler(EXPIRE, context or Context())  # type: ignore[arg-type]  # as much of a context as is used


def states(world: World) -> dict[str, str]:
    return {item["pk"]["S"]: item["state"]["S"] for item in world.db.items("BOOKING")}


def test_a_hold_ends_when_its_time_is_over_and_not_before(capsys: pytest.CaptureFixture[str]) -> None:
    world = World(cars=2, riders=2)
    old = held(world, 0)
    world.clock.now += HOLD - 1
    young = held(world, 1)
    assert run(world)["HoldsExpired"]["done"] == 0
    world.clock.now += 1
    capsys.readouterr()
    assert run(world)["HoldsExpired"]["done"] == 1
    assert booking_of(world, old.booking_id).state is BookingState.EXPIRED
    assert booking_of(world, young.booking_id).state is BookingState.HELD
    vehicle = world.store.vehicle(old.vehicle_id)
    assert vehicle is not None
    assert vehicle.state is RentalState.AVAILABLE
    check(world.db)
    counted = metrics(capsys.readouterr().out)
    assert counted == {"CommandsExpired": 0, "HoldsExpired": 1, "Failed": 0, "Unfinished": 0}


def test_a_silent_car_keeps_its_hold_until_its_command_is_given_up() -> None:
    world = World()
    command = asked_to_start(world)
    world.clock.now = max(command.gives_up_at, booking_of(world, command.booking_id).hold_expires_at)
    said = run(world)
    assert (said["CommandsExpired"]["done"], said["HoldsExpired"]["done"]) == (1, 1)
    answered = world.store.command(command.command_id)
    assert answered is not None
    assert answered.state is CommandState.EXPIRED
    assert booking_of(world, command.booking_id).state is BookingState.EXPIRED


def test_a_trip_whose_end_the_car_does_not_confirm_goes_on() -> None:
    world = World()
    command = asked_to_end(world)
    world.clock.now = command.gives_up_at
    assert run(world)["CommandsExpired"]["done"] == 1
    booking = booking_of(world, command.booking_id)
    assert (booking.state, booking.command_id) == (BookingState.ACTIVE, None)


def test_a_second_run_changes_nothing() -> None:
    world = World(cars=2, riders=2)
    held(world, 0)
    asked_to_start(world, 1)
    world.clock.now += HOLD
    run(world)
    before = len(world.db.stream)
    assert run(world)["HoldsExpired"]["done"] == 0
    assert len(world.db.stream) == before


def test_two_runs_at_once_end_each_hold_once() -> None:
    world = World(cars=12, riders=12)
    for number in range(12):
        held(world, number)
    world.clock.now += HOLD
    with deployed(world), ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(handler, EXPIRE, Context()) for _ in range(4)]  # type: ignore[arg-type]  # as much of a context as is used
        said = [one.result() for one in runs]
    assert sum(one["HoldsExpired"]["done"] for one in said) == 12
    assert not any(one["HoldsExpired"]["failed"] for one in said)
    assert set(states(world).values()) == {BookingState.EXPIRED}
    check(world.db)
    check_history(world.db)
    ended = [new for table, _, new in world.db.stream if table == RENTAL and new and _is_expired(new)]
    assert len(ended) == 12, f"{EventType.BOOKING_EXPIRED} more than once"


def _is_expired(item: dict[str, Any]) -> bool:
    return bool(item["entity"]["S"] == "BOOKING" and item["state"]["S"] == BookingState.EXPIRED)


def test_what_there_is_no_time_for_is_done_by_the_next_minute(capsys: pytest.CaptureFixture[str]) -> None:
    world = World(cars=7, riders=7)
    for number in range(7):
        held(world, number)
    world.clock.now += HOLD
    said = run(world, Context(50_000, 40_000, 30_000, RESERVE_MS - 1))
    assert said["HoldsExpired"] == {"done": 3, "skipped": 0, "failed": 0, "finished": False, "fenced": False}
    assert metrics(capsys.readouterr().out)["Unfinished"] == 1
    assert run(world)["HoldsExpired"]["done"] == 4
    assert set(states(world).values()) == {BookingState.EXPIRED}


@settings(max_examples=60, deadline=None)
@given(faults=st.lists(st.none() | st.sampled_from(FAULTS), max_size=30), minutes=st.integers(0, 20))
def test_whatever_the_faults_everything_due_ends_once(faults: list[str | None], minutes: int) -> None:
    world = World(cars=4, riders=4)
    held(world, 0)
    asked_to_start(world, 1)
    asked_to_end(world, 2)
    world.clock.now += minutes * MINUTE
    held(world, 3)
    due = len(world.db.stream)
    world.play(faults)
    for _ in range(len(faults) + 1):
        run(world)
    world.play([])
    run(world)
    clean = run(world)
    assert not any(one["done"] or one["failed"] for one in clean.values())
    for kind in (DueKind.HOLD_EXPIRY, DueKind.COMMAND_EXPIRY):
        assert not list(world.store.due(kind, world.clock.now))
    check(world.db)
    check_history(world.db, due)


def test_a_region_that_stands_by_leaves_them(capsys: pytest.CaptureFixture[str]) -> None:
    world = World()
    booking = held(world)
    world.clock.now += HOLD
    said = run(world, writes_enabled=False)
    assert all(one["fenced"] for one in said.values())
    assert booking_of(world, booking.booking_id).state is BookingState.HELD
    assert metrics(capsys.readouterr().out)["Failed"] == 0


def test_another_task_is_refused() -> None:
    with deployed(World()), pytest.raises(UnknownTaskError, match="detect"):
        handler({"task": "detect"}, Context())  # type: ignore[arg-type]  # as much of a context as is used
