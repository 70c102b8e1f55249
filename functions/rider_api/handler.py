"""Lambda's entry: `rider_api.handler.handler`, behind API Gateway's REST proxy integration."""

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from ev_rental.rental.service import RentalService
from http_api.iot_commands import IotCommandSender
from http_api.router import Router
from rental_store.connect import connect
from rental_store.environment import RentalEnvironment, required
from rider_api.routes import routes

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@cache
def router() -> Router[RentalService]:
    """The routes of this execution environment, over its tables."""
    parts = connect(RentalEnvironment.read(os.environ))
    sender = IotCommandSender.in_region(required(os.environ, "IOT_REGION"))
    return Router(routes.all, RentalService(sender=sender, **parts))


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """A proxy event in, a response out."""
    return router().handle(event, context)
