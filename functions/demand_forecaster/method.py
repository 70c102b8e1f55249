"""Holt-Winters' multiplicative method without trend, with a season of one week of hours.

A station's demand is a level (holds an hour) times an index of the week's hour (1 on average). Both are
smoothed exponentially (Holt 1957, Winters 1960; ETS(M,N,M) in Hyndman and Athanasopoulos, "Forecasting:
principles and practice", chapter 8):

    level'   = ALPHA * (a day's holds / the day's indices) + (1 - ALPHA) * level
    index'   = GAMMA * (an hour's holds / level')          + (1 - GAMMA) * index
    forecast = level * index

The level is updated a day at a time, because most hours of most stations have no hold at all. Both begin as
means over the first two weeks.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

NAME: Final = "holt-winters-multiplicative-weekly"
ALPHA: Final = 0.1
GAMMA: Final = 0.15
HOURS: Final = 24
WEEK: Final = 7
BEGIN_DAYS: Final = 2 * WEEK

Hours = Sequence[float]
Stations = Mapping[str, Hours]
History = Mapping[date, Mapping[str, Sequence[int]]]
"""Day -> station id -> holds by hour. A station that is not in a day had none; a day that is not there is not
known and is left out."""


def forecast(history: History, day: date) -> dict[str, list[float]]:
    """Holds expected on `day`, by station and hour, from the days before it; rounded to a thousandth."""
    past = sorted(known for known in history if known < day)
    stations = sorted({station for known in past for station in history[known]})
    return {
        station: [round(holds, 3) for holds in _expected(_series(history, past, station), day.weekday())]
        for station in stations
    }


def seasonal_naive(history: History, day: date) -> dict[str, list[float]]:
    """As much as on the same weekday of the last week that is known: what a forecast must beat."""
    past = [known for known in history if known < day and known.weekday() == day.weekday()]
    if not past:
        return {}
    return {station: [float(holds) for holds in hours] for station, hours in history[max(past)].items()}


def _series(history: History, past: Sequence[date], station: str) -> list[tuple[int, Hours]]:
    """(weekday, holds by hour) of each day since the station's first hold; before, perhaps there was none."""
    nothing: Hours = [0] * HOURS
    series: list[tuple[int, Hours]] = [(day.weekday(), history[day].get(station, nothing)) for day in past]
    first = next((place for place, (_, hours) in enumerate(series) if any(hours)), len(series))
    return series[first:]


def _expected(series: Sequence[tuple[int, Hours]], weekday: int) -> list[float]:
    level, index = _begin(series[:BEGIN_DAYS])
    for of, hours in series[BEGIN_DAYS:]:
        share = sum(index[of])
        if share > 0:
            level = ALPHA * sum(hours) / share + (1 - ALPHA) * level
        if level > 0:
            index[of] = [
                GAMMA * holds / level + (1 - GAMMA) * known
                for holds, known in zip(hours, index[of], strict=True)
            ]
    return [level * hour for hour in index[weekday]]


def _begin(series: Sequence[tuple[int, Hours]]) -> tuple[float, list[list[float]]]:
    """Level and indices of the first days; a weekday that is not among them is as the mean of the others."""
    if not series:
        return 0.0, [[0.0] * HOURS for _ in range(WEEK)]
    level = sum(sum(hours) for _, hours in series) / len(series) / HOURS
    anyday = _mean([hours for _, hours in series])
    index = []
    for weekday in range(WEEK):
        like = [hours for of, hours in series if of == weekday]
        index.append([holds / level for holds in (_mean(like) if like else anyday)])
    return level, index


def _mean(days: Sequence[Hours]) -> list[float]:
    return [sum(hours) / len(days) for hours in zip(*days, strict=True)]
