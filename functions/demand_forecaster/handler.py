"""Lambda's entry: `demand_forecaster.handler.handler`, each night with {"task": "forecast"}."""

import os
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from demand_forecaster.forecasts import history, outlook, review
from kpi_store.connect import KpiParts, connect
from kpi_store.environment import KpiEnvironment
from kpi_store.lake import DEMAND_FORECAST, hours_of_stations
from kpi_store.store import KpiStore
from rental_store.connect import now_ms

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger: Final = Logger()


class UnknownTaskError(Exception):
    """The event asks for a task that the function does not have; the message names both."""


@cache
def parts() -> KpiParts:
    """The parts of this execution environment. Raises SettingError."""
    return connect(KpiEnvironment.read(os.environ))


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Forecasts demand until tomorrow, and judges the forecast of the day that is over.

    Raises UnknownTaskError and NoHistoryError.
    """
    if event.get("task") != "forecast":
        raise UnknownTaskError(
            f'{event.get("task")!r} is no task of this function: {{"task": "forecast"}} is'
        )
    found = parts()
    store, now = KpiStore(found.dynamodb, found.table), now_ms()
    known = history(store, found.days, found.days.day_of(now))
    ahead = outlook(known, now, found.days)
    judged = review(known, store.forecast(ahead.last), ahead.last)
    metrics = Metrics()
    if judged is not None:
        metrics.add_metric("ForecastWape", MetricUnit.Percent, 100 * judged.wape)
        metrics.add_metric("SeasonalNaiveWape", MetricUnit.Percent, 100 * judged.naive_wape)
    for forecast in ahead.forecasts:
        found.lake.write(DEMAND_FORECAST, forecast.day, hours_of_stations(forecast.stations))
        store.keep_forecast(forecast)
    metrics.add_metric("DaysForecast", MetricUnit.Count, len(ahead.forecasts))
    metrics.flush_metrics()
    logger.info("forecast", extra={"last": ahead.last.isoformat(), "days": len(ahead.forecasts)})
    return {"last": ahead.last.isoformat(), "days": [f.day.isoformat() for f in ahead.forecasts]}
