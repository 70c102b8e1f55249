"""What an event of the bus adds to the key figures of a day.

A fact follows from its event alone and has a name that no other has, so a day's facts are a set: an event
that comes again adds nothing, and the order in which events come does not matter.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

import msgspec
from msgspec import Struct

from ev_rental.rental.booking import Booking
from ev_rental.rental.invoice import Invoice
from ev_rental.rental.vehicle import RentalVehicle
from ev_rental.rental.vocabulary import EventType, VehicleEvent
from ev_rental.vocabulary import RentalState

FREE_FLOATING: Final = "free-floating"
"""Stands for a station where a car was held that stood at none."""


class Standing(StrEnum):
    """What a car's time counts as: on a trip, free or held, neither of both, or not in the fleet."""

    IN_USE = "in_use"
    READY = "ready"
    DOWN = "down"
    REMOVED = "removed"


class CarStood(Struct, frozen=True, kw_only=True, tag="car"):
    """From `at` (ms) on a car counts as `standing`. `version`: the vehicle's. `held_at`: the station, if
    this is the start of a hold."""

    vehicle_id: str
    at: int
    version: int
    standing: Standing
    held_at: str | None = None

    @property
    def name(self) -> str:
        """Its key within a day."""
        return f"CAR#{self.vehicle_id}#{self.version:010d}"


class AlertRaised(Struct, frozen=True, kw_only=True, tag="raised"):
    """From `at` (ms) on an alert keeps a car from being rented."""

    vehicle_id: str
    at: int
    alert_id: str

    @property
    def name(self) -> str:
        """Its key within a day."""
        return f"RAISED#{self.vehicle_id}#{self.alert_id}"


class AlertResolved(Struct, frozen=True, kw_only=True, tag="resolved"):
    """At `at` (ms) such an alert is over that was raised at `raised_at`."""

    vehicle_id: str
    at: int
    alert_id: str
    raised_at: int

    @property
    def name(self) -> str:
        """Its key within a day."""
        return f"RESOLVED#{self.vehicle_id}#{self.alert_id}"


class TripEnded(Struct, frozen=True, kw_only=True, tag="trip"):
    """A trip ended at `at` (ms). `metres`, `energy_wh`: None when the car did not tell."""

    booking_id: str
    at: int
    metres: int | None = None
    energy_wh: int | None = None

    @property
    def name(self) -> str:
        """Its key within a day."""
        return f"TRIP#{self.booking_id}"


class TripInvoiced(Struct, frozen=True, kw_only=True, tag="invoice"):
    """The trip that ended at `at` (ms) is invoiced: `net` in minor units. So a trip and its revenue are
    always of the same day."""

    invoice_id: str
    at: int
    net: int

    @property
    def name(self) -> str:
        """Its key within a day."""
        return f"INVOICE#{self.invoice_id}"


CarFact = CarStood | AlertRaised | AlertResolved
Fact = CarStood | AlertRaised | AlertResolved | TripEnded | TripInvoiced

EVENT_TYPES: Final = frozenset(
    {
        EventType.TRIP_COMPLETED,
        EventType.INVOICE_ISSUED,
        EventType.VEHICLE_REGISTERED,
        EventType.VEHICLE_STATE_CHANGED,
        EventType.ALERT_OPENED,
        EventType.ALERT_RESOLVED,
    }
)
"""The events that say something about key figures."""


class FactError(ValueError):
    """An event that is not what its type says."""


class _Alert(Struct):
    vehicle_id: str
    alert_id: str
    blocking: bool
    raised_at: int
    resolved_at: int | None = None


def facts_of(event_type: EventType, data: Mapping[str, Any]) -> list[Fact]:
    """The facts that follow from an event of one of EVENT_TYPES with this `data`. Raises FactError."""
    try:
        match event_type:
            case EventType.TRIP_COMPLETED:
                return [_trip(msgspec.convert(data, Booking))]
            case EventType.INVOICE_ISSUED:
                invoice = msgspec.convert(data, Invoice)
                return [
                    TripInvoiced(invoice_id=invoice.invoice_id, at=invoice.ended_at, net=invoice.price.net)
                ]
            case EventType.VEHICLE_REGISTERED | EventType.VEHICLE_STATE_CHANGED:
                return [_car(msgspec.convert(data, RentalVehicle))]
            case EventType.ALERT_OPENED | EventType.ALERT_RESOLVED:
                return _alert(msgspec.convert(data, _Alert))
            case _:
                raise FactError(f"{event_type} says nothing about key figures: check the bus rule")
    except msgspec.ValidationError as error:
        raise FactError(f"{event_type}: {error}") from error


def _trip(booking: Booking) -> TripEnded:
    if booking.ended_at is None:
        raise FactError(f"booking {booking.booking_id} is completed and has no end")
    return TripEnded(
        booking_id=booking.booking_id,
        at=booking.ended_at,
        metres=booking.metres,
        energy_wh=booking.energy_wh,
    )


def _car(vehicle: RentalVehicle) -> CarStood:
    held = vehicle.state is RentalState.RESERVED and VehicleEvent.RESERVATION_START in vehicle.event_types
    return CarStood(
        vehicle_id=vehicle.vehicle_id,
        at=vehicle.changed_at,
        version=vehicle.version,
        standing=_standing(vehicle),
        held_at=(vehicle.station_id or FREE_FLOATING) if held else None,
    )


def _standing(vehicle: RentalVehicle) -> Standing:
    """A car that is silent or away is still on its trip, but nobody could rent it."""
    match vehicle.state_beneath:
        case RentalState.ON_TRIP | RentalState.STOPPED:
            return Standing.IN_USE
        case RentalState.REMOVED:
            return Standing.REMOVED
    ready = vehicle.state in (RentalState.AVAILABLE, RentalState.RESERVED)
    return Standing.READY if ready else Standing.DOWN


def _alert(alert: _Alert) -> list[Fact]:
    """The end of an alert tells its beginning too, whichever comes first."""
    if not alert.blocking:
        return []
    vehicle_id, alert_id, raised_at = alert.vehicle_id, alert.alert_id, alert.raised_at
    facts: list[Fact] = [AlertRaised(vehicle_id=vehicle_id, at=raised_at, alert_id=alert_id)]
    if alert.resolved_at is not None:
        # Raised by the car's clock, resolved perhaps by another: an end before the beginning is no end.
        at = max(alert.resolved_at, raised_at)
        facts.append(AlertResolved(vehicle_id=vehicle_id, at=at, alert_id=alert_id, raised_at=raised_at))
    return facts
