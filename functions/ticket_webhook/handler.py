"""Lambda's entry: `ticket_webhook.handler.handler`, on the queue of tickets."""

import json
import os
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from ticket_webhook.backoff import delay
from ticket_webhook.environment import WebhookEnvironment
from ticket_webhook.post import NotTakenError, Receiver
from ticket_webhook.signature import signed_headers

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger: Final = Logger()
CALLS: Final = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard"})
KEY_SECONDS: Final = 300
"""How long a key is used before it is read again: that is how long a new one takes to be used."""
RESERVE_MS: Final = 8_000


@cache
def environment() -> WebhookEnvironment:
    """Of this execution environment. Raises SettingError."""
    return WebhookEnvironment.read(os.environ)


@cache
def client(service: str) -> Any:  # noqa: ANN401 - botocore's clients are made at run time
    """A client of the function's own Region."""
    return get_session().create_client(service, config=CALLS)


class SigningKeys:
    """The keys, read again every KEY_SECONDS: one, or two while the key is being changed."""

    def __init__(self, read: Callable[[], list[bytes]], clock: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._clock = clock
        self._keys: list[bytes] = []
        self._good_until = clock()

    def __call__(self) -> list[bytes]:
        """Raises botocore's errors."""
        if self._clock() >= self._good_until:
            self._keys = self._read()
            self._good_until = self._clock() + KEY_SECONDS
        return self._keys


def _read_keys() -> list[bytes]:
    answer = client("secretsmanager").get_secret_value(SecretId=environment().secret_arn)
    keys = str(answer["SecretString"]).encode().split()
    if not keys:
        raise NotTakenError("the secret holds no key: nothing is sent unsigned")
    return keys


signing_keys: Final = SigningKeys(_read_keys)


def receiver() -> Receiver:
    """Where tickets go."""
    return Receiver(environment().host, environment().path)


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, list[dict[str, str]]]:
    """An SQS event in, a partial batch response out. A ticket that was not taken stays in the queue, longer
    each time, and lies in the dead-letter queue at last."""
    failed = []
    for record in event["Records"]:
        try:
            if context.get_remaining_time_in_millis() < RESERVE_MS:
                raise NotTakenError("no time left")
            _send(record["body"])
        except Exception as error:  # reason: whatever one ticket meets must not hold up the others
            failed.append({"itemIdentifier": record["messageId"]})
            _put_off(record, error)
    metrics = Metrics()
    metrics.add_metric("TicketsTaken", MetricUnit.Count, len(event["Records"]) - len(failed))
    metrics.add_metric("TicketsPutOff", MetricUnit.Count, len(failed))
    metrics.flush_metrics()
    return {"batchItemFailures": failed}


def _send(text: str) -> None:
    ticket_id = str(json.loads(text)["ticketId"])
    body = text.encode()
    receiver().post(body, signed_headers(signing_keys(), int(time.time()), body, ticket_id))


def _put_off(record: Mapping[str, Any], error: Exception) -> None:
    wait = delay(int(record["attributes"]["ApproximateReceiveCount"]), getattr(error, "retry_after", None))
    logger.warning(
        "ticket was not taken",
        extra={"message_id": record["messageId"], "reason": str(error), "again_in": wait},
    )
    try:
        client("sqs").change_message_visibility(
            QueueUrl=environment().queue_url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=wait
        )
    except (ClientError, BotoCoreError) as trouble:
        # Then it comes again after the queue's own visibility timeout.
        logger.warning("ticket was not put off", extra={"error": type(trouble).__name__})
