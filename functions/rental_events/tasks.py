"""Scheduled tasks: the event that starts one, and what is said of its end."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from rental_events.timed import Swept


class UnknownTaskError(Exception):
    """The event asks for a task that the function does not have; the message names both."""


def expect_task(event: Mapping[str, Any], task: str) -> None:
    """Raises UnknownTaskError unless the event is {"task": task}."""
    if event.get("task") != task:
        raise UnknownTaskError(f'{event.get("task")!r} is no task of this function: {{"task": "{task}"}} is')


def report(logger: Logger, metrics: Metrics, swept: Mapping[str, Swept]) -> dict[str, dict[str, Any]]:
    """Counts and logs the end of sweeps, each under its metric's name; answers the same as JSON."""
    for name, one in swept.items():
        metrics.add_metric(name, MetricUnit.Count, one.done)
        if one.failed:
            logger.error("not all was done", extra={"sweep": name, "failed": one.failed})
        if one.fenced:
            logger.warning("another Region writes", extra={"sweep": name})
        if not one.finished:
            logger.warning("some of it is left to the next run", extra={"sweep": name})
    metrics.add_metric("Failed", MetricUnit.Count, sum(len(one.failed) for one in swept.values()))
    metrics.add_metric("Unfinished", MetricUnit.Count, sum(not one.finished for one in swept.values()))
    metrics.flush_metrics()
    return {
        name: {
            "done": one.done,
            "skipped": one.skipped,
            "failed": len(one.failed),
            "finished": one.finished,
            "fenced": one.fenced,
        }
        for name, one in swept.items()
    }
