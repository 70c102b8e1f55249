"""When a schedule is due: `rate(...)`, `cron(...)` and `at(...)` of EventBridge Scheduler.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_AT: Final = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_CRON: Final = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_SECONDS: Final = {"minute": 60, "hour": 3_600, "day": 86_400}
_MONTHS: Final = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS: Final = {
    name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)
}
_FARTHEST_DAYS: Final = 366 * 8
"""A leap day may be eight years away."""

Due = Callable[[float], float | None]
"""The first time (s since the epoch) that is due after one; None when there is none."""


class ScheduleError(ValueError):
    """An expression that EventBridge Scheduler would refuse; the message says why."""


def due(expression: str, time_zone: str = "UTC", start: float = 0.0) -> Due:
    """When an expression is due. `start`: what a rate counts from. Raises ScheduleError."""
    if found := _RATE.fullmatch(expression):
        seconds = int(found[1]) * _SECONDS[found[2]]
        if seconds <= 0:
            raise ScheduleError(f"{expression!r}: a rate is at least 1 minute")
        return lambda after: start + (int((after - start) // seconds) + 1) * seconds
    if found := _AT.fullmatch(expression):
        moment = datetime.fromisoformat(found[1]).replace(tzinfo=ZoneInfo(time_zone)).timestamp()
        return lambda after: moment if moment > after else None
    if found := _CRON.fullmatch(expression):
        return Cron.parse(expression, found.groups(), ZoneInfo(time_zone)).after
    raise ScheduleError(f"{expression!r} is no rate(...), cron(...) with six fields, or at(...)")


@dataclass(frozen=True)
class Cron:
    """`day`: whether a date fits both day fields."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: frozenset[int]
    years: frozenset[int]
    day: Callable[[date], bool]
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str, fields: tuple[str, ...], zone: ZoneInfo) -> Cron:
        """Six fields: minutes, hours, day of month, month, day of week, year. Raises ScheduleError."""
        minute, hour, day, month, weekday, year = (field.upper() for field in fields)
        if (day == "?") == (weekday == "?"):
            raise ScheduleError(f"{text!r}: one of day-of-month and day-of-week must be ?, and not both")
        try:
            of_month, of_week = _day_of_month(day), _day_of_week(weekday)
            return cls(
                minutes=tuple(sorted(_numbers(minute, 0, 59))),
                hours=tuple(sorted(_numbers(hour, 0, 23))),
                months=_numbers(month, 1, 12, _MONTHS),
                years=_numbers(year, 1970, 2199),
                day=lambda day: of_month(day) and of_week(day),
                zone=zone,
            )
        except ValueError as error:
            raise ScheduleError(f"{text!r}: {error}") from error

    def after(self, seconds: float) -> float | None:
        """The first minute after a time at which the schedule is due."""
        then = datetime.fromtimestamp(seconds, UTC).astimezone(self.zone)
        today = then.date()
        for days in range(_FARTHEST_DAYS):
            day = today + timedelta(days=days)
            if day.year not in self.years or day.month not in self.months or not self.day(day):
                continue
            for hour in self.hours:
                for minute in self.minutes:
                    moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=self.zone)
                    # An hour that the clocks skip does not exist, and is not due.
                    stamp = moment.timestamp()
                    exists = datetime.fromtimestamp(stamp, self.zone).hour == hour
                    if exists and stamp > seconds:
                        return stamp
        return None


def _numbers(field: str, low: int, high: int, names: dict[str, int] | None = None) -> frozenset[int]:
    """`*`, `5`, `1-5`, `*/15`, `10/5`, `MON-FRI`, and lists of them."""
    found: set[int] = set()
    for part in field.split(","):
        whole, slash, step_text = part.partition("/")
        step = int(step_text) if slash else 1
        if step < 1:
            raise ValueError(f"{part!r}: a step is at least 1")
        if whole == "*":
            first, last = low, high
        else:
            begin, dash, end = whole.partition("-")
            first = _number(begin, names)
            last = _number(end, names) if dash else high if slash else first
        if not low <= first <= high or not low <= last <= high:
            raise ValueError(f"{part!r} is not within {low} to {high}")
        if first <= last:
            found.update(range(first, last + 1, step))
        else:  # FRI-MON
            found.update([*range(first, high + 1), *range(low, last + 1)][::step])
    return frozenset(found)


def _number(text: str, names: dict[str, int] | None) -> int:
    if names and text in names:
        return names[text]
    if not text.isdigit():
        raise ValueError(f"{text!r} is no number")
    return int(text)


def _day_of_month(field: str) -> Callable[[date], bool]:
    if field == "?":
        return lambda _: True
    if field == "L":
        return lambda day: day.day == calendar.monthrange(day.year, day.month)[1]
    if field.endswith("W"):
        wanted = _number(field[:-1], None)
        return lambda day: day.day == _nearest_weekday(day.year, day.month, wanted)
    numbers = _numbers(field, 1, 31)
    return lambda day: day.day in numbers


def _nearest_weekday(year: int, month: int, wanted: int) -> int:
    last = calendar.monthrange(year, month)[1]
    day = date(year, month, min(wanted, last))
    if day.weekday() == calendar.SATURDAY:
        return day.day - 1 if day.day > 1 else day.day + 2
    if day.weekday() == calendar.SUNDAY:
        return day.day + 1 if day.day < last else day.day - 2
    return day.day


def _day_of_week(field: str) -> Callable[[date], bool]:
    if field == "?":
        return lambda _: True
    if "#" in field:
        name, _, nth = field.partition("#")
        wanted, which = _number(name, _DAYS), _number(nth, None)
        return lambda day: _weekday(day) == wanted and (day.day - 1) // 7 + 1 == which
    if field.endswith("L") and field != "L":
        wanted = _number(field[:-1], _DAYS)
        return lambda day: (
            _weekday(day) == wanted and day.day + 7 > calendar.monthrange(day.year, day.month)[1]
        )
    numbers = frozenset({7}) if field == "L" else _numbers(field, 1, 7, _DAYS)
    return lambda day: _weekday(day) in numbers


def _weekday(day: date) -> int:
    """1 is Sunday."""
    return day.isoweekday() % 7 + 1
