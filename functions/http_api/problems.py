"""Every error an API answers: one closed table of codes, and the problem details of RFC 9457 they become."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from msgspec import UNSET, Struct, UnsetType

from ev_rental.rental.errors import ErrorCode, RentalError

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:bluehorizons:problem:"


class ApiErrorCode(StrEnum):
    """What is wrong with a request before the rental ever sees it, or with us."""

    UNAUTHENTICATED = "unauthenticated"
    INSUFFICIENT_SCOPE = "insufficient_scope"
    GROUP_NOT_ALLOWED = "group_not_allowed"
    NO_SUCH_PATH = "no_such_path"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    INTERNAL_ERROR = "internal_error"


Code = ErrorCode | ApiErrorCode


class Row(NamedTuple):
    """`title`: the same for every problem of the code. `retry_after`: seconds, when the very same request may
    succeed by then."""

    status: int
    title: str
    retry_after: int | None = None


PROBLEMS: Final[Mapping[Code, Row]] = {
    ErrorCode.INVALID_REQUEST: Row(400, "The request is not valid"),
    ErrorCode.INVALID_KEY: Row(400, "The Idempotency-Key is missing or not valid"),
    ErrorCode.INVALID_CURSOR: Row(400, "The cursor is not of this list"),
    ErrorCode.PLAN_UNKNOWN: Row(400, "There is no such plan"),
    ApiErrorCode.UNAUTHENTICATED: Row(401, "An access token is required"),
    ApiErrorCode.INSUFFICIENT_SCOPE: Row(403, "The token does not allow this"),
    ApiErrorCode.GROUP_NOT_ALLOWED: Row(403, "Your group may not do this"),
    ErrorCode.RIDER_NOT_REGISTERED: Row(403, "The rider's sign-up is not finished"),
    ErrorCode.RIDER_NOT_VERIFIED: Row(403, "The rider's licence is not verified"),
    ErrorCode.PLAN_NOT_ALLOWED: Row(403, "The plan is not open to this rider"),
    ApiErrorCode.NO_SUCH_PATH: Row(404, "There is no such path"),
    ErrorCode.BOOKING_NOT_FOUND: Row(404, "There is no such booking"),
    ErrorCode.VEHICLE_NOT_FOUND: Row(404, "There is no such vehicle"),
    ErrorCode.STATION_NOT_FOUND: Row(404, "There is no such station"),
    ErrorCode.BAY_NOT_FOUND: Row(404, "There is no such bay"),
    ErrorCode.COMMAND_NOT_FOUND: Row(404, "There is no such command"),
    ErrorCode.INVOICE_NOT_FOUND: Row(404, "There is no such invoice (yet)"),
    ErrorCode.RIDER_NOT_FOUND: Row(404, "There is no such rider"),
    ErrorCode.ALERT_NOT_FOUND: Row(404, "There is no such alert"),
    ErrorCode.WORK_ORDER_NOT_FOUND: Row(404, "There is no such work order"),
    ApiErrorCode.METHOD_NOT_ALLOWED: Row(405, "The path has no such method"),
    ErrorCode.RIDER_HAS_LIVE_BOOKING: Row(409, "The rider has a booking already"),
    ErrorCode.VEHICLE_NOT_AVAILABLE: Row(409, "The vehicle is not available"),
    ErrorCode.VEHICLE_BATTERY_LOW: Row(409, "The vehicle's battery is low"),
    ErrorCode.VEHICLE_BLOCKED_BY_ALERT: Row(409, "The vehicle waits for maintenance"),
    ErrorCode.VEHICLE_SILENT: Row(409, "The vehicle has not been heard of lately"),
    ErrorCode.BAY_TAKEN: Row(409, "The bay is taken"),
    ErrorCode.RETURN_BAY_REQUIRED: Row(409, "A bay of return must be named"),
    ErrorCode.OUTSIDE_SERVICE_AREA: Row(409, "The vehicle is outside of the service area"),
    ErrorCode.HOLD_EXPIRED: Row(409, "The hold is over"),
    ErrorCode.WRONG_STATE: Row(409, "The state does not allow this"),
    ErrorCode.COMMAND_PENDING: Row(409, "The vehicle has not answered yet"),
    ErrorCode.ALERT_STILL_ACTIVE: Row(409, "The vehicle still reports what raised the alert"),
    ErrorCode.ALERT_NOT_SNOOZABLE: Row(409, "The alert may not be snoozed"),
    ErrorCode.VEHICLE_EXISTS: Row(409, "The vehicle is registered already"),
    ErrorCode.CHANGED_MEANWHILE: Row(409, "Somebody else changed it meanwhile"),
    ErrorCode.IDEMPOTENCY_KEY_REUSED: Row(409, "The Idempotency-Key was used for another request"),
    ApiErrorCode.UNSUPPORTED_MEDIA_TYPE: Row(415, "The body is not JSON"),
    ApiErrorCode.INTERNAL_ERROR: Row(500, "Something went wrong on our side"),
    ErrorCode.COMMAND_NOT_SENT: Row(503, "The vehicle could not be reached", 2),
    ErrorCode.TRY_AGAIN: Row(503, "Too much is going on at once", 1),
    ErrorCode.WRITES_DISABLED: Row(503, "This Region takes no changes", 30),
}
"""Code -> its HTTP status and title; in the order of statuses."""


class ApiError(Exception):
    """A request that never reaches the rental. `detail` is for people; `headers` go with the answer."""

    def __init__(self, code: Code, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})


class Problem(Struct, frozen=True):
    """Problem details (RFC 9457). `code`: the last part of `type`; it never changes its meaning."""

    type: str
    title: str
    status: int
    code: str
    detail: str | UnsetType = UNSET
    instance: str | UnsetType = UNSET


def problem(error: ApiError | RentalError, request_id: str) -> tuple[Problem, dict[str, str]]:
    """The answer to an error: its body and its headers, without the content type."""
    row = PROBLEMS[error.code]
    headers = error.headers if isinstance(error, ApiError) else {}
    if row.retry_after is not None:
        headers = {**headers, "Retry-After": str(row.retry_after)}
    body = Problem(
        type=TYPE_PREFIX + error.code,
        title=row.title,
        status=row.status,
        code=error.code,
        detail=error.detail,
        instance=f"urn:request:{request_id}",
    )
    return body, headers
