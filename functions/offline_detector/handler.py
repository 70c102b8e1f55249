"""Lambda's entry: `offline_detector.handler.handler`, every few minutes, with {"task": "detect"}."""

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
    """Moves silent cars to `non_contactable`, and those heard of again back to the state before."""
    expect_task(event, "detect")
    swept = in_time(operations(context).detect_lost_contact)
    return report(logger, Metrics(), {"ContactsChanged": swept})
