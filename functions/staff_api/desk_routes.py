"""Riders, bookings, invoices, figures and the audit trail. Docstrings are the document's texts."""

from datetime import date

from msgspec import UnsetType

from ev_rental.kpi.local_days import LocalDays
from ev_rental.rental.errors import ErrorCode
from ev_rental.staff.service import StaffService
from ev_rental.staff.vehicles import VerificationRequest
from http_api.operations import Answer, Request
from http_api.problems import ApiError
from http_api.values import given, or_none
from staff_api.asked import AuditQuery, BookingQuery, InvoiceQuery, KpiQuery, VerificationBody
from staff_api.base import routes
from staff_api.desk_views import (
    AuditPage,
    BookingPage,
    BookingView,
    InvoicePage,
    InvoiceView,
    KpiList,
    RiderView,
    audit_view,
    booking_view,
    invoice_view,
    kpi_view,
    rider_view,
)
from staff_api.identity import actor_of


@routes.route("GET", "/v1/riders/{riderId}", answer=RiderView, problems=(ErrorCode.RIDER_NOT_FOUND,))
def get_rider(service: StaffService, request: Request[None, None]) -> Answer:
    """What the rental knows of a rider."""
    return Answer(body=rider_view(service.rider(request.path["riderId"])))


@routes.route(
    "POST",
    "/v1/riders/{riderId}/verification",
    answer=RiderView,
    body=VerificationBody,
    problems=(ErrorCode.RIDER_NOT_FOUND, ErrorCode.PLAN_UNKNOWN),
)
def verify_rider(service: StaffService, request: Request[None, VerificationBody]) -> Answer:
    """Says whether a rider's licence was checked: only then may they hold a car."""
    wanted = VerificationRequest(
        verified=request.body.verified,
        reason=request.body.reason,
        plan_id=or_none(request.body.plan_id),
    )
    rider = service.verify_rider(actor_of(request.event), request.key, request.path["riderId"], wanted)
    return Answer(body=rider_view(rider))


@routes.route(
    "GET", "/v1/bookings", answer=BookingPage, query=BookingQuery, problems=(ErrorCode.INVALID_CURSOR,)
)
def list_bookings(service: StaffService, request: Request[BookingQuery, None]) -> Answer:
    """Bookings, the newest first: of a rider, of a vehicle or of all, and of a day."""
    asked = request.query
    state = or_none(asked.state)
    page = service.store.bookings(
        rider_id=or_none(asked.rider_id),
        vehicle_id=or_none(asked.vehicle_id),
        states=() if state is None else (state,),
        between=service.bounds(_day(asked.day)),
        limit=asked.limit,
        cursor=or_none(asked.cursor),
    )
    bookings = [booking_view(booking) for booking in page.items]
    return Answer(body=BookingPage(bookings=bookings, cursor=given(page.cursor)))


@routes.route("GET", "/v1/bookings/{bookingId}", answer=BookingView, problems=(ErrorCode.BOOKING_NOT_FOUND,))
def get_booking(service: StaffService, request: Request[None, None]) -> Answer:
    """One booking."""
    return Answer(body=booking_view(service.known_booking(request.path["bookingId"])))


@routes.route(
    "GET", "/v1/bookings/{bookingId}/invoice", answer=InvoiceView, problems=(ErrorCode.INVOICE_NOT_FOUND,)
)
def get_booking_invoice(service: StaffService, request: Request[None, None]) -> Answer:
    """The invoice of a trip. It is issued a moment after the trip has ended."""
    return Answer(body=invoice_view(service.known_invoice(request.path["bookingId"])))


@routes.route(
    "GET", "/v1/invoices", answer=InvoicePage, query=InvoiceQuery, problems=(ErrorCode.INVALID_CURSOR,)
)
def list_invoices(service: StaffService, request: Request[InvoiceQuery, None]) -> Answer:
    """Invoices, the newest first: of a rider, of a vehicle or of all, and of a day."""
    asked = request.query
    page = service.store.invoices(
        rider_id=or_none(asked.rider_id),
        vehicle_id=or_none(asked.vehicle_id),
        between=service.bounds(_day(asked.day)),
        limit=asked.limit,
        cursor=or_none(asked.cursor),
    )
    invoices = [invoice_view(invoice) for invoice in page.items]
    return Answer(body=InvoicePage(invoices=invoices, cursor=given(page.cursor)))


@routes.route("GET", "/v1/kpis", answer=KpiList, query=KpiQuery)
def list_kpis(service: StaffService, request: Request[KpiQuery, None]) -> Answer:
    """Figures a day, at most 400 days."""
    first, last = _date(request.query.first), _date(request.query.last)
    currency = service.market.currency
    days = [kpi_view(day) for day in service.kpis(first, last)]
    return Answer(body=KpiList(currency=currency.code, minor_digits=currency.minor_digits, days=days))


@routes.route("GET", "/v1/audit", answer=AuditPage, query=AuditQuery, problems=(ErrorCode.INVALID_CURSOR,))
def list_audit(service: StaffService, request: Request[AuditQuery, None]) -> Answer:
    """Who did what, the newest first."""
    asked = request.query
    day, subject = _day(asked.day), or_none(asked.subject)
    if day is None and subject is None:
        day = LocalDays(service.market.time_zone).day_of(service.now())
    page = service.store.audit(
        day=None if day is None else day.isoformat(),
        subject=subject,
        actor=or_none(asked.actor),
        between=service.bounds(day),
        limit=asked.limit,
        cursor=or_none(asked.cursor),
    )
    records = [audit_view(record) for record in page.items]
    return Answer(body=AuditPage(records=records, cursor=given(page.cursor)))


def _day(text: str | UnsetType) -> date | None:
    return None if isinstance(text, UnsetType) else _date(text)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ApiError(ErrorCode.INVALID_REQUEST, f"there is no day {text}") from None
