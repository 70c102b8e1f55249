"""Why the rental says no: a closed set, each with a code that clients may rely on."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class ErrorKind(StrEnum):
    """How a caller should take an error; the API gives each kind one HTTP status."""

    INVALID = "invalid"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    UNAVAILABLE = "unavailable"


class ErrorCode(StrEnum):
    """Every refusal there is."""

    INVALID_KEY = "invalid_idempotency_key"
    INVALID_CURSOR = "invalid_cursor"
    INVALID_REQUEST = "invalid_request"
    PLAN_UNKNOWN = "plan_unknown"
    RIDER_NOT_REGISTERED = "rider_not_registered"
    RIDER_NOT_VERIFIED = "rider_not_verified"
    PLAN_NOT_ALLOWED = "plan_not_allowed"
    BOOKING_NOT_FOUND = "booking_not_found"
    VEHICLE_NOT_FOUND = "vehicle_not_found"
    STATION_NOT_FOUND = "station_not_found"
    BAY_NOT_FOUND = "bay_not_found"
    COMMAND_NOT_FOUND = "command_not_found"
    INVOICE_NOT_FOUND = "invoice_not_found"
    RIDER_NOT_FOUND = "rider_not_found"
    ALERT_NOT_FOUND = "alert_not_found"
    WORK_ORDER_NOT_FOUND = "work_order_not_found"
    RIDER_HAS_LIVE_BOOKING = "rider_has_live_booking"
    VEHICLE_NOT_AVAILABLE = "vehicle_not_available"
    VEHICLE_BATTERY_LOW = "vehicle_battery_low"
    VEHICLE_BLOCKED_BY_ALERT = "vehicle_blocked_by_alert"
    VEHICLE_SILENT = "vehicle_silent"
    BAY_TAKEN = "bay_taken"
    RETURN_BAY_REQUIRED = "return_bay_required"
    OUTSIDE_SERVICE_AREA = "outside_service_area"
    HOLD_EXPIRED = "hold_expired"
    WRONG_STATE = "wrong_state"
    COMMAND_PENDING = "command_pending"
    ALERT_STILL_ACTIVE = "alert_still_active"
    ALERT_NOT_SNOOZABLE = "alert_not_snoozable"
    VEHICLE_EXISTS = "vehicle_exists"
    CHANGED_MEANWHILE = "changed_meanwhile"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    COMMAND_NOT_SENT = "command_not_sent"
    WRITES_DISABLED = "writes_disabled"
    TRY_AGAIN = "try_again"


ERROR_KINDS: Final[Mapping[ErrorCode, ErrorKind]] = {
    ErrorCode.INVALID_KEY: ErrorKind.INVALID,
    ErrorCode.INVALID_CURSOR: ErrorKind.INVALID,
    ErrorCode.INVALID_REQUEST: ErrorKind.INVALID,
    ErrorCode.PLAN_UNKNOWN: ErrorKind.INVALID,
    ErrorCode.RIDER_NOT_REGISTERED: ErrorKind.FORBIDDEN,
    ErrorCode.RIDER_NOT_VERIFIED: ErrorKind.FORBIDDEN,
    ErrorCode.PLAN_NOT_ALLOWED: ErrorKind.FORBIDDEN,
    ErrorCode.BOOKING_NOT_FOUND: ErrorKind.NOT_FOUND,
    ErrorCode.VEHICLE_NOT_FOUND: ErrorKind.NOT_FOUND,
    ErrorCode.STATION_NOT_FOUND: ErrorKind.NOT_FOUND,
    ErrorCode.BAY_NOT_FOUND: ErrorKind.NOT_FOUND,
    ErrorCode.COMMAND_NOT_FOUND: ErrorKind.NOT_FOUND,
    ErrorCode.INVOICE_NOT_FOUND: ErrorKind.NOT_FOUND,
    ErrorCode.RIDER_NOT_FOUND: ErrorKind.NOT_FOUND,
    ErrorCode.ALERT_NOT_FOUND: ErrorKind.NOT_FOUND,
    ErrorCode.WORK_ORDER_NOT_FOUND: ErrorKind.NOT_FOUND,
    ErrorCode.RIDER_HAS_LIVE_BOOKING: ErrorKind.CONFLICT,
    ErrorCode.VEHICLE_NOT_AVAILABLE: ErrorKind.CONFLICT,
    ErrorCode.VEHICLE_BATTERY_LOW: ErrorKind.CONFLICT,
    ErrorCode.VEHICLE_BLOCKED_BY_ALERT: ErrorKind.CONFLICT,
    ErrorCode.VEHICLE_SILENT: ErrorKind.CONFLICT,
    ErrorCode.BAY_TAKEN: ErrorKind.CONFLICT,
    ErrorCode.RETURN_BAY_REQUIRED: ErrorKind.CONFLICT,
    ErrorCode.OUTSIDE_SERVICE_AREA: ErrorKind.CONFLICT,
    ErrorCode.HOLD_EXPIRED: ErrorKind.CONFLICT,
    ErrorCode.WRONG_STATE: ErrorKind.CONFLICT,
    ErrorCode.COMMAND_PENDING: ErrorKind.CONFLICT,
    ErrorCode.ALERT_STILL_ACTIVE: ErrorKind.CONFLICT,
    ErrorCode.ALERT_NOT_SNOOZABLE: ErrorKind.CONFLICT,
    ErrorCode.VEHICLE_EXISTS: ErrorKind.CONFLICT,
    ErrorCode.CHANGED_MEANWHILE: ErrorKind.CONFLICT,
    ErrorCode.IDEMPOTENCY_KEY_REUSED: ErrorKind.CONFLICT,
    ErrorCode.COMMAND_NOT_SENT: ErrorKind.UNAVAILABLE,
    ErrorCode.WRITES_DISABLED: ErrorKind.UNAVAILABLE,
    ErrorCode.TRY_AGAIN: ErrorKind.UNAVAILABLE,
}


class RentalError(Exception):
    """A refusal. `detail` is for people and names the value, the reason and the way out.

    Kind UNAVAILABLE is never remembered: the same request, with the same idempotency key, may be tried
    again. Every other refusal of a keyed request is its answer for as long as the key is remembered.
    """

    def __init__(self, code: ErrorCode, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail

    @property
    def kind(self) -> ErrorKind:
        """How a caller should take it."""
        return ERROR_KINDS[self.code]

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed soon."""
        return self.kind is ErrorKind.UNAVAILABLE
