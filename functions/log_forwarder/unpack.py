"""From what a subscription delivers to one document for each log event.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html: gzip, then base64.
"""

import zlib
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from msgspec import Struct

MAX_UNPACKED: Final = 64 * 1024 * 1024
"""More than a subscription ever sends; a bomb is refused before it fills the memory."""
MAX_MESSAGE: Final = 500_000  # characters; Firehose takes 1,000 KiB a record
_GZIP: Final = 16 + zlib.MAX_WBITS
# What our functions and AWS's own log lines have in common. Every other field stays inside the message: an
# index with a field for each key that anybody ever logs would grow without end.
KNOWN_FIELDS: Final = (
    "level",
    "service",
    "function_name",
    "function_request_id",
    "requestId",
    "xray_trace_id",
    "location",
    "error",
    "status",
)


class NotFromLogsError(ValueError):
    """The event is nothing that CloudWatch Logs sends; the message says why."""


class LogEvent(Struct):
    """One log event; `timestamp` is in ms since the epoch."""

    id: str
    timestamp: int
    message: str


class Delivery(Struct, rename="camel"):
    """What a subscription sends at once: events of one stream of one group."""

    message_type: str
    owner: str
    log_group: str
    log_stream: str
    log_events: list[LogEvent]


def unpack(data: str) -> Delivery:
    """The delivery in `awslogs.data`. Raises NotFromLogsError."""
    try:
        inflate = zlib.decompressobj(_GZIP)
        content = inflate.decompress(b64decode(data, validate=True), MAX_UNPACKED)
        if inflate.unconsumed_tail:
            raise NotFromLogsError(f"the data is more than {MAX_UNPACKED} bytes when unpacked")
        return msgspec.json.decode(content, type=Delivery)
    except (zlib.error, ValueError) as error:  # base64's and msgspec's errors are ValueErrors
        if isinstance(error, NotFromLogsError):
            raise
        raise NotFromLogsError(f"awslogs.data is no gzipped delivery of log events: {error}") from None


def documents(delivery: Delivery) -> Iterator[bytes]:
    """A JSON document for each event. Test messages of a new subscription (CONTROL_MESSAGE) give none."""
    if delivery.message_type != "DATA_MESSAGE":
        return
    for event in delivery.log_events:
        yield msgspec.json.encode(_document(delivery, event))


def _document(delivery: Delivery, event: LogEvent) -> dict[str, Any]:
    message = event.message
    return {
        "@timestamp": datetime.fromtimestamp(event.timestamp / 1_000, UTC).isoformat(timespec="milliseconds"),
        "event_id": event.id,
        "account": delivery.owner,
        "log_group": delivery.log_group,
        "log_stream": delivery.log_stream,
        "message": message if len(message) <= MAX_MESSAGE else f"{message[:MAX_MESSAGE]} [cut]",
        **_known_fields(message),
    }


def _known_fields(message: str) -> dict[str, str]:
    if not message.startswith("{"):
        return {}
    try:
        fields = msgspec.json.decode(message)
    except ValueError:
        return {}
    # As text, always: two groups that disagree on a type would lose each other's documents.
    return {name: str(fields[name])[:1_000] for name in KNOWN_FIELDS if fields.get(name) is not None}
