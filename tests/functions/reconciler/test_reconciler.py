"""Halves are put right on schedule, and bookings follow invoices when somebody asks for it."""

from typing import Any

import pytest

from ev_rental.rental.booking import edit
from ev_rental.rental.vocabulary import BookingState
from ev_rental.rental.writes import Replace
from reconciler.handler import handler
from rental_events.tasks import UnknownTaskError
from rental_events.timed import RESERVE_MS
from rental_store.fence import Fence, Writer
from tests.functions.rental.fake_dynamodb import RENTAL
from tests.functions.rental.invariants import check
from tests.functions.rental.world import World
from tests.functions.rental_events.lambdas import (
    Context,
    booking_of,
    completed,
    deployed,
    held,
    metrics,
    stored,
)

ON_SCHEDULE, BY_HAND = stored(__file__, "schedule.json"), stored(__file__, "by_hand.json")


def run(
    world: World, event: dict[str, Any] = ON_SCHEDULE, context: Context | None = None, **deployment: bool
) -> dict[str, Any]:
    with deployed(world, **deployment):
        return handler(event, context or Context())["Reconciled"]  # type: ignore[arg-type]  # as much of a context as is used


def forget_rider(world: World, number: int) -> None:
    """As if the rider's item of a hold had not arrived from the other Region."""
    key = (f"RIDER#{world.riders[number]}", "RIDER")
    item = dict(world.db.tables[RENTAL][key])
    for name in ("live_booking_id", "due_kind", "due_at"):
        del item[name]
    world.db.put(RENTAL, key, item)


def test_a_rider_whose_lock_did_not_arrive_is_locked_again(capsys: pytest.CaptureFixture[str]) -> None:
    world = World(cars=2, riders=2)
    held(world, 0)
    held(world, 1)
    forget_rider(world, 1)
    capsys.readouterr()
    assert run(world) == {"done": 1, "skipped": 3, "failed": 0, "finished": True, "fenced": False}
    check(world.db)
    assert metrics(capsys.readouterr().out) == {"Reconciled": 1, "Failed": 0, "Unfinished": 0}
    assert run(world)["done"] == 0


def test_a_booking_follows_the_invoice_that_the_other_region_issued() -> None:
    world = World()
    booking = completed(world)
    world.operations.issue_invoice(booking.booking_id)
    invoiced = booking_of(world, booking.booking_id)
    ended = edit(invoiced, world.clock.now, state=BookingState.EXPIRED, invoice_id=None)
    world.store.commit([Replace(invoiced, ended)])
    assert run(world)["done"] == 0, "that is not looked at in every run"
    assert run(world, BY_HAND)["done"] == 1
    check(world.db)
    world.clock.now += 25 * 3_600_000
    world.store.commit([Replace(booking_of(world, booking.booking_id), edit(ended, world.clock.now))])
    assert run(world, BY_HAND)["skipped"] == 0, "older than was asked for"


def test_what_there_is_no_time_for_is_the_next_runs() -> None:
    world = World()
    held(world)
    forget_rider(world, 0)
    assert not run(world, context=Context(RESERVE_MS - 1))["finished"]
    assert run(world)["done"] == 1


def test_a_region_that_stands_by_puts_nothing_right() -> None:
    world = World()
    held(world)
    forget_rider(world, 0)
    assert run(world, writes_enabled=False)["fenced"]
    world.store._fence = Fence(RENTAL, Writer("ap-southeast-5", 2))
    world.operations.register_rider("somebody", verified=True)  # the other Region claims the fence
    world.store._fence = Fence(RENTAL, Writer("ap-southeast-1", 1))
    assert run(world)["fenced"]


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(UnknownTaskError, match='"task": "reconcile"'):
        run(World(), {"task": "expire"})
