"""The event bus: PutEvents within its limits, each event tried again until it is taken or time is up."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from ev_rental.rental.events import SOURCE
from event_publisher.changes import Outgoing

MAX_ENTRIES: Final = 10
MAX_BYTES: Final = 256 * 1024
ATTEMPTS: Final = 4
FIRST_PAUSE: Final = 0.1  # seconds, doubled at each attempt
RESERVE_MS: Final = 10_000
"""No call begins with less time than this left: the answer to Lambda must still go out."""

Problem = Callable[[str, str], None]
"""Told (AWS's code or the error's type, of which event)."""


class EventsClient(Protocol):
    """What is used of botocore's client `events`."""

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - AWS's name
        """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html"""


class Bus:
    """One bus. A call never holds two events of one item, and an item's next event waits until the one before
    was taken: so far its order is kept. What EventBridge delivers then has no order of its own."""

    def __init__(
        self,
        client: EventsClient,
        name: str,
        *,
        on_problem: Problem,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._name = name
        self._on_problem = on_problem
        self._pause = pause

    def publish(self, events: Sequence[Outgoing], time_left: Callable[[], int]) -> list[Outgoing]:
        """Answers the events that were not taken, or not known to be. `time_left`: ms."""
        waiting = [event for event in events if event.size <= MAX_BYTES]
        left = [event for event in events if event.size > MAX_BYTES]
        for event in left:
            self._on_problem("TooLarge", event.event_id)
        attempts: Counter[str] = Counter()
        fruitless = 0
        while True:
            held_back = {event.item for event in left}
            left += [event for event in waiting if event.item in held_back]
            waiting = [event for event in waiting if event.item not in held_back]
            if not waiting:
                return left
            if fruitless == ATTEMPTS or time_left() < RESERVE_MS:
                return left + waiting
            call = _next_call(waiting)
            refused = self._put(call)
            taken = {event.event_id for event in call} - {event.event_id for event in refused}
            waiting = [event for event in waiting if event.event_id not in taken]
            fruitless = 0 if taken else fruitless + 1
            if refused:
                attempts.update(event.event_id for event in refused)
                given_up = {event.event_id for event in refused if attempts[event.event_id] == ATTEMPTS}
                left += [event for event in waiting if event.event_id in given_up]
                waiting = [event for event in waiting if event.event_id not in given_up]
                self._pause(FIRST_PAUSE * 2 ** (max(attempts[event.event_id] for event in refused) - 1))

    def _put(self, call: Sequence[Outgoing]) -> list[Outgoing]:
        """The events that were not taken; all of them when there was no answer, though they may have been."""
        try:
            answer = self._client.put_events(Entries=[self._entry(event) for event in call])
        except (ClientError, BotoCoreError) as error:
            self._on_problem(_code(error), call[0].event_id)
            return list(call)
        refused = []
        for event, result in zip(call, answer["Entries"], strict=True):
            if not result.get("EventId"):
                self._on_problem(result.get("ErrorCode", "NoEventId"), event.event_id)
                refused.append(event)
        return refused

    def _entry(self, event: Outgoing) -> dict[str, Any]:
        return {
            "EventBusName": self._name,
            "Source": SOURCE,
            "DetailType": event.detail_type,
            "Detail": event.detail,
            "Time": datetime.fromtimestamp(event.occurred_at / 1000, UTC),
        }


def _code(error: Exception) -> str:
    """AWS's code, or the error's type where AWS did not answer."""
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code", "")
    return type(error).__name__


def _next_call(waiting: Sequence[Outgoing]) -> list[Outgoing]:
    """The first events that fit in one call, one an item; `waiting` is not empty, each event fits alone."""
    call: list[Outgoing] = []
    items: set[str] = set()
    room = MAX_BYTES
    for event in waiting:
        if event.item not in items and event.size <= room:
            call.append(event)
            room -= event.size
        items.add(event.item)
        if len(call) == MAX_ENTRIES:
            break
    return call
