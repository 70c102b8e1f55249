"""SQS: queues, their messages, and the way of a message that nobody could handle.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/
"""

import hashlib
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from threading import RLock
from typing import Any, Final

from local.aws.engine import Engine, in_arn
from local.aws.message_checks import check_message, md5, md5_of_attributes
from local.aws.moves import MoveTasks
from local.aws.queue_policy import may_send
from local.aws.queue_settings import checked_settings, may_redrive, shown_settings
from local.aws.queues import QUEUES, Message, Queue, load_queues
from local.aws.service import Answer, AwsError, Call
from local.aws.store import Store, Writing
from local.clock import Clock

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo")
_BATCH_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,80}")
_BATCH_BYTES: Final = 1_048_576
_FIRST_FIFO_NUMBER: Final = 18_870_000_000_000_000_000


class Sqs(Engine):
    """The queues of every Region."""

    invalid = "InvalidParameterValue"

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(
            {
                "ChangeMessageVisibility": self._change_visibility,
                "ChangeMessageVisibilityBatch": lambda call: self._batch(call, self._change_visibility),
                "CreateQueue": self._create,
                "DeleteMessage": self._delete_message,
                "DeleteMessageBatch": lambda call: self._batch(call, self._delete_message),
                "DeleteQueue": self._delete_queue,
                "GetQueueAttributes": self._get_attributes,
                "GetQueueUrl": self._get_url,
                "ListDeadLetterSourceQueues": self._list_sources,
                "ListMessageMoveTasks": self._list_moves,
                "ListQueueTags": self._list_tags,
                "ListQueues": self._list,
                "PurgeQueue": self._purge,
                "ReceiveMessage": self._receive,
                "SendMessage": self._send,
                "SendMessageBatch": self._send_batch,
                "SetQueueAttributes": self._set_attributes,
                "StartMessageMoveTask": self._start_move,
                "TagQueue": self._tag,
                "UntagQueue": self._untag,
            }
        )
        self._store = store
        self._clock = clock
        self._lock = RLock()
        self._queues = load_queues(store, self._lock)
        self._moves = MoveTasks(store, clock)

    def deliver(
        self,
        queue_arn: str,
        body: str,
        *,
        service: str,
        source_arn: str,
        attributes: Mapping[str, Any] | None = None,
        group: str | None = None,
        deduplication: str | None = None,
    ) -> None:
        """Send for a service of AWS (`events`, `sns`, `s3`) if the policy lets it. Raises AwsError."""
        with self._writing() as writing:
            queue = self._queues.get(queue_arn)
            if queue is None:
                raise _no_queue(queue_arn)
            if not may_send(queue.attributes.get("Policy"), service, source_arn, queue_arn):
                raise AwsError(
                    "AccessDenied",
                    f"{service}.amazonaws.com may not sqs:SendMessage to {queue_arn} for {source_arn}: "
                    "the queue's policy does not allow it",
                    403,
                )
            params = {
                "MessageBody": body,
                "MessageAttributes": dict(attributes or {}),
                "MessageGroupId": group,
                "MessageDeduplicationId": deduplication,
            }
            self._add(writing, queue, params, sender=f"{service}.amazonaws.com")

    def status(self) -> Mapping[str, Any]:
        """`queues`: of each its name, ARN, messages (visible, hidden, delayed), the oldest's age in s."""
        with self._lock:
            now = self._clock()
            dead = {queue.redrive[0] for queue in self._queues.values() if queue.redrive}
            return {"queues": [self._shown(queue, now, queue.arn in dead) for queue in self._queues.values()]}

    def _shown(self, queue: Queue, now: float, dead: bool) -> dict[str, Any]:
        counts = queue.counts(now)
        oldest = min((message.sent for message in queue.messages.values()), default=None)
        return {
            "name": queue.name,
            "arn": queue.arn,
            **{state: counts[state] for state in ("visible", "hidden", "delayed")},
            "oldestAgeSeconds": None if oldest is None else round(now - oldest, 3),
            "deadLetters": dead,
        }

    @contextmanager
    def _writing(self) -> Iterator[Writing]:
        # Always in this order: this engine's lock, then the store's.
        with self._lock, self._store.transaction() as writing:
            yield writing

    def _queue(self, call: Call) -> Queue:
        url = str(self.need(call, "QueueUrl"))
        arn = f"arn:aws:sqs:{call.region}:" + ":".join(url.rstrip("/").rsplit("/", 2)[-2:])
        if (queue := self._queues.get(arn)) is None:
            raise _no_queue(arn)
        return queue

    def _create(self, call: Call) -> Answer:
        name = str(self.need(call, "QueueName"))
        if not _NAME.fullmatch(name):
            raise AwsError(self.invalid, f"{name!r} is no queue name: use 1 to 80 letters, digits, - and _")
        arn = f"arn:aws:sqs:{call.region}:{call.account}:{name}"
        with self._writing() as writing:
            given = checked_settings(arn, call.params.get("Attributes") or {}, self._queues)
            if (there := self._queues.get(arn)) is not None:
                shown = shown_settings(there, self._clock())
                different = [key for key, value in given.items() if shown.get(key, "") != value]
                if different:
                    raise AwsError(
                        "QueueNameExists",
                        "A queue already exists with the same name and a different value for attribute "
                        f"{different[0]}",
                    )
                return {"QueueUrl": _url(arn)}
            if name.endswith(".fifo") and given.get("FifoQueue") != "true":
                raise AwsError(self.invalid, f"{name} ends in .fifo: say FifoQueue = true")
            kept = {key: value for key, value in given.items() if value}
            queue = Queue(arn, kept, dict(call.params.get("tags") or {}), self._clock(), self._lock)
            queue.save(writing)
            self._queues[arn] = queue
            return {"QueueUrl": _url(arn)}

    def _get_url(self, call: Call) -> Answer:
        account = call.params.get("QueueOwnerAWSAccountId") or call.account
        arn = f"arn:aws:sqs:{call.region}:{account}:{self.need(call, 'QueueName')}"
        with self._lock:
            if arn not in self._queues:
                raise _no_queue(arn)
            return {"QueueUrl": _url(arn)}

    def _list(self, call: Call) -> Answer:
        start = f"arn:aws:sqs:{call.region}:{call.account}:{call.params.get('QueueNamePrefix') or ''}"
        with self._lock:
            return {"QueueUrls": [_url(arn) for arn in sorted(self._queues) if arn.startswith(start)]}

    def _get_attributes(self, call: Call) -> Answer:
        names = call.params.get("AttributeNames") or []
        with self._writing() as writing:
            queue = self._queue(call)
            queue.expire(writing, self._clock())
            shown = shown_settings(queue, self._clock())
        return {"Attributes": {name: shown[name] for name in shown if name in names or "All" in names}}

    def _set_attributes(self, call: Call) -> Answer:
        with self._writing() as writing:
            queue = self._queue(call)
            given = checked_settings(queue.arn, self.need(call, "Attributes"), self._queues)
            if given.get("FifoQueue", str(queue.fifo).lower()) != str(queue.fifo).lower():
                raise AwsError("InvalidAttributeValue", "FifoQueue cannot change")
            queue.attributes = {key: value for key, value in {**queue.attributes, **given}.items() if value}
            queue.modified = self._clock()
            queue.save(writing)
            queue.arrived.notify_all()
        return {}

    def _delete_queue(self, call: Call) -> Answer:
        with self._writing() as writing:
            queue = self._queue(call)
            for message in list(queue.messages.values()):
                queue.remove(writing, message)
            writing.delete(QUEUES, queue.arn)
            del self._queues[queue.arn]
            queue.arrived.notify_all()
        return {}

    def _purge(self, call: Call) -> Answer:
        with self._writing() as writing:
            queue = self._queue(call)
            for message in list(queue.messages.values()):
                queue.remove(writing, message)
        return {}

    def _tag(self, call: Call) -> Answer:
        with self._writing() as writing:
            queue = self._queue(call)
            queue.tags.update(self.need(call, "Tags"))
            queue.save(writing)
        return {}

    def _untag(self, call: Call) -> Answer:
        with self._writing() as writing:
            queue = self._queue(call)
            for key in self.need(call, "TagKeys"):
                queue.tags.pop(key, None)
            queue.save(writing)
        return {}

    def _list_tags(self, call: Call) -> Answer:
        with self._lock:
            tags = self._queue(call).tags
            return {"Tags": dict(tags)} if tags else {}

    def _send(self, call: Call) -> Answer:
        with self._writing() as writing:
            return self._add(writing, self._queue(call), call.params, sender=call.account)

    def _send_batch(self, call: Call) -> Answer:
        total = sum(len(str(entry.get("MessageBody", "")).encode()) for entry in self._entries(call))
        if total > _BATCH_BYTES:
            raise AwsError(
                "BatchRequestTooLong", f"Batch requests cannot be longer than {_BATCH_BYTES} bytes: {total}"
            )
        return self._batch(call, self._send)

    def _add(self, writing: Writing, queue: Queue, params: Mapping[str, Any], *, sender: str) -> Answer:
        now = self._clock()
        body = str(params.get("MessageBody") or "")
        attributes = params.get("MessageAttributes") or {}
        check_message(body, attributes, queue.setting("MaximumMessageSize"))
        group, deduplication = params.get("MessageGroupId"), params.get("MessageDeduplicationId")
        if queue.fifo:
            if not group:
                raise AwsError("MissingParameter", f"{queue.name} is a FIFO queue: it needs MessageGroupId")
            if not deduplication:
                if queue.attributes.get("ContentBasedDeduplication") != "true":
                    raise AwsError(
                        self.invalid,
                        f"{queue.name} has no ContentBasedDeduplication: it needs MessageDeduplicationId",
                    )
                deduplication = hashlib.sha256(body.encode()).hexdigest()
        elif deduplication:
            raise AwsError(self.invalid, f"MessageDeduplicationId: {queue.name} is no FIFO queue")
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
            group=group,
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
        with self._store.transaction() as writing:
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
        redrive = queue.redrive
        target = self._queues.get(redrive[0]) if redrive else None
        for message in queue.receivable(now):
            if redrive and target and message.receives >= redrive[1] and may_redrive(target, queue.arn):
                queue.remove(writing, message)
                self._moves.rebury(writing, message, queue, target, now)
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

    def _list_sources(self, call: Call) -> Answer:
        with self._lock:
            queue = self._queue(call)
            return {"queueUrls": [_url(one.arn) for one in self._sources(queue.arn)]}

    def _sources(self, arn: str) -> list[Queue]:
        return [one for one in self._queues.values() if one.redrive and one.redrive[0] == arn]

    def _start_move(self, call: Call) -> Answer:
        arn = str(self.need(call, "SourceArn"))
        with self._writing() as writing:
            queue = self._queues.get(arn)
            if queue is None:
                raise AwsError("ResourceNotFoundException", f"There is no queue {arn}")
            if not self._sources(arn):
                raise AwsError(self.invalid, "Source queue must be configured as a Dead Letter Queue.")
            target = call.params.get("DestinationArn")
            if target is not None and target not in self._queues:
                raise AwsError("ResourceNotFoundException", f"There is no queue {target}")
            ready = list(queue.receivable(self._clock()))
            return {
                "TaskHandle": self._moves.move(
                    writing,
                    queue,
                    ready,
                    self._queues,
                    target,
                    call.params.get("MaxNumberOfMessagesPerSecond"),
                )
            }

    def _list_moves(self, call: Call) -> Answer:
        most = self.whole("MaxResults", call.params.get("MaxResults", 1), 1, 10)
        with self._lock:
            return {"Results": list(islice(self._moves.of(str(self.need(call, "SourceArn"))), most))}


def _no_queue(arn: str) -> AwsError:
    return AwsError("QueueDoesNotExist", f"The specified queue does not exist: {arn}")


def _url(arn: str) -> str:
    _, region, account, name = in_arn(arn)
    return f"https://sqs.{region}.amazonaws.com/{account}/{name}"


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
