"""EventBridge Scheduler: calls at their time, by the platform's clock."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from threading import Event, RLock, Thread
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from local.aws.store import Store
from local.clock import Clock
from local.deploy.clients import Clients
from local.functions.cron import Due, due
from local.functions.spec import Schedule

_KIND: Final = "schedule"
_LOOK_SECONDS: Final = 0.2
_logger: Final = logging.getLogger(__name__)


class Schedules:
    """`invoke`: calls a function without waiting. A schedule that was missed is caught up with once."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        aws: Clients,
        *,
        invoke: Callable[[str, Mapping[str, Any]], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._aws = aws
        self._invoke = invoke
        self._lock = RLock()
        self._schedules: dict[str, tuple[Schedule, Due]] = {}
        self._next: dict[str, float | None] = dict(store.load(_KIND))
        self._over = Event()
        self._thread = Thread(target=self._running, daemon=True)

    def take_up(self, wanted: list[Schedule]) -> None:
        """From now on, these; one that stays as it was keeps its next time."""
        now = self._clock()
        with self._lock:
            known = {name: one for name, (one, _) in self._schedules.items()}
            self._schedules = {one.name: (one, due(one.expression, one.time_zone)) for one in wanted}
            for name, (one, when) in self._schedules.items():
                if name not in self._next or (name in known and known[name] != one):
                    self._set_next(name, when(now))

    def start(self) -> None:
        """Begin to look at the clock."""
        self._thread.start()

    def stop(self) -> None:
        """No more calls."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _running(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            self.tick()

    def tick(self) -> None:
        """Call what is due."""
        now = self._clock()
        with self._lock:
            for name, (one, when) in self._schedules.items():
                at = self._next.get(name)
                if one.enabled and at is not None and at <= now:
                    self._call(one)
                    self._set_next(name, when(now))

    def run(self, name: str) -> bool:
        """Call one now, by its name or a part of it; whether there is exactly one."""
        with self._lock:
            found = [
                one for known, (one, _) in self._schedules.items() if name in (known, known[: len(name)])
            ]
            found = found or [one for known, (one, _) in self._schedules.items() if name in known]
            if len(found) == 1:
                self._call(found[0])
            return len(found) == 1

    def status(self) -> list[dict[str, Any]]:
        """Each with when it is due next."""
        with self._lock:
            return [
                {"name": name, "expression": one.expression, "next": _iso(self._next.get(name))}
                for name, (one, _) in sorted(self._schedules.items())
                if one.enabled
            ]

    def _call(self, one: Schedule) -> None:
        try:
            if ":lambda:" in one.target:
                self._invoke(one.target, json.loads(one.input))
            else:
                self._send(one.target, one.input)
        except (KeyError, BotoCoreError, ClientError) as error:
            _logger.warning("schedule %s: %s was not called: %s", one.name, one.target, error)
            if one.dead_letters:
                self._send(one.dead_letters, one.input)

    def _send(self, arn: str, body: str) -> None:
        region, name = arn.split(":")[3], arn.rpartition(":")[2]
        client = self._aws("sqs", region)
        client.send_message(QueueUrl=client.get_queue_url(QueueName=name)["QueueUrl"], MessageBody=body)

    def _set_next(self, name: str, at: float | None) -> None:
        self._next[name] = at
        with self._store.transaction() as writing:
            writing.put(_KIND, name, at)


def _iso(seconds: float | None) -> str:
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
