"""Cars that can be booked, around a point or at a station."""

import math
from typing import Final

from ev_rental.rental.market import stations
from ev_rental.rental.reading import Reading, unfit
from ev_rental.rental.service import RentalService
from ev_rental.rental.station import Station
from ev_rental.rental.store import StationContent
from ev_rental.rental.vehicle import RentalVehicle
from ev_rental.vocabulary import RentalState
from rider_api.models import NearbyQuery, VehicleView
from rider_api.views import vehicle_view

_EARTH_RADIUS: Final = 6_371_000.0  # metres


def vehicles_near(service: RentalService, wanted: NearbyQuery) -> list[VehicleView]:
    """The nearest first. A car that telemetry would not let be booked is left out, and so is one that nobody
    knows the place of."""
    found: list[tuple[float, VehicleView]] = []
    for offer in service.offers():
        position = position_of(service, offer.vehicle, offer.reading)
        if offer.unfit is not None or position is None:
            continue
        metres = distance((wanted.latitude, wanted.longitude), position)
        if metres <= wanted.radius_metres:
            view = vehicle_view(service.market, offer.vehicle, offer.reading, position, metres)
            found.append((metres, view))
    found.sort(key=lambda pair: (pair[0], pair[1].vehicle_id))
    return [view for _, view in found[: wanted.limit]]


def vehicles_at(service: RentalService, station: Station, content: StationContent) -> list[VehicleView]:
    """Cars of a station that can be booked, by their bay."""
    available = [vehicle for vehicle in content.vehicles if vehicle.state is RentalState.AVAILABLE]
    readings = service.store.readings(vehicle.vehicle_id for vehicle in available) if available else {}
    now = service.now()
    views = [
        vehicle_view(
            service.market, vehicle, readings[vehicle.vehicle_id], (station.latitude, station.longitude)
        )
        for vehicle in available
        if unfit(readings[vehicle.vehicle_id], service.market.limits, now) is None
    ]
    return sorted(views, key=lambda view: (str(view.bay_id), view.vehicle_id))


def position_of(
    service: RentalService, vehicle: RentalVehicle, reading: Reading
) -> tuple[float, float] | None:
    """(latitude, longitude): its own fix or, without one, its station's."""
    if reading.latitude is not None and reading.longitude is not None:
        return reading.latitude, reading.longitude
    station = stations(service.market.market).get(vehicle.station_id or "")
    return None if station is None else (station.latitude, station.longitude)


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Metres between two (latitude, longitude) along the great circle (haversine)."""
    latitude_1, longitude_1, latitude_2, longitude_2 = map(math.radians, (*one, *other))
    half = (
        math.sin((latitude_2 - latitude_1) / 2) ** 2
        + math.cos(latitude_1) * math.cos(latitude_2) * math.sin((longitude_2 - longitude_1) / 2) ** 2
    )
    return 2 * _EARTH_RADIUS * math.asin(min(1.0, math.sqrt(half)))
