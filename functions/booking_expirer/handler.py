"""Lambda's entry: `booking_expirer.handler.handler`, each minute, with {"task": "expire"}."""

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
    """Gives up commands, then ends holds; what there is no time for is the next minute's."""
    expect_task(event, "expire")
    rental = operations(context)
    # Commands first: an open one keeps its hold alive.
    commands = in_time(rental.expire_commands)
    holds = in_time(rental.expire_holds)
    return report(logger, Metrics(), {"CommandsExpired": commands, "HoldsExpired": holds})
