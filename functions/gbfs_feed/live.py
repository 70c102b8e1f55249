"""What changes by the minute: cars and stations."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import UNSET

from ev_rental.rental.market import RentalMarket, stations
from ev_rental.rental.reading import Reading
from ev_rental.rental.service import RentalService
from ev_rental.rental.station import Station
from ev_rental.rental.steps import Offer
from ev_rental.vocabulary import RentalState
from gbfs_feed.models import GbfsStationState, GbfsVehicle, GbfsVehicleTypeCount

PUBLIC_STATES = (RentalState.AVAILABLE, RentalState.NON_OPERATIONAL)
"""Cars in other states are part of a rental, away, or not to be found: they do not appear."""


def rfc3339(ms: int) -> str:
    """`2026-01-01T00:00:00Z`"""
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def public_vehicles(service: RentalService) -> list[GbfsVehicle]:
    """Every car that nobody has held or drives, by its public id, in an order that tells nothing."""
    offers = {offer.vehicle.public_id: offer for offer in _offers(service)}
    found = [_vehicle(service.market, offers[public_id]) for public_id in sorted(offers)]
    return [vehicle for vehicle in found if vehicle is not None]


def station_states(service: RentalService) -> list[GbfsStationState]:
    """Every station of the market."""
    offers = _offers(service)
    return [_station(service, station, offers) for station in stations(service.market.market).values()]


def _offers(service: RentalService) -> list[Offer]:
    # The index may show a car under its old and its new state for a moment: then it is not offered.
    offers = list(service.offers(PUBLIC_STATES))
    seen = Counter(offer.vehicle.vehicle_id for offer in offers)
    return [offer for offer in offers if seen[offer.vehicle.vehicle_id] == 1]


def _is_disabled(offer: Offer) -> bool:
    return offer.unfit is not None or offer.vehicle.state is not RentalState.AVAILABLE


def _vehicle(market: RentalMarket, offer: Offer) -> GbfsVehicle | None:
    vehicle, reading = offer.vehicle, offer.reading
    placed = reading.latitude is not None and reading.longitude is not None
    if not placed and vehicle.station_id is None:
        return None
    return GbfsVehicle(
        vehicle_id=vehicle.public_id,
        is_reserved=False,
        is_disabled=_is_disabled(offer),
        vehicle_type_id=vehicle.vehicle_type_id,
        current_range_meters=_range_metres(market, vehicle.vehicle_type_id, reading),
        current_fuel_percent=UNSET if reading.soc is None else round(min(max(reading.soc, 0), 100) / 100, 2),
        lat=UNSET if reading.latitude is None or not placed else round(reading.latitude, 6),
        lon=UNSET if reading.longitude is None or not placed else round(reading.longitude, 6),
        station_id=UNSET if vehicle.station_id is None else vehicle.station_id,
        last_reported=rfc3339(reading.last_seen) if reading.last_seen else UNSET,
    )


def _range_metres(market: RentalMarket, vehicle_type_id: str, reading: Reading) -> int:
    """What the car says or, if it says nothing, its type's range by charge; 0 when even that is not known."""
    if reading.range_m is not None:
        return max(0, reading.range_m)
    full = {kind.vehicle_type_id: kind.max_range_meters for kind in market.vehicle_types}
    return round(full.get(vehicle_type_id, 0) * max(reading.soc or 0, 0) / 100)


def _station(service: RentalService, station: Station, offers: Sequence[Offer]) -> GbfsStationState:
    bays = service.station(station.station_id).bays
    here = [offer for offer in offers if offer.vehicle.station_id == station.station_id]
    ready = Counter(offer.vehicle.vehicle_type_id for offer in here if not _is_disabled(offer))
    changes = [bay.changed_at for bay in bays] + [offer.vehicle.changed_at for offer in here]
    return GbfsStationState(
        station_id=station.station_id,
        num_vehicles_available=ready.total(),
        vehicle_types_available=[
            GbfsVehicleTypeCount(kind.vehicle_type_id, ready[kind.vehicle_type_id])
            for kind in service.market.vehicle_types
        ],
        num_vehicles_disabled=len(here) - ready.total(),
        num_docks_available=sum(bay.reserved_by is None and bay.occupied_by is None for bay in bays),
        # Bays are set up one by one when a station opens: without any it is a place on the map.
        is_installed=bool(bays),
        is_renting=bool(bays),
        is_returning=bool(bays),
        last_reported=rfc3339(max(changes, default=0)),  # 1970: it never has
    )
