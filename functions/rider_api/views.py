"""Domain objects -> what riders see of them: never another rider's id, a version or an odometer."""

from typing import TypeVar

from msgspec import UNSET

from ev_rental.rental.booking import Booking
from ev_rental.rental.command import Command
from ev_rental.rental.invoice import Invoice
from ev_rental.rental.market import RentalMarket
from ev_rental.rental.reading import Reading
from ev_rental.rental.report import Report
from ev_rental.rental.station import Station
from ev_rental.rental.store import StationContent
from ev_rental.rental.vehicle import RentalVehicle
from http_api.prices import price_view
from http_api.values import bay_name, given
from rider_api.models import (
    BayView,
    BookingView,
    CommandView,
    InvoiceView,
    ReportView,
    StationView,
    VehicleView,
)

_T = TypeVar("_T")


def station_view(station: Station) -> StationView:
    """What never changes of a station."""
    return StationView(
        station_id=station.station_id,
        name=station.name,
        address=station.address,
        latitude=station.latitude,
        longitude=station.longitude,
        bays=len(station.bays),
        charging_bays=len(station.charging_bays),
    )


def bay_views(station: Station, content: StationContent) -> list[BayView]:
    """All bays, in the station's order; one that nobody has set up yet is not free."""
    free = {bay.bay_id for bay in content.bays if bay.reserved_by is None and bay.occupied_by is None}
    return [
        BayView(bay_id=bay_id, charging=bay_id in station.charging_bays, free=bay_id in free)
        for bay_id in station.bays
    ]


def vehicle_view(
    market: RentalMarket,
    vehicle: RentalVehicle,
    reading: Reading,
    position: tuple[float, float] | None,
    metres_away: float | None = None,
) -> VehicleView:
    """A car with its last reading. `position`: (latitude, longitude)."""
    kind = next(
        (kind for kind in market.vehicle_types if kind.vehicle_type_id == vehicle.vehicle_type_id), None
    )
    return VehicleView(
        vehicle_id=vehicle.vehicle_id,
        vehicle_type_id=vehicle.vehicle_type_id,
        make="" if kind is None else kind.make,
        model="" if kind is None else kind.model,
        state_of_charge=given(reading.soc),
        range_metres=given(reading.range_m),
        charging=given(reading.charging),
        latitude=UNSET if position is None else position[0],
        longitude=UNSET if position is None else position[1],
        station_id=given(vehicle.station_id),
        bay_id=given(vehicle.bay_id),
        distance_metres=UNSET if metres_away is None else round(metres_away),
    )


def booking_view(booking: Booking) -> BookingView:
    """A rider's own booking."""
    return BookingView(
        booking_id=booking.booking_id,
        vehicle_id=booking.vehicle_id,
        plan_id=booking.plan_id,
        tariff_id=booking.tariff_id,
        state=booking.state,
        created_at=booking.created_at,
        hold_expires_at=booking.hold_expires_at,
        destination=bay_name(booking.destination),
        command_id=given(booking.command_id),
        started_at=given(booking.started_at),
        ended_at=given(booking.ended_at),
        metres=given(booking.metres),
        invoice_id=given(booking.invoice_id),
    )


def command_view(command: Command) -> CommandView:
    """A rider's own command."""
    return CommandView(
        command_id=command.command_id,
        booking_id=command.booking_id,
        vehicle_id=command.vehicle_id,
        action=command.action,
        purpose=command.purpose,
        state=command.state,
        issued_at=command.issued_at,
        expires_at=command.expires_at_ms,
        reason=given(command.reason),
    )


def invoice_view(invoice: Invoice) -> InvoiceView:
    """A rider's own invoice."""
    return InvoiceView(
        invoice_id=invoice.invoice_id,
        booking_id=invoice.booking_id,
        vehicle_id=invoice.vehicle_id,
        plan_id=invoice.plan_id,
        tariff_id=invoice.tariff_id,
        issued_at=invoice.created_at,
        started_at=invoice.started_at,
        ended_at=invoice.ended_at,
        price=price_view(invoice.price),
    )


def report_view(report: Report) -> ReportView:
    """A rider's own report."""
    return ReportView(
        report_id=report.report_id,
        vehicle_id=report.vehicle_id,
        category=report.category,
        text=report.text,
        filed_at=report.filed_at,
        booking_id=given(report.booking_id),
    )
