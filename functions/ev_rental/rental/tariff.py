"""Tariffs: what a minute costs at which local time, as data."""

from decimal import Decimal
from functools import cached_property
from typing import Annotated, Final

from msgspec import Meta, Struct

QUARTERS_A_DAY: Final = 96
_Price = Annotated[Decimal, Meta()]
_Clock = Annotated[str, Meta(pattern="^([01][0-9]|2[0-3]):(00|15|30|45)$|^24:00$")]
_Weekday = Annotated[int, Meta(ge=1, le=7)]


class Band(Struct, frozen=True, forbid_unknown_fields=True):
    """A price of a minute. `days`: ISO weekdays, 1 is Monday. `start`, `end`: local clock times at full
    quarters of an hour, so that a band is one price in every quarter of an hour UTC whatever the offset."""

    name: str
    days: list[_Weekday]
    start: _Clock
    end: _Clock
    per_minute: _Price


class Plan(Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """What a rider chooses. Prices are in the currency's main unit; `members_only`: the rider must have
    signed up for it. Raises ValueError when the bands do not cover the week exactly once."""

    plan_id: str
    name: str
    members_only: bool
    unlock_fee: _Price
    minimum_minutes: Annotated[int, Meta(ge=1)]
    per_km: _Price
    bands: list[Band]

    def __post_init__(self) -> None:
        prices = [self.unlock_fee, self.per_km, *(band.per_minute for band in self.bands)]
        if any(not price.is_finite() or price < 0 for price in prices):
            raise ValueError(f"plan {self.plan_id}: a price is negative or not a number: {prices}")
        _ = self.week

    @cached_property
    def week(self) -> list[list[Band]]:
        """Band by weekday (0 is Monday) and quarter of an hour of the local day."""
        table: list[list[Band | None]] = [[None] * QUARTERS_A_DAY for _ in range(7)]
        for band in self.bands:
            first, last = _quarter(band.start), _quarter(band.end)
            if first >= last:
                raise ValueError(
                    f"plan {self.plan_id}, band {band.name}: {band.start} is not before {band.end}"
                )
            for day in band.days:
                for quarter in range(first, last):
                    if table[day - 1][quarter] is not None:
                        raise ValueError(f"plan {self.plan_id}: two bands on day {day} at quarter {quarter}")
                    table[day - 1][quarter] = band
        week = [[band for band in day if band is not None] for day in table]
        if any(len(day) != QUARTERS_A_DAY for day in week):
            raise ValueError(f"plan {self.plan_id}: the bands leave a part of the week without a price")
        return week


class Tariff(Struct, frozen=True, forbid_unknown_fields=True):
    """The plans agreed for bookings made from `valid_from` (ms) on. A tariff that was ever valid is never
    changed or removed: bookings name it."""

    tariff_id: str
    valid_from: int
    plans: Annotated[list[Plan], Meta(min_length=1)]


def _quarter(clock: str) -> int:
    return int(clock[:2]) * 4 + int(clock[3:]) // 15
