"""The Lambda triggers of a user pool, called as Cognito calls them.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-identity-pools-working-with-lambda-triggers.html
"""

from collections.abc import Mapping
from typing import Any, Final

from local.front.deployed import UserPool
from local.front.functions import FunctionFailedError, Invoke, InvokeError
from local.login.accounts import Person
from local.login.errors import TriggerError

_SECONDS: Final = 5.0  # Cognito waits no longer
_TRIES: Final = 3
_CONFIGURED: Final[Mapping[str, str]] = {
    "PostConfirmation_ConfirmSignUp": "postConfirmation",
    "PostAuthentication_Authentication": "postAuthentication",
}


class Triggers:
    """Those of a pool."""

    def __init__(self, pool: UserPool, invoke: Invoke) -> None:
        self._pool = pool
        self._invoke = invoke

    def __call__(self, source: str, person: Person, client_id: str) -> None:
        """Calls the pool's function for the trigger source, if there is one. Raises TriggerError."""
        name = _CONFIGURED[source]
        function = self._pool.triggers.get(name)
        if function is None:
            return
        shown = f"{name[0].upper()}{name[1:]}"
        event = self._event(source, person, client_id)
        for tries_left in reversed(range(_TRIES)):
            try:
                answer = self._invoke(function, event, _SECONDS)
            except FunctionFailedError as error:
                # The function answered: another try would answer the same.
                raise TriggerError(f"{shown} failed with error {error.message}.") from None
            except InvokeError as error:
                if not tries_left:
                    raise TriggerError(f"{shown} invocation failed: {error}.") from None
                continue
            if not isinstance(answer, dict) or "response" not in answer:
                raise TriggerError(f"{shown}: the function's answer is not the event that it was given.")
            return

    def _event(self, source: str, person: Person, client_id: str) -> dict[str, Any]:
        attributes = {
            "sub": person.sub,
            "email": person.email,
            "email_verified": "true",
            "cognito:user_status": "CONFIRMED",
        }
        request: dict[str, Any] = {"userAttributes": attributes}
        if source.startswith("PostAuthentication"):
            request["newDeviceUsed"] = False
        return {
            "version": "1",
            "region": self._pool.region,
            "userPoolId": self._pool.pool_id,
            "userName": person.username,
            "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": client_id},
            "triggerSource": source,
            "request": request,
            "response": {},
        }
