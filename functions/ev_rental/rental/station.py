"""Stations and their bays: where they are is data of the market, who has a bay is state."""

from msgspec import Struct


class BayRef(Struct, frozen=True):
    """One bay of one station."""

    station_id: str
    bay_id: str


class Bay(Struct, frozen=True, kw_only=True):
    """A bay's state. `reserved_by`: the booking that will end here. `occupied_by`: the vehicle in it."""

    station_id: str
    bay_id: str
    version: int
    changed_at: int
    reserved_by: str | None = None
    occupied_by: str | None = None


class Station(Struct, frozen=True, kw_only=True):
    """A station as the market's data file has it: WGS 84 degrees, the ids of its bays, and those of them
    that have a charger."""

    station_id: str
    name: str
    address: str
    latitude: float
    longitude: float
    bays: list[str]
    charging_bays: list[str]
