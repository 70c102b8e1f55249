"""The audit trail: who did what to what, when, why, and how it ended. Records are added and never changed."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct

from ev_rental.kpi.local_days import LocalDays
from ev_rental.rental.ids import derived_id

MAX_REASON: Final = 500


class Outcome(StrEnum):
    """How it ended. `requested`: the car was told, its answer is the command's; a `done` or `failed` record
    follows. `refused`: against a rule. `denied`: the group may not."""

    DONE = "done"
    REQUESTED = "requested"
    REFUSED = "refused"
    DENIED = "denied"
    FAILED = "failed"


class Actor(Struct, frozen=True, kw_only=True):
    """Who acts. `sub`: the staff pool's. `name`: e-mail or user name. `ip`: as API Gateway saw it."""

    sub: str
    name: str
    groups: tuple[str, ...]
    ip: str | None = None
    request_id: str | None = None


class AuditRecord(Struct, frozen=True, kw_only=True):
    """`at`: ms. `day`: of the market's own calendar. `action`: the operation's name. `subject`: what it was
    done to, `<kind>/<id>`. `code`: of the refusal. `detail`: what else matters, such as a command's id."""

    audit_id: str
    day: str
    at: int
    actor: str
    actor_name: str
    groups: tuple[str, ...]
    action: str
    subject: str
    outcome: Outcome
    reason: str | None = None
    code: str | None = None
    ip: str | None = None
    request_id: str | None = None
    detail: Mapping[str, str] = {}


def audit_record(
    actor: Actor,
    *,
    action: str,
    subject: str,
    outcome: Outcome,
    at: int,
    time_zone: str,
    cause: str,
    reason: str | None = None,
    code: str | None = None,
    detail: Mapping[str, str] | None = None,
) -> AuditRecord:
    """The record of one act. `cause`: what made it, such as an Idempotency-Key: the same act at the same ms
    has the same id."""
    return AuditRecord(
        audit_id=derived_id("audit", actor.sub, action, subject, outcome, cause, at),
        day=LocalDays(time_zone).day_of(at).isoformat(),
        at=at,
        actor=actor.sub,
        actor_name=actor.name,
        groups=actor.groups,
        action=action,
        subject=subject,
        outcome=outcome,
        reason=reason,
        code=code,
        ip=actor.ip,
        request_id=actor.request_id,
        detail=detail or {},
    )
