"""Lambda's entry: `rider_signup.handler.handler`, a trigger of the rider pool.

Called when a sign-up is confirmed, and again at every sign-in, so that a rider whose first call failed is
registered at the next. Cognito waits 5 s and tries three times:
https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-identity-pools-working-with-aws-lambda-triggers.html
"""

from typing import TYPE_CHECKING, Any, Final

from aws_lambda_powertools.logging import Logger

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
            rental.register_rider(rider_id, verified=False)
            logger.info("rider registered", extra={"trigger": event["triggerSource"]})
    return event
