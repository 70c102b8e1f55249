"""Calls that nobody waits for: kept until they succeeded, or failed for good.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from threading import Condition, Thread
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from local.aws.store import Store
from local.clock import Clock
from local.functions.destinations import Destinations
from local.functions.spec import Function
from local.functions.worker import Result

_KIND: Final = "asynchronous"
_WAITS: Final = (60.0, 120.0)
"""Before the second and the third try, in s of the platform's clock."""
_THROTTLED_SECONDS: Final = 1.0
_LONGEST_LOOK_SECONDS: Final = 0.5
_AT_ONCE: Final = 4
_logger: Final = logging.getLogger(__name__)


@dataclass
class _Call:
    function: str
    event: str
    put_at: float
    due: float
    tries: int = 0


class Asynchronous:
    """`call`: a function by its name; None when it could not be called now. `functions`: those there are."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        call: Callable[[str, bytes], Result | None],
        destinations: Destinations,
    ) -> None:
        self.functions: Mapping[str, Function] = {}
        self._store = store
        self._clock = clock
        self._call = call
        self._destinations = destinations
        self._changed = Condition()
        self._calls = {key: _Call(**state) for key, state in store.load(_KIND)}
        self._number = max(map(int, self._calls), default=0)
        self._running: set[str] = set()
        self._over = False
        self._thread = Thread(target=self._dispatching, daemon=True)
        self._workers = ThreadPoolExecutor(_AT_ONCE, "asynchronous")

    @property
    def waiting(self) -> int:
        """How many calls have not ended."""
        return len(self._calls)

    def put(self, function: str, event: str) -> None:
        """A call, kept before this returns."""
        now = self._clock()
        with self._changed:
            self._number += 1
            key = f"{self._number:020d}"
            self._keep(key, _Call(function, event, now, now))
            self._changed.notify_all()

    def start(self) -> None:
        """Begin to call."""
        self._thread.start()

    def stop(self) -> None:
        """What has not ended is called again after the next start."""
        with self._changed:
            self._over = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()
        self._workers.shutdown(wait=False, cancel_futures=True)

    def _dispatching(self) -> None:
        while True:
            with self._changed:
                if self._over:
                    return
                now = self._clock()
                free = _AT_ONCE - len(self._running)
                due = [
                    key for key, call in self._calls.items() if call.due <= now and key not in self._running
                ]
                for key in due[: max(0, free)]:
                    self._running.add(key)
                    self._workers.submit(self._run, key, self._calls[key])
                self._changed.wait(_LONGEST_LOOK_SECONDS)

    def _run(self, key: str, call: _Call) -> None:
        try:
            self._try(key, call)
        except (BotoCoreError, ClientError) as error:  # the destination is away: later again
            _logger.warning("%s: its destination was not reached: %s", call.function, error)
            self._put_off(key, call, _THROTTLED_SECONDS)
        finally:
            with self._changed:
                self._running.discard(key)
                self._changed.notify_all()

    def _try(self, key: str, call: _Call) -> None:
        function = self.functions.get(call.function)
        if function is None:
            _logger.warning("%s is no more: its event is dropped", call.function)
            self._drop(key)
            return
        if self._clock() - call.put_at > function.max_age:
            self._fail(function, call, None, "EventAgeExceeded")
            self._drop(key)
            return
        result = self._call(call.function, call.event.encode())
        if self._over:
            return
        if result is None:
            self._put_off(key, call, _THROTTLED_SECONDS)
            return
        call.tries += 1
        if not result.error:
            self._drop(key)
        elif call.tries > function.retries:
            self._fail(function, call, result, "RetriesExhausted")
            self._drop(key)
        else:
            self._put_off(key, call, _WAITS[min(call.tries, len(_WAITS)) - 1])

    def _fail(self, function: Function, call: _Call, result: Result | None, condition: str) -> None:
        if not function.on_failure:
            return
        record = self._destinations.failure(
            function_arn=function.arn,
            version=function.version,
            condition=condition,
            attempts=call.tries,
            request_id=result.request_id if result else "",
        )
        payload = json.loads(result.payload) if result else None
        record |= {"requestPayload": json.loads(call.event), "responsePayload": payload}
        self._destinations.send(function.on_failure, record)

    def _put_off(self, key: str, call: _Call, seconds: float) -> None:
        with self._changed:
            call.due = self._clock() + seconds
            self._keep(key, call)

    def _keep(self, key: str, call: _Call) -> None:
        self._calls[key] = call
        with self._store.transaction() as writing:
            writing.put(_KIND, key, asdict(call))

    def _drop(self, key: str) -> None:
        with self._changed, self._store.transaction() as writing:
            self._calls.pop(key, None)
            writing.delete(_KIND, key)
