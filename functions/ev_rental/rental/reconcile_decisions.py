"""What one look finds to put right after a failover: pure decisions over items that were read together.

A transaction reaches the other Region item by item, and of two writes of an item the later stays. So a
Region that took over, and both once they hear of each other again, may hold halves. Bookings are the truth:
vehicle, rider and bay follow them. Of two live bookings that want the same, the one that the vehicle or the
rider names stays, and the other ends without a charge. Every decision also makes sure, by `Unchanged`, that
what it was decided from is still so.
"""

from typing import Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from ev_rental.rental.booking import FAILOVER_CONFLICT, LIVE, Booking, edit, step
from ev_rental.rental.command import Command
from ev_rental.rental.invoice import Invoice
from ev_rental.rental.reading import Reading
from ev_rental.rental.rider import Rider
from ev_rental.rental.station import Bay, BayRef
from ev_rental.rental.vehicle import RentalVehicle, TransitionError, after
from ev_rental.rental.vocabulary import BookingState, CommandState, VehicleEvent as On
from ev_rental.rental.writes import Entity, MirrorState, Replace, Unchanged, Write
from ev_rental.vocabulary import RentalState as State

_Versioned = TypeVar("_Versioned", Rider, Bay, RentalVehicle)

IN_USE: Final = {
    BookingState.HELD: frozenset({State.RESERVED}),
    BookingState.ACTIVE: frozenset({State.ON_TRIP, State.STOPPED}),
}
"""The states of a vehicle that go with a live booking's."""

_FREE: Final = {
    State.RESERVED: [On.PROVIDER_CANCELLATION],
    State.STOPPED: [On.PROVIDER_CANCELLATION],
    State.ON_TRIP: [On.TRIP_STOP, On.TRIP_END],
}
_TAKE: Final = {
    BookingState.HELD: [On.RESERVATION_START],
    BookingState.ACTIVE: [On.RESERVATION_START, On.RESERVATION_STOP, On.TRIP_START],
}


class Claim(Struct, frozen=True, kw_only=True):
    """A booking with all that it claims. `rival`: another live booking that its vehicle or its rider names.
    `bay`: of its destination; `bay_taken`: another live booking or another vehicle has it."""

    booking: Booking
    vehicle: RentalVehicle | None
    rider: Rider | None
    command: Command | None
    bay: Bay | None
    rival: bool
    bay_taken: bool


def claim(found: Claim, public_id: str, now: int) -> list[Write] | None:
    """A live booking gets what it lacks, or ends when another has it; None when all is well."""
    booking, vehicle, rider = found.booking, found.vehicle, found.rider
    if booking.state not in LIVE:
        return None
    if vehicle is None or rider is None or found.rival:
        return _give_up(found, public_id, now)
    try:
        held = _held(booking, vehicle, now)
    except TransitionError:  # staff took the car out of service meanwhile
        return _give_up(found, public_id, now)
    locked = rider
    if rider.live_booking_id != booking.booking_id:
        locked = _next(rider, now, live_booking_id=booking.booking_id)
    kept, bay = booking, found.bay
    if not _waits(found):
        kept = replace(kept, command_id=None)
    if booking.destination is not None and (bay is None or found.bay_taken):
        kept = replace(kept, destination=None)
        bay = _released(bay, booking, now)
    elif bay is not None and bay.reserved_by != booking.booking_id:
        bay = _next(bay, now, reserved_by=booking.booking_id)
    if kept != booking:
        kept = edit(kept, now)
    places: list[tuple[Entity, Entity]] = [(found.bay, bay)] if found.bay and bay else []
    return _changes([(booking, kept), (vehicle, held), (rider, locked), *places])


def follow_invoice(booking: Booking | None, invoice: Invoice, now: int) -> list[Write] | None:
    """A trip that one Region completed and invoiced was a trip, whatever the other did with its booking: the
    invoice is out and stays, and ends it. None when the booking says so, or its next sweep will."""
    if booking is None or booking.state in (BookingState.COMPLETED, BookingState.INVOICED):
        return None
    invoiced = edit(
        booking,
        now,
        state=BookingState.INVOICED,  # no step of the state machine, but the correction of a wrong one
        started_at=invoice.started_at,
        ended_at=invoice.ended_at,
        invoice_id=invoice.invoice_id,
        command_id=None,
        cancel_reason=None,
    )
    return [Replace(booking, invoiced)]


def free_vehicle(
    vehicle: RentalVehicle, booking: Booking | None, bay: Bay | None, public_id: str, now: int
) -> list[Write] | None:
    """A vehicle that names a booking which has ended, or is nowhere, is free; None when the booking lives.

    `bay`: where the booking ended. After a trip the vehicle is there, when the bay says so too.
    """
    if vehicle.booking_id is None or _is_of(booking, vehicle):
        return None
    driven = vehicle.state_beneath in IN_USE[BookingState.ACTIVE]
    place: dict[str, str] = {}
    if driven and bay is not None and bay.occupied_by == vehicle.vehicle_id:
        place = {"station_id": bay.station_id, "bay_id": bay.bay_id}
    beside: list[tuple[Entity, Entity]] = [(entity, entity) for entity in (booking, bay) if entity]
    return _changes([(vehicle, _freed(vehicle, public_id, now, **place)), *beside])


def mirror(vehicle: RentalVehicle, reading: Reading) -> list[Write] | None:
    """Telemetry is told the vehicle's state; None when it knows."""
    if reading.rental_state is vehicle.state:
        return None
    return [Unchanged(vehicle), MirrorState(vehicle.vehicle_id, vehicle.state)]


def unlock_rider(rider: Rider, booking: Booking | None, now: int) -> list[Write] | None:
    """A rider whose booking has ended, or is nowhere, may book again; None when it lives."""
    if rider.live_booking_id is None:
        return None
    if booking is not None and booking.state in LIVE and booking.rider_id == rider.rider_id:
        return None
    return [Replace(rider, _next(rider, now, live_booking_id=None))]


def tidy_bay(
    bay: Bay, booking: Booking | None, occupant: RentalVehicle | None, now: int
) -> list[Write] | None:
    """A bay is kept for a live booking that ends there, and holds a vehicle that stands there.

    `booking` and `occupant` are those that the bay names. A vehicle that stands nowhere and is not driven is
    where a bay has it.
    """
    here = BayRef(station_id=bay.station_id, bay_id=bay.bay_id)
    tidy, parked = bay, occupant
    if bay.reserved_by and not (booking and booking.state in LIVE and booking.destination == here):
        tidy = replace(tidy, reserved_by=None)
    if bay.occupied_by and (occupant is None or occupant.bay != here):
        if occupant is not None and occupant.bay is None and _stands(occupant):
            parked = _next(occupant, now, station_id=bay.station_id, bay_id=bay.bay_id)
        else:
            tidy = replace(tidy, occupied_by=None)
    if tidy != bay:
        tidy = _next(tidy, now)
    if tidy == bay and parked is occupant:
        return None
    return _changes([(bay, tidy), *([(occupant, parked)] if occupant and parked else [])])


def tidy_place(
    vehicle: RentalVehicle, bay: Bay | None, there: RentalVehicle | None, now: int
) -> list[Write] | None:
    """A vehicle that says it stands in a bay has it, unless another one does; `there`: who the bay names."""
    if vehicle.bay is None or (bay is not None and bay.occupied_by == vehicle.vehicle_id):
        return None
    if bay is None or (there is not None and there.bay == vehicle.bay):
        return _changes([(vehicle, _next(vehicle, now, station_id=None, bay_id=None))])
    return _changes([(vehicle, vehicle), (bay, _next(bay, now, occupied_by=vehicle.vehicle_id))])


def _held(booking: Booking, vehicle: RentalVehicle, now: int) -> RentalVehicle:
    """The booking's vehicle as it must be. Raises TransitionError."""
    mine = vehicle.booking_id == booking.booking_id
    beneath = vehicle.state_beneath
    if mine and beneath in IN_USE[booking.state]:
        return vehicle
    if mine and beneath is State.RESERVED:  # and the booking's trip has begun
        events = [On.RESERVATION_STOP, On.TRIP_START]
    else:
        events = [*_FREE.get(beneath, []), *_TAKE[booking.state]]
    gone = {"station_id": None, "bay_id": None} if booking.state is BookingState.ACTIVE else {}
    return after(vehicle, events, now, booking_id=booking.booking_id, **gone)


def _give_up(found: Claim, public_id: str, now: int) -> list[Write]:
    """Ends the booking without a charge and gives back what names it."""
    booking, vehicle, rider, bay = found.booking, found.vehicle, found.rider, found.bay
    ended = step(booking, BookingState.CANCELLED, now, command_id=None, cancel_reason=FAILOVER_CONFLICT)
    pairs: list[tuple[Entity, Entity]] = [(booking, ended)]
    if vehicle is not None:
        mine = vehicle.booking_id == booking.booking_id
        pairs.append((vehicle, _freed(vehicle, public_id, now) if mine else vehicle))
    if rider is not None:
        mine = rider.live_booking_id == booking.booking_id
        pairs.append((rider, _next(rider, now, live_booking_id=None) if mine else rider))
    if bay is not None:
        pairs.append((bay, _released(bay, booking, now) or bay))
    return _changes(pairs) or []


def _freed(vehicle: RentalVehicle, public_id: str, now: int, **place: str) -> RentalVehicle:
    driven = vehicle.state_beneath in IN_USE[BookingState.ACTIVE]
    changes: dict[str, object] = {"public_id": public_id, **place} if driven else {}
    return after(vehicle, _FREE.get(vehicle.state_beneath, []), now, booking_id=None, **changes)


def _waits(found: Claim) -> bool:
    """Whether the command that the booking waits for is open, or it waits for none."""
    command = found.command
    if found.booking.command_id is None:
        return True
    return command is not None and command.state is CommandState.SENT


def _is_of(booking: Booking | None, vehicle: RentalVehicle) -> bool:
    return booking is not None and booking.state in LIVE and booking.vehicle_id == vehicle.vehicle_id


def _stands(vehicle: RentalVehicle) -> bool:
    return vehicle.state_beneath not in IN_USE[BookingState.ACTIVE]


def _released(bay: Bay | None, booking: Booking, now: int) -> Bay | None:
    if bay is None or bay.reserved_by != booking.booking_id:
        return bay
    return _next(bay, now, reserved_by=None)


def _next(entity: _Versioned, now: int, **changes: object) -> _Versioned:
    return replace(entity, version=entity.version + 1, changed_at=now, **changes)


def _changes(pairs: list[tuple[Entity, Entity]]) -> list[Write] | None:
    """Replaces what differs, on condition that the rest is unchanged; None when nothing differs."""
    if all(before == after for before, after in pairs):
        return None
    writes: list[Write] = []
    for before, now in pairs:
        writes.append(Unchanged(before) if before == now else Replace(before, now))
        if (
            isinstance(now, RentalVehicle)
            and isinstance(before, RentalVehicle)
            and now.state is not before.state
        ):
            writes.append(MirrorState(now.vehicle_id, now.state))
    return writes
