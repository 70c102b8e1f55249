"""Domain objects <-> items of the table `rental`. No calls here.

An item has its entity's fields as attributes, absent ones left out, and beside them: `pk`, `sk`, `entity`;
for the indexes `due_kind` and `due_at` (index `due`) and `state_shard` (index `by_state`); and `expires_at`
(s) where DynamoDB may delete it one day.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ev_rental.rental.booking import Booking
from ev_rental.rental.command import Command
from ev_rental.rental.idempotency import IdempotencyRecord
from ev_rental.rental.invoice import Invoice
from ev_rental.rental.reading import Reading
from ev_rental.rental.report import Report
from ev_rental.rental.rider import Rider
from ev_rental.rental.station import Bay, BayRef
from ev_rental.rental.vehicle import RentalVehicle, state_shard
from ev_rental.rental.vocabulary import BookingState, CommandState, DueKind
from ev_rental.rental.writes import Entity
from ev_rental.vocabulary import Contact, RentalState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Attributes = dict[str, AttributeValueTypeDef]

KEEP_COMMANDS_SECONDS: Final = 90 * 86_400
"""How long a command is kept: complaints about a car that would not open come within weeks."""

ENTITIES: Final[Mapping[str, type[Entity]]] = {
    "BOOKING": Booking,
    "VEHICLE": RentalVehicle,
    "RIDER": Rider,
    "BAY": Bay,
    "COMMAND": Command,
    "INVOICE": Invoice,
    "REPORT": Report,
}
"""`entity` -> what its item holds; `IDEMPOTENCY` beside them is nobody else's business."""

_ID_FIELDS: Final = {
    "BOOKING": "booking_id",
    "VEHICLE": "vehicle_id",
    "RIDER": "rider_id",
    "COMMAND": "command_id",
    "INVOICE": "booking_id",
    "REPORT": "report_id",
}

_decode_leaves: Final = msgspec.json.Decoder(dict[str, Any]).decode


def key(entity: str, name: str) -> "Attributes":
    """The key of an item whose partition holds nothing else, such as `BOOKING#<id>` / `BOOKING`."""
    return {"pk": {"S": f"{entity}#{name}"}, "sk": {"S": entity}}


def bay_key(bay: BayRef) -> "Attributes":
    """`STATION#<id>` / `BAY#<id>`."""
    return {"pk": {"S": f"STATION#{bay.station_id}"}, "sk": {"S": f"BAY#{bay.bay_id}"}}


def idempotency_key(rider_id: str, name: str) -> "Attributes":
    """`IDEMPOTENCY#<rider id>#<key>`: a rider id, the pool's `sub`, has no `#`."""
    return key("IDEMPOTENCY", f"{rider_id}#{name}")


def entity_key(entity: Entity) -> "Attributes":
    """The key of an entity's item."""
    if isinstance(entity, Bay):
        return bay_key(BayRef(station_id=entity.station_id, bay_id=entity.bay_id))
    name = _entity_name(entity)
    return key(name, getattr(entity, _ID_FIELDS[name]))


def entity_attributes(entity: Entity) -> "Attributes":
    """The whole item of an entity."""
    fields = msgspec.to_builtins(entity) | {"entity": _entity_name(entity)} | _index(entity)
    return entity_key(entity) | attributes(fields)


def record_attributes(record: IdempotencyRecord) -> "Attributes":
    """The whole item of an idempotency record."""
    fields = msgspec.to_builtins(record) | {"entity": "IDEMPOTENCY", "expires_at": record.forget_at}
    return idempotency_key(record.rider_id, record.key) | attributes(fields)


def entity_from(item: Mapping[str, Any]) -> Entity | None:
    """The entity of a stored item or a stream's image; None for a record of idempotency and for no item.

    Raises msgspec.ValidationError when the item is not what its `entity` says.
    """
    kind = ENTITIES.get(item.get("entity", {}).get("S", ""))
    return None if kind is None else msgspec.convert(plain(item), kind)


def reading_from(vehicle_id: str, item: Mapping[str, Any]) -> Reading:
    """What the rental asks of an item of the table of vehicle states; an empty reading for no item."""
    found = plain(item)
    leaves = _decode_leaves(found.get("leaves", "{}"))
    contact = found.get("contact")
    consumed_kwh = leaves.get("consumed_energy")
    rental_state = found.get("rental_state")
    return Reading(
        vehicle_id=vehicle_id,
        last_seen=found.get("last_seen", 0),
        soc=found.get("soc"),
        blocking_alerts=tuple(sorted(found.get("blocking_alerts", ()))),
        contact=None if contact is None else Contact(contact),
        contact_at=found.get("contact_at", 0),
        latitude=leaves.get("latitude"),
        longitude=leaves.get("longitude"),
        range_m=leaves.get("range"),
        odometer=leaves.get("odometer"),
        consumed_wh=None if consumed_kwh is None else round(consumed_kwh * 1000),
        charging=leaves.get("charging"),
        rental_state=None if rental_state is None else RentalState(rental_state),
    )


def attributes(plain_item: Mapping[str, Any]) -> "Attributes":
    """Plain values -> attribute values; None is left out."""
    return {name: _attribute(value) for name, value in plain_item.items() if value is not None}


def plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """Attribute values -> plain values."""
    return {name: _value(value) for name, value in item.items()}


def _entity_name(entity: Entity) -> str:
    return next(name for name, kind in ENTITIES.items() if isinstance(entity, kind))


def _index(entity: Entity) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    due: tuple[DueKind, int] | None = None
    match entity:
        case Booking(state=BookingState.HELD):
            due = DueKind.HOLD_EXPIRY, entity.hold_expires_at
        case Booking(state=BookingState.ACTIVE):
            due = DueKind.TRIP, entity.started_at or entity.changed_at
        case Booking(state=BookingState.COMPLETED):
            due = DueKind.INVOICE, entity.changed_at
        case Rider(live_booking_id=str()):
            due = DueKind.RIDER_LOCK, entity.changed_at
        case Command():
            attributes = {"expires_at": entity.issued_at // 1000 + KEEP_COMMANDS_SECONDS}
            if entity.state is CommandState.SENT:
                due = DueKind.COMMAND_EXPIRY, entity.gives_up_at
        case RentalVehicle():
            attributes = {"state_shard": state_shard(entity.state, entity.vehicle_id)}
    return attributes if due is None else attributes | {"due_kind": due[0].value, "due_at": due[1]}


def _attribute(value: Any) -> "AttributeValueTypeDef":  # noqa: ANN401 - any JSON value
    match value:
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case str():
            return {"S": value}
        case list() | tuple():
            return {"L": [_attribute(part) for part in value]}
        case dict():
            return {"M": {name: _attribute(part) for name, part in value.items() if part is not None}}
        case _:
            raise TypeError(f"{type(value).__name__} {value!r} is not kept: money and time are integers")


def _value(attribute: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            return float(value) if "." in value or "E" in value else int(value)
        case "L":
            return [_value(part) for part in value]
        case "M":
            return plain(value)
        case _:
            return value
