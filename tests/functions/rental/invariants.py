"""What must hold between any two calls, read from the items themselves."""

from typing import Any

from ev_rental.rental import booking as bookings, command as commands
from ev_rental.rental.booking import LIVE, Booking
from ev_rental.rental.command import Command
from ev_rental.rental.events import Event, event_of
from ev_rental.rental.invoice import Invoice
from ev_rental.rental.rider import Rider
from ev_rental.rental.station import Bay, BayRef
from ev_rental.rental.vehicle import RentalVehicle
from ev_rental.rental.vocabulary import BookingState, CommandState
from ev_rental.rental.writes import Entity
from ev_rental.vocabulary import RentalState
from rental_store import items
from tests.functions.rental.fake_dynamodb import RENTAL, VEHICLE_STATES, FakeDynamoDB, Item

IN_USE = {
    BookingState.HELD: {RentalState.RESERVED},
    BookingState.ACTIVE: {RentalState.ON_TRIP, RentalState.STOPPED},
}


def entities(db: FakeDynamoDB) -> list[Entity]:
    found = [items.entity_from(item) for item in db.tables[RENTAL].values()]
    return [entity for entity in found if entity is not None]


def check(db: FakeDynamoDB) -> None:
    """Asserts every invariant about what is stored."""
    known = entities(db)
    live = [e for e in known if isinstance(e, Booking) and e.state in LIVE]
    assert len({b.vehicle_id for b in live}) == len(live), "two live bookings of one vehicle"
    assert len({b.rider_id for b in live}) == len(live), "two live bookings of one rider"
    vehicles = {e.vehicle_id: e for e in known if isinstance(e, RentalVehicle)}
    riders = {e.rider_id: e for e in known if isinstance(e, Rider)}
    assert {v.booking_id for v in vehicles.values() if v.booking_id} == {b.booking_id for b in live}
    assert {r.live_booking_id for r in riders.values() if r.live_booking_id} == {b.booking_id for b in live}
    for booking in live:
        vehicle = vehicles[booking.vehicle_id]
        assert vehicle.booking_id == booking.booking_id
        assert vehicle.state_beneath in IN_USE[booking.state]
        assert riders[booking.rider_id].live_booking_id == booking.booking_id
    for vehicle in vehicles.values():
        assert vehicle.booking_id or vehicle.state_beneath not in {
            s for group in IN_USE.values() for s in group
        }
        mirrored = db.tables[VEHICLE_STATES][vehicle.vehicle_id,]["rental_state"]["S"]
        assert mirrored == vehicle.state, "telemetry is told another state"
    _check_bays(known, live, vehicles)
    _check_commands(known)
    _check_invoices(known)
    _check_indexes(db)


def _check_bays(known: list[Entity], live: list[Booking], vehicles: dict[str, RentalVehicle]) -> None:
    kept = {b.destination: b.booking_id for b in live if b.destination}
    parked = {v.bay: v.vehicle_id for v in vehicles.values() if v.bay}
    assert len(parked) == len([v for v in vehicles.values() if v.bay]), "two vehicles in one bay"
    for bay in known:
        if isinstance(bay, Bay):
            ref = BayRef(station_id=bay.station_id, bay_id=bay.bay_id)
            assert bay.reserved_by == kept.get(ref)
            assert bay.occupied_by == parked.get(ref)


def _check_commands(known: list[Entity]) -> None:
    by_id = {e.command_id: e for e in known if isinstance(e, Command)}
    for booking in known:
        if isinstance(booking, Booking) and booking.command_id:
            assert by_id[booking.command_id].state is CommandState.SENT
            assert booking.state in LIVE


def _check_invoices(known: list[Entity]) -> None:
    invoices = {e.booking_id: e for e in known if isinstance(e, Invoice)}
    booked = {e.booking_id: e for e in known if isinstance(e, Booking)}
    assert set(invoices) == {b.booking_id for b in booked.values() if b.state is BookingState.INVOICED}
    for invoice in invoices.values():
        price = invoice.price
        assert price.net + price.tax == price.gross
        assert booked[invoice.booking_id].invoice_id == invoice.invoice_id


def _check_indexes(db: FakeDynamoDB) -> None:
    """An item's index attributes are those of its state: a forgotten one is found for ever, or never."""
    for item in db.tables[RENTAL].values():
        entity = items.entity_from(item)
        if entity is not None:
            assert items.entity_attributes(entity) == item


def check_history(db: FakeDynamoDB, since: int = 0) -> int:
    """Asserts that every change since a place in the stream was one that the state machines know, one
    version on, and makes events with ids of their own; answers the stream's end."""
    seen: dict[str, Event] = {}
    for table, old, new in db.stream[since:]:
        if table != RENTAL or new is None:
            continue
        before, after = _entity(old), _entity(new)
        if before is None or after is None or before == after:
            continue
        assert after.version == before.version + 1
        match before, after:
            case Booking(), Booking():
                allowed = {before.state, *bookings.TRANSITIONS[before.state]}
                assert after.state in allowed
            case Command(), Command():
                assert after.state in commands.TRANSITIONS[before.state]
            case Invoice(), _:
                raise AssertionError("an invoice was changed")
            case _:
                pass
        event = event_of(before, after)
        changed = getattr(before, "state", None) != getattr(after, "state", None)
        assert (event is not None) == changed
        if event is not None:
            assert event.event_id not in seen
            seen[event.event_id] = event
            assert event == event_of(before, after)
    return len(db.stream)


def _entity(item: Item | None) -> Any:
    return None if item is None else items.entity_from(item)
