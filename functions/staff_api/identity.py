"""Who of the staff is asking, and whether they may."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from ev_rental.rental.errors import RentalError
from ev_rental.staff.access import ACCESS, groups_of, may
from ev_rental.staff.acts import Act
from ev_rental.staff.audit import Actor
from ev_rental.staff.service import StaffService
from http_api.operations import Operation
from http_api.problems import ApiError, ApiErrorCode

STAFF_SCOPE: Final = "backoffice/staff"
_SUBJECTS: Final[Mapping[str, str]] = {
    "vehicles": "vehicle",
    "alerts": "vehicle",
    "stations": "station",
    "riders": "rider",
    "work-orders": "work-order",
}
"""First word of a path -> kind of subject; the word after it is the id."""


def actor_of(event: Mapping[str, Any]) -> Actor:
    """Whoever sent a proxy event with checked claims; named by the e-mail where the token has one."""
    context = event["requestContext"]
    claims = context["authorizer"]["claims"]
    sub = str(claims["sub"])
    return Actor(
        sub=sub,
        name=str(claims.get("email") or claims.get("username") or sub),
        groups=groups_of(_names(claims.get("cognito:groups"))),
        ip=(context.get("identity") or {}).get("sourceIp"),
        request_id=context.get("requestId"),
    )


def authorizer(service: StaffService) -> Callable[[Operation[StaffService], Mapping[str, Any]], None]:
    """Asks the table of access; that somebody was denied a change is recorded."""

    def authorize(operation: Operation[StaffService], event: Mapping[str, Any]) -> None:
        actor = actor_of(event)
        if may(operation.name, groups_of(actor.groups)):
            return
        allowed = sorted(ACCESS.get(operation.name, ()))
        if operation.keyed:
            act = Act(actor=actor, key=actor.request_id or "", action=operation.name, subject=_subject(event))
            try:
                service.deny(act, ApiErrorCode.GROUP_NOT_ALLOWED)
            except RentalError as error:
                raise ApiError(error.code, error.detail) from error
        raise ApiError(
            ApiErrorCode.GROUP_NOT_ALLOWED,
            f"{operation.name} is for {', '.join(allowed)}; you are in {', '.join(actor.groups) or 'none'}",
        )

    return authorize


def _names(claim: object) -> list[str]:
    """API Gateway hands a token's list over as text: `admin,operations`, or `[admin operations]`."""
    if isinstance(claim, list):
        return [str(name) for name in claim]
    return re.findall(r"[^\s,\[\]]+", str(claim or ""))


def _subject(event: Mapping[str, Any]) -> str:
    """What somebody wanted to act on, from a path such as `/v1/vehicles/SG-EV-000123/commands`."""
    parts = [part for part in str(event["path"]).split("/") if part][1:]
    kind = _SUBJECTS.get(parts[0], "path") if parts else "path"
    name = parts[1] if len(parts) > 1 and re.fullmatch("[A-Za-z0-9-]{1,64}", parts[1]) else "-"
    return f"{kind}/{name}"
