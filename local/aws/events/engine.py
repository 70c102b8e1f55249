"""EventBridge: buses, rules and their targets, archives and replays.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/
"""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from threading import Condition, RLock
from typing import Any, Final
from uuid import uuid4

from local.aws.engine import Engine, tag_list, tags_of
from local.aws.events.archives import Archives
from local.aws.events.buses import Buses
from local.aws.events.delivery import Delivery
from local.aws.events.rules import Rules
from local.aws.events.targets import pattern_of
from local.aws.service import Answer, AwsError, Call
from local.aws.shelf import Item, Shelf, Tail
from local.aws.store import Store
from local.clock import Clock

_ENTRY_BYTES: Final = 262_144


class Events(Engine):
    """The buses of every Region, and the way of an event to the targets of their rules."""

    def __init__(self, store: Store, clock: Clock, delivery: Delivery) -> None:
        self._store = store
        self._clock = clock
        self._delivery = delivery
        self._lock = RLock()
        self._seen = Condition(self._lock)
        self._buses = Buses(store, clock, self._lock, lambda bus_arn: bool(self._rules.of(bus_arn)))
        self._rules = Rules(store, self._lock, self._buses)
        self._tail = Tail(store, "events.tail")
        self._archives = Archives(store, clock, self._lock, self._send_again)
        delivery.send_to_bus = self._forward
        super().__init__(
            {
                **self._buses.operations,
                **self._rules.operations,
                **self._archives.operations,
                "ListTagsForResource": self._list_tags,
                "PutEvents": self._put_events,
                "TagResource": self._tag,
                "TestEventPattern": self._test_pattern,
                "UntagResource": self._untag,
            }
        )

    def events_after(self, number: int, wait_seconds: float) -> tuple[int, list[Item]]:
        """(number of the newest, events after `number` of the last 1,000): as consumers see them, plus `bus`.

        Waits up to `wait_seconds` (really) for one.
        """
        end = time.monotonic() + wait_seconds
        with self._lock:
            while self._tail.last <= number and (left := end - time.monotonic()) > 0:
                self._seen.wait(left)
            return self._tail.last, self._tail.after(number)

    def status(self) -> Mapping[str, Any]:
        """`buses`: of each its name, ARN and rules; `retrying`: events that a target could not take yet."""
        with self._lock:
            buses = [
                {
                    "name": bus["Name"],
                    "arn": arn,
                    "rules": len(self._rules.of(arn)),
                }
                for arn, bus in self._buses.shelf.items()
            ]
        return {"buses": buses, "retrying": self._delivery.waiting()}

    def _tagged(self, call: Call) -> tuple[Shelf, str, Item]:
        arn = str(self.need(call, "ResourceARN"))
        for shelf in (self._rules.shelf, self._buses.shelf):
            if (item := shelf.get(arn)) is not None:
                return shelf, arn, item
        if ":event-bus/" in arn:
            return self._buses.shelf, *self._buses.find(call, arn)
        raise AwsError("ResourceNotFoundException", f"There is no {arn}")

    def _tag(self, call: Call) -> Answer:
        with self._lock:
            shelf, arn, item = self._tagged(call)
            shelf.tag(arn, item, tags_of(self.need(call, "Tags")))
        return {}

    def _untag(self, call: Call) -> Answer:
        with self._lock:
            shelf, arn, item = self._tagged(call)
            shelf.untag(arn, item, self.need(call, "TagKeys"))
        return {}

    def _list_tags(self, call: Call) -> Answer:
        with self._lock:
            return {"Tags": tag_list(self._tagged(call)[2]["tags"])}

    def _test_pattern(self, call: Call) -> Answer:
        event = json.loads(self.need(call, "Event"))
        return {"Result": pattern_of(str(self.need(call, "EventPattern"))).matches(event)}

    def _put_events(self, call: Call) -> Answer:
        entries = self.need(call, "Entries")
        if len(entries) > 10:
            raise AwsError(self.invalid, f"{len(entries)} entries: a call takes up to 10")
        if (total := sum(_size(entry) for entry in entries)) > _ENTRY_BYTES:
            raise AwsError(
                self.invalid,
                f"The total size of the entries is over the limit: {total} of {_ENTRY_BYTES} bytes",
            )
        answers: list[dict[str, str]] = []
        accepted: list[tuple[str, Item]] = []
        for entry in entries:
            try:
                accepted.append(self._event(call, entry))
                answers.append({"EventId": accepted[-1][1]["id"]})
            except AwsError as error:
                answers.append({"ErrorCode": error.code, "ErrorMessage": error.message})
        with self._lock, self._store.transaction():
            for bus_arn, event in accepted:
                self._archives.keep(bus_arn, event, self._clock())
                self._show(bus_arn, event)
        for bus_arn, event in accepted:
            self._route(bus_arn, event)
        return {"FailedEntryCount": len(entries) - len(accepted), "Entries": answers}

    def _event(self, call: Call, entry: Mapping[str, Any]) -> tuple[str, Item]:
        for name in ("Source", "DetailType", "Detail"):
            if not entry.get(name):
                raise AwsError(
                    "InvalidArgument", f"Parameter {name} is not valid. Reason: {name} is required."
                )
        if str(entry["Source"]).startswith("aws."):
            raise AwsError("NotAuthorizedForSourceException", "Not authorized for the source.")
        try:
            detail = json.loads(entry["Detail"])
        except ValueError:
            detail = None
        if not isinstance(detail, dict):
            raise AwsError("MalformedDetail", "Detail is malformed.")
        with self._lock:
            bus_arn, _ = self._buses.find(call, entry.get("EventBusName"))
        at = entry.get("Time")
        return bus_arn, {
            "version": "0",
            "id": str(uuid4()),
            "detail-type": entry["DetailType"],
            "source": entry["Source"],
            "account": call.account,
            "time": _time(self._clock() if at is None else float(at)),
            "region": call.region,
            "resources": list(entry.get("Resources") or []),
            "detail": detail,
        }

    def _show(self, bus_arn: str, event: Item) -> None:
        self._tail.add({**event, "bus": bus_arn.split("/", 1)[-1]})
        self._seen.notify_all()

    def _route(self, bus_arn: str, event: Item, only: frozenset[str] | None = None) -> None:
        # Without the lock: the targets' engines have theirs.
        for arn, targets in self._rules.matching(bus_arn, event, only):
            for target in targets:
                self._delivery.deliver(arn, target, event)

    def _forward(self, bus_arn: str, event: Item) -> None:
        with self._lock:
            self._buses.find(Call("PutEvents", "", ""), bus_arn)
            self._archives.keep(bus_arn, event, self._clock())
            self._show(bus_arn, event)
        self._route(bus_arn, event)

    def _send_again(self, bus_arn: str, event: Item, only: frozenset[str] | None) -> None:
        with self._lock:
            self._show(bus_arn, event)
        self._route(bus_arn, event, only)


def _size(entry: Mapping[str, Any]) -> int:
    texts = [str(entry.get(name) or "") for name in ("Source", "DetailType", "Detail")]
    return sum(len(text.encode()) for text in [*texts, *(entry.get("Resources") or [])])


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
