"""What comes from the market's own data: the system, its kinds of cars, stations, zones and prices."""

import json
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import ev_rental
from ev_rental.rental.market import RentalMarket, stations
from ev_rental.rental.tariff import Band, Plan
from ev_rental.vocabulary import Market
from gbfs_feed.models import (
    LANGUAGE,
    GbfsGeofencingZonesData,
    GbfsMultiPolygon,
    GbfsPriceSegment,
    GbfsPricingPlan,
    GbfsRule,
    GbfsStation,
    GbfsSystemInformationData,
    GbfsVehicleType,
    GbfsZone,
    GbfsZoneProperties,
    GbfsZones,
    texts,
)

OPERATOR: Final = "Blue Horizons"
CONTACT: Final = "feeds@bluehorizons.example"
_DATA: Final = Path(ev_rental.__file__).with_name("market_data")


def system_id(market: Market) -> str:
    """The system's id, the same for ever."""
    return f"bluehorizons_{market}"


def system(market: RentalMarket, manifest_url: str) -> GbfsSystemInformationData:
    """Who runs it, where and when."""
    return GbfsSystemInformationData(
        system_id=system_id(market.market),
        languages=[LANGUAGE],
        name=texts(f"{OPERATOR} {market.market.name.title()}"),
        operator=texts(OPERATOR),
        opening_hours="24/7",
        feed_contact_email=CONTACT,
        manifest_url=manifest_url,
        timezone=market.time_zone,
    )


def vehicle_types(market: RentalMarket, now: int) -> list[GbfsVehicleType]:
    """The kinds of cars, with the plans of the tariff that is agreed at ms `now`."""
    plans = market.tariff_at(now).plans
    return [
        GbfsVehicleType(
            vehicle_type_id=kind.vehicle_type_id,
            form_factor="car",
            rider_capacity=kind.rider_capacity,
            propulsion_type="electric",
            max_range_meters=kind.max_range_meters,
            name=texts(f"{kind.make} {kind.model}"),
            make=texts(kind.make),
            model=texts(kind.model),
            wheel_count=4,
            default_reserve_time=market.limits.hold_minutes,
            return_constraint="hybrid" if market.free_floating else "any_station",
            default_pricing_plan_id=plans[0].plan_id,
            pricing_plan_ids=[plan.plan_id for plan in plans],
        )
        for kind in market.vehicle_types
    ]


def station_list(market: Market) -> list[GbfsStation]:
    """The stations of the market's data."""
    return [
        GbfsStation(
            station_id=station.station_id,
            name=texts(station.name),
            lat=station.latitude,
            lon=station.longitude,
            address=station.address,
            capacity=len(station.bays),
            is_virtual_station=False,
            is_charging_station=bool(station.charging_bays),
        )
        for station in stations(market).values()
    ]


def pricing_plans(market: RentalMarket, now: int) -> list[GbfsPricingPlan]:
    """What a trip that starts at ms `now` costs: GBFS has no prices by time of day, so the minute's price is
    the one of now, and the description has them all."""
    local = datetime.fromtimestamp(now // 1000, UTC).astimezone(ZoneInfo(market.time_zone))
    found = []
    for plan in market.tariff_at(now).plans:
        band = plan.week[local.weekday()][local.hour * 4 + local.minute // 15]
        per_minute = float(band.per_minute)
        found.append(
            GbfsPricingPlan(
                plan_id=plan.plan_id,
                name=texts(plan.name),
                currency=market.currency.code,
                price=float(plan.unlock_fee),
                is_taxable=not market.tax.included,
                description=texts(_described(plan, market.currency.code)),
                per_min_pricing=[
                    # A shorter trip is billed as if it had lasted the minimum: charged once, at the start.
                    GbfsPriceSegment(0, float(band.per_minute * plan.minimum_minutes), 0),
                    GbfsPriceSegment(plan.minimum_minutes, per_minute, 1),
                ],
                per_km_pricing=[GbfsPriceSegment(0, float(plan.per_km), 1)],
            )
        )
    return found


def zones(market: RentalMarket) -> GbfsGeofencingZonesData:
    """Inside of the fence cars are rented and returned, at stations only unless they park freely; outside
    they are driven."""
    inside = GbfsRule(
        ride_start_allowed=True,
        ride_end_allowed=True,
        ride_through_allowed=True,
        station_parking=not market.free_floating,
    )
    outside = GbfsRule(ride_start_allowed=False, ride_end_allowed=False, ride_through_allowed=True)
    zone = GbfsZone(
        properties=GbfsZoneProperties(name=texts("Service area"), rules=[inside]),
        geometry=GbfsMultiPolygon(coordinates=[[_ring(market.market)]]),
    )
    return GbfsGeofencingZonesData(geofencing_zones=GbfsZones(features=[zone]), global_rules=[outside])


@cache
def _ring(market: Market) -> list[list[float]]:
    """The fence as a closed ring, counter-clockwise."""
    fence = json.loads((_DATA / f"{market}.geojson").read_text(encoding="utf-8"))
    ring: list[list[float]] = fence["geometry"]["coordinates"][0]
    if ring[0] != ring[-1]:
        ring = [*ring, ring[0]]
    area = sum(one[0] * other[1] - other[0] * one[1] for one, other in pairwise(ring))
    return ring if area > 0 else ring[::-1]


def _described(plan: Plan, currency: str) -> str:
    def price(band: Band) -> str:
        days = ",".join(str(day) for day in band.days)
        return f"{band.start}-{band.end} on weekdays {days} (1 is Monday) {band.per_minute}"

    bands = "; ".join(price(band) for band in plan.bands)
    return (
        f"{plan.name}: {currency} {plan.unlock_fee} a trip, {plan.per_km} a km, at least "
        f"{plan.minimum_minutes} minutes; a minute, by local time: {bands}."
    )
