"""Lambda's entry: `region_probe.handler.handler`, every minute, with {"task": "probe"}."""

import os
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from region_probe.environment import ProbeEnvironment
from region_probe.probe import ask

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

TIMEOUT_SECONDS: Final = 5.0
logger: Final = Logger()


@cache
def _environment() -> ProbeEnvironment:
    return ProbeEnvironment.read(os.environ)


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Counts the other Region as reachable, 1, or not, 0: an alarm reads it, and a health check the alarm."""
    del event, context
    target = _environment()
    outcome = ask(target.host, target.path, TIMEOUT_SECONDS)
    if not outcome.reachable:
        logger.error("the Region does not answer", extra={"host": target.host, "fault": outcome.fault})
    metrics = Metrics()
    metrics.add_metric("Reachable", MetricUnit.Count, int(outcome.reachable))
    metrics.add_metric("AnswerTime", MetricUnit.Milliseconds, outcome.milliseconds)
    metrics.flush_metrics()
    return {"reachable": outcome.reachable, "milliseconds": outcome.milliseconds}
