"""Riders, their money, figures and the audit trail as staff are told of them."""

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import asdict

from ev_rental.kpi import DailyKpis
from ev_rental.rental.booking import Booking
from ev_rental.rental.invoice import Invoice
from ev_rental.rental.rider import Rider
from ev_rental.staff.audit import AuditRecord, Outcome
from http_api import rentals
from http_api.values import given


class RiderView(Struct, frozen=True, kw_only=True, rename="camel"):
    """A rider. `verified`: the licence was checked."""

    rider_id: str
    verified: bool
    version: int
    changed_at: int
    plan_id: str | UnsetType = UNSET
    live_booking_id: str | UnsetType = UNSET


class BookingView(rentals.BookingView, frozen=True, kw_only=True, rename="camel"):
    """A booking and its trip. `commandId`: the command the car has not answered yet. `energyWh`: what the
    trip took from the battery. `cancelReason`: absent when the rider cancelled."""

    rider_id: str
    version: int
    changed_at: int
    energy_wh: int | UnsetType = UNSET
    cancel_reason: str | UnsetType = UNSET


class BookingPage(Struct, frozen=True, kw_only=True):
    """The newest first. `cursor`: as of an AlertPage."""

    bookings: list[BookingView]
    cursor: str | UnsetType = UNSET


class InvoiceView(rentals.InvoiceView, frozen=True, kw_only=True, rename="camel"):
    """The price of a trip, fixed once."""

    rider_id: str


class InvoicePage(Struct, frozen=True, kw_only=True):
    """The newest first. `cursor`: as of an AlertPage."""

    invoices: list[InvoiceView]
    cursor: str | UnsetType = UNSET


class KpiView(Struct, frozen=True, kw_only=True, rename="camel"):
    """Figures of a day where the market is. `utilisation`, `availability`: 0 to 1. `asOf`: until when it is
    counted, the day's end once it is over. `meanTimeToRepairMinutes`: absent when nothing was repaired."""

    day: str
    trips: int
    revenue_minor: int
    utilisation: float
    availability: float
    energy_kwh: float
    as_of: int
    mean_time_to_repair_minutes: float | UnsetType = UNSET


class KpiList(Struct, frozen=True, kw_only=True, rename="camel"):
    """Oldest first; days that were not counted are left out. `currency`: of `revenueMinor`."""

    currency: str
    minor_digits: int
    days: list[KpiView]


class DetailView(Struct, frozen=True, kw_only=True):
    """What else a record tells."""

    name: str
    value: str


class AuditView(Struct, frozen=True, kw_only=True, rename="camel"):
    """Who did what to what. `actor`: a `sub`. `action`: an `operationId`. `subject`: `<kind>/<id>`. `code`:
    of a refusal."""

    audit_id: str
    at: int
    actor: str
    actor_name: str
    groups: list[str]
    action: str
    subject: str
    outcome: Outcome
    detail: list[DetailView]
    reason: str | UnsetType = UNSET
    code: str | UnsetType = UNSET
    ip: str | UnsetType = UNSET


class AuditPage(Struct, frozen=True, kw_only=True):
    """The newest first. `cursor`: as of an AlertPage."""

    records: list[AuditView]
    cursor: str | UnsetType = UNSET


def rider_view(rider: Rider) -> RiderView:
    """A rider."""
    return RiderView(
        rider_id=rider.rider_id,
        verified=rider.verified,
        version=rider.version,
        changed_at=rider.changed_at,
        plan_id=given(rider.plan_id),
        live_booking_id=given(rider.live_booking_id),
    )


def booking_view(booking: Booking) -> BookingView:
    """Anybody's booking."""
    return BookingView(
        **asdict(rentals.booking_view(booking)),
        rider_id=booking.rider_id,
        version=booking.version,
        changed_at=booking.changed_at,
        energy_wh=given(booking.energy_wh),
        cancel_reason=given(booking.cancel_reason),
    )


def invoice_view(invoice: Invoice) -> InvoiceView:
    """Anybody's invoice."""
    return InvoiceView(**asdict(rentals.invoice_view(invoice)), rider_id=invoice.rider_id)


def kpi_view(day: DailyKpis) -> KpiView:
    """A day's figures."""
    return KpiView(
        day=day.day.isoformat(),
        trips=day.trips,
        revenue_minor=day.revenue_minor,
        utilisation=day.utilisation,
        availability=day.availability,
        energy_kwh=day.energy_kwh,
        as_of=day.as_of,
        mean_time_to_repair_minutes=given(day.mean_time_to_repair_minutes),
    )


def audit_view(record: AuditRecord) -> AuditView:
    """A record of the trail."""
    return AuditView(
        audit_id=record.audit_id,
        at=record.at,
        actor=record.actor,
        actor_name=record.actor_name,
        groups=list(record.groups),
        action=record.action,
        subject=record.subject,
        outcome=record.outcome,
        detail=[DetailView(name=name, value=value) for name, value in sorted(record.detail.items())],
        reason=given(record.reason),
        code=given(record.code),
        ip=given(record.ip),
    )
