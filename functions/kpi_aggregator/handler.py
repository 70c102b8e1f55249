"""Lambda's entry: `kpi_aggregator.handler.handler`, on the queue of events and, every quarter of an hour,
with {"task": "fold"}."""

import os
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from ev_rental.kpi import DailyTotals
from kpi_aggregator.events import facts_in
from kpi_aggregator.folding import fold_stale_days
from kpi_aggregator.ledger import KEEP_DAYS, Ledger
from kpi_store.connect import KpiParts, connect
from kpi_store.environment import KpiEnvironment
from kpi_store.lake import DAILY_KPIS, STATION_DEMAND, hours_of_stations
from rental_events.messages import work_off
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


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """An SQS event in, a partial batch response out; or the fold. Raises UnknownTaskError."""
    if "Records" in event:
        return _take(event["Records"], context)
    if event.get("task") != "fold":
        raise UnknownTaskError(f'{event.get("task")!r} is no task of this function: {{"task": "fold"}} is')
    return _fold(context)


def _take(records: list[dict[str, Any]], context: "LambdaContext") -> dict[str, Any]:
    market, days, dynamodb, table, _ = parts()
    ledger = Ledger(dynamodb, table, days)
    oldest = days.day_of(now_ms()) - timedelta(days=KEEP_DAYS)
    counts = {"FactsKept": 0, "FactsTooOld": 0}

    def keep(body: str) -> None:
        for fact in facts_in(body, market.market):
            day = days.day_of(fact.at)
            if day < oldest:
                counts["FactsTooOld"] += 1
                continue
            # The mark comes last: a fold before it would not know of the fact, one after it does.
            ledger.keep(day, fact)
            ledger.mark_stale(day)
            counts["FactsKept"] += 1

    batch = work_off(records, keep, time_left=context.get_remaining_time_in_millis, on_problem=_log_problem)
    _count(counts | {"Failed": len(batch.failed)})
    return batch.response


def _fold(context: "LambdaContext") -> dict[str, Any]:
    market, days, dynamodb, table, lake = parts()

    def export(totals: DailyTotals, demand: dict[str, list[int]]) -> None:
        row = msgspec.to_builtins(totals) | {"market": market.market, "currency": market.currency.code}
        lake.write(DAILY_KPIS, totals.day, [row])
        lake.write(STATION_DEMAND, totals.day, hours_of_stations(demand))

    folded = fold_stale_days(
        Ledger(dynamodb, table, days),
        days,
        export,
        holder=context.aws_request_id,
        now=now_ms(),
        time_left=context.get_remaining_time_in_millis,
    )
    if not folded.leased:
        logger.info("left to the fold that is under way")
    _count({"DaysFolded": len(folded.days), "Unfinished": int(not folded.finished)})
    return {
        "days": [day.isoformat() for day in folded.days],
        "finished": folded.finished,
        "leased": folded.leased,
    }


def _count(counts: dict[str, int]) -> None:
    metrics = Metrics()
    for name, value in counts.items():
        metrics.add_metric(name, MetricUnit.Count, value)
    metrics.flush_metrics()


def _log_problem(message_id: str, error: Exception) -> None:
    logger.error(
        "event was not counted",
        extra={"message_id": message_id, "error": type(error).__name__, "detail": str(error)},
    )
