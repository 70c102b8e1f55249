"""What differs between markets in renting: currency, tax, tariffs, stations and the limits of a booking.

Read from `market_data/<market>.rental.json` and `market_data/<market>.stations.json`, checked as a whole:
a file that makes no sense is an error at the first call, not at the first trip that meets it.
"""

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta, Struct

from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.station import BayRef, Station
from ev_rental.rental.tariff import Plan, Tariff
from ev_rental.vocabulary import Market

_DATA: Final = Path(__file__).resolve().parent.parent / "market_data"
_T = TypeVar("_T")

Positive = Annotated[int, Meta(gt=0)]


class MarketDataError(ValueError):
    """A data file of a market contradicts itself; the message names the file, the value and the reason."""


class Currency(Struct, frozen=True, forbid_unknown_fields=True):
    """ISO 4217 code and how many digits its minor unit has."""

    code: Annotated[str, Meta(pattern="^[A-Z]{3}$")]
    minor_digits: Annotated[int, Meta(ge=0, le=2)]


class Tax(Struct, frozen=True, forbid_unknown_fields=True):
    """`rate`: a share, such as 0.09. `included`: whether the tariff's prices contain the tax."""

    name: str
    rate: Decimal
    included: bool


class BookingLimits(Struct, frozen=True, forbid_unknown_fields=True):
    """`hold_minutes`: how long a hold lasts. `min_soc`: percent below which no car is rented out.
    `max_silence_seconds`: a car last heard of longer ago is not rented out."""

    hold_minutes: Positive
    min_soc: Annotated[int, Meta(ge=0, le=100)]
    max_silence_seconds: Positive


class VehicleType(Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of car, in the words of GBFS 3.0 `vehicle_types`."""

    vehicle_type_id: str
    make: str
    model: str
    max_range_meters: Positive
    rider_capacity: Positive


class RentalMarket(Struct, frozen=True, forbid_unknown_fields=True):
    """One market. `free_floating`: a trip may end outside of a bay, anywhere inside the fence."""

    market: Market
    currency: Currency
    time_zone: str
    tax: Tax
    free_floating: bool
    limits: BookingLimits
    vehicle_types: list[VehicleType]
    tariffs: list[Tariff]

    def vehicle_type(self, vehicle_type_id: str) -> VehicleType | None:
        """A kind of car by its id."""
        return next((kind for kind in self.vehicle_types if kind.vehicle_type_id == vehicle_type_id), None)

    def tariff_at(self, at: int) -> Tariff:
        """The tariff that is agreed for a booking made at ms `at`. Raises MarketDataError."""
        valid = [tariff for tariff in self.tariffs if tariff.valid_from <= at]
        if not valid:
            raise MarketDataError(f"{self.market}: no tariff is valid at {at}")
        return max(valid, key=lambda tariff: tariff.valid_from)

    def tariff(self, tariff_id: str) -> Tariff:
        """A tariff by its id, old ones too. Raises MarketDataError."""
        for tariff in self.tariffs:
            if tariff.tariff_id == tariff_id:
                return tariff
        raise MarketDataError(f"{self.market}: tariff {tariff_id} is agreed in a booking but not in the file")

    def plan(self, tariff: Tariff, plan_id: str | None) -> Plan:
        """A plan of a tariff; the first one when `plan_id` is None. Raises RentalError(plan_unknown)."""
        if plan_id is None:
            return tariff.plans[0]
        for plan in tariff.plans:
            if plan.plan_id == plan_id:
                return plan
        known = ", ".join(plan.plan_id for plan in tariff.plans)
        raise RentalError(ErrorCode.PLAN_UNKNOWN, f"there is no plan {plan_id!r}: choose one of {known}")


@cache
def rental_market(market: Market) -> RentalMarket:
    """A market's data. Raises MarketDataError."""
    name = f"{market}.rental.json"
    found = _read(name, RentalMarket)
    if found.market is not market:
        raise MarketDataError(f"{name}: market is {found.market}")
    ids = [tariff.tariff_id for tariff in found.tariffs]
    if not ids or len(set(ids)) != len(ids):
        raise MarketDataError(f"{name}: at least one tariff with an id of its own is expected, got {ids}")
    return found


@cache
def stations(market: Market) -> dict[str, Station]:
    """Station id -> station of a market. Raises MarketDataError."""
    name = f"{market}.stations.json"
    found = _read(name, list[Station])
    by_id = {station.station_id: station for station in found}
    if len(by_id) != len(found):
        raise MarketDataError(f"{name}: two stations share an id")
    for station in found:
        if len(set(station.bays)) != len(station.bays) or not set(station.charging_bays) <= set(station.bays):
            raise MarketDataError(f"{name}: bays of {station.station_id} are {station.bays}")
    return by_id


def known_bay(market: Market, bay: BayRef) -> BayRef:
    """The bay, if the market has it. Raises RentalError(station_not_found, bay_not_found)."""
    station = stations(market).get(bay.station_id)
    if station is None:
        raise RentalError(ErrorCode.STATION_NOT_FOUND, f"there is no station {bay.station_id!r}")
    if bay.bay_id not in station.bays:
        raise RentalError(ErrorCode.BAY_NOT_FOUND, f"station {bay.station_id} has no bay {bay.bay_id!r}")
    return bay


def _read(name: str, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode((_DATA / name).read_bytes(), type=kind)
    except (msgspec.ValidationError, ValueError) as error:
        raise MarketDataError(f"{name}: {error}") from error
