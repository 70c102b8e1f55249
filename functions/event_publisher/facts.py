"""Which changes of a car's telemetry state others need to know: a table, and everything else makes no event.

The processor writes an item a car every few seconds. Its values are for the lake and for whoever reads the
item; only what changes rarely and means something on its own reaches the bus. `rental_state` is not here:
it is a copy, and the change of the vehicle that it follows makes `vehicle.state_changed` already.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from ev_rental.rental.events import SCHEMA_VERSION
from ev_rental.rental.ids import derived_id

KIND: Final = "vehicle_state"


class FactType(StrEnum):
    """Detail types of events about what telemetry says of a car."""

    CONTACT_CHANGED = "vehicle.contact_changed"
    BLOCKING_CHANGED = "vehicle.blocking_changed"


class FactEvent(Struct, frozen=True, kw_only=True, rename="camel"):
    """As `ev_rental.rental.events.Event`. `version`: the item's revision. `data`: the fact now."""

    schema_version: str
    event_id: str
    event_type: FactType
    occurred_at: int
    market: str
    entity: str
    version: int
    data: dict[str, Any]


class Fact(Struct, frozen=True):
    """`changes`: the attribute that makes the event when it differs. `at`: the attribute with its time (ms).
    `absent`: what the attribute's absence means."""

    type: FactType
    changes: str
    at: str
    absent: Any


FACTS: Final = (
    Fact(FactType.CONTACT_CHANGED, changes="contact", at="contact_at", absent=None),
    Fact(FactType.BLOCKING_CHANGED, changes="blocking_alerts", at="last_seen", absent=[]),
)


def fact_events(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, market: str
) -> list[FactEvent]:
    """The events of one change of a car's item (plain attributes); none for its deletion.

    An id follows from revision and time: a car that comes back after its item was deleted begins at
    revision 1 again.
    """
    if after is None:
        return []
    events = []
    for fact in FACTS:
        old, new = _value(before or {}, fact), _value(after, fact)
        if old == new:
            continue
        vehicle_id, revision, last_seen = after["vehicle_id"], after["revision"], after["last_seen"]
        events.append(
            FactEvent(
                schema_version=SCHEMA_VERSION,
                event_id=derived_id("event", KIND, vehicle_id, revision, last_seen, fact.type),
                event_type=fact.type,
                occurred_at=after[fact.at],
                market=market,
                entity=f"{KIND}/{vehicle_id}",
                version=revision,
                data={"vehicle_id": vehicle_id, fact.changes: new, fact.at: after[fact.at]},
            )
        )
    return events


def _value(item: Mapping[str, Any], fact: Fact) -> Any:  # noqa: ANN401 - any attribute
    value = item.get(fact.changes, fact.absent)
    return sorted(value) if isinstance(value, list) else value
