"""A queue of the emulated SQS: its messages in memory and in the store, and when each can be received."""

import json
import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from heapq import heappop, heappush
from threading import Condition, RLock
from typing import Any, Final
from uuid import uuid4

from local.aws.engine import in_arn
from local.aws.store import Store, Writing

MESSAGES: Final = "sqs.message"
QUEUES: Final = "sqs.queue"
DEFAULTS: Final = {
    "DelaySeconds": "0",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "VisibilityTimeout": "30",
}
DEDUPLICATION_SECONDS: Final = 300


@dataclass
class Message:
    """A message; times in s. `visible_at`: nobody receives it before. `source`: whose dead letter it is."""

    number: int
    body: str
    sent: float
    visible_at: float
    sender: str
    id: str = field(default_factory=lambda: str(uuid4()))
    attributes: dict[str, Any] = field(default_factory=dict)
    trace: str | None = None
    first_received: float | None = None
    receives: int = 0
    receipt: str | None = None
    source: str | None = None
    group: str | None = None
    deduplication: str | None = None


class Queue:
    """One queue. Its owner holds `lock` around every call; `arrived` wakes who waits for a message."""

    def __init__(
        self, arn: str, attributes: dict[str, str], tags: dict[str, str], created: float, lock: RLock
    ) -> None:
        self.arn = arn
        self.attributes = attributes
        self.tags = tags
        self.created = created
        self.modified = created
        self.arrived = Condition(lock)
        self.messages: dict[int, Message] = {}
        self._next = 1
        self._by_receipt: dict[str, Message] = {}
        self._visible: list[tuple[float, int]] = []  # heaps; an entry counts while its message says the same
        self._expiring: list[tuple[float, int]] = []
        self._known: dict[str, tuple[float, int, str]] = {}  # FIFO: when, number and id, by deduplication

    @property
    def name(self) -> str:
        """The queue's name."""
        return self.arn.rsplit(":", 1)[1]

    @property
    def url(self) -> str:
        """As AWS calls it; nothing is there."""
        _, region, account, name = in_arn(self.arn)
        return f"https://sqs.{region}.amazonaws.com/{account}/{name}"

    @property
    def fifo(self) -> bool:
        """Whether groups of messages keep their order."""
        return self.name.endswith(".fifo")

    def setting(self, name: str) -> int:
        """An attribute that is a number, or its default."""
        return int(self.attributes.get(name, DEFAULTS[name]))

    @property
    def redrive(self) -> tuple[str, int] | None:
        """(ARN of the queue of dead letters, how often a message is received before)."""
        policy = self.attributes.get("RedrivePolicy")
        if not policy:
            return None
        said = json.loads(policy)
        return said["deadLetterTargetArn"], int(said["maxReceiveCount"])

    def save(self, writing: Writing) -> None:
        """The queue itself, without its messages."""
        kept = {"attributes": self.attributes, "tags": self.tags, "created": self.created, "next": self._next}
        writing.put(QUEUES, self.arn, {**kept, "modified": self.modified, "known": self._known})

    def restore(self, kept: dict[str, Any]) -> None:
        """What `save` wrote."""
        self.modified, self._next = kept["modified"], kept["next"]
        self._known = {key: (when, number, id_) for key, (when, number, id_) in kept["known"].items()}

    def adopt(self, message: Message) -> None:
        """Take up a message that is in the store."""
        self._next = max(self._next, message.number + 1)
        self.messages[message.number] = message
        if message.receipt:
            self._by_receipt[message.receipt] = message
        heappush(self._visible, (message.visible_at, message.number))
        heappush(self._expiring, (message.sent, message.number))

    def duplicate(self, deduplication: str, now: float) -> tuple[str, int] | None:
        """(id, number) of a message that was sent with it in the last five minutes (FIFO)."""
        oldest = now - DEDUPLICATION_SECONDS
        self._known = {key: seen for key, seen in self._known.items() if seen[0] > oldest}
        seen = self._known.get(deduplication)
        return (seen[2], seen[1]) if seen else None

    def add(self, writing: Writing, message: Message) -> tuple[str, int]:
        """Keep a message: (id, number), which is given here."""
        message.number = self._next
        self._next += 1
        if message.deduplication is not None:
            self._known[message.deduplication] = (message.sent, message.number, message.id)
            self.save(writing)
        self.put(writing, message)
        self.adopt(message)
        self.arrived.notify_all()
        return message.id, message.number

    def put(self, writing: Writing, message: Message) -> None:
        """Write a message as it is now."""
        writing.put(MESSAGES, self._key(message.number), {"queue": self.arn, **asdict(message)})

    def remove(self, writing: Writing, message: Message) -> None:
        """It is gone."""
        writing.delete(MESSAGES, self._key(message.number))
        self.messages.pop(message.number, None)
        if message.receipt:
            self._by_receipt.pop(message.receipt, None)
        if self.fifo:
            self.arrived.notify_all()  # the next of its group can go

    def hide(self, writing: Writing, message: Message, until: float) -> None:
        """Nobody receives it before `until`."""
        message.visible_at = until
        heappush(self._visible, (until, message.number))
        self.put(writing, message)
        self.arrived.notify_all()

    def by_receipt(self, handle: str) -> Message | None:
        """The message whose last receipt it is."""
        return self._by_receipt.get(handle)

    def hand_out(self, writing: Writing, message: Message, now: float, hidden_seconds: float) -> None:
        """Count a receipt: another handle, hidden again."""
        if message.receipt:
            self._by_receipt.pop(message.receipt, None)
        message.receipt = secrets.token_urlsafe(48)
        self._by_receipt[message.receipt] = message
        message.receives += 1
        message.first_received = message.first_received or now
        self.hide(writing, message, now + hidden_seconds)

    def expire(self, writing: Writing, now: float) -> None:
        """Forget what the queue kept long enough."""
        oldest = now - self.setting("MessageRetentionPeriod")
        while self._expiring and self._expiring[0][0] <= oldest:
            _, number = heappop(self._expiring)
            if (message := self.messages.get(number)) is not None:
                self.remove(writing, message)

    def receivable(self, now: float) -> Iterator[Message]:
        """What can be received, in turn; who takes one from here removes it or hides it."""
        if self.fifo:
            yield from self._in_groups(now)
            return
        while self._visible and self._visible[0][0] <= now:
            visible_at, number = heappop(self._visible)
            message = self.messages.get(number)
            if message is not None and message.visible_at == visible_at:
                yield message

    def _in_groups(self, now: float) -> Iterator[Message]:
        hidden = {message.group for message in self.messages.values() if message.visible_at > now}
        self._visible = [(when, number) for when, number in self._visible if when > now]
        for message in list(self.messages.values()):
            if message.group not in hidden:
                yield message

    def next_visible(self) -> float | None:
        """When the next message can be received that cannot now."""
        while self._visible:
            visible_at, number = self._visible[0]
            message = self.messages.get(number)
            if message is not None and message.visible_at == visible_at:
                return visible_at
            heappop(self._visible)
        return None

    def counts(self, now: float) -> Counter[str]:
        """How many are visible, hidden (somebody received them) and delayed."""
        return Counter(
            "visible" if message.visible_at <= now else "hidden" if message.receipt else "delayed"
            for message in self.messages.values()
        )

    def _key(self, number: int) -> str:
        return f"{self.arn}/{number:020d}"  # in the order of numbers


def load_queues(store: Store, lock: RLock) -> dict[str, Queue]:
    """Every queue of the store with its messages, by ARN."""
    queues = {}
    for arn, kept in store.load(QUEUES):
        queues[arn] = Queue(arn, kept["attributes"], kept["tags"], kept["created"], lock)
        queues[arn].restore(kept)
    for _, kept in store.load(MESSAGES):
        queues[kept.pop("queue")].adopt(Message(**kept))
    return queues
