"""Stations and their bays as staff are told of them."""

from msgspec import UNSET, Struct, UnsetType

from ev_rental.rental.station import Bay, Station
from ev_rental.rental.store import StationContent
from http_api.values import Latitude, Longitude, given


class BayView(Struct, frozen=True, kw_only=True, rename="camel"):
    """A bay. `registered`: it was set up. `occupiedBy`: the vehicle in it; `reservedBy`: the booking that
    will end there."""

    bay_id: str
    charging: bool
    registered: bool
    occupied_by: str | UnsetType = UNSET
    reserved_by: str | UnsetType = UNSET


class StationView(Struct, frozen=True, kw_only=True, rename="camel"):
    """A station. `vehicles`: the cars that stand there."""

    station_id: str
    name: str
    address: str
    latitude: Latitude
    longitude: Longitude
    bays: list[BayView]
    vehicles: list[str]


class StationList(Struct, frozen=True, kw_only=True):
    """All stations of the market."""

    stations: list[StationView]


def station_view(station: Station, content: StationContent) -> StationView:
    """A station with its bays, in the station's order."""
    known = {bay.bay_id: bay for bay in content.bays}
    return StationView(
        station_id=station.station_id,
        name=station.name,
        address=station.address,
        latitude=station.latitude,
        longitude=station.longitude,
        bays=[bay_view(station, bay_id, known.get(bay_id)) for bay_id in station.bays],
        vehicles=sorted(vehicle.vehicle_id for vehicle in content.vehicles),
    )


def bay_view(station: Station, bay_id: str, bay: Bay | None) -> BayView:
    """A bay; None for one that nobody has set up."""
    return BayView(
        bay_id=bay_id,
        charging=bay_id in station.charging_bays,
        registered=bay is not None,
        occupied_by=UNSET if bay is None else given(bay.occupied_by),
        reserved_by=UNSET if bay is None else given(bay.reserved_by),
    )
