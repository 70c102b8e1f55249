"""The state machines as data, and the events that changes make."""

import pytest

from ev_rental.rental import booking as bookings, command as commands, vehicle as vehicles
from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.events import BOOKING_EVENTS, COMMAND_EVENTS, Event, alert_event, event_of
from ev_rental.rental.ids import derived_id
from ev_rental.rental.service import EndRequest, HoldRequest, ReportRequest
from ev_rental.rental.vehicle import RentalVehicle, TransitionError, after
from ev_rental.rental.vocabulary import BookingState, CommandState, EventType, ReportCategory, VehicleEvent
from ev_rental.rental.writes import Entity
from ev_rental.vocabulary import RentalState
from rental_store import items
from tests.functions.rental.fake_dynamodb import RENTAL
from tests.functions.rental.world import MINUTE, World


def car(state: RentalState) -> RentalVehicle:
    return RentalVehicle(
        vehicle_id="v",
        vehicle_type_id="compact",
        public_id="p",
        market="sg",
        state=state,
        version=1,
        changed_at=0,
        event_types=[],
    )


def test_every_state_of_mds_can_be_reached_and_left() -> None:
    targets = {target for found in vehicles.TRANSITIONS.values() for target in found}
    assert targets == {state for state, _ in vehicles.TRANSITIONS} == set(RentalState)
    assert {event for _, event in vehicles.TRANSITIONS} == set(VehicleEvent)
    assert sum(map(len, vehicles.TRANSITIONS.values())) == 41  # rows of MDS 2.0.2 that change a state


@pytest.mark.parametrize("state", list(RentalState))
@pytest.mark.parametrize("event", list(VehicleEvent))
def test_an_event_does_what_the_table_says_or_is_refused(state: RentalState, event: VehicleEvent) -> None:
    targets = vehicles.TRANSITIONS.get((state, event), frozenset())
    if len(targets) == 1:
        changed = after(car(state), [event], 5)
        assert changed.state in targets
        assert (changed.version, changed.changed_at, changed.event_types) == (2, 5, [event])
    else:
        # None at all, or several, of which only the state before decides.
        with pytest.raises(TransitionError):
            after(car(state), [event], 5)


@pytest.mark.parametrize("state", [s for s in RentalState if s is not RentalState.NON_CONTACTABLE])
def test_a_lost_contact_gives_back_the_state_it_hid(state: RentalState) -> None:
    lost = after(car(state), [VehicleEvent.COMMS_LOST], 5)
    assert (lost.state, lost.state_before_contact_loss) == (RentalState.NON_CONTACTABLE, state)
    assert after(lost, [VehicleEvent.COMMS_RESTORED], 6).state is state


@pytest.mark.parametrize("state", list(BookingState))
@pytest.mark.parametrize("target", list(BookingState))
def test_a_booking_takes_only_the_steps_of_its_table(state: BookingState, target: BookingState) -> None:
    world = World()
    held = world.service.hold(world.riders[0], "k", HoldRequest(vehicle_id=world.cars[0]))
    booking = bookings.edit(held, 5, state=state)
    if target in bookings.TRANSITIONS[state]:
        assert bookings.step(booking, target, 6).state is target
    else:
        with pytest.raises(RentalError) as caught:
            bookings.step(booking, target, 6)
        assert caught.value.code is ErrorCode.WRONG_STATE


def test_a_command_has_one_end() -> None:
    world = World()
    booking = world.service.hold(world.riders[0], "k", HoldRequest(vehicle_id=world.cars[0]))
    command = world.service.start(world.riders[0], "start", booking.booking_id)
    for state in commands.TRANSITIONS[CommandState.SENT]:
        settled = commands.settle(command, state, 5)
        for again in CommandState:
            with pytest.raises(ValueError, match="cannot become"):
                commands.settle(settled, again, 6)


def test_ids_follow_from_their_cause_alone_and_causes_do_not_run_together() -> None:
    assert derived_id("booking", "rider", "key") == derived_id("booking", "rider", "key")
    causes = [("a", "bc"), ("ab", "c"), ("a", "b", "c"), ("abc",), ("a|1:b", "c")]
    assert len({derived_id("x", *cause) for cause in causes}) == len(causes)
    assert derived_id("booking", "a") != derived_id("command", "a")


def changes(world: World) -> list[tuple[Entity | None, Entity | None]]:
    return [
        (items.entity_from(old) if old else None, items.entity_from(new) if new else None)
        for table, old, new in world.db.stream
        if table == RENTAL
    ]


def whole_ride() -> World:
    world = World(parked=True)
    rider, operations = world.riders[0], world.operations
    booking = world.service.hold(
        rider, "hold", HoldRequest(vehicle_id=world.cars[0], destination=world.bay(1))
    )
    operations.acknowledge(world.answer(world.service.start(rider, "start", booking.booking_id)))
    world.clock.now += 17 * MINUTE
    end = EndRequest(booking_id=booking.booking_id)
    operations.acknowledge(world.answer(world.service.end(rider, "end", end)))
    operations.issue_due_invoices()
    report = ReportRequest(vehicle_id=world.cars[0], category=ReportCategory.DIRTY, text="crumbs")
    world.service.report(rider, "report", report)
    return world


def test_a_ride_tells_its_whole_story_on_the_bus_in_events_that_repeat_exactly() -> None:
    told = [event for change in changes(whole_ride()) if (event := event_of(*change))]
    again = [event for change in changes(whole_ride()) if (event := event_of(*change))]
    assert [event.event_id for event in told] == [event.event_id for event in again]
    assert len({event.event_id for event in told}) == len(told)
    kinds = [event.event_type for event in told]
    story = [
        EventType.VEHICLE_REGISTERED,
        EventType.BOOKING_HELD,
        EventType.COMMAND_SENT,
        EventType.TRIP_STARTED,
        EventType.COMMAND_ACKNOWLEDGED,
        EventType.TRIP_COMPLETED,
        EventType.INVOICE_ISSUED,
        EventType.BOOKING_INVOICED,
        EventType.REPORT_FILED,
    ]
    assert set(story) | {EventType.VEHICLE_STATE_CHANGED} == set(kinds)
    assert kinds.count(EventType.VEHICLE_STATE_CHANGED) == 3
    for event in told:
        assert event.market == "sg"
        assert event.data["version"] == event.version
        assert event.occurred_at == event.data["changed_at"]


def test_a_deletion_a_record_and_a_mere_touch_make_no_event() -> None:
    world = whole_ride()
    known = [new for _, new in changes(world) if new is not None]
    assert all(event_of(entity, None) is None for entity in known)
    assert all(event_of(entity, entity) is None for entity in known)
    records = world.db.items("IDEMPOTENCY")
    assert records
    assert all(items.entity_from(record) is None for record in records)


def test_every_state_of_a_booking_and_a_command_has_its_event() -> None:
    assert set(BOOKING_EVENTS) == set(BookingState)
    assert set(COMMAND_EVENTS) == set(CommandState)


def test_an_alert_makes_one_event_for_each_status() -> None:
    opened = {
        "vehicle_id": "v",
        "alert_id": "collision#0000000000001",
        "market": "sg",
        "status": "OPEN",
        "raised_at": 1,
    }
    counted = opened | {"occurrences": 2}
    acked = opened | {"status": "ACKED", "acked_at": 5}
    resolved = opened | {"status": "RESOLVED", "resolved_at": 9}
    steps = [(None, opened), (opened, counted), (counted, acked), (acked, resolved), (resolved, None)]
    told = [event for before, now in steps if isinstance(event := alert_event(before, now), Event)]
    assert [(event.event_type, event.occurred_at) for event in told] == [
        (EventType.ALERT_OPENED, 1),
        (EventType.ALERT_ACKED, 5),
        (EventType.ALERT_RESOLVED, 9),
    ]
    assert len({event.event_id for event in told}) == 3
    at_once = alert_event(None, resolved)
    assert at_once is not None
    assert at_once.event_type is EventType.ALERT_RESOLVED
