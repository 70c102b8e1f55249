"""Event-source mappings: queues and streams that call functions, each in threads of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from threading import Event, RLock, Thread
from typing import Any, Final, Protocol

from local.aws.store import Store
from local.clock import Clock
from local.functions.destinations import Destinations
from local.functions.polling import AwayError, RefusedError
from local.functions.queue_source import QueueSource
from local.functions.spec import Function, Mapping_
from local.functions.stream_source import StreamSource
from local.functions.worker import Result

_AGAIN_SECONDS: Final = 0.5
_logger: Final = logging.getLogger(__name__)

Invoke = Callable[[str, bytes], Result]


class Source(Protocol):
    """What a mapping reads from, in one thread."""

    def work(self, over: Event) -> None:
        """Read once, for some seconds, and call the function. Raises AwayError and RefusedError."""


class Mappings:
    """`invoke`: waits for room and for the function."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        origin: str,
        *,
        invoke: Invoke,
        destinations: Destinations,
    ) -> None:
        self._store = store
        self._clock = clock
        self._origin = origin
        self._invoke = invoke
        self._destinations = destinations
        self._lock = RLock()
        self._running: dict[str, _Running] = {}

    def take_up(self, wanted: list[Mapping_], functions: Mapping[str, Function]) -> None:
        """From now on, these; one that stays as it was goes on."""
        with self._lock:
            enabled = {one.uuid: one for one in wanted if one.enabled}
            for uuid in [u for u, running in self._running.items() if enabled.get(u) != running.mapping]:
                self._running.pop(uuid).stop()
            for uuid, one in enabled.items():
                if uuid not in self._running:
                    self._running[uuid] = _Running(one, self._sources(one, functions))

    def _sources(self, one: Mapping_, functions: Mapping[str, Function]) -> list[Source]:
        if ":sqs:" in one.source:
            return [QueueSource(one, self._origin, self._invoke) for _ in range(one.concurrency)]
        return [
            StreamSource(
                one,
                self._origin,
                self._invoke,
                store=self._store,
                clock=self._clock,
                destinations=self._destinations,
                functions=functions,
            )
        ]

    def stop(self) -> None:
        """All of them."""
        with self._lock:
            for running in self._running.values():
                running.over.set()
            self._running.clear()

    def status(self) -> list[dict[str, Any]]:
        """Each with its source and function, and what it last said."""
        with self._lock:
            return [
                {
                    "source": running.mapping.source,
                    "function": running.mapping.function,
                    "state": "Enabled",
                    "lastResult": running.words,
                    "ageSeconds": running.age,
                }
                for running in self._running.values()
            ]


class _Running:
    def __init__(self, mapping: Mapping_, sources: list[Source]) -> None:
        self.mapping = mapping
        self.over = Event()
        self.words = "No records processed"
        self._sources = sources
        self._threads = [Thread(target=self._run, args=(source,), daemon=True) for source in sources]
        for thread in self._threads:
            thread.start()

    def _run(self, source: Source) -> None:
        while not self.over.is_set():
            try:
                source.work(self.over)
                self.words = "OK"
            except AwayError:
                self.over.wait(_AGAIN_SECONDS)
            except RefusedError as error:
                if self.words != str(error):
                    _logger.warning("%s: %s", self.mapping.source, error)
                self.words = str(error)
                self.over.wait(_AGAIN_SECONDS)
            except Exception:
                _logger.exception("%s", self.mapping.source)
                self.over.wait(_AGAIN_SECONDS)

    @property
    def age(self) -> float | None:
        """Of the last record of a stream when it was done with; None for a queue."""
        ages = [one.age_seconds for one in self._sources if isinstance(one, StreamSource)]
        return round(max(ages), 1) if ages else None

    def stop(self) -> None:
        """No further read; a call that runs goes on to its end."""
        self.over.set()
