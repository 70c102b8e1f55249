"""The tables of docs/events.md."""

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct

from ev_rental.rental.booking import Booking
from ev_rental.rental.command import Command
from ev_rental.rental.events import (
    ALERT_EVENTS,
    BOOKING_EVENTS,
    COMMAND_EVENTS,
    SCHEMA_VERSION,
    SOURCE,
    Event,
)
from ev_rental.rental.invoice import Invoice
from ev_rental.rental.report import Report
from ev_rental.rental.vehicle import RentalVehicle
from ev_rental.rental.vocabulary import EventType
from event_publisher.bus import ATTEMPTS, MAX_BYTES, MAX_ENTRIES
from event_publisher.facts import FACTS, KIND
from pages.markdown import Tables, table

ENVELOPE: Final[Mapping[str, str]] = {
    "schemaVersion": f"`{SCHEMA_VERSION}`; a new major version would change what is there, a minor one adds",
    "eventId": "UUID; the same change has the same id, however often it comes",
    "eventType": "the detail type again, for who gets the detail alone",
    "occurredAt": "ms since the epoch, UTC: when the change was made",
    "market": "`sg`, `my`, ...",
    "entity": "what changed: `<kind>/<id>`",
    "version": "grows with each change of the entity, also with those that make no event",
    "data": "the entity after the change",
}
_OTHERS: Final = (
    (EventType.VEHICLE_REGISTERED, "vehicle", "a vehicle is new", RentalVehicle),
    (EventType.VEHICLE_STATE_CHANGED, "vehicle", "its MDS state is another", RentalVehicle),
    (EventType.INVOICE_ISSUED, "invoice", "a trip is invoiced", Invoice),
    (EventType.REPORT_FILED, "report", "a rider reports a problem", Report),
)

Row = tuple[str, str, str, str, str]


def _fields(entity: type[Struct]) -> str:
    return ", ".join(f"`{name}`" for name in entity.__struct_fields__)


def _rows() -> Iterator[Row]:
    for state, kind in BOOKING_EVENTS.items():
        yield kind, "rental", "booking", f"it becomes `{state}`", _fields(Booking)
    for sent, kind in COMMAND_EVENTS.items():
        yield kind, "rental", "command", f"it becomes `{sent}`", _fields(Command)
    for kind, entity, when, held in _OTHERS:
        yield kind, "rental", entity, when, _fields(held)
    for status, kind in ALERT_EVENTS.items():
        yield kind, "alerts", "alert", f"its status becomes `{status}`", "the alert's item"
    for fact in FACTS:
        data = ", ".join(f"`{name}`" for name in ("vehicle_id", fact.changes, fact.at))
        yield fact.type, "vehicle state", KIND, f"`{fact.changes}` is another", data


def events_table() -> str:
    """Every event there is. Raises ValueError when a type of the vocabulary is not described."""
    rows = {row[0]: row for row in _rows()}
    missing = set(EventType) - set(rows)
    if missing:
        raise ValueError(f"events {sorted(missing)} are not described: add them here")
    return table(
        ("detail type", "from table", "entity", "when"), ((f"`{row[0]}`", *row[1:4]) for row in rows.values())
    )


def data_table() -> str:
    """What `data` holds, by kind of entity."""
    data = {row[2] if row[2] != KIND else f"{KIND} (`{row[0]}`)": row[4] for row in _rows()}
    return table(("entity", "data"), data.items())


def envelope_table() -> str:
    """The fields of an event's detail."""
    return table(("field", "is"), ((f"`{name}`", ENVELOPE[name]) for name in Event.__struct_encode_fields__))


def limits_table() -> str:
    """How events are sent."""
    return table(
        ("limit", "value"),
        (
            ("source", f"`{SOURCE}`"),
            ("events in a call", str(MAX_ENTRIES)),
            ("bytes in a call, and so in an event", f"{MAX_BYTES:,}"),
            ("attempts for an event in one invocation", str(ATTEMPTS)),
        ),
    )


TABLES: Final[Tables] = {
    "envelope": envelope_table,
    "events": events_table,
    "data": data_table,
    "limits": limits_table,
}
