"""Lambda's entry: `staff_api.handler.handler`, behind API Gateway's REST proxy integration."""

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from backoffice_store.connect import connect
from backoffice_store.environment import StaffEnvironment
from ev_rental.staff.service import StaffService
from http_api.iot_commands import IotCommandSender
from http_api.router import Router
from staff_api.identity import authorizer
from staff_api.routes import routes

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

EXPOSED = "ETag, Location, Retry-After"


@cache
def environment() -> StaffEnvironment:
    """The environment of this execution environment."""
    return StaffEnvironment.read(os.environ)


@cache
def router() -> Router[StaffService]:
    """The routes of this execution environment, over its tables."""
    settings = environment()
    service = connect(settings, IotCommandSender.in_region(settings.iot_region))
    return Router(routes.all, service, authorizer(service))


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """A proxy event in, a response out that the web app's origin, and no other, may read."""
    answer = router().handle(event, context)
    answer["multiValueHeaders"] |= {
        "Access-Control-Allow-Origin": [environment().allowed_origin],
        "Access-Control-Expose-Headers": [EXPOSED],
        "Vary": ["Origin"],
    }
    return answer
