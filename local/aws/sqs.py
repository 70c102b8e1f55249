"""Amazon SQS: standard and FIFO queues, visibility, redrive.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from threading import Condition
from time import monotonic
from typing import Any, Final

from local.aws.service import Answer, AwsError, Call
from local.aws.store import Store, Writing
from local.clock import Clock

MAX_BYTES: Final = 1_048_576
MAX_BATCH: Final = 10
DEDUPLICATION_SECONDS: Final = 300
_DEFAULTS: Final = {
    "DelaySeconds": "0",
    "MaximumMessageSize": str(MAX_BYTES),
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "VisibilityTimeout": "30",
}
_SETTABLE: Final = frozenset(_DEFAULTS) | {
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "FifoQueue",
    "FifoThroughputLimit",
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "Policy",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
}
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo")
_MISSING: Final = "AWS.SimpleQueueService.NonExistentQueue"


@dataclass
class Message:
    """Times in s of the platform's clock. `visible_at`: hidden until then. `group`: of a FIFO queue."""

    id: str
    number: int
    body: str
    sent_at: float
    visible_at: float
    attributes: Mapping[str, Any] = field(default_factory=dict)
    system: Mapping[str, Any] = field(default_factory=dict)
    group: str = ""
    deduplication: str = ""
    receives: int = 0
    first_received_at: float = 0.0
    receipt: str = ""
    source: str = ""


@dataclass
class Queue:
    """`messages`: by number, in the order sent."""

    region: str
    name: str
    arn: str
    url: str
    created_at: float
    attributes: dict[str, str]
    tags: dict[str, str] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    seen: dict[str, tuple[float, str]] = field(default_factory=dict)

    @property
    def fifo(self) -> bool:
        """Whether messages of a group come one after the other."""
        return self.name.endswith(".fifo")

    def seconds(self, name: str) -> float:
        """One of the attributes that are times."""
        return float(self.attributes.get(name, _DEFAULTS.get(name, "0")))

    def redrive(self) -> tuple[str, int] | None:
        """(ARN of the dead-letter queue, receives), if it has one."""
        policy = json.loads(self.attributes.get("RedrivePolicy") or "null")
        return (policy["deadLetterTargetArn"], int(policy["maxReceiveCount"])) if policy else None

    def state(self) -> dict[str, Any]:
        """What is kept of the queue itself."""
        return {name: value for name, value in vars(self).items() if name not in ("messages", "seen")}


class Sqs:
    """`endpoint`: the origin in the URLs of queues, such as `http://127.0.0.1:4566`."""

    def __init__(self, store: Store, clock: Clock, *, account: str, endpoint: str) -> None:
        self._store = store
        self._clock = clock
        self._account = account
        self._endpoint = endpoint
        self._changed = Condition()
        self._queues: dict[str, Queue] = {}
        self._numbers = 0
        for arn, state in store.load("sqs-queue"):
            # The port may be another one than before.
            self._queues[arn] = Queue(**{**state, "url": self._url(state["region"], state["name"])})
        for place, message in store.load("sqs-message"):
            arn = place.rpartition("/")[0]
            if arn in self._queues:
                made = Message(**message)
                self._queues[arn].messages[made.number] = made
                self._numbers = max(self._numbers, made.number)
        for queue in self._queues.values():
            queue.messages = dict(sorted(queue.messages.items()))
        self._calls: Mapping[str, Callable[[Call], Answer]] = {
            "CreateQueue": self._create,
            "DeleteQueue": self._delete,
            "GetQueueUrl": self._get_url,
            "ListQueues": self._list,
            "GetQueueAttributes": self._get_attributes,
            "SetQueueAttributes": self._set_attributes,
            "PurgeQueue": self._purge,
            "TagQueue": self._tag,
            "UntagQueue": self._untag,
            "ListQueueTags": lambda call: {"Tags": self._queue(call).tags},
            "ListDeadLetterSourceQueues": self._list_sources,
            "SendMessage": self._send,
            "SendMessageBatch": self._send_batch,
            "ReceiveMessage": self._receive,
            "DeleteMessage": self._delete_message,
            "DeleteMessageBatch": self._delete_batch,
            "ChangeMessageVisibility": self._change_visibility,
            "ChangeMessageVisibilityBatch": self._change_batch,
            "StartMessageMoveTask": self._move,
        }

    def call(self, call: Call) -> Answer:
        """See `local.aws.service.Service`."""
        serve = self._calls.get(call.operation)
        if serve is None:
            raise AwsError("InvalidAction", f"{call.operation} is not served: {', '.join(self._calls)}")
        if call.operation == "ReceiveMessage":
            return serve(call)
        with self._changed:
            return serve(call)

    def status(self) -> Mapping[str, Any]:
        """Each queue with how many messages are in which state, and the oldest one's age in s."""
        now = self._clock()
        with self._changed:
            dead = {found[0] for queue in self._queues.values() if (found := queue.redrive())}
            return {
                "queues": [
                    {
                        "name": queue.name,
                        "arn": arn,
                        "region": queue.region,
                        **_counts(queue, now),
                        "oldestAgeSeconds": round(
                            max((now - message.sent_at for message in queue.messages.values()), default=0.0)
                        ),
                        "deadLetters": arn in dead,
                    }
                    for arn, queue in sorted(self._queues.items())
                ]
            }

    def deliver(
        self,
        arn: str,
        body: str,
        *,
        service: str,
        source_arn: str,
        attributes: Mapping[str, Any] | None = None,
        group: str = "",
    ) -> None:
        """A message of another AWS service, if the queue's policy lets it. Raises AwsError."""
        with self._changed:
            queue = self._queues.get(arn)
            if queue is None:
                raise AwsError(_MISSING, f"there is no queue {arn}")
            if not may_send(queue.attributes.get("Policy", ""), service, source_arn, arn):
                raise AwsError("AccessDenied", f"the policy of {arn} does not let {service} send to it")
            self._put(queue, body, attributes or {}, group=group)

    # Queues

    def _create(self, call: Call) -> Answer:
        name = str(call.params.get("QueueName", ""))
        if not _NAME.fullmatch(name):
            raise AwsError(
                "InvalidParameterValue", f"{name!r} is no name of a queue: up to 80 of A-Z a-z 0-9 _ -"
            )
        given = _checked(call.params.get("Attributes") or {})
        arn = f"arn:aws:sqs:{call.region}:{self._account}:{name}"
        known = self._queues.get(arn)
        if known is not None:
            different = sorted(n for n, v in given.items() if known.attributes.get(n) != v)
            if different:
                raise AwsError("QueueAlreadyExists", f"{name} exists with another {', '.join(different)}")
            return {"QueueUrl": known.url}
        queue = Queue(
            region=call.region,
            name=name,
            arn=arn,
            url=self._url(call.region, name),
            created_at=self._clock(),
            attributes={**_DEFAULTS, **given},
            tags=dict(call.params.get("tags") or {}),
        )
        self._check_redrive(queue)
        self._keep(queue)
        self._queues[arn] = queue
        return {"QueueUrl": queue.url}

    def _delete(self, call: Call) -> Answer:
        queue = self._queue(call)
        with self._store.transaction() as writing:
            for message in queue.messages.values():
                writing.delete("sqs-message", _place(queue, message))
            writing.delete("sqs-queue", queue.arn)
        del self._queues[queue.arn]
        self._changed.notify_all()
        return {}

    def _get_url(self, call: Call) -> Answer:
        arn = f"arn:aws:sqs:{call.region}:{self._account}:{call.params['QueueName']}"
        if arn not in self._queues:
            raise _no_queue(str(call.params["QueueName"]))
        return {"QueueUrl": self._queues[arn].url}

    def _list(self, call: Call) -> Answer:
        prefix = call.params.get("QueueNamePrefix", "")
        urls = [q.url for q in self._queues.values() if q.region == call.region and q.name.startswith(prefix)]
        return {"QueueUrls": sorted(urls)}

    def _list_sources(self, call: Call) -> Answer:
        arn = self._queue(call).arn
        sources = [q.url for q in self._queues.values() if (found := q.redrive()) and found[0] == arn]
        return {"queueUrls": sorted(sources)}

    def _get_attributes(self, call: Call) -> Answer:
        queue = self._queue(call)
        counts = _counts(queue, self._clock())
        every = {
            **queue.attributes,
            "QueueArn": queue.arn,
            "ApproximateNumberOfMessages": str(counts["visible"]),
            "ApproximateNumberOfMessagesNotVisible": str(counts["hidden"]),
            "ApproximateNumberOfMessagesDelayed": str(counts["delayed"]),
            "CreatedTimestamp": str(int(queue.created_at)),
            "LastModifiedTimestamp": str(int(queue.created_at)),
        }
        wanted = set(call.params.get("AttributeNames") or ())
        return {"Attributes": every if "All" in wanted else {n: v for n, v in every.items() if n in wanted}}

    def _set_attributes(self, call: Call) -> Answer:
        queue = self._queue(call)
        given = _checked(call.params.get("Attributes") or {})
        before, queue.attributes = queue.attributes, {**queue.attributes, **given}
        try:
            self._check_redrive(queue)
        except AwsError:
            queue.attributes = before
            raise
        for name, value in given.items():
            if value == "":  # an empty policy takes it away
                queue.attributes.pop(name, None)
        self._keep(queue)
        return {}

    def _check_redrive(self, queue: Queue) -> None:
        try:
            redrive = queue.redrive()
        except (ValueError, KeyError, TypeError) as error:
            raise AwsError("InvalidParameterValue", f"RedrivePolicy of {queue.name}: {error}") from error
        if redrive is None:
            return
        target = self._queues.get(redrive[0])
        if target is None:
            raise AwsError("InvalidParameterValue", f"the dead-letter queue {redrive[0]} does not exist")
        allow = json.loads(target.attributes.get("RedriveAllowPolicy") or "{}")
        kind = allow.get("redrivePermission", "allowAll")
        if kind == "denyAll" or (kind == "byQueue" and queue.arn not in allow.get("sourceQueueArns", ())):
            raise AwsError(
                "InvalidParameterValue", f"{target.name} does not take dead letters of {queue.name}"
            )

    def _purge(self, call: Call) -> Answer:
        queue = self._queue(call)
        with self._store.transaction() as writing:
            for message in queue.messages.values():
                writing.delete("sqs-message", _place(queue, message))
        queue.messages.clear()
        return {}

    def _tag(self, call: Call) -> Answer:
        queue = self._queue(call)
        queue.tags.update(call.params["Tags"])
        self._keep(queue)
        return {}

    def _untag(self, call: Call) -> Answer:
        queue = self._queue(call)
        for name in call.params["TagKeys"]:
            queue.tags.pop(name, None)
        self._keep(queue)
        return {}

    # Messages

    def _send(self, call: Call) -> Answer:
        queue, params = self._queue(call), call.params
        _check_size(len(params["MessageBody"].encode()))
        message = self._put(
            queue,
            params["MessageBody"],
            params.get("MessageAttributes") or {},
            system=params.get("MessageSystemAttributes") or {},
            delay=params.get("DelaySeconds"),
            group=params.get("MessageGroupId", ""),
            deduplication=params.get("MessageDeduplicationId", ""),
        )
        return _sent(message)

    def _send_batch(self, call: Call) -> Answer:
        queue = self._queue(call)
        entries = _entries(call)
        _check_size(sum(len(entry["MessageBody"].encode()) for entry in entries))
        done = []
        for entry in entries:
            message = self._put(
                queue,
                entry["MessageBody"],
                entry.get("MessageAttributes") or {},
                system=entry.get("MessageSystemAttributes") or {},
                delay=entry.get("DelaySeconds"),
                group=entry.get("MessageGroupId", ""),
                deduplication=entry.get("MessageDeduplicationId", ""),
            )
            done.append({"Id": entry["Id"], **_sent(message)})
        return {"Successful": done, "Failed": []}

    def _put(
        self,
        queue: Queue,
        body: str,
        attributes: Mapping[str, Any],
        *,
        system: Mapping[str, Any] | None = None,
        delay: float | None = None,
        group: str = "",
        deduplication: str = "",
    ) -> Message:
        now = self._clock()
        if queue.fifo:
            if not group:
                raise AwsError("MissingParameter", "the request must have a MessageGroupId")
            if not deduplication and queue.attributes.get("ContentBasedDeduplication") == "true":
                deduplication = hashlib.sha256(body.encode()).hexdigest()
            if not deduplication:
                raise AwsError("InvalidParameterValue", "the queue needs a MessageDeduplicationId")
            seen = queue.seen.get(deduplication)
            if seen is not None and now - seen[0] < DEDUPLICATION_SECONDS:
                return Message(
                    id=seen[1], number=0, body=body, sent_at=now, visible_at=now, attributes=attributes
                )
        self._numbers += 1
        wait = queue.seconds("DelaySeconds") if delay is None else float(delay)
        message = Message(
            id=str(uuid.uuid4()),
            number=self._numbers,
            body=body,
            sent_at=now,
            visible_at=now + wait,
            attributes=attributes,
            system=system or {},
            group=group,
            deduplication=deduplication,
        )
        with self._store.transaction() as writing:
            self._write(writing, queue, message)
        queue.messages[message.number] = message
        if deduplication:
            queue.seen[deduplication] = (now, message.id)
        self._changed.notify_all()
        return message

    def _receive(self, call: Call) -> Answer:
        most = int(call.params.get("MaxNumberOfMessages", 1))
        if not 1 <= most <= MAX_BATCH:
            raise AwsError("InvalidParameterValue", f"MaxNumberOfMessages is {most}: 1 to 10 can be")
        with self._changed:
            queue = self._queue(call)
            wait = float(call.params.get("WaitTimeSeconds", queue.seconds("ReceiveMessageWaitTimeSeconds")))
            deadline = monotonic() + wait
            while True:
                found = self._take(queue, most, call.params)
                left = deadline - monotonic()
                if found or left <= 0 or queue.arn not in self._queues:
                    break
                # What is hidden or delayed becomes visible without anybody's call.
                soonest = min((m.visible_at for m in queue.messages.values()), default=None)
                if soonest is not None:
                    left = min(left, max(0.001, self._clock.real_seconds(soonest - self._clock())))
                self._changed.wait(left)
        return {"Messages": found} if found else {}

    def _take(self, queue: Queue, most: int, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        now = self._clock()
        hidden_for = float(params.get("VisibilityTimeout", queue.seconds("VisibilityTimeout")))
        redrive = queue.redrive()
        taken: list[dict[str, Any]] = []
        blocked: set[str] = set()
        with self._store.transaction() as writing:
            for message in list(queue.messages.values()):
                if len(taken) == most:
                    break
                if now - message.sent_at > queue.seconds("MessageRetentionPeriod"):
                    self._drop(writing, queue, message)
                    continue
                if message.visible_at > now or message.group in blocked:
                    if queue.fifo:
                        blocked.add(message.group)
                    continue
                if redrive and message.receives >= redrive[1]:
                    self._bury(writing, queue, message, redrive[0])
                    continue
                message.receives += 1
                message.first_received_at = message.first_received_at or now
                message.visible_at = now + hidden_for
                message.receipt = f"{message.number}/{message.receives}/{uuid.uuid4()}"
                self._write(writing, queue, message)
                taken.append(_received(message, self._account))
        return taken

    def _bury(self, writing: Writing, queue: Queue, message: Message, target: str) -> None:
        self._drop(writing, queue, message)
        grave = self._queues.get(target)
        if grave is None:
            return
        self._numbers += 1
        moved = Message(
            id=message.id,
            number=self._numbers,
            body=message.body,
            sent_at=message.sent_at,  # SQS keeps it: a dead letter's retention goes on
            visible_at=self._clock(),
            attributes=message.attributes,
            system=message.system,
            group=message.group,
            deduplication=message.deduplication,
            source=queue.arn,
        )
        grave.messages[moved.number] = moved
        self._write(writing, grave, moved)
        self._changed.notify_all()

    def _delete_message(self, call: Call) -> Answer:
        queue = self._queue(call)
        message = self._held(queue, call.params["ReceiptHandle"])
        if message is not None:
            with self._store.transaction() as writing:
                self._drop(writing, queue, message)
        return {}

    def _delete_batch(self, call: Call) -> Answer:
        return self._each(call, lambda entry: self._delete_message(self._one(call, entry)))

    def _change_visibility(self, call: Call) -> Answer:
        queue = self._queue(call)
        message = self._held(queue, call.params["ReceiptHandle"])
        if message is None:
            raise AwsError("AWS.SimpleQueueService.MessageNotInflight", "the message is not in flight")
        message.visible_at = self._clock() + float(call.params["VisibilityTimeout"])
        with self._store.transaction() as writing:
            self._write(writing, queue, message)
        self._changed.notify_all()
        return {}

    def _change_batch(self, call: Call) -> Answer:
        return self._each(call, lambda entry: self._change_visibility(self._one(call, entry)))

    def _each(self, call: Call, do: Callable[[Mapping[str, Any]], Answer]) -> Answer:
        done: list[Answer] = []
        failed: list[Answer] = []
        for entry in _entries(call):
            try:
                do(entry)
            except AwsError as error:
                failed.append(
                    {"Id": entry["Id"], "Code": error.code, "Message": error.message, "SenderFault": True}
                )
            else:
                done.append({"Id": entry["Id"]})
        return {"Successful": done, "Failed": failed}

    @staticmethod
    def _one(call: Call, entry: Mapping[str, Any]) -> Call:
        return Call(call.operation, call.region, call.account, {"QueueUrl": call.params["QueueUrl"], **entry})

    def _move(self, call: Call) -> Answer:
        """At once: what AWS does in the background."""
        source = self._queues.get(call.params["SourceArn"])
        if source is None:
            raise AwsError("ResourceNotFoundException", f"there is no queue {call.params['SourceArn']}")
        count = 0
        with self._store.transaction() as writing:
            for message in list(source.messages.values()):
                target = self._queues.get(call.params.get("DestinationArn") or message.source)
                if target is None or message.visible_at > self._clock():
                    continue
                self._drop(writing, source, message)
                self._numbers += 1
                moved = Message(
                    id=message.id,
                    number=self._numbers,
                    body=message.body,
                    sent_at=self._clock(),
                    visible_at=self._clock(),
                    attributes=message.attributes,
                    system=message.system,
                    group=message.group,
                    deduplication=message.deduplication,
                )
                target.messages[moved.number] = moved
                self._write(writing, target, moved)
                count += 1
        self._changed.notify_all()
        task = {"source": source.arn, "moved": count}
        return {"TaskHandle": base64.b64encode(json.dumps(task).encode()).decode()}

    def _held(self, queue: Queue, receipt: str) -> Message | None:
        """The message of a receipt, unless another receive came since."""
        number = receipt.partition("/")[0]
        if not number.isdigit():
            raise AwsError("ReceiptHandleIsInvalid", f"{receipt!r} is no receipt handle")
        message = queue.messages.get(int(number))
        return message if message is not None and message.receipt == receipt else None

    def _write(self, writing: Writing, queue: Queue, message: Message) -> None:
        writing.put("sqs-message", _place(queue, message), asdict(message))

    def _drop(self, writing: Writing, queue: Queue, message: Message) -> None:
        queue.messages.pop(message.number, None)
        writing.delete("sqs-message", _place(queue, message))
        if queue.fifo:
            self._changed.notify_all()  # the next of its group may come

    def _keep(self, queue: Queue) -> None:
        with self._store.transaction() as writing:
            writing.put("sqs-queue", queue.arn, queue.state())

    def _queue(self, call: Call) -> Queue:
        url = str(call.params.get("QueueUrl", ""))
        name = url.rpartition("/")[2]
        region = url.rpartition("/")[0].rpartition("/")[2] if url.count("/") > 4 else call.region
        queue = self._queues.get(f"arn:aws:sqs:{region}:{self._account}:{name}")
        if queue is None:
            raise _no_queue(name)
        return queue

    def _url(self, region: str, name: str) -> str:
        # A URL of SQS names the Region in its host; here there is only one host.
        return f"{self._endpoint}/{self._account}/{region}/{name}"


def may_send(policy: str, service: str, source_arn: str, queue_arn: str) -> bool:
    """Whether a queue's policy lets an AWS service send for `source_arn`.

    Reads what such policies are made of: service principals, and conditions on `aws:SourceArn`.
    """
    statements = json.loads(policy)["Statement"] if policy else []
    allowed = False
    for statement in [statements] if isinstance(statements, dict) else statements:
        if not _applies(statement, service, source_arn, queue_arn):
            continue
        if statement["Effect"] == "Deny":
            return False
        allowed = True
    return allowed


def _applies(statement: Mapping[str, Any], service: str, source_arn: str, queue_arn: str) -> bool:
    principal = statement.get("Principal", {})
    services = ["*"] if principal == "*" else list(_listed(principal.get("Service", ())))
    services += _listed(principal.get("AWS", ())) if isinstance(principal, dict) else []
    if not any(one in ("*", service) for one in services):
        return False
    if not any(_like(one.lower(), "sqs:sendmessage") for one in _listed(statement.get("Action", ()))):
        return False
    if not any(_like(one, queue_arn) for one in _listed(statement.get("Resource", ()))):
        return False
    for kind, keys in (statement.get("Condition") or {}).items():
        for key, values in keys.items():
            if key.lower() == "aws:securetransport":  # nothing is encrypted on the way here
                if statement["Effect"] == "Deny":
                    return False
                continue
            if key.lower() == "aws:sourcearn":
                found = any(_like(one, source_arn) for one in _listed(values))
                if found == ("Not" in kind):
                    return False
    return True


def _listed(value: Any) -> list[str]:  # noqa: ANN401 - one or many
    return [value] if isinstance(value, str) else list(value)


def _like(pattern: str, text: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), text) is not None


def _place(queue: Queue, message: Message) -> str:
    return f"{queue.arn}/{message.number:020d}"


def _no_queue(name: str) -> AwsError:
    return AwsError(_MISSING, f"there is no queue {name!r}")


def _checked(given: Mapping[str, Any]) -> dict[str, str]:
    unknown = sorted(set(given) - _SETTABLE)
    if unknown:
        raise AwsError("InvalidAttributeName", f"{', '.join(unknown)}: no attribute of a queue")
    return {name: str(value) for name, value in given.items()}


def _check_size(size: int) -> None:
    if size > MAX_BYTES:
        raise AwsError("InvalidParameterValue", f"{size} bytes at once: up to {MAX_BYTES} can be")


def _entries(call: Call) -> list[Mapping[str, Any]]:
    entries: list[Mapping[str, Any]] = list(call.params["Entries"])
    if not 1 <= len(entries) <= MAX_BATCH:
        code = "EmptyBatchRequest" if not entries else "TooManyEntriesInBatchRequest"
        raise AwsError(f"AWS.SimpleQueueService.{code}", f"{len(entries)} entries: 1 to {MAX_BATCH} can be")
    if len({entry["Id"] for entry in entries}) < len(entries):
        raise AwsError("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", "two entries have the same Id")
    return entries


def _counts(queue: Queue, now: float) -> dict[str, int]:
    waiting = [message for message in queue.messages.values() if message.visible_at > now]
    delayed = sum(message.receives == 0 for message in waiting)
    return {
        "visible": len(queue.messages) - len(waiting),
        "hidden": len(waiting) - delayed,
        "delayed": delayed,
    }


def _sent(message: Message) -> Answer:
    answer: Answer = {"MessageId": message.id, "MD5OfMessageBody": _md5(message.body.encode())}
    if message.attributes:
        answer["MD5OfMessageAttributes"] = _md5_of_attributes(message.attributes)
    if message.group:
        answer["SequenceNumber"] = f"{message.number:020d}"
    return answer


def _received(message: Message, account: str) -> dict[str, Any]:
    system = {
        "SenderId": account,
        "SentTimestamp": str(int(message.sent_at * 1_000)),
        "ApproximateReceiveCount": str(message.receives),
        "ApproximateFirstReceiveTimestamp": str(int(message.first_received_at * 1_000)),
        **{name: value["StringValue"] for name, value in message.system.items()},
    }
    if message.source:
        system["DeadLetterQueueSourceArn"] = message.source
    if message.group:
        system |= {
            "MessageGroupId": message.group,
            "MessageDeduplicationId": message.deduplication,
            "SequenceNumber": f"{message.number:020d}",
        }
    received = {
        "MessageId": message.id,
        "ReceiptHandle": message.receipt,
        "MD5OfBody": _md5(message.body.encode()),
        "Body": message.body,
        "Attributes": system,
    }
    if message.attributes:
        received["MessageAttributes"] = dict(message.attributes)
        received["MD5OfMessageAttributes"] = _md5_of_attributes(message.attributes)
    return received


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _md5_of_attributes(attributes: Mapping[str, Any]) -> str:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html"""
    return _md5(b"".join(_encoded(name, value) for name, value in sorted(attributes.items())))


def _encoded(name: str, value: Mapping[str, Any]) -> bytes:
    def parts() -> Iterator[bytes]:
        yield name.encode()
        yield value["DataType"].encode()

    lengths = b"".join(len(part).to_bytes(4, "big") + part for part in parts())
    if value["DataType"].startswith("Binary"):
        held, mark = base64.b64decode(value["BinaryValue"]), b"\x02"
    else:
        held, mark = str(value["StringValue"]).encode(), b"\x01"
    return lengths + mark + len(held).to_bytes(4, "big") + held
