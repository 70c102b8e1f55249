"""What the dispatcher remembers of an alert, and the tasks that follow from it."""

from enum import StrEnum
from typing import Any, Final

from msgspec import Struct, field

from ev_rental.rental.ids import derived_id
from ev_rental.vocabulary import AlertStatus, Severity

STATUSES: Final = tuple(AlertStatus)
"""In the order that an alert goes through them."""


class Channel(StrEnum):
    """Where a task goes."""

    NOTICE = "notice"
    ESCALATION = "escalation"
    TICKET = "ticket"
    WORK_ORDER = "work_order"


class Reason(StrEnum):
    """Why somebody is told."""

    RAISED = "raised"
    REMINDER = "reminder"
    OCCURRED_AGAIN = "occurred_again"
    ESCALATED = "escalated"
    SUMMARY = "summary"


class Alert(Struct, frozen=True, kw_only=True):
    """What the dispatcher reads of an alert's item. Times in ms."""

    vehicle_id: str
    alert_id: str
    rule: str
    market: str
    severity: Severity
    status: AlertStatus
    raised_at: int
    blocking: bool = False
    rate_limited: bool = True
    occurrences: int = 1
    value: float = 0.0
    unit: str = ""
    acked_at: int | None = None
    resolved_at: int | None = None
    snoozed_until: int | None = None

    @property
    def name(self) -> str:
        """`<vehicle>/<alert>`."""
        return f"{self.vehicle_id}/{self.alert_id}"


class Record(Struct, frozen=True, kw_only=True):
    """`status`: the furthest that was seen. `told`: how many notices were decided, which numbers them.
    `occurrences`: of how many somebody was told, for alerts of which each counts. `look_at`: ms, when to
    look at the alert again, None when there is no need. `remind_at`: ms. `escalated_at`: ms."""

    vehicle_id: str
    alert_id: str
    status: AlertStatus
    raised_at: int
    known_since: int
    version: int
    station_id: str | None = None
    told: int = 0
    occurrences: int = 0
    remind_at: int | None = None
    escalated_at: int | None = None
    look_at: int | None = None


class Task(Struct, frozen=True, kw_only=True):
    """Something to hand on, kept until it was. `task_id` follows from its cause: whoever gets a task twice
    knows it. `made_at`: ms. `body`: what the channel needs, JSON values only."""

    task_id: str
    channel: Channel
    severity: Severity
    made_at: int
    body: dict[str, Any] = field(default_factory=dict)


def task_id(*cause: str | int) -> str:
    """The id of the task of a cause."""
    return derived_id("dispatch", *cause)
