"""What the queue of alerts holds: events of the bus, as EventBridge wraps them."""

from typing import Final

import msgspec
from msgspec import Struct, field

from ev_rental.dispatching.record import Alert
from ev_rental.rental.events import ALERT_EVENTS, SCHEMA_VERSION, SOURCE
from rental_events.messages import PoisonedError

_MAJOR: Final = SCHEMA_VERSION.partition(".")[0]


class _Detail(Struct, rename="camel"):
    schema_version: str
    market: str
    data: Alert


class _Envelope(Struct):
    """https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html"""

    source: str
    detail: _Detail
    detail_type: str = field(name="detail-type")


_decode: Final = msgspec.json.Decoder(_Envelope).decode


def alert_of(body: str, market: str) -> Alert:
    """The alert of a message, as it was when the event was made. Raises PoisonedError."""
    try:
        envelope = _decode(body)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise PoisonedError(f"no event of an alert: {error}") from error
    if envelope.source != SOURCE or envelope.detail_type not in ALERT_EVENTS.values():
        raise PoisonedError(f"({envelope.source}, {envelope.detail_type}) is no alert: check the bus rule")
    detail = envelope.detail
    if detail.schema_version.partition(".")[0] != _MAJOR:
        raise PoisonedError(f"schemaVersion is {detail.schema_version}: {_MAJOR}.x is understood")
    if detail.market != market:
        raise PoisonedError(f"market is {detail.market!r}, this function is of {market!r}")
    return detail.data
