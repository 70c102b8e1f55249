"""When a car counts as lost, and what becomes of its state."""

import pytest

from ev_rental.rental.reading import SILENCE
from ev_rental.rental.service import EndRequest, HoldRequest
from ev_rental.rental.vocabulary import BookingState, VehicleEvent
from ev_rental.vocabulary import RentalState
from tests.functions.rental.invariants import check
from tests.functions.rental.world import MINUTE, World


def state(world: World) -> tuple[RentalState, RentalState]:
    vehicle = world.store.vehicle(world.cars[0])
    assert vehicle is not None
    return vehicle.state, vehicle.state_beneath


def hold(world: World, bay: int | None = None) -> str:
    request = HoldRequest(vehicle_id=world.cars[0], destination=None if bay is None else world.bay(bay))
    return world.service.hold(world.riders[0], "hold", request).booking_id


def test_a_car_is_lost_after_the_silence_of_its_state_and_not_a_moment_before() -> None:
    world = World()
    limit = SILENCE[RentalState.AVAILABLE].connected * 1000
    world.clock.now += limit - 1
    assert world.operations.detect_lost_contact().done == 0
    world.clock.now += 1
    assert world.operations.detect_lost_contact().done == 1
    assert state(world) == (RentalState.NON_CONTACTABLE, RentalState.AVAILABLE)
    assert world.operations.detect_lost_contact().done == 0
    check(world.db)


def test_a_car_whose_connection_ended_is_given_less_time_but_never_none() -> None:
    world = World()
    world.see(world.cars[0], contact=("disconnected", world.clock.now))
    assert world.operations.detect_lost_contact().done == 0
    world.clock.now += SILENCE[RentalState.AVAILABLE].disconnected * 1000
    assert world.operations.detect_lost_contact().done == 1


def test_a_word_after_the_broker_said_goodbye_counts() -> None:
    world = World()
    world.see(world.cars[0], contact=("disconnected", world.clock.now - 1))
    world.clock.now += SILENCE[RentalState.AVAILABLE].disconnected * 1000
    assert world.operations.detect_lost_contact().done == 0


def test_a_car_that_is_heard_of_again_is_what_it_was() -> None:
    world = World()
    booking_id = hold(world)
    world.clock.now += SILENCE[RentalState.RESERVED].connected * 1000
    world.operations.detect_lost_contact()
    assert state(world) == (RentalState.NON_CONTACTABLE, RentalState.RESERVED)
    check(world.db)
    world.see(world.cars[0])
    world.operations.detect_lost_contact()
    assert state(world) == (RentalState.RESERVED, RentalState.RESERVED)
    booking = world.store.booking(booking_id)
    assert booking is not None
    assert booking.state is BookingState.HELD
    check(world.db)


def test_a_hold_ends_although_its_car_is_lost() -> None:
    world = World()
    hold(world, bay=1)
    world.clock.now += 15 * MINUTE
    world.operations.detect_lost_contact()
    assert world.operations.expire_holds().done == 1
    assert state(world) == (RentalState.NON_CONTACTABLE, RentalState.AVAILABLE)
    check(world.db)
    world.see(world.cars[0])
    world.operations.detect_lost_contact()
    assert state(world) == (RentalState.AVAILABLE, RentalState.AVAILABLE)


def test_an_answer_of_a_lost_car_proves_that_it_is_there() -> None:
    world = World()
    booking_id = hold(world)
    world.clock.now += SILENCE[RentalState.RESERVED].connected * 1000
    world.operations.detect_lost_contact()
    command = world.service.start(world.riders[0], "start", booking_id)
    world.operations.acknowledge(world.answer(command))
    vehicle = world.store.vehicle(world.cars[0])
    assert vehicle is not None
    assert vehicle.state is RentalState.ON_TRIP
    assert vehicle.event_types[0] is VehicleEvent.COMMS_RESTORED
    world.clock.now += SILENCE[RentalState.ON_TRIP].connected * 1000
    world.operations.detect_lost_contact()
    assert state(world) == (RentalState.NON_CONTACTABLE, RentalState.ON_TRIP)
    lock = world.service.end(world.riders[0], "end", EndRequest(booking_id=booking_id, bay=world.bay(0)))
    world.operations.acknowledge(world.answer(lock))
    assert state(world) == (RentalState.AVAILABLE, RentalState.AVAILABLE)
    check(world.db)


def test_a_word_that_arrives_between_the_look_and_the_write_saves_the_car() -> None:
    world = World()
    world.clock.now += SILENCE[RentalState.AVAILABLE].connected * 1000
    begun = len(world.db.calls)

    def speak(operation: str) -> str | None:
        if operation == "TransactWriteItems" and len(world.db.calls) > begun:
            world.db.fault = lambda _: None
            world.see(world.cars[0])
        return None

    world.db.fault = speak
    assert world.operations.detect_lost_contact().done == 0
    assert state(world) == (RentalState.AVAILABLE, RentalState.AVAILABLE)


@pytest.mark.parametrize("event", [VehicleEvent.TRIP_LEAVE_JURISDICTION])
def test_a_trip_goes_on_and_ends_although_the_car_left_the_jurisdiction(event: VehicleEvent) -> None:
    world = World()
    booking_id = hold(world)
    world.operations.acknowledge(world.answer(world.service.start(world.riders[0], "start", booking_id)))
    world.operations.change_vehicle(world.cars[0], event)
    assert state(world) == (RentalState.ELSEWHERE, RentalState.ON_TRIP)
    world.clock.now += SILENCE[RentalState.ELSEWHERE].connected * 1000
    world.operations.detect_lost_contact()
    assert state(world) == (RentalState.NON_CONTACTABLE, RentalState.ON_TRIP)
    check(world.db)
    world.see(world.cars[0])
    world.operations.detect_lost_contact()
    assert state(world) == (RentalState.ELSEWHERE, RentalState.ON_TRIP)
    world.operations.change_vehicle(world.cars[0], VehicleEvent.TRIP_ENTER_JURISDICTION)
    assert state(world) == (RentalState.ON_TRIP, RentalState.ON_TRIP)
    check(world.db)
