"""Who asks, and facts of the market that a page needs before anything else."""

from msgspec import Struct

from ev_rental.geofence import outline
from ev_rental.rental.market import RentalMarket, stations
from ev_rental.staff.access import Group, groups_of, permissions
from ev_rental.staff.audit import Actor
from ev_rental.staff.service import StaffService
from ev_rental.vocabulary import Market
from http_api.rentals import StationPlace, station_place
from http_api.values import Latitude, Longitude


class PointView(Struct, frozen=True, kw_only=True):
    """A point in WGS 84."""

    latitude: Latitude
    longitude: Longitude


class VehicleTypeView(Struct, frozen=True, kw_only=True, rename="camel"):
    """A kind of car."""

    vehicle_type_id: str
    make: str
    model: str
    max_range_metres: int


class MarketView(Struct, frozen=True, kw_only=True, rename="camel"):
    """Facts of the market. `outline`: the corners of the area that cars may be in, for a map, not closed.
    `minStateOfCharge`: percent below which no car is rented out. `plans`: ids of today's tariff."""

    market: Market
    name: str
    locale: str
    time_zone: str
    currency: str
    minor_digits: int
    min_state_of_charge: int
    outline: list[PointView]
    stations: list[StationPlace]
    vehicle_types: list[VehicleTypeView]
    plans: list[str]


class MeView(Struct, frozen=True, kw_only=True):
    """Who asks. `permissions`: the operations (`operationId`) that they may call."""

    sub: str
    name: str
    groups: list[Group]
    permissions: list[str]
    market: MarketView


def me(service: StaffService, actor: Actor) -> MeView:
    """Who asks, what they may do, and where."""
    groups = groups_of(actor.groups)
    return MeView(
        sub=actor.sub,
        name=actor.name,
        groups=list(groups),
        permissions=permissions(groups),
        market=_market_view(service.market, service.locale, service.now()),
    )


def _market_view(market: RentalMarket, locale: str, now: int) -> MarketView:
    return MarketView(
        market=market.market,
        name=market.market.name.title(),
        locale=locale,
        time_zone=market.time_zone,
        currency=market.currency.code,
        minor_digits=market.currency.minor_digits,
        min_state_of_charge=market.limits.min_soc,
        outline=[PointView(latitude=y, longitude=x) for x, y in outline(market.market)],
        stations=[station_place(station) for station in stations(market.market).values()],
        vehicle_types=[
            VehicleTypeView(
                vehicle_type_id=kind.vehicle_type_id,
                make=kind.make,
                model=kind.model,
                max_range_metres=kind.max_range_meters,
            )
            for kind in market.vehicle_types
        ],
        plans=[plan.plan_id for plan in market.tariff_at(now).plans],
    )
