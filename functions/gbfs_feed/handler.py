"""Lambda's entry: `gbfs_feed.handler.handler`, behind API Gateway's REST proxy integration."""

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from ev_rental.rental.command import Command
from ev_rental.rental.service import RentalService
from gbfs_feed.routes import routes
from http_api.router import Router
from rental_store.connect import connect
from rental_store.environment import RentalEnvironment

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


class _NoCommands:
    """The feeds read only; their role may not send anything either."""

    def send(self, command: Command) -> None:
        raise AssertionError(f"a feed does not send {command.command_id}")


@cache
def router() -> Router[RentalService]:
    """The routes of this execution environment, over its tables."""
    parts = connect(RentalEnvironment.read(os.environ))
    return Router(routes.all, RentalService(sender=_NoCommands(), **parts))


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """A proxy event in, a response out."""
    return router().handle(event, context)
