"""From the history in the table `kpi` to forecasts in it."""

from datetime import date, timedelta
from typing import Final

from msgspec import Struct

from demand_forecaster.errors import absolute_errors
from demand_forecaster.method import NAME, WEEK, History, Stations, forecast, seasonal_naive
from ev_rental.kpi.local_days import LocalDays, days_from
from kpi_store.items import Forecast
from kpi_store.store import KpiStore

HISTORY_DAYS: Final = 12 * WEEK
_DAY: Final = timedelta(days=1)


class NoHistoryError(Exception):
    """No day has ended yet that was counted to its end."""


class Outlook(Struct, frozen=True, kw_only=True):
    """`last`: the newest day of the history. `forecasts`: for each day after it to tomorrow."""

    last: date
    forecasts: list[Forecast]


class Review(Struct, frozen=True, kw_only=True):
    """How wrong a day's forecast was, and how wrong seasonal-naive would have been: WAPE, as a share."""

    day: date
    wape: float
    naive_wape: float


def history(store: KpiStore, days: LocalDays, today: date) -> History:
    """The last HISTORY_DAYS days before `today` that were counted to their end."""
    first, last = today - HISTORY_DAYS * _DAY, today - _DAY
    demand = store.demand(first, last)
    return {
        kpis.day: demand.get(kpis.day, {})
        for kpis in store.days(first, last)
        if kpis.as_of >= days.end(kpis.day)
    }


def outlook(known: History, now: int, days: LocalDays) -> Outlook:
    """Forecasts of the days from the end of the history to tomorrow. `now`: ms. Raises NoHistoryError."""
    if not known:
        raise NoHistoryError("no day of the key figures is complete: look at the aggregator's fold")
    last, tomorrow = max(known), days.day_of(now) + _DAY
    return Outlook(
        last=last,
        forecasts=[
            Forecast(day=day, stations=forecast(known, day), method=NAME, made_at=now)
            for day in days_from(last + _DAY, tomorrow)
        ],
    )


def review(known: History, made: Forecast | None, day: date) -> Review | None:
    """How good the forecast that was made for a day of the history turned out; None when there was none, or
    when nobody held a car."""
    happened = known.get(day)
    if made is None or happened is None:
        return None
    holds = sum(sum(hours) for hours in happened.values())
    if holds == 0:
        return None
    naive: Stations = seasonal_naive(known, day)
    stations = happened.keys() | made.stations.keys() | naive.keys()
    return Review(
        day=day,
        wape=absolute_errors(made.stations, happened, stations) / holds,
        naive_wape=absolute_errors(naive, happened, stations) / holds,
    )
