"""Alerts and work orders as staff are told of them."""

from msgspec import UNSET, Struct, UnsetType

from ev_rental.staff.alerts import UNRESOLVED, Alert, wire_id
from ev_rental.vocabulary import AlertStatus, Severity
from ev_rental.work_orders import Priority, WorkOrder, WorkOrderStatus
from http_api.values import given


class AlertView(Struct, frozen=True, kw_only=True, rename="camel"):
    """An alert. `value`: the signal, in `unit`, when it was last raised. `latched`: only staff end it.
    `snoozable`: false when every occurrence must be told."""

    alert_id: str
    vehicle_id: str
    rule: str
    severity: Severity
    status: AlertStatus
    blocking: bool
    latched: bool
    snoozable: bool
    value: float
    unit: str
    occurrences: int
    raised_at: int
    last_occurred_at: int
    acked_at: int | UnsetType = UNSET
    acked_by: str | UnsetType = UNSET
    resolved_at: int | UnsetType = UNSET
    resolved_by: str | UnsetType = UNSET
    snoozed_until: int | UnsetType = UNSET
    snoozed_by: str | UnsetType = UNSET
    note: str | UnsetType = UNSET


class AlertPage(Struct, frozen=True, kw_only=True):
    """Not resolved ones the loudest first, others the newest first. `cursor`: for the next page, absent on
    the last; a page may hold fewer than asked for and still have one."""

    alerts: list[AlertView]
    cursor: str | UnsetType = UNSET


class NoteView(Struct, frozen=True, kw_only=True):
    """What somebody wrote down."""

    at: int
    author: str
    text: str


class WorkOrderView(Struct, frozen=True, kw_only=True, rename="camel"):
    """A work order. `alertId`: of the vehicle's alert that it is about."""

    work_order_id: str
    vehicle_id: str
    title: str
    priority: Priority
    status: WorkOrderStatus
    opened_at: int
    updated_at: int
    opened_by: str
    version: int
    notes: list[NoteView]
    alert_id: str | UnsetType = UNSET
    assignee: str | UnsetType = UNSET


class WorkOrderPage(Struct, frozen=True, kw_only=True, rename="camel"):
    """The last opened first, open ones before assigned ones. `cursor`: as of an AlertPage."""

    work_orders: list[WorkOrderView]
    cursor: str | UnsetType = UNSET


def alert_view(alert: Alert) -> AlertView:
    """An alert; its id in letters that a path may hold."""
    return AlertView(
        alert_id=wire_id(alert.alert_id),
        vehicle_id=alert.vehicle_id,
        rule=alert.rule,
        severity=alert.severity,
        status=alert.status,
        blocking=alert.blocking,
        latched=alert.latched,
        snoozable=alert.rate_limited and alert.status in UNRESOLVED,
        value=alert.value,
        unit=alert.unit,
        occurrences=alert.occurrences,
        raised_at=alert.raised_at,
        last_occurred_at=alert.last_occurred_at,
        acked_at=given(alert.acked_at),
        acked_by=given(alert.acked_by),
        resolved_at=given(alert.resolved_at),
        resolved_by=given(alert.resolved_by),
        snoozed_until=given(alert.snoozed_until),
        snoozed_by=given(alert.snoozed_by),
        note=given(alert.note),
    )


def work_order_view(order: WorkOrder) -> WorkOrderView:
    """A work order."""
    return WorkOrderView(
        work_order_id=order.work_order_id,
        vehicle_id=order.vehicle_id,
        title=order.title,
        priority=order.priority,
        status=order.status,
        opened_at=order.opened_at,
        updated_at=order.updated_at,
        opened_by=order.opened_by,
        version=order.version,
        notes=[NoteView(at=note.at, author=note.author, text=note.text) for note in order.notes],
        alert_id=UNSET if order.alert_id is None else wire_id(order.alert_id),
        assignee=given(order.assignee),
    )
