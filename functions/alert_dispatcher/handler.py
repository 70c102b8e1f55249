"""Lambda's entry: `alert_dispatcher.handler.handler`, on the queue of alerts and, each minute, with
{"task": "dispatch"}."""

import os
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit, single_metric
from botocore.config import Config
from botocore.session import get_session

from alert_dispatcher.channels import channels
from alert_dispatcher.dispatcher import Dispatcher, Report
from alert_dispatcher.environment import DispatchEnvironment
from alert_dispatcher.events import alert_of
from alert_dispatcher.store import DispatchStore
from backoffice_store.store import BackofficeStore
from rental_events.messages import work_off
from rental_events.tasks import expect_task
from rental_store.connect import CALLS, now_ms

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient

logger: Final = Logger()

# What is sent twice is told twice: a lost answer is left to the sweep, which says the same id.
SENDING: Final = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 1})


@cache
def environment() -> DispatchEnvironment:
    """Of this execution environment. Raises SettingError."""
    return DispatchEnvironment.read(os.environ)


@cache
def parts() -> tuple[DispatchStore, Any]:
    """What the dispatchers of this execution environment share: the store, and where tasks go."""
    settings = environment()
    session = get_session()
    client = cast(
        "DynamoDBClient",
        session.create_client("dynamodb", region_name=settings.tables_region, config=CALLS),
    )
    store = DispatchStore(
        client,
        dispatch_table=settings.dispatch_table,
        alerts_table=settings.alerts_table,
        rental_table=settings.rental_table,
    )
    sns: Any = session.create_client("sns", config=SENDING)
    sqs: Any = session.create_client("sqs", config=SENDING)
    return store, channels(
        sns=sns,
        sqs=sqs,
        backoffice=BackofficeStore(client, settings.backoffice_table),
        topics=settings.topics,
        escalation_topic=settings.escalation_topic,
        ticket_queue_url=settings.ticket_queue_url,
        console_url=settings.console_url,
    )


def dispatcher() -> Dispatcher:
    """Of one invocation."""
    store, hands = parts()
    return Dispatcher(store, hands, clock=now_ms, on_problem=_log_problem)


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """An SQS event in, a partial batch response out; or the sweep of each minute."""
    made = dispatcher()
    if "Records" in event:
        batch = work_off(
            event["Records"],
            lambda body: made.news(alert_of(body, environment().market)),
            time_left=context.get_remaining_time_in_millis,
            on_problem=_log_problem,
        )
        _report(made.report, len(batch.failed))
        return batch.response
    expect_task(event, "dispatch")
    if not environment().writes_enabled:
        logger.warning("another Region dispatches")
        return {"fenced": True}
    made.sweep(context.get_remaining_time_in_millis)
    _report(made.report, 0)
    return {"failed": made.report.failed, "finished": made.report.finished, "fenced": False}


def _log_problem(what: str, error: Exception) -> None:
    logger.error("not done", extra={"what": what, "error": type(error).__name__, "detail": str(error)[:300]})


def _report(report: Report, refused: int) -> None:
    metrics = Metrics()
    metrics.add_metric("Held", MetricUnit.Count, report.held)
    metrics.add_metric("Failed", MetricUnit.Count, report.failed + refused)
    metrics.add_metric("Unfinished", MetricUnit.Count, int(not report.finished))
    metrics.add_metric("OldestTask", MetricUnit.Milliseconds, report.oldest)
    for delay in report.delays:
        metrics.add_metric("AlertDelay", MetricUnit.Milliseconds, delay)
    metrics.flush_metrics()
    for channel, count in report.handed_on.items():
        with single_metric("HandedOn", MetricUnit.Count, count) as metric:
            metric.add_dimension("channel", channel)
