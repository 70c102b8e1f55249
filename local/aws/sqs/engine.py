"""SQS: queues, their messages, and the way of a message that nobody could handle.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import RLock
from typing import Any, Final

from local.aws.engine import Engine
from local.aws.service import Answer, AwsError, Call
from local.aws.sqs.dead_letters import DeadLetters
from local.aws.sqs.messages import Messages
from local.aws.sqs.policy import may_send
from local.aws.sqs.queues import QUEUES, Queue, load_queues
from local.aws.sqs.settings import checked_settings, shown_settings
from local.aws.store import Store, Writing
from local.clock import Clock

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo")


class Sqs(Engine):
    """The queues of every Region."""

    invalid = "InvalidParameterValue"

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = RLock()
        self._queues = load_queues(store, self._lock)
        self._dead_letters = DeadLetters(store, clock, self._lock, self._queues, self._queue, self._writing)
        self._messages = Messages(clock, self._lock, self._queue, self._writing, self._dead_letters)
        super().__init__(
            {
                **self._messages.operations,
                **self._dead_letters.operations,
                "CreateQueue": self._create,
                "DeleteQueue": self._delete_queue,
                "GetQueueAttributes": self._get_attributes,
                "GetQueueUrl": self._get_url,
                "ListQueueTags": self._list_tags,
                "ListQueues": self._list,
                "PurgeQueue": self._purge,
                "SetQueueAttributes": self._set_attributes,
                "TagQueue": self._tag,
                "UntagQueue": self._untag,
            }
        )

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
            self._messages.add(writing, queue, params, sender=f"{service}.amazonaws.com")

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
                return {"QueueUrl": there.url}
            if name.endswith(".fifo") and given.get("FifoQueue") != "true":
                raise AwsError(self.invalid, f"{name} ends in .fifo: say FifoQueue = true")
            kept = {key: value for key, value in given.items() if value}
            queue = Queue(arn, kept, dict(call.params.get("tags") or {}), self._clock(), self._lock)
            queue.save(writing)
            self._queues[arn] = queue
            return {"QueueUrl": queue.url}

    def _get_url(self, call: Call) -> Answer:
        account = call.params.get("QueueOwnerAWSAccountId") or call.account
        arn = f"arn:aws:sqs:{call.region}:{account}:{self.need(call, 'QueueName')}"
        with self._lock:
            if (queue := self._queues.get(arn)) is None:
                raise _no_queue(arn)
            return {"QueueUrl": queue.url}

    def _list(self, call: Call) -> Answer:
        start = f"arn:aws:sqs:{call.region}:{call.account}:{call.params.get('QueueNamePrefix') or ''}"
        with self._lock:
            found = [queue for arn, queue in sorted(self._queues.items()) if arn.startswith(start)]
            return {"QueueUrls": [queue.url for queue in found]}

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


def _no_queue(arn: str) -> AwsError:
    return AwsError("QueueDoesNotExist", f"The specified queue does not exist: {arn}")
