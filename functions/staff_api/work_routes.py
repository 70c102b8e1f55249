"""Alerts and work orders. Docstrings are the document's texts."""

from typing import Final

from ev_rental.rental.errors import ErrorCode
from ev_rental.staff.alert_acts import AcknowledgeRequest, ResolveRequest, SnoozeRequest
from ev_rental.staff.alerts import stored_id
from ev_rental.staff.service import StaffService
from ev_rental.staff.work_order_acts import (
    AssignRequest,
    ChangeRequest,
    EndRequest,
    NoteRequest,
    OpenRequest,
)
from ev_rental.work_orders import UNFINISHED, WorkOrder
from http_api.operations import LOCATION, Answer, Request
from http_api.values import given, or_none
from staff_api import inbox
from staff_api.asked import (
    AcknowledgeBody,
    AlertQuery,
    AssignBody,
    ChangeWorkOrderBody,
    EndWorkOrderBody,
    NoteBody,
    OpenWorkOrderBody,
    ResolveBody,
    SnoozeBody,
    WorkOrderQuery,
)
from staff_api.base import routes
from staff_api.identity import actor_of
from staff_api.work_views import (
    AlertPage,
    AlertView,
    WorkOrderPage,
    WorkOrderView,
    alert_view,
    work_order_view,
)

_ALERT: Final = "/v1/alerts/{vehicleId}/{alertId}"
_ORDER: Final = "/v1/work-orders/{workOrderId}"
_CHANGED: Final = (
    ErrorCode.WORK_ORDER_NOT_FOUND,
    ErrorCode.WRONG_STATE,
    ErrorCode.CHANGED_MEANWHILE,
)


@routes.route("GET", "/v1/alerts", answer=AlertPage, query=AlertQuery, problems=(ErrorCode.INVALID_CURSOR,))
def list_alerts(service: StaffService, request: Request[AlertQuery, None]) -> Answer:
    """Alerts: those that are not resolved, the loudest first, when no status is given."""
    page = inbox.alerts(service, request.query)
    alerts = [alert_view(alert) for alert in page.items]
    return Answer(body=AlertPage(alerts=alerts, cursor=given(page.cursor)))


@routes.route(
    "POST",
    f"{_ALERT}/acknowledge",
    answer=AlertView,
    body=AcknowledgeBody,
    body_required=False,
    problems=(ErrorCode.ALERT_NOT_FOUND, ErrorCode.WRONG_STATE),
)
def acknowledge_alert(service: StaffService, request: Request[None, AcknowledgeBody]) -> Answer:
    """Whoever asks takes care of an open alert."""
    alert = service.acknowledge(
        actor_of(request.event),
        request.key,
        request.path["vehicleId"],
        stored_id(request.path["alertId"]),
        AcknowledgeRequest(note=or_none(request.body.note)),
    )
    return Answer(body=alert_view(alert))


@routes.route(
    "POST",
    f"{_ALERT}/resolve",
    answer=AlertView,
    body=ResolveBody,
    body_required=False,
    problems=(ErrorCode.ALERT_NOT_FOUND, ErrorCode.WRONG_STATE, ErrorCode.ALERT_STILL_ACTIVE),
)
def resolve_alert(service: StaffService, request: Request[None, ResolveBody]) -> Answer:
    """Ends an alert; when it was the last that blocked the car, the car may be booked again at once."""
    alert = service.resolve(
        actor_of(request.event),
        request.key,
        request.path["vehicleId"],
        stored_id(request.path["alertId"]),
        ResolveRequest(note=or_none(request.body.note), force=request.body.force),
    )
    return Answer(body=alert_view(alert))


@routes.route(
    "POST",
    f"{_ALERT}/snooze",
    answer=AlertView,
    body=SnoozeBody,
    problems=(ErrorCode.ALERT_NOT_FOUND, ErrorCode.WRONG_STATE, ErrorCode.ALERT_NOT_SNOOZABLE),
)
def snooze_alert(service: StaffService, request: Request[None, SnoozeBody]) -> Answer:
    """Nobody is told of the alert again before a time."""
    alert = service.snooze(
        actor_of(request.event),
        request.key,
        request.path["vehicleId"],
        stored_id(request.path["alertId"]),
        SnoozeRequest(until=request.body.until, note=or_none(request.body.note)),
    )
    return Answer(body=alert_view(alert))


@routes.route(
    "GET",
    "/v1/work-orders",
    answer=WorkOrderPage,
    query=WorkOrderQuery,
    problems=(ErrorCode.INVALID_CURSOR,),
)
def list_work_orders(service: StaffService, request: Request[WorkOrderQuery, None]) -> Answer:
    """Work orders: those that are not finished when no status is given."""
    asked = request.query
    status = or_none(asked.status)
    page = service.store.work_orders(
        UNFINISHED if status is None else (status,),
        vehicle_id=or_none(asked.vehicle_id),
        assignee=or_none(asked.assignee),
        limit=asked.limit,
        cursor=or_none(asked.cursor),
    )
    orders = [work_order_view(order) for order in page.items]
    return Answer(body=WorkOrderPage(work_orders=orders, cursor=given(page.cursor)))


@routes.route("GET", _ORDER, answer=WorkOrderView, problems=(ErrorCode.WORK_ORDER_NOT_FOUND,))
def get_work_order(service: StaffService, request: Request[None, None]) -> Answer:
    """One work order."""
    return _told(service.work_order(request.path["workOrderId"]))


@routes.route(
    "POST",
    "/v1/work-orders",
    status=201,
    answer=WorkOrderView,
    body=OpenWorkOrderBody,
    headers=LOCATION,
    problems=(ErrorCode.VEHICLE_NOT_FOUND, ErrorCode.ALERT_NOT_FOUND),
)
def open_work_order(service: StaffService, request: Request[None, OpenWorkOrderBody]) -> Answer:
    """Opens a work order; that of an alert which has one already is answered as it is."""
    wanted = request.body
    alert_id = or_none(wanted.alert_id)
    order = service.open_work_order(
        actor_of(request.event),
        request.key,
        OpenRequest(
            vehicle_id=wanted.vehicle_id,
            title=wanted.title,
            priority=wanted.priority,
            alert_id=None if alert_id is None else stored_id(alert_id),
            note=or_none(wanted.note),
        ),
    )
    return Answer(
        body=work_order_view(order),
        headers={"Location": f"/v1/work-orders/{order.work_order_id}"},
    )


@routes.route("PATCH", _ORDER, answer=WorkOrderView, body=ChangeWorkOrderBody, problems=_CHANGED)
def change_work_order(service: StaffService, request: Request[None, ChangeWorkOrderBody]) -> Answer:
    """Gives a work order another title or priority."""
    wanted = ChangeRequest(
        title=or_none(request.body.title),
        priority=or_none(request.body.priority),
        version=or_none(request.body.version),
    )
    actor = actor_of(request.event)
    return _told(service.change_work_order(actor, request.key, request.path["workOrderId"], wanted))


@routes.route(
    "POST",
    f"{_ORDER}/assign",
    answer=WorkOrderView,
    body=AssignBody,
    body_required=False,
    problems=_CHANGED,
)
def assign_work_order(service: StaffService, request: Request[None, AssignBody]) -> Answer:
    """Puts a work order into somebody's hands, whoever asks by default, or back into nobody's."""
    actor = actor_of(request.event)
    assignee = None if request.body.unassign else or_none(request.body.assignee) or actor.name
    wanted = AssignRequest(assignee=assignee, version=or_none(request.body.version))
    return _told(service.assign_work_order(actor, request.key, request.path["workOrderId"], wanted))


@routes.route(
    "POST",
    f"{_ORDER}/done",
    answer=WorkOrderView,
    body=EndWorkOrderBody,
    body_required=False,
    problems=_CHANGED,
)
def finish_work_order(service: StaffService, request: Request[None, EndWorkOrderBody]) -> Answer:
    """The work is done."""
    actor, wanted = actor_of(request.event), _ended(request.body)
    return _told(service.finish_work_order(actor, request.key, request.path["workOrderId"], wanted))


@routes.route(
    "POST",
    f"{_ORDER}/cancel",
    answer=WorkOrderView,
    body=EndWorkOrderBody,
    body_required=False,
    problems=_CHANGED,
)
def cancel_work_order(service: StaffService, request: Request[None, EndWorkOrderBody]) -> Answer:
    """The work is not needed any more."""
    actor, wanted = actor_of(request.event), _ended(request.body)
    return _told(service.cancel_work_order(actor, request.key, request.path["workOrderId"], wanted))


@routes.route(
    "POST",
    f"{_ORDER}/notes",
    answer=WorkOrderView,
    body=NoteBody,
    problems=(ErrorCode.WORK_ORDER_NOT_FOUND, ErrorCode.WRONG_STATE),
)
def note_work_order(service: StaffService, request: Request[None, NoteBody]) -> Answer:
    """Adds a note; a finished work order takes notes too."""
    actor, wanted = actor_of(request.event), NoteRequest(text=request.body.text)
    return _told(service.note_work_order(actor, request.key, request.path["workOrderId"], wanted))


def _ended(body: EndWorkOrderBody) -> EndRequest:
    return EndRequest(note=or_none(body.note), version=or_none(body.version))


def _told(order: WorkOrder) -> Answer:
    return Answer(body=work_order_view(order))
