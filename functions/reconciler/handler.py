"""Lambda's entry: `reconciler.handler.handler`, every quarter of an hour, with {"task": "reconcile"}."""

from typing import TYPE_CHECKING, Any, Final

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics

from rental_events.connection import operations
from rental_events.tasks import expect_task, report
from rental_events.timed import in_time

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger: Final = Logger()


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, dict[str, Any]]:
    """Makes vehicles, riders and bays follow the bookings; says how many it had to."""
    expect_task(event, "reconcile")
    swept = in_time(operations(context).reconcile)
    return report(logger, Metrics(), {"Reconciled": swept})
