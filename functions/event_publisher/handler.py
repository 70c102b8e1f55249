"""Lambda's entry: `event_publisher.handler.handler`, on the streams of the market's tables."""

import os
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit, single_metric
from botocore.config import Config
from botocore.session import get_session

from event_publisher.bus import Bus
from event_publisher.changes import Changes
from event_publisher.environment import PublisherEnvironment
from event_publisher.publisher import Publisher, Summary

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger: Final = Logger()

# One attempt: the bus itself decides what to try again, event by event.
CALLS: Final = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 1})


@cache
def publisher() -> Publisher:
    """The publisher of this execution environment."""
    environment = PublisherEnvironment.read(os.environ)
    client: Any = get_session().create_client("events", config=CALLS)
    return Publisher(
        Changes(environment),
        Bus(client, environment.event_bus, on_problem=_log_refusal),
        on_problem=_log_problem,
    )


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, list[dict[str, str]]]:
    """A DynamoDB stream's event in, a partial batch response out."""
    summary = publisher().publish(event["Records"], context.get_remaining_time_in_millis)
    _report(summary)
    return summary.response


def _log_refusal(code: str, event_id: str) -> None:
    logger.warning("event was not taken", extra={"code": code, "event_id": event_id})


def _log_problem(what: str, where: str, error: Exception) -> None:
    # The type only: a message may quote the item, and with it a rider.
    logger.error(what, extra={"where": where, "error": type(error).__name__})


def _report(summary: Summary) -> None:
    metrics = Metrics()
    metrics.add_metric("RecordsWithoutEvent", MetricUnit.Count, summary.silent)
    metrics.add_metric("Failed", MetricUnit.Count, summary.failed)
    metrics.flush_metrics()
    for detail_type, count in summary.published.items():
        with single_metric("Published", MetricUnit.Count, count) as metric:
            metric.add_dimension("detail_type", detail_type)
    if summary.failed:
        logger.warning(
            "records come again", extra={"failed": summary.failed, "retry_from": summary.retry_from}
        )
