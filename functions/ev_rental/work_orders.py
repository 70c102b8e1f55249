"""A work order: what somebody has to do at a car, from its opening to its end.

An alert has at most one work order: its id follows from the alert, so opening it again changes nothing.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import Struct

from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.ids import derived_id
from ev_rental.vocabulary import Severity

MAX_TITLE: Final = 200
MAX_NOTE: Final = 2_000
MAX_NOTES: Final = 100


class WorkOrderStatus(StrEnum):
    """OPEN -> ASSIGNED -> DONE; either may be CANCELLED, and an open one may be done straight away."""

    OPEN = "OPEN"
    ASSIGNED = "ASSIGNED"
    DONE = "DONE"
    CANCELLED = "CANCELLED"


class Priority(StrEnum):
    """How soon: `urgent` is work of this hour."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


PRIORITIES: Final[Mapping[Severity, Priority]] = {
    Severity.INFO: Priority.LOW,
    Severity.WARNING: Priority.NORMAL,
    Severity.CRITICAL: Priority.URGENT,
}
"""The priority of a work order that an alert of a severity opens."""

TRANSITIONS: Final[Mapping[WorkOrderStatus, frozenset[WorkOrderStatus]]] = {
    WorkOrderStatus.OPEN: frozenset(
        {WorkOrderStatus.ASSIGNED, WorkOrderStatus.DONE, WorkOrderStatus.CANCELLED}
    ),
    WorkOrderStatus.ASSIGNED: frozenset(
        {
            WorkOrderStatus.ASSIGNED,
            WorkOrderStatus.OPEN,
            WorkOrderStatus.DONE,
            WorkOrderStatus.CANCELLED,
        }
    ),
    WorkOrderStatus.DONE: frozenset(),
    WorkOrderStatus.CANCELLED: frozenset(),
}
"""Which status may follow which. An assigned one may go to somebody else, or back to nobody."""

UNFINISHED: Final = (WorkOrderStatus.OPEN, WorkOrderStatus.ASSIGNED)


class Note(Struct, frozen=True):
    """What somebody wrote down. `at`: ms. `author`: as staff are named in the audit trail, or `system`."""

    at: int
    author: str
    text: str


class WorkOrder(Struct, frozen=True, kw_only=True):
    """Times in ms. `alert_id`: the range key of the alert that it is about, None for any other work.
    `assignee`, `opened_by`: as staff are named in the audit trail."""

    work_order_id: str
    vehicle_id: str
    market: str
    title: str
    priority: Priority
    status: WorkOrderStatus
    opened_at: int
    updated_at: int
    opened_by: str
    version: int = 1
    alert_id: str | None = None
    assignee: str | None = None
    notes: tuple[Note, ...] = ()


def work_order_id(vehicle_id: str, alert_id: str) -> str:
    """The id of an alert's work order."""
    return derived_id("work-order", vehicle_id, alert_id)


def open_for_alert(
    *,
    vehicle_id: str,
    alert_id: str,
    market: str,
    title: str,
    severity: Severity,
    at: int,
    by: str = "system",
) -> WorkOrder:
    """The work order of an alert, at ms `at`; the same alert always gives the same id."""
    return open_work_order(
        work_order_id(vehicle_id, alert_id),
        vehicle_id=vehicle_id,
        alert_id=alert_id,
        market=market,
        title=title,
        priority=PRIORITIES[severity],
        at=at,
        by=by,
    )


def open_work_order(
    name: str,
    *,
    vehicle_id: str,
    market: str,
    title: str,
    priority: Priority,
    at: int,
    by: str,
    alert_id: str | None = None,
) -> WorkOrder:
    """A new work order with the id `name`. Raises RentalError(invalid_request) for a bad title."""
    return WorkOrder(
        work_order_id=name,
        vehicle_id=vehicle_id,
        market=market,
        title=_checked(title, "title", MAX_TITLE),
        priority=priority,
        status=WorkOrderStatus.OPEN,
        opened_at=at,
        updated_at=at,
        opened_by=by,
        alert_id=alert_id,
    )


def assign(order: WorkOrder, assignee: str | None, *, at: int) -> WorkOrder:
    """The order in the hands of `assignee`, or back with nobody. Raises RentalError(wrong_state)."""
    status = WorkOrderStatus.OPEN if assignee is None else WorkOrderStatus.ASSIGNED
    return _step(order, status, at, assignee=assignee)


def finish(order: WorkOrder, *, at: int) -> WorkOrder:
    """The work is done. Raises RentalError(wrong_state)."""
    return _step(order, WorkOrderStatus.DONE, at)


def cancel(order: WorkOrder, *, at: int) -> WorkOrder:
    """The work is not needed (any more). Raises RentalError(wrong_state)."""
    return _step(order, WorkOrderStatus.CANCELLED, at)


def edit(
    order: WorkOrder, *, at: int, title: str | None = None, priority: Priority | None = None
) -> WorkOrder:
    """The order with another title or priority, each unless None.

    Raises RentalError(wrong_state, invalid_request).
    """
    if order.status not in UNFINISHED:
        raise _wrong_state(order, "changed")
    return _next(
        order,
        at,
        title=order.title if title is None else _checked(title, "title", MAX_TITLE),
        priority=priority or order.priority,
    )


def add_note(order: WorkOrder, text: str, *, at: int, author: str) -> WorkOrder:
    """The order with a note more; a finished one may still get notes.

    Raises RentalError(invalid_request, wrong_state): at most MAX_NOTES notes.
    """
    if len(order.notes) >= MAX_NOTES:
        raise RentalError(
            ErrorCode.WRONG_STATE,
            f"work order {order.work_order_id} has {MAX_NOTES} notes, the most there are: open another one",
        )
    return _next(order, at, notes=(*order.notes, Note(at, author, _checked(text, "note", MAX_NOTE))))


def _step(order: WorkOrder, status: WorkOrderStatus, at: int, **changes: object) -> WorkOrder:
    if status not in TRANSITIONS[order.status]:
        raise _wrong_state(order, f"made {status}")
    return _next(order, at, status=status, **changes)


def _next(order: WorkOrder, at: int, **changes: object) -> WorkOrder:
    return msgspec.structs.replace(order, version=order.version + 1, updated_at=at, **changes)


def _wrong_state(order: WorkOrder, verb: str) -> RentalError:
    return RentalError(
        ErrorCode.WRONG_STATE,
        f"work order {order.work_order_id} is {order.status} and cannot be {verb}",
    )


def _checked(text: str, what: str, longest: int) -> str:
    plain = text.strip()
    if not 1 <= len(plain) <= longest:
        raise RentalError(
            ErrorCode.INVALID_REQUEST, f"a {what} has 1 to {longest} characters, this one {len(plain)}"
        )
    return plain
