"""The area a market's cars may be in: one polygon a market, in `market_data/<market>.geojson`.

Distances are on a plane around the fence's own middle (equirectangular): at the size of a city the error
is far below a receiver's accuracy.
"""

import json
import math
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from ev_rental.vocabulary import Market

_DATA: Final = Path(__file__).with_name("market_data")
_METRES_PER_DEGREE: Final = 111_195.0  # of latitude, on a sphere of 6,371 km
DEPTH_LIMIT: Final = 1_000.0
"""Metres: how far inside is not measured beyond this, which spares the work for nearly every fix."""


class _Edge(NamedTuple):
    x: float
    y: float
    dx: float
    dy: float
    length_squared: float


class Geofence:
    """A simple polygon in WGS 84."""

    def __init__(self, ring: list[tuple[float, float]]) -> None:
        """`ring`: (longitude, latitude) in degrees; a closing point that repeats the first is dropped.

        Raises ValueError when fewer than three corners are left.
        """
        corners = ring[:-1] if ring and ring[0] == ring[-1] else ring
        if len(corners) < 3:
            raise ValueError(f"a geofence needs at least 3 corners, got {len(corners)}: {corners}")
        self._longitude = sum(x for x, _ in corners) / len(corners)
        self._latitude = sum(y for _, y in corners) / len(corners)
        self._x_scale = _METRES_PER_DEGREE * math.cos(math.radians(self._latitude))
        flat = [self._flat(x, y) for x, y in corners]
        self._edges = [
            _Edge(ax, ay, bx - ax, by - ay, (bx - ax) ** 2 + (by - ay) ** 2)
            for (ax, ay), (bx, by) in zip(flat, flat[1:] + flat[:1], strict=True)
        ]
        middle_depth = -self._measure(0.0, 0.0)
        self._deep_radius_squared = max(0.0, middle_depth - DEPTH_LIMIT) ** 2

    def metres_outside(self, latitude: float, longitude: float) -> float:
        """Distance to the fence: positive outside, negative inside and then no less than -DEPTH_LIMIT."""
        x, y = self._flat(longitude, latitude)
        if x * x + y * y < self._deep_radius_squared:
            return -DEPTH_LIMIT
        return max(self._measure(x, y), -DEPTH_LIMIT)

    def _flat(self, longitude: float, latitude: float) -> tuple[float, float]:
        east = (longitude - self._longitude + 180.0) % 360.0 - 180.0
        return east * self._x_scale, (latitude - self._latitude) * _METRES_PER_DEGREE

    def _measure(self, x: float, y: float) -> float:
        inside = False
        nearest = math.inf
        for ex, ey, dx, dy, length_squared in self._edges:
            px, py = x - ex, y - ey
            if (py < 0) != (py < dy) and px < dx * py / dy:
                inside = not inside
            along = (px * dx + py * dy) / length_squared
            along = 0.0 if along < 0 else min(along, 1.0)
            px, py = px - along * dx, py - along * dy
            nearest = min(nearest, px * px + py * py)
        distance = math.sqrt(nearest)
        return -distance if inside else distance


def outline(market: Market) -> list[tuple[float, float]]:
    """The corners of a market's fence, (longitude, latitude) in degrees, the first not repeated.

    Raises ValueError when its file is not one GeoJSON polygon.
    """
    path = _DATA / f"{market}.geojson"
    geometry = json.loads(path.read_text(encoding="utf-8"))["geometry"]
    if geometry["type"] != "Polygon" or len(geometry["coordinates"]) != 1:
        raise ValueError(f"{path.name}: one Polygon without holes is expected, got {geometry['type']}")
    ring = [(float(x), float(y)) for x, y in geometry["coordinates"][0]]
    return ring[:-1] if ring[0] == ring[-1] else ring


@cache
def market_fence(market: Market) -> Geofence:
    """The fence of a market. Raises ValueError when its file is not one GeoJSON polygon."""
    return Geofence(outline(market))
