"""The sweep that puts right what a failover left in halves: `RentalOperations.reconcile`.

It looks at whatever the table's indexes list, and judges each thing anew from consistent reads. Where nothing
is wrong it writes nothing, so it may run at any time, and does, for a Region that was lost may come back at
any time. What one run puts right may show the next run more: two runs settle all, a third has nothing to do.
"""

from collections.abc import Callable, Iterator
from typing import Final

from ev_rental.rental import reconcile_decisions
from ev_rental.rental.booking import LIVE, Booking
from ev_rental.rental.invoice import Invoice
from ev_rental.rental.market import stations
from ev_rental.rental.station import Bay, BayRef
from ev_rental.rental.steps import Steps, Sweep
from ev_rental.rental.vehicle import RentalVehicle
from ev_rental.rental.vocabulary import DueKind
from ev_rental.rental.writes import Write
from ev_rental.vocabulary import RentalState

_Decide = Callable[[int], list[Write] | None]

_EVER: Final = 10**15
"""ms beyond every time that is due."""


def reconcile(steps: Steps) -> Sweep:
    """Bookings first, because the rest follows them."""
    steps.take_over()
    found = Sweep()
    for kind in (DueKind.HOLD_EXPIRY, DueKind.TRIP):
        for booking_id in list(steps.store.due(kind, _EVER)):
            steps.one_of(found, f"booking/{booking_id}", _booking(steps, booking_id))
    for rider_id in list(steps.store.due(DueKind.RIDER_LOCK, _EVER)):
        steps.one_of(found, f"rider/{rider_id}", _rider(steps, rider_id))
    vehicles = {vehicle.vehicle_id: vehicle for vehicle in steps.store.vehicles(RentalState)}
    for vehicle_id in _suspicious(steps, vehicles):
        steps.one_of(found, f"vehicle/{vehicle_id}", _vehicle(steps, vehicle_id))
        steps.one_of(found, f"mirror/{vehicle_id}", _mirror(steps, vehicle_id))
    for bay in _bays(steps):
        here = BayRef(station_id=bay.station_id, bay_id=bay.bay_id)
        occupant = vehicles.get(bay.occupied_by or "")
        if bay.reserved_by or (bay.occupied_by and (occupant is None or occupant.bay != here)):
            steps.one_of(found, f"bay/{bay.station_id}/{bay.bay_id}", _bay(steps, here))
    return found


def reconcile_invoices(steps: Steps, since: int) -> Sweep:
    """Bookings that one Region ended while the other completed and invoiced their trip.

    `since`: ms, when the Regions last heard of each other. Every booking that was invoiced since then is
    read, so this is not for every run.
    """
    steps.take_over()
    found = Sweep()
    for invoice in steps.store.invoices_since(since):
        steps.one_of(found, f"invoice/{invoice.booking_id}", _invoice(steps, invoice))
    return found


def _booking(steps: Steps, booking_id: str) -> _Decide:
    store = steps.store

    def decide(now: int) -> list[Write] | None:
        booking = store.booking(booking_id)
        if booking is None or booking.state not in LIVE:
            return None
        vehicle, rider = store.vehicle(booking.vehicle_id), store.rider(booking.rider_id)
        bay = None if booking.destination is None else store.bay(booking.destination)
        named = {vehicle.booking_id if vehicle else None, rider.live_booking_id if rider else None}
        others = [_live(steps, name) for name in named - {None, booking_id} if name]
        rival = any(
            other is not None
            and (other.vehicle_id == booking.vehicle_id or other.rider_id == booking.rider_id)
            for other in others
        )
        found = reconcile_decisions.Claim(
            booking=booking,
            vehicle=vehicle,
            rider=rider,
            command=store.command(booking.command_id) if booking.command_id else None,
            bay=bay,
            rival=rival,
            bay_taken=bay is not None and _is_taken(steps, bay, booking),
        )
        return reconcile_decisions.claim(found, steps.new_id(), now)

    return decide


def _invoice(steps: Steps, invoice: Invoice) -> _Decide:
    def decide(now: int) -> list[Write] | None:
        return reconcile_decisions.follow_invoice(steps.store.booking(invoice.booking_id), invoice, now)

    return decide


def _rider(steps: Steps, rider_id: str) -> _Decide:
    def decide(now: int) -> list[Write] | None:
        rider = steps.store.rider(rider_id)
        if rider is None or rider.live_booking_id is None:
            return None
        return reconcile_decisions.unlock_rider(rider, steps.store.booking(rider.live_booking_id), now)

    return decide


def _vehicle(steps: Steps, vehicle_id: str) -> _Decide:
    store = steps.store

    def decide(now: int) -> list[Write] | None:
        vehicle = store.vehicle(vehicle_id)
        if vehicle is None:
            return None
        if vehicle.booking_id is not None:
            booking = store.booking(vehicle.booking_id)
            ended_in = None if booking is None or booking.destination is None else booking.destination
            bay = None if ended_in is None else store.bay(ended_in)
            writes = reconcile_decisions.free_vehicle(vehicle, booking, bay, steps.new_id(), now)
            if writes is not None:
                return writes
        bay = None if vehicle.bay is None else store.bay(vehicle.bay)
        there = store.vehicle(bay.occupied_by) if bay is not None and bay.occupied_by else None
        return reconcile_decisions.tidy_place(vehicle, bay, there, now)

    return decide


def _mirror(steps: Steps, vehicle_id: str) -> _Decide:
    def decide(_: int) -> list[Write] | None:
        vehicle = steps.store.vehicle(vehicle_id)
        if vehicle is None:
            return None
        return reconcile_decisions.mirror(vehicle, steps.store.readings([vehicle_id])[vehicle_id])

    return decide


def _bay(steps: Steps, here: BayRef) -> _Decide:
    store = steps.store

    def decide(now: int) -> list[Write] | None:
        bay = store.bay(here)
        if bay is None:
            return None
        booking = store.booking(bay.reserved_by) if bay.reserved_by else None
        occupant = store.vehicle(bay.occupied_by) if bay.occupied_by else None
        return reconcile_decisions.tidy_bay(bay, booking, occupant, now)

    return decide


def _suspicious(steps: Steps, vehicles: dict[str, RentalVehicle]) -> Iterator[str]:
    """Vehicles whose booking, bay or mirrored state the lists do not confirm."""
    held = set(steps.store.due(DueKind.HOLD_EXPIRY, _EVER)) | set(steps.store.due(DueKind.TRIP, _EVER))
    bays = {BayRef(station_id=bay.station_id, bay_id=bay.bay_id): bay for bay in _bays(steps)}
    readings = steps.store.readings(vehicles)
    for vehicle_id, vehicle in vehicles.items():
        parked = vehicle.bay is None or (vehicle.bay in bays and bays[vehicle.bay].occupied_by == vehicle_id)
        booked = vehicle.booking_id is None or vehicle.booking_id in held
        if not (parked and booked and readings[vehicle_id].rental_state is vehicle.state):
            yield vehicle_id


def _bays(steps: Steps) -> Iterator[Bay]:
    for station_id in stations(steps.market.market):
        yield from steps.store.station(station_id).bays


def _live(steps: Steps, booking_id: str) -> Booking | None:
    booking = steps.store.booking(booking_id)
    return booking if booking is not None and booking.state in LIVE else None


def _is_taken(steps: Steps, bay: Bay, booking: Booking) -> bool:
    here = BayRef(station_id=bay.station_id, bay_id=bay.bay_id)
    if bay.reserved_by and bay.reserved_by != booking.booking_id:
        other = _live(steps, bay.reserved_by)
        if other is not None and other.destination == here:
            return True
    if bay.occupied_by and bay.occupied_by != booking.vehicle_id:
        occupant = steps.store.vehicle(bay.occupied_by)
        return occupant is not None and occupant.bay == here
    return False
