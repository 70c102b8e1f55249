"""Calls that did not go through are tried again a few times; what stays open is said to be open."""

import random
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from botocore.exceptions import ClientError, HTTPClientError

from ev_rental.rental.errors import ErrorCode, RentalError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_T = TypeVar("_T")

ATTEMPTS: Final = 5
FIRST_PAUSE: Final = 0.04  # seconds, doubled at each attempt, of which a random part is taken

_PASSING: Final = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
_PASSING_REASONS: Final = frozenset(
    {"None", "ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"}
)


class Retries:
    """`pause`: sleeps that many seconds. `chance`: a random number from 0 to 1, so that those who collided
    do not meet again."""

    def __init__(
        self, pause: Callable[[float], None] = time.sleep, chance: Callable[[], float] = random.random
    ) -> None:
        self._pause = pause
        self._chance = chance

    def call(self, what: str, call: Callable[[], _T]) -> _T:
        """The call's answer. Raises RentalError(try_again) after ATTEMPTS passing faults, other errors as
        they are."""
        fault: Exception | None = None
        for attempt in range(ATTEMPTS):
            if attempt:
                self.wait(attempt)
            try:
                return call()
            except ClientError as error:
                if not _is_passing(error):
                    raise
                fault = error
            except HTTPClientError as error:  # no answer: it may have been done
                fault = error
        raise RentalError(ErrorCode.TRY_AGAIN, f"the store did not answer ({what}): try again") from fault

    def query(self, client: "DynamoDBClient", **request: Any) -> Mapping[str, Any]:  # noqa: ANN401 - DynamoDB's parameters
        """The client's answer to a Query. Raises as `call` does."""
        return self.call("query", partial(client.query, **request))

    def wait(self, attempt: int) -> None:
        """Pauses before the attempt with that number, from 1."""
        self._pause(FIRST_PAUSE * 2 ** (attempt - 1) * (0.5 + self._chance() / 2))


def cancellation_reasons(error: ClientError) -> list[Mapping[str, Any]] | None:
    """The reasons of a cancelled transaction, one an action; None for any other error."""
    if error.response.get("Error", {}).get("Code") != "TransactionCanceledException":
        return None
    response: Mapping[str, Any] = error.response
    return list(response.get("CancellationReasons", []))


def _is_passing(error: ClientError) -> bool:
    reasons = cancellation_reasons(error)
    if reasons is not None:
        codes = {reason.get("Code", "None") for reason in reasons}
        return codes <= _PASSING_REASONS and codes != {"None"}
    return error.response.get("Error", {}).get("Code") in _PASSING
