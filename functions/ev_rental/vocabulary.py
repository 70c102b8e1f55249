"""Closed vocabularies shared by every layer: a word that is not here does not exist."""

from enum import StrEnum


class Market(StrEnum):
    """The country a car is rented in; the wire's `market` and, in capitals, the prefix of a vehicle id."""

    SINGAPORE = "sg"
    MALAYSIA = "my"
    INDONESIA = "id"
    VIETNAM = "vn"
    JAPAN = "jp"
    KOREA = "kr"
    AUSTRALIA = "au"


class RecordType(StrEnum):
    """What a record on the stream is; set by the topic rule, never by the car."""

    TELEMETRY = "telemetry"
    LIFECYCLE = "lifecycle"


class RejectReason(StrEnum):
    """Why a record was not let in. The record itself is kept under `rejected/` with this word."""

    OVERSIZED = "oversized"
    MALFORMED = "malformed"
    NOT_FINITE = "not_finite"
    INVALID_FIELD = "invalid_field"
    OUT_OF_RANGE = "out_of_range"
    UNKNOWN_RECORD_TYPE = "unknown_record_type"
    UNKNOWN_SCHEMA_VERSION = "unknown_schema_version"
    UNKNOWN_EVENT_TYPE = "unknown_event_type"
    UNKNOWN_VEHICLE = "unknown_vehicle"
    IDENTITY_MISMATCH = "identity_mismatch"
    OTHER_MARKET = "other_market"
    STALE = "stale"
    FUTURE = "future"
    NULL_ISLAND = "null_island"
    INCOMPLETE_FIX = "incomplete_fix"
    STALE_FIX = "stale_fix"
    FUTURE_FIX = "future_fix"


class Severity(StrEnum):
    """How loud an alert is: `critical` wakes somebody up."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class AlertStatus(StrEnum):
    """The life cycle of an alert: OPEN -> ACKED -> RESOLVED; an open one may be resolved straight away."""

    OPEN = "OPEN"
    ACKED = "ACKED"
    RESOLVED = "RESOLVED"


class Contact(StrEnum):
    """Whether the broker holds a connection of the car, from AWS IoT's life-cycle events."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"


class RentalState(StrEnum):
    """Vehicle states of MDS 2.0 for car share (Mobility Data Specification, mode `car-share`)."""

    REMOVED = "removed"
    AVAILABLE = "available"
    NON_OPERATIONAL = "non_operational"
    RESERVED = "reserved"
    ON_TRIP = "on_trip"
    STOPPED = "stopped"
    NON_CONTACTABLE = "non_contactable"
    ELSEWHERE = "elsewhere"
