"""A car that does not exist: where it is, how it drives, charges and fails, from one moment to the next.

It speaks the platform's own telemetry messages; nothing here knows a table.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import msgspec

from ev_rental.geofence import market_fence
from ev_rental.rental.market import VehicleType
from ev_rental.rental.station import BayRef, Station
from ev_rental.telemetry import LEAVES, SCHEMA_VERSION
from ev_rental.vocabulary import Market, RentalState

Point = tuple[float, float]
"""(latitude, longitude), WGS 84 degrees."""

METRES_A_DEGREE: Final = 111_195.0
_KWH_A_KM: Final = 0.16
_PACK_KWH: Final = 60.0
_CHARGE_KW: Final = 22.0
_WIRE_NAMES: Final = {leaf.stored_name: leaf.path for leaf in LEAVES}


@dataclass(slots=True)
class Fault:
    """Something wrong with a car: leaves that it reports, in place of good ones."""

    leaves: Mapping[str, Any]


@dataclass(slots=True)
class Car:
    """One car at one moment. `soc`: percent. `odometer`: metres. `speed`: km/h."""

    vehicle_id: str
    kind: VehicleType
    state: RentalState
    position: Point
    soc: float
    odometer: int
    bay: BayRef | None = None
    speed: float = 0.0
    heading: float = 0.0
    temperature: float = 31.0
    cable: bool = False
    locked: bool = True
    target: Point | None = None
    fault: Fault | None = None
    sequence: int = 0
    rng: Random = field(default_factory=Random)

    @property
    def charging(self) -> bool:
        """Whether energy flows into the battery."""
        return self.cable and self.soc < 100

    def step(self, seconds: float) -> None:
        """What happens to it in that time."""
        if self.target is None:
            self.speed = 0.0
            self._rest(seconds)
        else:
            self._drive(seconds, self.target)

    def _rest(self, seconds: float) -> None:
        warm = 31.0
        if self.charging:
            self.soc = min(100.0, self.soc + _CHARGE_KW / _PACK_KWH * 100 * seconds / 3600)
            warm = 36.5
        self.temperature += (warm - self.temperature) * min(1.0, seconds / 1200) + self.rng.gauss(0, 0.05)

    def _drive(self, seconds: float, target: Point) -> None:
        wanted = 46.0 + 18.0 * math.sin(self.rng.random() * math.tau)
        self.speed = max(0.0, min(88.0, 0.55 * self.speed + 0.45 * wanted * (self.rng.random() > 0.08)))
        metres = self.speed / 3.6 * seconds
        self.position, self.heading, arrived = _towards(self.position, target, metres)
        self.odometer += round(metres)
        self.soc = max(4.0, self.soc - metres / 1000 * _KWH_A_KM / _PACK_KWH * 100)
        self.temperature += (39.0 - self.temperature) * min(1.0, seconds / 900) + self.rng.gauss(0, 0.12)
        if arrived:
            self.target = None

    def leaves(self) -> dict[str, Any]:
        """Everything it measures, by stored name."""
        driving = self.target is not None
        current = 55.0 + self.speed if driving else -42.0 if self.charging else 0.6
        measured: dict[str, Any] = {
            "speed": round(self.speed, 1),
            "odometer": self.odometer,
            "latitude": round(self.position[0], 6),
            "longitude": round(self.position[1], 6),
            "heading": round(self.heading, 1),
            "accuracy": 4.0,
            "soc": round(self.soc, 1),
            "soh": 97.0,
            "range": round(self.kind.max_range_meters * self.soc / 100),
            "pack_voltage": round(352 + self.soc * 0.5, 1),
            "pack_current": round(current, 1),
            "cell_min": round(3.42 + self.soc * 0.006, 3),
            "cell_max": round(3.44 + self.soc * 0.006, 3),
            "temperature_max": round(self.temperature, 1),
            "temperature_average": round(self.temperature - 1.2, 1),
            "charging": self.charging,
            "charge_limit": 100,
            "charge_power": _CHARGE_KW if self.charging else 0.0,
            "cable_connected": self.cable,
            "low_voltage": 14.1 if driving or self.charging else 12.7,
            "broken_down": False,
            "acceleration_x": round(self.rng.gauss(0, 0.4), 2) if driving else 0.0,
            "acceleration_y": round(self.rng.gauss(0, 0.4), 2) if driving else 0.0,
            "trouble_codes": [],
        }
        measured |= {f"locked_{door}": self.locked for door in ("fd", "fp", "rd", "rp")}
        measured |= {f"tyre_{wheel}": 248 for wheel in ("fl", "fr", "rl", "rr")}
        return measured | dict(self.fault.leaves if self.fault else {})

    def telemetry(self, at: int, *, market: Market) -> dict[str, Any]:
        """The message that it sends at ms `at`."""
        self.sequence += 1
        return {
            "schemaVersion": SCHEMA_VERSION,
            "vehicleId": self.vehicle_id,
            "market": market.value,
            "timestamp": at,
            "sequence": self.sequence,
            **{_WIRE_NAMES[name]: value for name, value in self.leaves().items()},
        }

    def message(self, at: int, *, market: Market) -> bytes:
        """Its telemetry message of ms `at`, as the topic rule puts it on the stream."""
        added = {"recordType": "telemetry", "topicVehicleId": self.vehicle_id, "receivedAt": at + 180}
        return msgspec.json.encode({**added, **self.telemetry(at, market=market)})


def somewhere(market: Market, places: Sequence[Station], rng: Random) -> Point:
    """A point inside of the market's fence, likely near a station."""
    fence = market_fence(market)
    while True:
        station = rng.choice(places)
        spread = rng.choice((0.006, 0.018, 0.045))
        point = (station.latitude + rng.gauss(0, spread), station.longitude + rng.gauss(0, spread * 1.4))
        if fence.metres_outside(*point) < -400:
            return point


def _towards(position: Point, target: Point, metres: float) -> tuple[Point, float, bool]:
    north = (target[0] - position[0]) * METRES_A_DEGREE
    east = (target[1] - position[1]) * METRES_A_DEGREE * math.cos(math.radians(position[0]))
    left = math.hypot(north, east)
    heading = math.degrees(math.atan2(east, north)) % 360
    if left <= metres or left == 0:
        return target, heading, True
    share = metres / left
    moved = (position[0] + (target[0] - position[0]) * share, position[1] + (target[1] - position[1]) * share)
    return moved, heading, False
