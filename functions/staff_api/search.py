"""The fleet as it is now: which cars match, and how many are how."""

from collections import Counter
from collections.abc import Sequence

from msgspec import UNSET

from ev_rental.rental.reading import unfit
from ev_rental.staff.fleet import LOUDNESS, Car, is_offline
from ev_rental.staff.service import StaffService
from ev_rental.vocabulary import RentalState, Severity
from http_api.values import given, or_none
from staff_api.asked import VehicleQuery
from staff_api.cursors import Place, page_of
from staff_api.fleet_views import CountView, FleetSummary, VehicleList, vehicle_row


def vehicles(service: StaffService, wanted: VehicleQuery) -> VehicleList:
    """A page of the cars that match, by their id. Raises RentalError(invalid_cursor)."""
    now = service.now()
    found = [car for car in service.cars() if _matches(car, wanted, now)]
    page = page_of(found, _place, limit=wanted.limit, cursor=or_none(wanted.cursor))
    return VehicleList(
        vehicles=[vehicle_row(car, now) for car in page.items],
        total=len(found),
        cursor=given(page.cursor),
    )


def summary(service: StaffService) -> FleetSummary:
    """How many cars are how."""
    now, limits = service.now(), service.market.limits
    cars: Sequence[Car] = service.cars()
    states = Counter(car.vehicle.state for car in cars)
    alerts = Counter(alert.severity for car in cars for alert in car.alerts)
    return FleetSummary(
        total=len(cars),
        states=[CountView(name=state, count=states[state]) for state in RentalState],
        alerts=[CountView(name=severity, count=alerts[severity]) for severity in Severity],
        offline=sum(is_offline(car.vehicle, car.live.reading, now) for car in cars),
        charging=sum(car.live.reading.charging is True for car in cars),
        low_charge=sum((car.live.reading.soc or 0) < limits.min_soc for car in cars),
        blocked=sum(bool(car.live.reading.blocking_alerts) for car in cars),
        bookable=sum(
            car.vehicle.state is RentalState.AVAILABLE and unfit(car.live.reading, limits, now) is None
            for car in cars
        ),
    )


def _matches(car: Car, wanted: VehicleQuery, now: int) -> bool:
    """Whether the car is what every given part of the query asks for."""
    vehicle, reading = car.vehicle, car.live.reading
    return (
        wanted.state in (UNSET, vehicle.state)
        and wanted.station_id in (UNSET, vehicle.station_id)
        and (wanted.max_state_of_charge is UNSET or (reading.soc or 0) <= wanted.max_state_of_charge)
        and (wanted.severity is UNSET or _as_loud(car, wanted.severity))
        and (wanted.offline is UNSET or is_offline(vehicle, reading, now) is wanted.offline)
        and (wanted.text is UNSET or _says(car, wanted.text))
    )


def _as_loud(car: Car, severity: Severity) -> bool:
    return car.worst is not None and LOUDNESS[car.worst] >= LOUDNESS[severity]


def _says(car: Car, text: str) -> bool:
    vehicle, part = car.vehicle, text.strip().lower()
    searched = (vehicle.vehicle_id, vehicle.station_id, vehicle.booking_id)
    return any(part in name.lower() for name in searched if name is not None)


def _place(car: Car) -> Place:
    return 0, 0, car.vehicle.vehicle_id
