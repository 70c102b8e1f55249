"""Lambda's entry: `command_acks.handler.handler`, on the queue of what cars answer to commands."""

import os
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit, single_metric

from command_acks.answers import take
from ev_rental.rental.command import CommandSender
from ev_rental.rental.vocabulary import AckOutcome
from http_api.iot_commands import IotCommandSender
from rental_events.connection import operations
from rental_events.messages import work_off
from rental_store.environment import required

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger: Final = Logger()

ROUNDS: Final = 4
"""A rider waits beside the car: by the time the queue shows a message again, the command is over."""


@cache
def sender() -> CommandSender:
    """Locks again a car that opened too late."""
    return IotCommandSender.in_region(required(os.environ, "IOT_REGION"))


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, list[dict[str, str]]]:
    """An SQS event in, a partial batch response out."""
    rental = operations(context, sender())
    outcomes: Counter[AckOutcome] = Counter()

    def handle(body: str) -> None:
        outcomes[take(rental, body)] += 1

    batch = work_off(
        event["Records"],
        handle,
        time_left=context.get_remaining_time_in_millis,
        on_problem=_log_problem,
        rounds=ROUNDS,
    )
    metrics = Metrics()
    metrics.add_metric("Failed", MetricUnit.Count, len(batch.failed))
    metrics.flush_metrics()
    for outcome, count in outcomes.items():
        with single_metric("Answers", MetricUnit.Count, count) as metric:
            metric.add_dimension("outcome", outcome)
    return batch.response


def _log_problem(message_id: str, error: Exception) -> None:
    logger.error(
        "answer was not taken",
        extra={"message_id": message_id, "error": type(error).__name__, "detail": str(error)},
    )
