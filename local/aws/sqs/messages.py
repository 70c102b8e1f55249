"""Messages of the queues: sent, received, hidden for longer, deleted."""

import hashlib
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from threading import RLock
from typing import Any, Final

from local.aws.engine import Operation, Part
from local.aws.service import Answer, AwsError, Call
from local.aws.sqs.checks import check_message, md5, md5_of_attributes
from local.aws.sqs.dead_letters import DeadLetters
from local.aws.sqs.queues import Message, Queue
from local.aws.store import Writing
from local.clock import Clock

_BATCH_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,80}")
_BATCH_BYTES: Final = 1_048_576
_FIRST_FIFO_NUMBER: Final = 18_870_000_000_000_000_000


class Messages(Part):
    """`queue`: of a call, under the lock. `writing`: the lock and the store."""

    invalid = "InvalidParameterValue"

    def __init__(
        self,
        clock: Clock,
        lock: RLock,
        queue: Callable[[Call], Queue],
        writing: Callable[[], AbstractContextManager[Writing]],
        dead_letters: DeadLetters,
    ) -> None:
        self._clock = clock
        self._lock = lock
        self._queue = queue
        self._writing = writing
        self._dead_letters = dead_letters
        self.operations: Mapping[str, Operation] = {
            "ChangeMessageVisibility": self._change_visibility,
            "ChangeMessageVisibilityBatch": lambda call: self._batch(call, self._change_visibility),
            "DeleteMessage": self._delete_message,
            "DeleteMessageBatch": lambda call: self._batch(call, self._delete_message),
            "ReceiveMessage": self._receive,
            "SendMessage": self._send,
            "SendMessageBatch": self._send_batch,
        }

    def _send(self, call: Call) -> Answer:
        with self._writing() as writing:
            return self.add(writing, self._queue(call), call.params, sender=call.account)

    def _send_batch(self, call: Call) -> Answer:
        total = sum(len(str(entry.get("MessageBody", "")).encode()) for entry in self._entries(call))
        if total > _BATCH_BYTES:
            raise AwsError(
                "BatchRequestTooLong", f"Batch requests cannot be longer than {_BATCH_BYTES} bytes: {total}"
            )
        return self._batch(call, self._send)

    def add(self, writing: Writing, queue: Queue, params: Mapping[str, Any], *, sender: str) -> Answer:
        """Take a message as SendMessage does. Raises AwsError."""
        now = self._clock()
        body = str(params.get("MessageBody") or "")
        attributes = params.get("MessageAttributes") or {}
        check_message(body, attributes, queue.setting("MaximumMessageSize"))
        deduplication = self._deduplication(queue, params, body)
        delay = params.get("DelaySeconds")
        seconds = (
            queue.setting("DelaySeconds") if delay is None else self.whole("DelaySeconds", delay, 0, 900)
        )
        trace = (params.get("MessageSystemAttributes") or {}).get("AWSTraceHeader")
        message = Message(
            number=0,
            body=body,
            sent=now,
            visible_at=now + seconds,
            sender=sender,
            attributes=dict(attributes),
            trace=trace and trace.get("StringValue"),
            group=params.get("MessageGroupId"),
            deduplication=deduplication,
        )
        first = queue.duplicate(deduplication, now) if deduplication else None
        id_, number = first or queue.add(writing, message)
        answer = {"MessageId": id_, "MD5OfMessageBody": md5(body)}
        if attributes:
            answer["MD5OfMessageAttributes"] = md5_of_attributes(attributes)
        if queue.fifo:
            answer["SequenceNumber"] = str(_FIRST_FIFO_NUMBER + number)
        return answer

    def _deduplication(self, queue: Queue, params: Mapping[str, Any], body: str) -> str | None:
        said: str | None = params.get("MessageDeduplicationId")
        if not queue.fifo:
            if said:
                raise AwsError(self.invalid, f"MessageDeduplicationId: {queue.name} is no FIFO queue")
            return said
        if not params.get("MessageGroupId"):
            raise AwsError("MissingParameter", f"{queue.name} is a FIFO queue: it needs MessageGroupId")
        if said:
            return said
        if queue.attributes.get("ContentBasedDeduplication") != "true":
            raise AwsError(
                self.invalid,
                f"{queue.name} has no ContentBasedDeduplication: it needs MessageDeduplicationId",
            )
        return hashlib.sha256(body.encode()).hexdigest()

    def _receive(self, call: Call) -> Answer:
        params = call.params
        most = self.whole("MaxNumberOfMessages", params.get("MaxNumberOfMessages", 1), 1, 10)
        with self._lock:
            queue = self._queue(call)
            wait = params.get("WaitTimeSeconds")
            if wait is None:
                wait = queue.setting("ReceiveMessageWaitTimeSeconds")
            end = time.monotonic() + self.whole("WaitTimeSeconds", wait, 0, 20)
            while True:
                hidden = params.get("VisibilityTimeout")
                if hidden is None:  # the queue's own may change while somebody waits
                    hidden = queue.setting("VisibilityTimeout")
                if call.gone():  # killed while it waited: others may have the messages
                    return {}
                received = self._take(queue, most, self.whole("VisibilityTimeout", hidden, 0, 43_200))
                left = end - time.monotonic()
                if received or left <= 0:
                    break
                due = queue.next_visible()
                if due is not None:
                    left = min(left, max(0.001, self._clock.real_seconds(due - self._clock())))
                queue.arrived.wait(left)
                queue = self._queue(call)  # it may have been deleted
            names = {
                *(params.get("AttributeNames") or ()),
                *(params.get("MessageSystemAttributeNames") or ()),
            }
            wanted = list(params.get("MessageAttributeNames") or ())
            return (
                {"Messages": [_received(queue, one, names, wanted) for one in received]} if received else {}
            )

    def _take(self, queue: Queue, most: int, hidden: int) -> list[Message]:
        now = self._clock()
        taken: list[Message] = []
        with self._writing() as writing:
            queue.expire(writing, now)
            for message in self._alive(writing, queue, now):
                taken.append(message)
                if len(taken) == most:
                    break
            for message in taken:
                queue.hand_out(writing, message, now, hidden)
        return taken

    def _alive(self, writing: Writing, queue: Queue, now: float) -> Iterator[Message]:
        """What can be received; what has been too often goes to the dead letters."""
        dead = self._dead_letters.of(queue)
        for message in queue.receivable(now):
            if dead is not None and message.receives >= dead[1]:
                queue.remove(writing, message)
                self._dead_letters.bury(writing, message, queue, dead[0], now)
            else:
                yield message

    def _delete_message(self, call: Call) -> Answer:
        with self._writing() as writing:
            queue = self._queue(call)
            message = queue.by_receipt(self._handle(call))
            if message is not None:  # deleting it again is no error
                queue.remove(writing, message)
        return {}

    def _change_visibility(self, call: Call) -> Answer:
        seconds = self.whole("VisibilityTimeout", self.need(call, "VisibilityTimeout"), 0, 43_200)
        with self._writing() as writing:
            queue, now = self._queue(call), self._clock()
            message = queue.by_receipt(self._handle(call))
            if message is None or message.visible_at <= now:
                raise AwsError(
                    "MessageNotInflight",
                    "The message is not in flight: it was deleted, or is visible or received again",
                )
            queue.hide(writing, message, now + seconds)
        return {}

    def _handle(self, call: Call) -> str:
        handle = str(self.need(call, "ReceiptHandle"))
        if not re.fullmatch(r"[A-Za-z0-9_-]{64}", handle):
            raise AwsError("ReceiptHandleIsInvalid", f'The input receipt handle "{handle}" is not valid.')
        return handle

    def _entries(self, call: Call) -> Sequence[Mapping[str, Any]]:
        entries: Sequence[Mapping[str, Any]] = call.params.get("Entries") or []
        if not entries:
            raise AwsError("EmptyBatchRequest", f"There should be at least one {call.operation} entry.")
        if len(entries) > 10:
            raise AwsError(
                "TooManyEntriesInBatchRequest", f"Maximum number of entries is 10: there are {len(entries)}"
            )
        ids = [str(entry.get("Id", "")) for entry in entries]
        for id_ in ids:
            if not _BATCH_ID.fullmatch(id_):
                raise AwsError("InvalidBatchEntryId", f"{id_!r}: use 1 to 80 letters, digits, - and _")
        if len(set(ids)) < len(ids):
            raise AwsError("BatchEntryIdsNotDistinct", f"Two entries have the same Id: {', '.join(ids)}")
        return entries

    def _batch(self, call: Call, one: Callable[[Call], Answer]) -> Answer:
        successful, failed = [], []
        entries = self._entries(call)
        with self._writing():  # one commit for all
            self._queue(call)  # no entry fails for a queue that is not there: the call does
            for entry in entries:
                params = {**entry, "QueueUrl": call.params["QueueUrl"]}
                single = Call(call.operation, call.region, call.account, params)
                try:
                    successful.append({"Id": entry["Id"], **one(single)})
                except AwsError as error:
                    failed.append(
                        {"Id": entry["Id"], "Code": error.code, "Message": error.message, "SenderFault": True}
                    )
        answer: Answer = {"Successful": successful}
        return answer | ({"Failed": failed} if failed else {})


def _received(queue: Queue, message: Message, names: set[str], wanted: list[str]) -> dict[str, Any]:
    system = {
        "ApproximateFirstReceiveTimestamp": str(int((message.first_received or 0) * 1_000)),
        "ApproximateReceiveCount": str(message.receives),
        "SenderId": message.sender,
        "SentTimestamp": str(int(message.sent * 1_000)),
        "AWSTraceHeader": message.trace,
        "DeadLetterQueueSourceArn": message.source,
        "MessageDeduplicationId": message.deduplication,
        "MessageGroupId": message.group,
        "SequenceNumber": str(_FIRST_FIFO_NUMBER + message.number) if queue.fifo else None,
    }
    asked = {key: value for key, value in system.items() if value and (key in names or "All" in names)}
    attributes = {
        key: value
        for key, value in message.attributes.items()
        if any(
            one in {key, "All", ".*"} or (one.endswith(".*") and key.startswith(one[:-2])) for one in wanted
        )
    }
    received: dict[str, Any] = {
        "MessageId": message.id,
        "ReceiptHandle": message.receipt,
        "MD5OfBody": md5(message.body),
        "Body": message.body,
    }
    if asked:
        received["Attributes"] = asked
    if attributes:
        received |= {
            "MessageAttributes": attributes,
            "MD5OfMessageAttributes": md5_of_attributes(attributes),
        }
    return received
