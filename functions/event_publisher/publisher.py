"""One batch of stream records: what changed, as events on the bus, and from where to try again."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from event_publisher.bus import Bus
from event_publisher.changes import Changes, Outgoing, UnknownTableError, item_of

Problem = Callable[[str, str, Exception], None]
"""Told (what failed, the sequence number of the record, the error)."""


class Summary(Struct, kw_only=True):
    """`published`: events taken, by detail type. `silent`: records that make no event. `failed`: records that
    come again. `retry_from`: the lowest sequence number of these."""

    published: Counter[str] = field(default_factory=Counter)
    silent: int = 0
    failed: int = 0
    retry_from: str | None = None

    @property
    def response(self) -> dict[str, list[dict[str, str]]]:
        """The partial batch response. Lambda tries again from that record on: what was published after it is
        published again, with the same ids."""
        failures = [] if self.retry_from is None else [{"itemIdentifier": self.retry_from}]
        return {"batchItemFailures": failures}


class Publisher:
    """Made once and used for many batches."""

    def __init__(self, changes: Changes, bus: Bus, *, on_problem: Problem) -> None:
        self._changes = changes
        self._bus = bus
        self._on_problem = on_problem

    def publish(self, records: Sequence[Mapping[str, Any]], time_left: Callable[[], int]) -> Summary:
        """`records`: of a DynamoDB stream's event, all of one shard, in its order. `time_left`: ms.

        A record that cannot be read fails, and with it the later ones of its item; the others are published.
        Raises UnknownTableError.
        """
        summary = Summary()
        events: list[Outgoing] = []
        failed: set[int] = set()
        unread: set[str] = set()
        for number, record in enumerate(records):
            item = item_of(record)
            if item in unread:
                failed.add(number)
                continue
            try:
                made = self._changes.events(number, record)
            except UnknownTableError:
                raise
            except Exception as error:  # reason: one item that is not what it should be must not stop others
                self._on_problem("record not read", record["dynamodb"]["SequenceNumber"], error)
                unread.add(item)
                failed.add(number)
                continue
            events += made
            summary.silent += not made
        left = self._bus.publish(events, time_left)
        failed |= {event.record for event in left}
        not_taken = {(event.record, event.event_id) for event in left}
        summary.published.update(
            event.detail_type for event in events if (event.record, event.event_id) not in not_taken
        )
        summary.failed = len(failed)
        if failed:
            summary.retry_from = records[min(failed)]["dynamodb"]["SequenceNumber"]
        return summary
