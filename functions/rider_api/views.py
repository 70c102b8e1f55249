"""Domain objects -> what riders see of them: never another rider's id, a version or an odometer."""

from msgspec import UNSET
from msgspec.structs import asdict

from ev_rental.rental.command import Command
from ev_rental.rental.market import RentalMarket
from ev_rental.rental.reading import Reading
from ev_rental.rental.report import Report
from ev_rental.rental.station import Station
from ev_rental.rental.store import StationContent
from ev_rental.rental.vehicle import RentalVehicle
from http_api.rentals import station_place
from http_api.values import given
from rider_api.models import (
    BayView,
    CommandView,
    ReportView,
    StationView,
    VehicleView,
)


def station_view(station: Station) -> StationView:
    """What never changes of a station."""
    return StationView(**asdict(station_place(station)), charging_bays=len(station.charging_bays))


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
    kind = market.vehicle_type(vehicle.vehicle_type_id)
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
