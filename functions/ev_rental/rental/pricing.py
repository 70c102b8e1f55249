"""What a trip costs.

Time is billed by the started minute; a minute costs what the plan says at its start, by the market's local
clock, so a trip across a change of tariff, midnight or daylight saving time is priced part by part.
Distance is billed by the metre. A trip shorter than the plan's minimum is billed as if it had lasted that
long. Amounts are exact decimals until the one rounding, `to_minor`.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Struct

from ev_rental.rental.market import RentalMarket, Tax
from ev_rental.rental.tariff import Band, Plan
from ev_rental.rental.vocabulary import LineKind

_MINUTE: Final = 60_000
_QUARTER: Final = 900_000


class Line(Struct, frozen=True, kw_only=True):
    """`quantity` of `unit` (trip, minute, metre) at `unit_price` (main unit, per km for metres). `amount`:
    minor units. `starts_at`, `ends_at`: ms, of lines for time."""

    kind: LineKind
    name: str
    quantity: int
    unit: str
    unit_price: str
    amount: int
    starts_at: int | None = None
    ends_at: int | None = None


class Price(Struct, frozen=True, kw_only=True):
    """Amounts in minor units of `currency`: net + tax = gross. The lines sum up to gross when prices include
    the tax, else to net. `metres`: None when the distance is not known; then it costs nothing."""

    currency: str
    minor_digits: int
    lines: list[Line]
    net: int
    tax: int
    gross: int
    tax_name: str
    tax_rate: str
    tax_included: bool
    trip_minutes: int
    billed_minutes: int
    metres: int | None = None


class _Part(NamedTuple):
    kind: LineKind
    band: Band
    starts_at: int
    minutes: int


def to_minor(amount: Decimal, minor_digits: int) -> int:
    """The one rounding: half a minor unit and more goes up (ROUND_HALF_UP)."""
    return int(amount.scaleb(minor_digits).to_integral_value(ROUND_HALF_UP))


def price_trip(
    market: RentalMarket, plan: Plan, *, starts_at: int, ends_at: int, metres: int | None
) -> Price:
    """The price of a trip from ms to ms. Raises ValueError when it ends before it starts."""
    if ends_at < starts_at:
        raise ValueError(f"the trip ends at {ends_at}, before it starts at {starts_at}")
    trip_minutes = -(-(ends_at - starts_at) // _MINUTE)
    billed_minutes = max(trip_minutes, plan.minimum_minutes)
    digits = market.currency.minor_digits
    total = Decimal(0)
    lines: list[Line] = []

    def add(
        kind: LineKind,
        name: str,
        quantity: int,
        unit: str,
        price: Decimal,
        exact: Decimal,
        span: tuple[int, int] | None = None,
    ) -> None:
        # A line is the growth of the rounded running total, so the lines add up to the rounded whole.
        nonlocal total
        amount = to_minor(total + exact, digits) - to_minor(total, digits)
        total += exact
        lines.append(
            Line(
                kind=kind,
                name=name,
                quantity=quantity,
                unit=unit,
                unit_price=str(price),
                amount=amount,
                starts_at=span[0] if span else None,
                ends_at=span[1] if span else None,
            )
        )

    if plan.unlock_fee:
        add(LineKind.UNLOCK, plan.name, 1, "trip", plan.unlock_fee, plan.unlock_fee)
    for part in _parts(plan, _zone(market.time_zone), starts_at, trip_minutes, billed_minutes):
        price = part.band.per_minute
        span = (part.starts_at, part.starts_at + part.minutes * _MINUTE)
        add(part.kind, part.band.name, part.minutes, "minute", price, price * part.minutes, span)
    if metres:
        add(LineKind.DISTANCE, plan.name, metres, "metre", plan.per_km, plan.per_km * metres / 1000)
    net, tax, gross = _taxed(to_minor(total, digits), market.tax)
    return Price(
        currency=market.currency.code,
        minor_digits=digits,
        lines=lines,
        net=net,
        tax=tax,
        gross=gross,
        tax_name=market.tax.name,
        tax_rate=str(market.tax.rate),
        tax_included=market.tax.included,
        trip_minutes=trip_minutes,
        billed_minutes=billed_minutes,
        metres=metres,
    )


def _taxed(total: int, tax: Tax) -> tuple[int, int, int]:
    """(net, tax, gross) of a total in minor units."""
    if tax.included:
        part = to_minor(total * tax.rate / (1 + tax.rate), 0)
        return total - part, part, total
    part = to_minor(total * tax.rate, 0)
    return total, part, total + part


def _parts(
    plan: Plan, zone: ZoneInfo, starts_at: int, trip_minutes: int, billed_minutes: int
) -> Iterable[_Part]:
    """Runs of minutes of one kind and band, in order."""
    minute = 0
    open_part: _Part | None = None
    while minute < billed_minutes:
        at = starts_at + minute * _MINUTE
        kind, limit = (
            (LineKind.TIME, trip_minutes) if minute < trip_minutes else (LineKind.MINIMUM, billed_minutes)
        )
        # One look at the clock for all minutes that start in this quarter of an hour.
        left = -(-(_QUARTER - at % _QUARTER) // _MINUTE)
        count = min(left, limit - minute)
        band = _band(plan, zone, at)
        if open_part is not None and open_part.kind is kind and open_part.band is band:
            open_part = open_part._replace(minutes=open_part.minutes + count)
        else:
            if open_part is not None:
                yield open_part
            open_part = _Part(kind, band, at, count)
        minute += count
    if open_part is not None:
        yield open_part


def _band(plan: Plan, zone: ZoneInfo, at: int) -> Band:
    local = datetime.fromtimestamp(at // 1000, UTC).astimezone(zone)
    return plan.week[local.weekday()][local.hour * 4 + local.minute // 15]


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
