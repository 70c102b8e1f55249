"""The days of a market: from local midnight to local midnight, 23 to 25 hours long."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)


class LocalDays:
    """`time_zone`: an IANA name. Times are ms since the epoch."""

    def __init__(self, time_zone: str) -> None:
        self._zone = ZoneInfo(time_zone)

    def day_of(self, at: int) -> date:
        """The day that a time is in."""
        return self._local(at).date()

    def hour_of(self, at: int) -> int:
        """0 to 23, by the local clock: an hour that daylight saving repeats counts as one."""
        return self._local(at).hour

    def start(self, day: date) -> int:
        """When a day begins."""
        return round(datetime(day.year, day.month, day.day, tzinfo=self._zone).timestamp() * 1000)

    def end(self, day: date) -> int:
        """When the next day begins."""
        return self.start(day + _DAY)

    def _local(self, at: int) -> datetime:
        return datetime.fromtimestamp(at / 1000, self._zone)


def days_from(first: date, last: date) -> Iterator[date]:
    """Every day from `first` to `last`, both included; none when `last` is earlier."""
    while first <= last:
        yield first
        first += _DAY
