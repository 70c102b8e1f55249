"""One whole ride, with every fault at every one of its AWS calls."""

from collections.abc import Callable
from typing import Any

import pytest

from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.service import EndRequest, HoldRequest, ReportRequest
from ev_rental.rental.vocabulary import AckOutcome, BookingState, ReportCategory, VehicleEvent
from ev_rental.vocabulary import RentalState
from rental_store.retries import ATTEMPTS
from tests.functions.rental.fake_dynamodb import FAULTS
from tests.functions.rental.invariants import check, check_history
from tests.functions.rental.world import MINUTE, World


def patiently(call: Callable[[], Any]) -> Any:
    """As a client does: the same request again while the outcome is open."""
    for _ in range(3):
        try:
            return call()
        except RentalError as error:
            if not error.retryable:
                raise
    raise AssertionError("no definite answer")


def ride(world: World) -> None:
    """From the hold to the invoice, each step twice."""
    service, operations = world.service, world.operations
    rider, car = world.riders[0], world.cars[0]

    def twice(call: Callable[[], Any]) -> Any:
        first = patiently(call)
        assert patiently(call) == first
        return first

    booking = twice(
        lambda: service.hold(rider, "hold", HoldRequest(vehicle_id=car, destination=world.bay(1)))
    )
    unlock = twice(lambda: service.start(rider, "start", booking.booking_id))
    patiently(lambda: operations.acknowledge(world.answer(unlock)))
    assert patiently(lambda: operations.acknowledge(world.answer(unlock))) is AckOutcome.DUPLICATE
    world.clock.now += 17 * MINUTE
    world.see(car, odometer=1_008_400)
    lock = twice(
        lambda: service.end(rider, "end", EndRequest(booking_id=booking.booking_id, bay=world.bay(2)))
    )
    patiently(lambda: operations.acknowledge(world.answer(lock)))
    assert patiently(lambda: operations.acknowledge(world.answer(lock))) is AckOutcome.DUPLICATE
    invoice = twice(lambda: operations.issue_invoice(booking.booking_id))
    assert invoice.price.gross == 912  # as in the prices' tests
    assert patiently(operations.issue_due_invoices).done == 0
    report = ReportRequest(vehicle_id=car, category=ReportCategory.DIRTY, text="crumbs")
    twice(lambda: service.report(rider, "report", report))
    page = patiently(lambda: service.my_bookings(rider))
    assert [b.state for b in page.items] == [BookingState.INVOICED]


def new_world() -> World:
    return World(parked=True)


def calls_of_a_ride() -> int:
    world = new_world()
    begin = len(world.db.calls)
    ride(world)
    return len(world.db.calls) - begin


CALLS = calls_of_a_ride()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_call_changes_nothing_about_a_ride(fault: str) -> None:
    for at in range(CALLS):
        world = new_world()
        world.play([None] * at + [fault])
        ride(world)
        check(world.db)
        check_history(world.db)
        assert len(world.db.items("BOOKING")) == len(world.db.items("INVOICE")) == 1


@pytest.mark.parametrize(
    "fault", ["timeout_before", "timeout_after", "broken_after", "conflict", "throttled"]
)
def test_an_outage_at_any_call_ends_in_the_same_ride(fault: str) -> None:
    for at in range(CALLS):
        world = new_world()
        world.play([None] * at + [fault] * ATTEMPTS)
        ride(world)
        check(world.db)
        check_history(world.db)
        assert len(world.db.items("BOOKING")) == len(world.db.items("INVOICE")) == 1


def test_a_store_that_stays_away_is_said_to_be_away_after_a_few_growing_pauses() -> None:
    world = new_world()
    world.play(["throttled"] * 100)
    with pytest.raises(RentalError) as caught:
        world.service.hold(world.riders[0], "k", HoldRequest(vehicle_id=world.cars[0]))
    assert caught.value.code is ErrorCode.TRY_AGAIN
    assert caught.value.retryable
    assert len(world.pauses) == ATTEMPTS - 1
    assert world.pauses == sorted(world.pauses)
    assert sum(world.pauses) < 1


def test_a_change_by_staff_whose_answer_was_lost_is_found_done() -> None:
    world = new_world()
    world.play([None, "timeout_after"])
    changed = world.operations.change_vehicle(world.cars[0], VehicleEvent.SERVICE_END)
    assert changed.state is RentalState.NON_OPERATIONAL
    assert changed.version == 2


def test_an_error_that_will_not_pass_is_not_tried_again() -> None:
    world = new_world()
    world.store._rental = "no-such-table"
    with pytest.raises(KeyError):
        world.service.booking(world.riders[0], "b")
    assert not world.pauses


def test_a_command_that_the_broker_did_not_take_is_sent_by_the_retry() -> None:
    world = new_world()
    rider = world.riders[0]
    booking = world.service.hold(rider, "hold", HoldRequest(vehicle_id=world.cars[0]))
    world.sender.broken = True
    with pytest.raises(RentalError) as caught:
        world.service.start(rider, "start", booking.booking_id)
    assert caught.value.code is ErrorCode.COMMAND_NOT_SENT
    world.sender.broken = False
    command = world.service.start(rider, "start", booking.booking_id)
    assert world.sender.sent == [command]
    world.operations.acknowledge(world.answer(command))
    world.service.start(rider, "start", booking.booking_id)
    assert world.sender.sent == [command], "an answered command is not sent again"
