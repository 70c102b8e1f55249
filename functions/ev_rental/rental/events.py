"""Events: what a change of an item means to others, with ids that never change.

An event's id follows from the entity, its version and the event's type, so the stream may be read twice and
consumers drop what they know. Nothing else writes events: the table's stream is the outbox.
"""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct, to_builtins

from ev_rental.rental.booking import Booking
from ev_rental.rental.command import Command
from ev_rental.rental.ids import derived_id
from ev_rental.rental.invoice import Invoice
from ev_rental.rental.report import Report
from ev_rental.rental.vehicle import RentalVehicle
from ev_rental.rental.vocabulary import BookingState, CommandState, EventType
from ev_rental.rental.writes import Entity
from ev_rental.vocabulary import AlertStatus

SCHEMA_VERSION: Final = "1.0"
SOURCE: Final = "bluehorizons.rental"


class Event(Struct, frozen=True, kw_only=True, rename="camel"):
    """The `detail` of an event on the bus. `occurred_at`: ms. `entity`: `<kind>/<id>`. `data`: the entity
    after the change."""

    schema_version: str
    event_id: str
    event_type: EventType
    occurred_at: int
    market: str
    entity: str
    version: int
    data: dict[str, Any]


BOOKING_EVENTS: Final[Mapping[BookingState, EventType]] = {
    BookingState.HELD: EventType.BOOKING_HELD,
    BookingState.ACTIVE: EventType.TRIP_STARTED,
    BookingState.COMPLETED: EventType.TRIP_COMPLETED,
    BookingState.INVOICED: EventType.BOOKING_INVOICED,
    BookingState.EXPIRED: EventType.BOOKING_EXPIRED,
    BookingState.CANCELLED: EventType.BOOKING_CANCELLED,
}
COMMAND_EVENTS: Final[Mapping[CommandState, EventType]] = {
    CommandState.SENT: EventType.COMMAND_SENT,
    CommandState.ACKNOWLEDGED: EventType.COMMAND_ACKNOWLEDGED,
    CommandState.REFUSED: EventType.COMMAND_REFUSED,
    CommandState.EXPIRED: EventType.COMMAND_EXPIRED,
}
ALERT_EVENTS: Final[Mapping[AlertStatus, EventType]] = {
    AlertStatus.OPEN: EventType.ALERT_OPENED,
    AlertStatus.ACKED: EventType.ALERT_ACKED,
    AlertStatus.RESOLVED: EventType.ALERT_RESOLVED,
}


def event_of(before: Entity | None, after: Entity | None) -> Event | None:
    """The event of one change of one item, None when it is nobody else's business (and for a deletion).

    A rider and a bay have no events of their own: those of the booking and the vehicle say it.
    """
    old_state = before.state if isinstance(before, Booking | RentalVehicle | Command) else None
    if isinstance(after, Booking | RentalVehicle | Command) and after.state is old_state:
        return None
    match after:
        case Booking():
            kind, name = BOOKING_EVENTS[after.state], after.booking_id
        case RentalVehicle():
            kind = EventType.VEHICLE_STATE_CHANGED if before else EventType.VEHICLE_REGISTERED
            name = after.vehicle_id
        case Command():
            kind, name = COMMAND_EVENTS[after.state], after.command_id
        case Invoice() if before is None:
            kind, name = EventType.INVOICE_ISSUED, after.invoice_id
        case Report() if before is None:
            kind, name = EventType.REPORT_FILED, after.report_id
        case _:
            return None
    entity = type(after).__name__.removeprefix("Rental").lower()
    return Event(
        schema_version=SCHEMA_VERSION,
        event_id=derived_id("event", entity, name, after.version, kind),
        event_type=kind,
        occurred_at=after.changed_at,
        market=after.market,
        entity=f"{entity}/{name}",
        version=after.version,
        data=to_builtins(after),
    )


def alert_event(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Event | None:
    """The event of a change of an alert's item (plain attributes), None when its status is the same.

    An alert goes through each status once, so the status stands for a version: 1, 2, 3.
    """
    if after is None or (before is not None and before.get("status") == after.get("status")):
        return None
    status = AlertStatus(after["status"])
    name = f"{after['vehicle_id']}/{after['alert_id']}"
    version = list(AlertStatus).index(status) + 1
    at = {
        AlertStatus.OPEN: after.get("raised_at", 0),
        AlertStatus.ACKED: after.get("acked_at", after.get("raised_at", 0)),
        AlertStatus.RESOLVED: after.get("resolved_at", after.get("raised_at", 0)),
    }[status]
    kind = ALERT_EVENTS[status]
    return Event(
        schema_version=SCHEMA_VERSION,
        event_id=derived_id("event", "alert", name, version, kind),
        event_type=kind,
        occurred_at=int(at),
        market=after["market"],
        entity=f"alert/{name}",
        version=version,
        data=dict(after),
    )
