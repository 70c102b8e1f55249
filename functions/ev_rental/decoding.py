"""Bytes of a stream record -> a message that can be trusted, or a RejectError that says why not.

Pure: the broker's `receivedAt` in the record is the clock, so a record that was let in once is let in
whenever it is delivered or replayed, and a rejected one stays rejected.
"""

import json
import math
import re
from datetime import datetime
from typing import Any, Final

import msgspec

from ev_rental.telemetry import SCHEMA_VERSION, Lifecycle, Telemetry
from ev_rental.vocabulary import Contact, Market, RecordType, RejectReason

MAX_BYTES: Final = 128 * 1024  # AWS IoT Core's own limit on a message
MAX_AGE_MS: Final = 24 * 3_600_000  # a car uploads what it buffered without coverage; older is history
MAX_AHEAD_MS: Final = 60_000  # a wrong clock must not win over the coming messages for longer than this
MAX_FIX_AGE_MS: Final = 600_000  # a fix older than its message: a car without a fix leaves the leaves out

VEHICLE_ID: Final = re.compile(r"[A-Z]{2}-EV-[0-9]{6}")
"""A car's thing name: the market in capitals, `EV`, six digits (`SG-EV-000123`)."""

_Message = Telemetry | Lifecycle
_decoder: Final[msgspec.json.Decoder[_Message]] = msgspec.json.Decoder(_Message)
_EVENT_TYPES: Final = tuple(Contact)


class RejectError(Exception):
    """A record that is not let in. `detail` names the field and the limit, never a rider's position."""

    def __init__(self, reason: RejectReason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


def decode(data: bytes, market: Market) -> Telemetry | Lifecycle:
    """One record's payload as a validated message of a car of `market`. Raises RejectError, nothing else."""
    if len(data) > MAX_BYTES:
        raise RejectError(RejectReason.OVERSIZED, f"{len(data)} bytes, at most {MAX_BYTES}")
    try:
        message = _decoder.decode(data)
    except (ValueError, RecursionError) as error:  # msgspec's and Unicode's errors are ValueErrors
        raise _explain(data, error) from None
    if isinstance(message, Telemetry):
        _check_telemetry(message, market)
    else:
        _check_lifecycle(message, market)
    return message


def _check_identity(vehicle_id: str, topic_vehicle_id: str, market: Market) -> None:
    if vehicle_id != topic_vehicle_id:
        raise RejectError(
            RejectReason.IDENTITY_MISMATCH, f"says {vehicle_id!r}, came from {topic_vehicle_id!r}"
        )
    if VEHICLE_ID.fullmatch(vehicle_id) is None:
        raise RejectError(
            RejectReason.UNKNOWN_VEHICLE, f"{vehicle_id!r} is not a vehicle id like SG-EV-000123"
        )
    if vehicle_id[:2] != market.upper():
        raise RejectError(RejectReason.OTHER_MARKET, f"{vehicle_id!r} is not a car of market '{market}'")


def _check_clock(timestamp: int, received_at: int) -> None:
    if timestamp < received_at - MAX_AGE_MS:
        raise RejectError(RejectReason.STALE, f"measured {received_at - timestamp} ms before it was received")
    if timestamp > received_at + MAX_AHEAD_MS:
        raise RejectError(RejectReason.FUTURE, f"measured {timestamp - received_at} ms after it was received")


def _check_telemetry(message: Telemetry, market: Market) -> None:
    if message.schema_version != SCHEMA_VERSION:
        raise RejectError(
            RejectReason.UNKNOWN_SCHEMA_VERSION, f"{message.schema_version!r}, known: {SCHEMA_VERSION}"
        )
    _check_identity(message.vehicle_id, message.topic_vehicle_id, market)
    if message.market != market:
        raise RejectError(RejectReason.OTHER_MARKET, f"{message.market!r}, here: '{market}'")
    _check_clock(message.timestamp, message.received_at)
    if message.latitude is not None or message.longitude is not None or message.fix_time is not None:
        _check_fix(message)


def _check_fix(message: Telemetry) -> None:
    if message.latitude is None or message.longitude is None:
        raise RejectError(RejectReason.INCOMPLETE_FIX, "latitude and longitude come together or not at all")
    if message.latitude == 0 and message.longitude == 0:
        raise RejectError(RejectReason.NULL_ISLAND, "(0, 0) is what a receiver without a fix reports")
    if message.fix_time is None:
        return
    try:
        fixed_at = datetime.fromisoformat(message.fix_time)
    except ValueError:
        fixed_at = None
    if fixed_at is None or fixed_at.tzinfo is None:
        raise RejectError(
            RejectReason.INVALID_FIELD, "Vehicle.CurrentLocation.Timestamp is not ISO 8601 in UTC"
        )
    fix_ms = int(fixed_at.timestamp() * 1000)
    if fix_ms < message.timestamp - MAX_FIX_AGE_MS:
        raise RejectError(
            RejectReason.STALE_FIX, f"fix is {message.timestamp - fix_ms} ms older than its message"
        )
    if fix_ms > message.received_at + MAX_AHEAD_MS:
        raise RejectError(
            RejectReason.FUTURE_FIX, f"fix is {fix_ms - message.received_at} ms ahead of its receipt"
        )


def _check_lifecycle(event: Lifecycle, market: Market) -> None:
    _check_identity(event.client_id, event.topic_vehicle_id, market)
    if event.event_type not in _EVENT_TYPES:
        raise RejectError(
            RejectReason.UNKNOWN_EVENT_TYPE, f"{event.event_type!r}, known: connected, disconnected"
        )
    _check_clock(event.timestamp, event.received_at)


def _explain(data: bytes, error: Exception) -> RejectError:
    """The most telling reason for a record that does not fit the schema (slow path)."""
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        return RejectError(RejectReason.MALFORMED, "not a JSON document in UTF-8")
    if not isinstance(body, dict):
        return RejectError(RejectReason.MALFORMED, "not a JSON object")
    kind = body.get("recordType")
    version = body.get("schemaVersion")
    infinite = [name for name, v in body.items() if isinstance(v, float) and not math.isfinite(v)]
    if kind not in tuple(RecordType):
        reason, detail = RejectReason.UNKNOWN_RECORD_TYPE, f"recordType {_short(kind)}"
    elif kind == RecordType.TELEMETRY and isinstance(version, str) and version != SCHEMA_VERSION:
        reason, detail = RejectReason.UNKNOWN_SCHEMA_VERSION, f"{_short(version)}, known: {SCHEMA_VERSION}"
    elif infinite:
        reason, detail = RejectReason.NOT_FINITE, f"{_short(infinite[0])} is not a finite number"
    else:
        # msgspec names type and path, never the value: "Expected `float` <= 100.0 - at `$.Vehicle.Speed`"
        detail = str(error)[:200]
        if any(words in detail for words in (", got `", "missing required", "Invalid enum value")):
            reason = RejectReason.INVALID_FIELD
        elif "Expected" in detail or "out of range" in detail:
            reason = RejectReason.OUT_OF_RANGE
        else:
            reason = RejectReason.MALFORMED
    return RejectError(reason, detail)


def _short(value: Any) -> str:  # noqa: ANN401 - any JSON value
    text = repr(value)
    return text if len(text) <= 40 else text[:39] + "…"
