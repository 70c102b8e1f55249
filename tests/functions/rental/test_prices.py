"""Prices to the minor unit, worked out by hand, and what holds for every price."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st

from components.markets import MARKETS
from ev_rental.geofence import market_fence
from ev_rental.rental.market import MarketDataError, RentalMarket, known_bay, rental_market, stations
from ev_rental.rental.pricing import Price, price_trip, to_minor
from ev_rental.rental.station import BayRef
from ev_rental.rental.tariff import Band, Plan
from ev_rental.rental.vocabulary import LineKind
from ev_rental.vocabulary import Market

ALL_DAYS = [1, 2, 3, 4, 5, 6, 7]


def ms(market: RentalMarket, *local: int) -> int:
    """ms of a local time: year, month, day, hour, minute, second."""
    return int(datetime(*local, tzinfo=ZoneInfo(market.time_zone)).timestamp() * 1000)  # type: ignore[arg-type, misc]  # six numbers


def trip(
    market: Market, start: tuple[int, ...], end: tuple[int, ...], metres: int | None, plan: str | None = None
) -> Price:
    found = rental_market(market)
    starts_at, ends_at = ms(found, *start), ms(found, *end)
    chosen = found.plan(found.tariff_at(starts_at), plan)
    return price_trip(found, chosen, starts_at=starts_at, ends_at=ends_at, metres=metres)


# Wednesday 4 March 2026, 12:00 to 12:17, 8.4 km: standard hours everywhere, pay as you go.
SEVENTEEN = ((2026, 3, 4, 12, 0, 0), (2026, 3, 4, 12, 17, 0), 8_400)


@pytest.mark.parametrize(
    ("market", "net", "tax", "gross"),
    [
        # 1.00 + 17 x 0.285 + 8.4 x 0.39 = 1 + 4.845 + 3.276 = 9.121 -> 9.12; tax 9.12 x 9/109 = 0.753
        (Market.SINGAPORE, 837, 75, 912),
        # 8000 + 17 x 2200 + 8.4 x 3500 = 8000 + 37400 + 29400 = 74800; tax 74800/11 = 6800
        (Market.VIETNAM, 68_000, 6_800, 74_800),
        # 17 x 22 + 8.4 x 16.5 = 374 + 138.6 = 512.6 -> 513; tax 513/11 = 46.6
        (Market.JAPAN, 466, 47, 513),
        # the minimum is 20 minutes: 1.00 + 20 x 0.385 + 8.4 x 0.42 = 12.228 -> 12.23; tax 12.23/11 = 1.1118
        (Market.AUSTRALIA, 1_112, 111, 1_223),
        # 500 + 17 x 140 + 8.4 x 180 = 500 + 2380 + 1512 = 4392; tax 4392/11 = 399.3
        (Market.KOREA, 3_993, 399, 4_392),
        # without tax: 1.50 + 17 x 0.45 + 8.4 x 0.60 = 1.5 + 7.65 + 5.04 = 14.19; tax 8 % = 1.1352
        (Market.MALAYSIA, 1_419, 114, 1_533),
        # without tax: 5000 + 17 x 1400 + 8.4 x 2000 = 45600.00; tax 11 % = 5016.00
        (Market.INDONESIA, 4_560_000, 501_600, 5_061_600),
    ],
)
def test_the_seventeen_minute_trip(market: Market, net: int, tax: int, gross: int) -> None:
    price = trip(market, *SEVENTEEN)
    assert (price.net, price.tax, price.gross) == (net, tax, gross)
    assert price.trip_minutes == 17


@pytest.mark.parametrize(
    ("market", "net", "tax", "gross"),
    [
        # 3 minutes, 0.9 km. 1.00 + 15 x 0.285 + 0.9 x 0.39 = 1 + 4.275 + 0.351 = 5.626; tax 5.63 x 9/109
        (Market.SINGAPORE, 517, 46, 563),
        # 8000 + 15 x 2200 + 0.9 x 3500 = 8000 + 33000 + 3150 = 44150; tax 44150/11 = 4013.6
        (Market.VIETNAM, 40_136, 4_014, 44_150),
        # 15 x 22 + 0.9 x 16.5 = 330 + 14.85 = 344.85 -> 345; tax 345/11 = 31.4
        (Market.JAPAN, 314, 31, 345),
        # 1.00 + 20 x 0.385 + 0.9 x 0.42 = 1 + 7.70 + 0.378 = 9.078 -> 9.08; tax 9.08/11 = 0.825
        (Market.AUSTRALIA, 825, 83, 908),
    ],
)
def test_a_trip_below_the_minimum_costs_the_minimum(market: Market, net: int, tax: int, gross: int) -> None:
    price = trip(market, (2026, 3, 4, 12, 0, 0), (2026, 3, 4, 12, 3, 0), 900)
    assert (price.net, price.tax, price.gross) == (net, tax, gross)
    assert (price.trip_minutes, sum(line.quantity for line in price.lines if line.unit == "minute")) == (
        3,
        price.billed_minutes,
    )


def test_at_the_minimum_nothing_is_filled_up_and_a_moment_later_a_minute_is_added() -> None:
    at = trip(Market.SINGAPORE, (2026, 3, 4, 12, 0, 0), (2026, 3, 4, 12, 15, 0), 0)
    # 1.00 + 15 x 0.285 = 5.275 -> 5.28
    assert at.gross == 528
    assert LineKind.MINIMUM not in {line.kind for line in at.lines}
    later = trip(Market.SINGAPORE, (2026, 3, 4, 12, 0, 0), (2026, 3, 4, 12, 15, 1), 0)
    # 1.00 + 16 x 0.285 = 5.56
    assert (later.billed_minutes, later.gross) == (16, 556)


@pytest.mark.parametrize(
    ("market", "gross", "tax"),
    [
        # 23:50 to 00:10, night both sides. 1.00 + 20 x 0.155 = 4.10; tax 4.10 x 9/109 = 0.3385
        (Market.SINGAPORE, 410, 34),
        # 8000 + 20 x 1250 = 33000; tax 3000
        (Market.VIETNAM, 33_000, 3_000),
        # 20 x 11 = 220; tax 20
        (Market.JAPAN, 220, 20),
        # 1.00 + 20 x 0.215 = 5.30; tax 0.4818
        (Market.AUSTRALIA, 530, 48),
    ],
)
def test_a_trip_across_midnight_is_priced_by_each_day(market: Market, gross: int, tax: int) -> None:
    price = trip(market, (2026, 3, 4, 23, 50, 0), (2026, 3, 5, 0, 10, 0), 0)
    assert (price.gross, price.tax) == (gross, tax)
    assert [line.quantity for line in price.lines if line.kind is LineKind.TIME] == [10, 10]


@pytest.mark.parametrize(
    ("market", "gross", "tax"),
    [
        # 06:52:30 to 07:07:30: 8 minutes start before 07:00 and 7 after.
        # 1.00 + 8 x 0.285 + 7 x 0.355 = 1 + 2.28 + 2.485 = 5.765 -> 5.77; tax 5.77 x 9/109 = 0.4764
        (Market.SINGAPORE, 577, 48),
        # 8000 + 8 x 2200 + 7 x 2750 = 8000 + 17600 + 19250 = 44850; tax 4077.3
        (Market.VIETNAM, 44_850, 4_077),
        # 8 x 22 + 7 x 27.5 = 176 + 192.5 = 368.5 -> 369; tax 33.5
        (Market.JAPAN, 369, 34),
        # filled up to 20 minutes at the later price: 1.00 + 8 x 0.385 + 12 x 0.475 = 9.78; tax 0.889
        (Market.AUSTRALIA, 978, 89),
    ],
)
def test_a_trip_across_a_change_of_tariff_is_priced_by_part(market: Market, gross: int, tax: int) -> None:
    price = trip(market, (2026, 3, 4, 6, 52, 30), (2026, 3, 4, 7, 7, 30), 0)
    assert (price.gross, price.tax) == (gross, tax)
    assert [line.quantity for line in price.lines if line.kind is LineKind.TIME] == [8, 7]


def test_the_night_that_loses_an_hour_is_an_hour_cheaper() -> None:
    # Sydney, 4 October 2026: 02:00 becomes 03:00. Saturday 22:30 to Sunday 06:30 is 7 hours.
    # weekend 30 + 30 minutes x 0.435 = 26.10; night 60 + 300 minutes x 0.215 = 77.40; unlock 1.00
    price = trip(Market.AUSTRALIA, (2026, 10, 3, 22, 30, 0), (2026, 10, 4, 6, 30, 0), 0)
    assert (price.trip_minutes, price.gross, price.tax) == (420, 10_450, 950)


def test_the_night_that_gains_an_hour_is_an_hour_dearer() -> None:
    # Sydney, 5 April 2026: 03:00 becomes 02:00. Saturday 22:30 to Sunday 06:30 is 9 hours.
    # weekend 60 minutes = 26.10; night 60 + 420 minutes x 0.215 = 103.20; unlock 1.00; tax 130.30/11 = 11.845
    price = trip(Market.AUSTRALIA, (2026, 4, 4, 22, 30, 0), (2026, 4, 5, 6, 30, 0), 0)
    assert (price.trip_minutes, price.gross, price.tax) == (540, 13_030, 1_185)


def test_the_tariff_agreed_at_the_hold_outlives_a_new_one() -> None:
    market = rental_market(Market.SINGAPORE)
    new_year = ms(market, 2026, 1, 1, 0, 0, 0)
    assert market.tariff_at(new_year - 1).tariff_id == "sg-2025"
    assert market.tariff_at(new_year).tariff_id == "sg-2026"
    assert market.tariff("sg-2025").plans
    with pytest.raises(MarketDataError, match="sg-1999"):
        market.tariff("sg-1999")


def test_an_unknown_distance_costs_nothing() -> None:
    assert trip(Market.SINGAPORE, *SEVENTEEN[:2], None) == trip(Market.SINGAPORE, *SEVENTEEN[:2], None)
    price = trip(Market.SINGAPORE, *SEVENTEEN[:2], None)
    assert price.metres is None
    assert LineKind.DISTANCE not in {line.kind for line in price.lines}


def test_half_a_minor_unit_goes_up() -> None:
    assert [to_minor(Decimal(text), 2) for text in ("0.004", "0.005", "0.015", "0.0149")] == [0, 1, 2, 1]
    assert [to_minor(Decimal(text), 0) for text in ("0.5", "1.5", "2.49")] == [1, 2, 2]


def test_a_trip_that_ends_before_it_starts_has_no_price() -> None:
    with pytest.raises(ValueError, match="before it starts"):
        trip(Market.SINGAPORE, SEVENTEEN[1], SEVENTEEN[0], 0)


@settings(max_examples=150, deadline=None)
@given(
    market=st.sampled_from(list(Market)),
    member=st.booleans(),
    start=st.integers(1_767_000_000_000, 1_800_000_000_000),
    length=st.integers(0, 3 * 86_400_000),
    more=st.integers(0, 7_200_000),
    metres=st.none() | st.integers(0, 900_000),
)
def test_whatever_the_trip_the_parts_make_the_whole_and_longer_is_never_cheaper(
    market: Market, member: bool, start: int, length: int, more: int, metres: int | None
) -> None:
    found = rental_market(market)
    plan = found.tariff_at(start).plans[member]
    price = price_trip(found, plan, starts_at=start, ends_at=start + length, metres=metres)
    longer = price_trip(found, plan, starts_at=start, ends_at=start + length + more, metres=metres)
    assert sum(line.amount for line in price.lines) == (price.gross if found.tax.included else price.net)
    assert price.net + price.tax == price.gross
    assert price.tax >= 0
    assert all(line.amount >= 0 for line in price.lines)
    assert longer.gross >= price.gross
    minutes = [line for line in price.lines if line.unit == "minute"]
    assert sum(line.quantity for line in minutes) == price.billed_minutes
    # A whole priced minute by minute, with the plain rule, is the same to the minor unit.
    zone = ZoneInfo(found.time_zone)
    exact = plan.unlock_fee + plan.per_km * (metres or 0) / 1000
    for minute in range(price.billed_minutes):
        local = datetime.fromtimestamp((start + minute * 60_000) / 1000, zone)
        clock = f"{local:%H:%M}"
        exact += next(
            band.per_minute
            for band in plan.bands
            if local.isoweekday() in band.days and band.start <= clock < band.end
        )
    assert to_minor(exact, found.currency.minor_digits) == sum(line.amount for line in price.lines)


def band(start: str = "00:00", end: str = "24:00", days: list[int] | None = None, price: str = "0.1") -> Band:
    return Band(name="x", days=days or ALL_DAYS, start=start, end=end, per_minute=Decimal(price))


@pytest.mark.parametrize(
    "bands",
    [
        [band(end="23:45")],
        [band(days=[1, 2, 3, 4, 5, 6])],
        [band(), band(start="12:00", end="12:15", days=[3])],
        [band(start="12:00", end="12:00"), band()],
        [band(price="-1")],
        [band(price="NaN")],
    ],
)
def test_a_plan_must_price_every_minute_of_the_week_once(bands: list[Band]) -> None:
    with pytest.raises(ValueError, match="plan x"):
        Plan(
            plan_id="x",
            name="x",
            members_only=False,
            unlock_fee=Decimal(0),
            minimum_minutes=1,
            per_km=Decimal(0),
            bands=bands,
        )


@pytest.mark.parametrize("market", list(Market))
def test_money_tax_and_clock_are_those_of_the_markets_row(market: Market) -> None:
    found = rental_market(market)
    row = next(facts for name, facts in MARKETS.items() if name.value == market.value)
    assert (found.currency.code, found.currency.minor_digits) == (row.currency.code, row.currency.minor_units)
    assert (found.tax.name, found.tax.rate) == (row.tax_name, row.tax_rate)
    assert found.time_zone == row.time_zone


@pytest.mark.parametrize("market", list(Market))
def test_every_station_is_inside_its_markets_fence(market: Market) -> None:
    for station in stations(market).values():
        assert market_fence(market).metres_outside(station.latitude, station.longitude) < -50
        for bay_id in station.bays:
            bay = BayRef(station_id=station.station_id, bay_id=bay_id)
            assert known_bay(market, bay) == bay
