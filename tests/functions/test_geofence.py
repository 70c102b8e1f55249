"""Fences: the data of each market, and the distances."""

import math

import pytest
from hypothesis import given, strategies as st

from ev_rental.geofence import DEPTH_LIMIT, Geofence, market_fence
from ev_rental.vocabulary import Market

CENTRES = {
    Market.SINGAPORE: (1.2897, 103.8501),
    Market.MALAYSIA: (3.1390, 101.6869),
    Market.INDONESIA: (-6.2088, 106.8456),
    Market.VIETNAM: (10.7769, 106.7009),
    Market.JAPAN: (35.6812, 139.7671),
    Market.KOREA: (37.5665, 126.9780),
    Market.AUSTRALIA: (-33.8688, 151.2093),
}
AIRPORTS = {
    Market.SINGAPORE: (1.3644, 103.9915),
    Market.MALAYSIA: (2.7456, 101.7099),
    Market.INDONESIA: (-6.1256, 106.6559),
    Market.VIETNAM: (10.8188, 106.6519),
    Market.JAPAN: (35.5494, 139.7798),
    Market.KOREA: (37.4602, 126.4407),
    Market.AUSTRALIA: (-33.9399, 151.1753),
}
SQUARE = Geofence([(103.0, 1.0), (103.1, 1.0), (103.1, 1.1), (103.0, 1.1), (103.0, 1.0)])


@pytest.mark.parametrize("market", Market)
def test_city_and_airport_of_a_market_are_inside_its_fence_and_other_cities_are_not(market: Market) -> None:
    fence = market_fence(market)
    assert fence.metres_outside(*CENTRES[market]) < 0
    assert fence.metres_outside(*AIRPORTS[market]) < 0
    for other, centre in CENTRES.items():
        assert other == market or fence.metres_outside(*centre) > 10_000


def test_johor_bahru_is_outside_singapore_and_woodlands_is_inside() -> None:
    fence = market_fence(Market.SINGAPORE)
    assert fence.metres_outside(1.4655, 103.7578) > 300
    assert fence.metres_outside(1.4369, 103.7865) < -300


def test_the_distance_is_in_metres_and_negative_inside() -> None:
    degree = math.radians(1) * 6_371_000
    assert SQUARE.metres_outside(1.05, 103.1 + 0.01) == pytest.approx(0.01 * degree, rel=0.001)
    assert SQUARE.metres_outside(0.99, 103.05) == pytest.approx(0.01 * degree, rel=0.001)
    assert SQUARE.metres_outside(1.005, 103.05) == pytest.approx(-0.005 * degree, rel=0.001)
    assert SQUARE.metres_outside(1.05, 103.05) == -DEPTH_LIMIT


@given(st.floats(0.9, 1.2), st.floats(102.9, 103.2))
def test_the_sign_tells_inside_from_outside_everywhere(latitude: float, longitude: float) -> None:
    distance = SQUARE.metres_outside(latitude, longitude)
    if abs(distance) > 0.01:
        assert (distance < 0) == (1.0 < latitude < 1.1 and 103.0 < longitude < 103.1)
    assert distance >= -DEPTH_LIMIT


def test_a_fence_with_two_corners_is_refused() -> None:
    with pytest.raises(ValueError, match="3 corners"):
        Geofence([(1.0, 1.0), (2.0, 2.0), (1.0, 1.0)])
