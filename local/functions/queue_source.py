"""A queue of Amazon SQS as an event source.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from threading import Event
from typing import Any, Final

from local.functions.polling import Connection
from local.functions.spec import Mapping_
from local.functions.worker import Result

_MOST: Final = 10
_WAIT_SECONDS: Final = 20


class QueueSource:
    """One poller. What fails stays hidden until its visibility is over, and comes again."""

    def __init__(self, mapping: Mapping_, origin: str, invoke: Callable[[str, bytes], Result]) -> None:
        self._mapping = mapping
        self._region = mapping.source.split(":")[3]
        self._connection = Connection(origin, "sqs", self._region)
        self._url = ""
        self._invoke = invoke

    def work(self, over: Event) -> None:
        """See `local.functions.mappings.Source`."""
        if not self._url:
            name = self._mapping.source.rpartition(":")[2]
            self._url = self._connection.call("GetQueueUrl", {"QueueName": name})["QueueUrl"]
        asked = {
            "QueueUrl": self._url,
            "MaxNumberOfMessages": min(_MOST, self._mapping.batch_size),
            "WaitTimeSeconds": _WAIT_SECONDS,
            "AttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
        }
        messages = self._connection.call("ReceiveMessage", asked, _WAIT_SECONDS).get("Messages") or []
        if not messages or over.is_set():
            return
        event = {"Records": [self._record(message) for message in messages]}
        result = self._invoke(self._mapping.function, json.dumps(event).encode())
        failed = failed_items(result, self._mapping.partial, [m["MessageId"] for m in messages])
        done = [message for message in messages if message["MessageId"] not in failed]
        if done:
            entries = [
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(done)
            ]
            self._connection.call("DeleteMessageBatch", {"QueueUrl": self._url, "Entries": entries})

    def _record(self, message: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes") or {},
            "messageAttributes": {
                name: {
                    "stringValue": value.get("StringValue"),
                    "binaryValue": value.get("BinaryValue"),
                    "stringListValues": [],
                    "binaryListValues": [],
                    "dataType": value["DataType"],
                }
                for name, value in (message.get("MessageAttributes") or {}).items()
            },
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self._mapping.source,
            "awsRegion": self._region,
        }


def failed_items(result: Result, partial: bool, identifiers: list[str]) -> set[str]:
    """Which of a batch's items failed; all of them when the function did, or told nonsense.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
    """
    if result.error:
        return set(identifiers)
    if not partial:
        return set()
    try:
        answer = json.loads(result.payload or b"null")
    except ValueError:
        return set(identifiers)
    if not isinstance(answer, dict) or not answer.get("batchItemFailures"):
        return set()
    try:
        named = {str(one["itemIdentifier"]) for one in answer["batchItemFailures"]}
    except (KeyError, TypeError):
        return set(identifiers)
    return named if named <= set(identifiers) else set(identifiers)
