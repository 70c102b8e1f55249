"""Lambda's entry: `rider_signup.handler.handler`, a trigger of the rider pool.

Called when a sign-up is confirmed, and again at every sign-in, so that a rider whose first call failed is
registered at the next. Cognito waits 5 s and tries three times:
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-identity-pools-working-with-aws-lambda-triggers.html
"""

from typing import TYPE_CHECKING, Any, Final

from aws_lambda_powertools.logging import Logger

from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.operations import RentalOperations
from rental_events.connection import operations

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

REGISTERING: Final = frozenset({"PostConfirmation_ConfirmSignUp", "PostAuthentication_Authentication"})
logger: Final = Logger()


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """A Cognito trigger's event in, the same event out. Staff verify the licence later."""
    if event["triggerSource"] in REGISTERING:
        rider_id = event["request"]["userAttributes"]["sub"]
        rental = operations(context)
        if rental.store.rider(rider_id) is None:
            _register(rental, rider_id, event["triggerSource"])
    return event


def _register(rental: RentalOperations, rider_id: str, trigger: str) -> None:
    try:
        rental.register_rider(rider_id, verified=False)
    except RentalError as error:
        if error.code is not ErrorCode.WRITES_DISABLED:
            raise
        # During a failover riders sign in all the same; the next sign-in registers them.
        logger.warning("rider not registered: no Region writes here", extra={"trigger": trigger})
    else:
        logger.info("rider registered", extra={"trigger": trigger})
