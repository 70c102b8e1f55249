"""What each step of a rental writes, decided from what was read: pure functions, one a step.

Each answers the writes of one commit, or raises RentalError. Repeating a decision after its writes were
committed never asks for the same change twice: the state it starts from is gone by then.
"""

from ev_rental.geofence import market_fence
from ev_rental.rental.booking import Booking, edit, step
from ev_rental.rental.command import LIFETIME_MS, Ack, Command, settle
from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.ids import derived_id
from ev_rental.rental.invoice import Invoice, invoice_for
from ev_rental.rental.market import RentalMarket
from ev_rental.rental.reading import Reading, seen_since
from ev_rental.rental.station import BayRef
from ev_rental.rental.vehicle import RentalVehicle, TransitionError, after
from ev_rental.rental.vocabulary import (
    BookingState,
    CommandAction,
    CommandPurpose,
    CommandState,
    VehicleEvent,
)
from ev_rental.rental.writes import (
    Insert,
    LockRider,
    MirrorState,
    OccupyBay,
    ParkInBay,
    ReleaseBay,
    ReleaseRider,
    Replace,
    ReserveBay,
    ReserveVehicle,
    Unchanged,
    VacateBay,
    Write,
)
from ev_rental.vocabulary import RentalState


class TornReadError(Exception):
    """Booking and vehicle were read around somebody else's commit and do not belong together: read anew."""


_ACTIONS = {
    CommandPurpose.START_TRIP: CommandAction.UNLOCK,
    CommandPurpose.END_TRIP: CommandAction.LOCK,
    CommandPurpose.SECURE: CommandAction.LOCK,
}


def hold(
    market: RentalMarket,
    *,
    rider_id: str,
    key: str,
    vehicle_id: str,
    plan_id: str | None,
    destination: BayRef | None,
    now: int,
) -> tuple[Booking, list[Write]]:
    """Holds a car; reads nothing, every rule is a condition. Raises RentalError(plan_unknown)."""
    tariff = market.tariff_at(now)
    plan = market.plan(tariff, plan_id)
    limits = market.limits
    booking = Booking(
        booking_id=derived_id("booking", rider_id, key),
        rider_id=rider_id,
        vehicle_id=vehicle_id,
        market=market.market,
        plan_id=plan.plan_id,
        tariff_id=tariff.tariff_id,
        state=BookingState.HELD,
        created_at=now,
        hold_expires_at=now + limits.hold_minutes * 60_000,
        version=1,
        changed_at=now,
        destination=destination,
    )
    writes: list[Write] = [
        LockRider(rider_id, booking.booking_id, plan.plan_id if plan.members_only else None, now),
        ReserveVehicle(vehicle_id, booking.booking_id, now),
        MirrorState(
            vehicle_id,
            RentalState.RESERVED,
            min_soc=limits.min_soc,
            seen_since=seen_since(limits, now),
        ),
        Insert(booking),
    ]
    if destination is not None:
        writes.append(ReserveBay(destination, booking.booking_id, vehicle_id, now))
    return booking, writes


def ask_to_start(booking: Booking, key: str, now: int) -> tuple[Command, list[Write]]:
    """Sends the unlock command. Raises RentalError(wrong_state, command_pending, hold_expired)."""
    _expect(booking, BookingState.HELD, "started")
    if now >= booking.hold_expires_at:
        raise RentalError(
            ErrorCode.HOLD_EXPIRED, f"the hold of booking {booking.booking_id} is over: hold a car again"
        )
    command = _command(booking, CommandPurpose.START_TRIP, now, booking.rider_id, key)
    return command, [Insert(command), Replace(booking, edit(booking, now, command_id=command.command_id))]


def ask_to_end(
    market: RentalMarket, booking: Booking, key: str, bay: BayRef | None, reading: Reading, now: int
) -> tuple[Command, list[Write]]:
    """Sends the lock command and keeps the bay of return. `bay`: None for the one that is already kept.

    Raises RentalError(wrong_state, command_pending, return_bay_required, outside_service_area).
    """
    _expect(booking, BookingState.ACTIVE, "ended")
    kept = booking.destination
    wanted = bay or kept
    if wanted is None:
        _check_free_floating(market, reading)
    command = _command(booking, CommandPurpose.END_TRIP, now, booking.rider_id, key)
    changed = edit(booking, now, command_id=command.command_id, destination=wanted)
    writes: list[Write] = [Insert(command), Replace(booking, changed)]
    if wanted is not None and wanted != kept:
        writes.append(ReserveBay(wanted, booking.booking_id, booking.vehicle_id, now))
        if kept is not None:
            writes.append(ReleaseBay(kept, booking.booking_id, now))
    return command, writes


def cancel(booking: Booking, vehicle: RentalVehicle, now: int) -> tuple[Booking, list[Write]]:
    """Gives a held car back. Raises RentalError(wrong_state, command_pending)."""
    _expect(booking, BookingState.HELD, "cancelled")
    return _give_back(booking, vehicle, BookingState.CANCELLED, VehicleEvent.CUSTOMER_CANCELLATION, now)


def expire(booking: Booking, vehicle: RentalVehicle, now: int) -> list[Write] | None:
    """Ends a hold whose time is over; None when there is nothing to end, or a command is still open."""
    if booking.state is not BookingState.HELD or now < booking.hold_expires_at or booking.command_id:
        return None
    return _give_back(booking, vehicle, BookingState.EXPIRED, VehicleEvent.PROVIDER_CANCELLATION, now)[1]


def expire_command(command: Command, booking: Booking | None, now: int) -> list[Write] | None:
    """Gives up waiting for the car's answer; None when that is not yet, or no longer, to be done."""
    if command.state is not CommandState.SENT or now < command.gives_up_at:
        return None
    return [
        Replace(command, settle(command, CommandState.EXPIRED, now)),
        *_without_command(command, booking, now),
    ]


def answer_refused(command: Command, booking: Booking | None, ack: Ack, now: int) -> list[Write]:
    """The car did not do it: the booking stays what it was."""
    settled = settle(command, CommandState.REFUSED, now, ack.reason or "no reason given")
    return [Replace(command, settled), *_without_command(command, booking, now)]


def answer_done(command: Command, now: int) -> list[Write]:
    """The car did it, and no booking waits for that."""
    return [Replace(command, settle(command, CommandState.ACKNOWLEDGED, now))]


def waits_for(booking: Booking | None, command: Command) -> bool:
    """Whether the command's answer changes the booking."""
    return booking is not None and booking.command_id == command.command_id


def start_trip(
    command: Command, booking: Booking, vehicle: RentalVehicle, reading: Reading, ack: Ack, now: int
) -> list[Write]:
    """The car is open: the trip starts when the broker got the answer."""
    started_at = min(max(command.issued_at, ack.received_at), now)
    active = step(
        booking,
        BookingState.ACTIVE,
        now,
        command_id=None,
        started_at=started_at,
        start_odometer=reading.odometer,
        start_energy_wh=reading.consumed_wh,
    )
    events = [*_heard(vehicle), VehicleEvent.RESERVATION_STOP, VehicleEvent.TRIP_START]
    driven = _moved(booking, vehicle, events, now, station_id=None, bay_id=None)
    writes: list[Write] = [
        *answer_done(command, now),
        Replace(booking, active),
        Replace(vehicle, driven),
        MirrorState(vehicle.vehicle_id, driven.state),
    ]
    if vehicle.bay is not None:
        writes.append(VacateBay(vehicle.bay, vehicle.vehicle_id, now))
    return writes


def end_trip(
    command: Command, booking: Booking, vehicle: RentalVehicle, reading: Reading, public_id: str, now: int
) -> list[Write]:
    """The car is locked: the trip ended when the rider asked for it, they do not pay for the wait."""
    completed = step(
        booking,
        BookingState.COMPLETED,
        now,
        command_id=None,
        ended_at=max(booking.started_at or 0, command.issued_at),
        end_odometer=reading.odometer,
        end_energy_wh=reading.consumed_wh,
    )
    events = [*_heard(vehicle), VehicleEvent.TRIP_STOP, VehicleEvent.TRIP_END]
    bay = booking.destination
    place = {} if bay is None else {"station_id": bay.station_id, "bay_id": bay.bay_id}
    parked = _moved(booking, vehicle, events, now, booking_id=None, public_id=public_id, **place)
    writes: list[Write] = [
        *answer_done(command, now),
        Replace(booking, completed),
        Replace(vehicle, parked),
        MirrorState(vehicle.vehicle_id, parked.state),
        ReleaseRider(booking.rider_id, booking.booking_id, now),
    ]
    if booking.destination is not None:
        writes.append(OccupyBay(booking.destination, booking.booking_id, vehicle.vehicle_id, now))
    return writes


def secure(command: Command, vehicle: RentalVehicle, now: int) -> Command | None:
    """The command that locks a car which opened although nobody waits for it any more; None when somebody
    drives it."""
    if vehicle.state_beneath in (RentalState.ON_TRIP, RentalState.STOPPED):
        return None
    return _new_command(command, CommandPurpose.SECURE, now, derived_id("secure", command.command_id))


def change_vehicle(vehicle: RentalVehicle, events: list[VehicleEvent], now: int) -> list[Write]:
    """What staff or the jurisdiction does to a car. Raises TransitionError."""
    changed = after(vehicle, events, now)
    return [Replace(vehicle, changed), MirrorState(vehicle.vehicle_id, changed.state)]


def invoice(
    booking: Booking, issued: Invoice | None, market: RentalMarket, now: int
) -> tuple[Invoice | None, list[Write]]:
    """The invoice of a trip and what is left to write for it; no invoice when there is no trip to invoice.

    Invoice and booking are written together, but come to a Region that takes over one by one: `issued` may
    be there without the booking's step, and the other way round. Raises ValueError when the booking has no
    whole trip.
    """
    if booking.state not in (BookingState.COMPLETED, BookingState.INVOICED):
        return None, []
    found = issued or invoice_for(booking, market, now)
    writes: list[Write] = [] if issued else [Insert(found)]
    if booking.state is BookingState.COMPLETED:
        writes.append(
            Replace(booking, step(booking, BookingState.INVOICED, now, invoice_id=found.invoice_id))
        )
    elif writes:
        writes.append(Unchanged(booking))
    return found, writes


def register_vehicle(
    market: RentalMarket, vehicle_id: str, vehicle_type_id: str, bay: BayRef | None, public_id: str, now: int
) -> list[Write]:
    """A new car, available, standing in `bay`."""
    vehicle = RentalVehicle(
        vehicle_id=vehicle_id,
        vehicle_type_id=vehicle_type_id,
        public_id=public_id,
        market=market.market,
        state=RentalState.AVAILABLE,
        version=1,
        changed_at=now,
        event_types=[VehicleEvent.SERVICE_START],
        station_id=None if bay is None else bay.station_id,
        bay_id=None if bay is None else bay.bay_id,
    )
    writes: list[Write] = [Insert(vehicle), MirrorState(vehicle_id, vehicle.state)]
    if bay is not None:
        writes.append(ParkInBay(bay, vehicle_id, now))
    return writes


def _moved(
    booking: Booking, vehicle: RentalVehicle, events: list[VehicleEvent], now: int, **changes: object
) -> RentalVehicle:
    """The booking's vehicle after `events`. Raises TornReadError when it is not, or not there."""
    if vehicle.booking_id != booking.booking_id:
        raise TornReadError(f"vehicle {vehicle.vehicle_id} is not of booking {booking.booking_id}")
    try:
        return after(vehicle, events, now, **changes)
    except TransitionError as error:
        raise TornReadError(f"booking {booking.booking_id}, vehicle {vehicle.vehicle_id}: {error}") from error


def _heard(vehicle: RentalVehicle) -> list[VehicleEvent]:
    return [VehicleEvent.COMMS_RESTORED] if vehicle.state is RentalState.NON_CONTACTABLE else []


def _expect(booking: Booking, state: BookingState, verb: str) -> None:
    if booking.state is not state:
        raise RentalError(
            ErrorCode.WRONG_STATE, f"booking {booking.booking_id} is {booking.state}, so it cannot be {verb}"
        )
    if booking.command_id is not None:
        raise RentalError(
            ErrorCode.COMMAND_PENDING,
            f"the car has not answered command {booking.command_id} yet: wait for its end",
        )


def _check_free_floating(market: RentalMarket, reading: Reading) -> None:
    if not market.free_floating:
        raise RentalError(ErrorCode.RETURN_BAY_REQUIRED, "cars return to a bay: name a station and a bay")
    if reading.latitude is None or reading.longitude is None:
        return
    outside = market_fence(market.market).metres_outside(reading.latitude, reading.longitude)
    if outside > 0:
        raise RentalError(
            ErrorCode.OUTSIDE_SERVICE_AREA,
            f"the car is {outside:.0f} m outside of the service area: end the trip inside it",
        )


def _give_back(
    booking: Booking, vehicle: RentalVehicle, state: BookingState, event: VehicleEvent, now: int
) -> tuple[Booking, list[Write]]:
    ended = step(booking, state, now)
    free = _moved(booking, vehicle, [event], now, booking_id=None)
    writes: list[Write] = [
        Replace(booking, ended),
        Replace(vehicle, free),
        MirrorState(vehicle.vehicle_id, free.state),
        ReleaseRider(booking.rider_id, booking.booking_id, now),
    ]
    if booking.destination is not None:
        writes.append(ReleaseBay(booking.destination, booking.booking_id, now))
    return ended, writes


def _without_command(command: Command, booking: Booking | None, now: int) -> list[Write]:
    if booking is None or not waits_for(booking, command):
        return []
    return [Replace(booking, edit(booking, now, command_id=None))]


def _command(booking: Booking, purpose: CommandPurpose, now: int, *cause: str) -> Command:
    return _new_command(booking, purpose, now, derived_id("command", *cause))


def _new_command(like: Booking | Command, purpose: CommandPurpose, now: int, command_id: str) -> Command:
    return Command(
        command_id=command_id,
        booking_id=like.booking_id,
        rider_id=like.rider_id,
        vehicle_id=like.vehicle_id,
        market=like.market,
        action=_ACTIONS[purpose],
        purpose=purpose,
        state=CommandState.SENT,
        issued_at=now,
        expires_at_ms=now + LIFETIME_MS,
        version=1,
        changed_at=now,
    )
