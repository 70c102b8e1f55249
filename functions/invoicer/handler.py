"""Lambda's entry: `invoicer.handler.handler`, on the queue of completed trips and, each night, with
{"task": "catch-up"}."""

from typing import TYPE_CHECKING, Any, Final

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit

from ev_rental.rental.errors import ErrorCode, RentalError
from invoicer.trips import invoice_trip
from rental_events.connection import operations
from rental_events.messages import work_off
from rental_events.tasks import expect_task, report
from rental_events.timed import TimedOperations, in_time

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger: Final = Logger()


class CatchUpIncompleteError(Exception):
    """Trips are left without an invoice; raised so that Lambda tries again and the alarm of errors sounds."""


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """An SQS event in, a partial batch response out; or the nightly sweep. Raises CatchUpIncompleteError."""
    rental = operations(context)
    if "Records" in event:
        return _invoice(event["Records"], rental, context)
    expect_task(event, "catch-up")
    swept = in_time(rental.issue_due_invoices)
    said = report(logger, Metrics(), {"TripsCaughtUp": swept})
    if swept.failed or not swept.finished:
        raise CatchUpIncompleteError(f"{len(swept.failed)} trips failed, finished: {swept.finished}")
    return said


def _invoice(
    records: list[dict[str, Any]], rental: TimedOperations, context: "LambdaContext"
) -> dict[str, Any]:
    left = 0

    def invoice(body: str) -> None:
        nonlocal left
        try:
            invoice_trip(rental, body)
        except RentalError as error:
            if error.code is not ErrorCode.WRITES_DISABLED:
                raise
            # The Region that writes reads the same change from its own stream, and its sweep finds the trip.
            left += 1

    batch = work_off(
        records,
        invoice,
        time_left=context.get_remaining_time_in_millis,
        on_problem=_log_problem,
    )
    metrics = Metrics()
    metrics.add_metric("TripsInvoiced", MetricUnit.Count, batch.done - left)
    metrics.add_metric("Failed", MetricUnit.Count, len(batch.failed))
    metrics.flush_metrics()
    if left:
        logger.info("left to the Region that writes", extra={"messages": left})
    return batch.response


def _log_problem(message_id: str, error: Exception) -> None:
    logger.error(
        "trip was not invoiced",
        extra={"message_id": message_id, "error": type(error).__name__, "detail": str(error)},
    )
