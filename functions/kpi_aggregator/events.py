"""What the queue holds: events of the bus, as EventBridge wraps them, and the facts that follow from them."""

from typing import Any, Final

import msgspec
from msgspec import Struct, field

from ev_rental.kpi.facts import EVENT_TYPES, Fact, FactError, facts_of
from ev_rental.rental.events import SCHEMA_VERSION, SOURCE
from ev_rental.rental.vocabulary import EventType
from rental_events.messages import PoisonedError

_MAJOR: Final = SCHEMA_VERSION.partition(".")[0]


class _Detail(Struct, rename="camel"):
    schema_version: str
    market: str
    data: dict[str, Any]


class _Envelope(Struct):
    """https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html"""

    source: str
    detail: _Detail
    detail_type: str = field(name="detail-type")


_decode: Final = msgspec.json.Decoder(_Envelope).decode


def facts_in(body: str, market: str) -> list[Fact]:
    """The facts of one message. Raises PoisonedError."""
    try:
        envelope = _decode(body)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise PoisonedError(f"no event of the bus: {error}") from error
    detail = envelope.detail
    if envelope.source != SOURCE or envelope.detail_type not in EVENT_TYPES:
        known = ", ".join(sorted(EVENT_TYPES))
        raise PoisonedError(
            f"{envelope.detail_type!r} of {envelope.source!r} is not counted: check the bus rule, "
            f"{SOURCE} sends {known}"
        )
    if detail.schema_version.partition(".")[0] != _MAJOR:
        raise PoisonedError(f"schemaVersion is {detail.schema_version}: {_MAJOR}.x is understood")
    if detail.market != market:
        raise PoisonedError(f"market is {detail.market!r}, this function counts {market!r}")
    try:
        return facts_of(EventType(envelope.detail_type), detail.data)
    except FactError as error:
        raise PoisonedError(str(error)) from error
