"""Two steps that read the same state: whoever commits second decides anew."""

from collections.abc import Callable

import pytest

from ev_rental.rental.errors import RentalError
from ev_rental.rental.service import EndRequest, HoldRequest
from ev_rental.rental.vocabulary import AckResult, VehicleEvent
from tests.functions.rental.invariants import check, check_history
from tests.functions.rental.world import MINUTE, World

Step = Callable[[World, str], object]


def cancel(world: World, booking_id: str) -> object:
    return world.service.cancel(world.riders[0], "cancel", booking_id)


def start(world: World, booking_id: str) -> object:
    return world.service.start(world.riders[0], "start", booking_id)


def end_here(world: World, booking_id: str) -> object:
    request = EndRequest(booking_id=booking_id, bay=world.bay(2))
    return world.service.end(world.riders[0], "end-here", request)


def end_there(world: World, booking_id: str) -> object:
    request = EndRequest(booking_id=booking_id, bay=world.bay(3))
    return world.service.end(world.riders[0], "end-there", request)


def expire(world: World, _: str) -> object:
    return world.operations.expire_holds()


def give_up(world: World, _: str) -> object:
    return world.operations.expire_commands()


def lose(world: World, _: str) -> object:
    return world.operations.detect_lost_contact()


def invoice(world: World, booking_id: str) -> object:
    return world.operations.issue_invoice(booking_id)


def license_changes(world: World, _: str) -> object:
    return world.operations.register_rider(world.riders[0], verified=False)


def service_ends(world: World, _: str) -> object:
    return world.operations.change_vehicle(world.cars[0], VehicleEvent.SERVICE_END)


def hold_by_another(world: World, _: str) -> object:
    request = HoldRequest(vehicle_id=world.cars[0], destination=world.bay(2))
    return world.service.hold(world.riders[1], "hold", request)


def car_does_it(world: World, _: str) -> object:
    return world.operations.acknowledge(world.answer(world.sender.sent[-1]))


def car_refuses(world: World, _: str) -> object:
    return world.operations.acknowledge(world.answer(world.sender.sent[-1], AckResult.REFUSED))


def free(_: World) -> str:
    return ""


def held(world: World) -> str:
    request = HoldRequest(vehicle_id=world.cars[0], destination=world.bay(1))
    return world.service.hold(world.riders[0], "hold", request).booking_id


def overdue(world: World) -> str:
    booking_id = held(world)
    world.clock.now += 15 * MINUTE
    return booking_id


def opening(world: World) -> str:
    booking_id = held(world)
    start(world, booking_id)
    return booking_id


def unanswered(world: World) -> str:
    booking_id = opening(world)
    world.clock.now += 15 * MINUTE
    return booking_id


def driving(world: World) -> str:
    booking_id = opening(world)
    car_does_it(world, booking_id)
    world.clock.now += 17 * MINUTE
    return booking_id


def closing(world: World) -> str:
    booking_id = driving(world)
    end_here(world, booking_id)
    world.clock.now += 20 * MINUTE
    return booking_id


def completed(world: World) -> str:
    booking_id = closing(world)
    car_does_it(world, booking_id)
    return booking_id


RACES: list[tuple[Callable[[World], str], tuple[Step, ...]]] = [
    (free, (hold_by_another, service_ends, license_changes)),
    (held, (cancel, start, hold_by_another, license_changes)),
    (overdue, (cancel, expire, lose, license_changes)),
    (opening, (car_does_it, car_refuses)),
    (unanswered, (car_does_it, car_refuses, give_up, lose)),
    (driving, (end_here, end_there, lose, license_changes)),
    (closing, (car_does_it, car_refuses, give_up, lose)),
    (completed, (invoice, hold_by_another, lose)),
]


@pytest.mark.parametrize(
    ("state", "first", "second"),
    [(state, first, second) for state, steps in RACES for first in steps for second in steps],
)
def test_a_step_that_another_overtook_decides_anew(
    state: Callable[[World], str], first: Step, second: Step
) -> None:
    """`second` runs as a whole before any one call of `first`: between its reads, or before its commit."""
    for at in range(4):
        race(state, first, second, at)


def race(state: Callable[[World], str], first: Step, second: Step, at: int) -> None:
    world = World(riders=2, parked=True)
    booking_id = state(world)
    world.see(world.cars[0], seen=world.clock.now - 20 * MINUTE if lose in (first, second) else None)
    calls: list[str] = []

    def overtake(operation: str) -> str | None:
        calls.append(operation)
        if len(calls) == at + 1:
            tolerant(second, world, booking_id)
        return None

    world.db.fault = overtake
    tolerant(first, world, booking_id)
    check(world.db)
    check_history(world.db)


def tolerant(step: Step, world: World, booking_id: str) -> None:
    """Runs a step that may be refused for good reasons: what counts is what is stored."""
    try:
        step(world, booking_id)
    except RentalError as error:
        assert not error.retryable  # noqa: PT017 - a refusal is fine, an open outcome is not
