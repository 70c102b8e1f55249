"""How wrong a forecast was.

WAPE: the sum of the absolute errors over the sum of what happened. MASE (Hyndman and Koehler 2006): the mean
absolute error over that of the seasonal-naive forecast on the days before; below 1 is better than to repeat
last week.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta

from msgspec import Struct

from demand_forecaster.method import HOURS, WEEK, History, Stations

Method = Callable[[History, date], Stations]


class ForecastError(Struct, frozen=True):
    """`hours`: how many station hours were judged. `wape` is None when nothing happened, `mase` when last
    week was repeated exactly."""

    hours: int
    wape: float | None
    mase: float | None


def absolute_errors(
    expected: Stations, happened: Mapping[str, Iterable[int]], stations: Iterable[str]
) -> float:
    """The sum of the absolute errors of a day over all hours of these stations."""
    nothing = [0] * HOURS
    return sum(
        abs(guess - fact)
        for station in stations
        for guess, fact in zip(expected.get(station, nothing), happened.get(station, nothing), strict=True)
    )


def backtest(method: Method, history: History, days: int) -> ForecastError:
    """Forecasts each of the last `days` days of the history from the days before it, and compares.

    Raises ValueError when there is no week before them to compare with.
    """
    known = sorted(history)
    judged, before = known[-days:], known[:-days]
    if len(before) <= WEEK:
        raise ValueError(
            f"{len(known)} days of history and {days} to judge: have more than {days + WEEK}, or judge fewer"
        )
    stations = sorted({station for hours in history.values() for station in hours})
    scale = [
        absolute_errors(_floats(history[day - timedelta(days=WEEK)]), history[day], stations)
        for day in before
        if day - timedelta(days=WEEK) in history
    ]
    hours = len(judged) * len(stations) * HOURS
    error = sum(absolute_errors(method(history, day), history[day], stations) for day in judged)
    happened = sum(sum(history[day].get(station, ())) for day in judged for station in stations)
    naive = sum(scale) / max(1, len(scale) * len(stations) * HOURS)
    return ForecastError(
        hours=hours,
        wape=error / happened if happened else None,
        mase=error / hours / naive if naive and hours else None,
    )


def _floats(stations: Mapping[str, Iterable[int]]) -> Stations:
    return {station: [float(holds) for holds in hours] for station, hours in stations.items()}
