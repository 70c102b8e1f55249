"""What the queue of completed trips holds: events of the bus, as EventBridge wraps them."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct, field

from ev_rental.rental.events import SCHEMA_VERSION, SOURCE
from ev_rental.rental.invoice import Invoice
from ev_rental.rental.operations import RentalOperations
from ev_rental.rental.vocabulary import EventType
from rental_events.messages import PoisonedError

_MAJOR: Final = SCHEMA_VERSION.partition(".")[0]


class _Booking(Struct):
    booking_id: Annotated[str, Meta(min_length=1)]


class _Detail(Struct, rename="camel"):
    schema_version: str
    market: str
    data: _Booking


class _Envelope(Struct):
    """https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html"""

    source: str
    detail: _Detail
    detail_type: str = field(name="detail-type")


_decode: Final = msgspec.json.Decoder(_Envelope).decode


def completed_booking(body: str, market: str) -> str:
    """The id of the booking whose trip is completed. Raises PoisonedError."""
    try:
        envelope = _decode(body)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise PoisonedError(f"no event of the bus: {error}") from error
    said = (envelope.source, envelope.detail_type)
    if said != (SOURCE, EventType.TRIP_COMPLETED):
        raise PoisonedError(f"{said} is not ({SOURCE}, {EventType.TRIP_COMPLETED}): check the bus rule")
    detail = envelope.detail
    if detail.schema_version.partition(".")[0] != _MAJOR:
        raise PoisonedError(f"schemaVersion is {detail.schema_version}: {_MAJOR}.x is understood")
    if detail.market != market:
        raise PoisonedError(f"market is {detail.market!r}, this function invoices {market!r}")
    return detail.data.booking_id


def invoice_trip(rental: RentalOperations, body: str) -> Invoice:
    """Invoices the trip of a message. Raises PoisonedError and RentalError."""
    booking_id = completed_booking(body, rental.market.market)
    invoice = rental.issue_invoice(booking_id)
    if invoice is None:
        raise PoisonedError(f"booking {booking_id} is not completed: there is nothing to invoice")
    return invoice
