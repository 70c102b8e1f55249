"""Lambda's entry: `reconciler.handler.handler`, every quarter of an hour, with {"task": "reconcile"}; and by
hand, once both Regions are there again, with {"task": "reconcile-invoices", "hours": "24"}."""

from typing import TYPE_CHECKING, Any, Final

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics

from rental_events.connection import operations
from rental_events.tasks import expect_task, report
from rental_events.timed import in_time

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger: Final = Logger()
INVOICES: Final = "reconcile-invoices"


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, dict[str, Any]]:
    """Makes vehicles, riders and bays follow the bookings; says how many it had to.

    `hours`: how long ago, at least, the Regions last heard of each other.
    """
    rental = operations(context)
    if event.get("task") == INVOICES:
        since = rental.now() - int(event["hours"]) * 3_600_000
        return report(logger, Metrics(), {"Reconciled": in_time(lambda: rental.reconcile_invoices(since))})
    expect_task(event, "reconcile")
    return report(logger, Metrics(), {"Reconciled": in_time(rental.reconcile)})
