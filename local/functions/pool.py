"""The execution environments of one function: started when needed, ended when idle or out of date."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from threading import Condition
from typing import Final

from local.functions.layout import lay_out
from local.functions.spec import Function
from local.functions.worker import Place, Result, Worker

MOST_PROCESSES: Final = 3
"""Of a function, whatever concurrency it has: a laptop has few cores."""
IDLE_SECONDS: Final = 300.0
PATIENCE_SECONDS: Final = 20.0


class ThrottledError(Exception):
    """All environments of the function are busy, for longer than a caller waits."""


class Pool:
    """`root`: of the project. `place`: where a function runs. Counts calls, errors and throttles."""

    def __init__(self, function: Function, root: Path, place: Callable[[Function], Place]) -> None:
        self._root = root
        self._place = place
        self._changed = Condition()
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._generation = 0
        self._stamps: dict[Path, int] = {}
        self.calls = self.errors = self.throttles = 0
        self.function = function
        self.renew(function)

    def renew(self, function: Function) -> None:
        """From now on, the function is this one."""
        with self._changed:
            self.function = function
            place = self._place(function)
            files = lay_out(function.code, place.folder, self._root)
            self._stamps = {file: file.stat().st_mtime_ns for file in files}
            self._outdate()

    def look(self) -> None:
        """End environments whose source has changed, or that were idle for long."""
        with self._changed:
            changed = False
            for file, stamp in self._stamps.items():
                now = file.stat().st_mtime_ns if file.exists() else 0
                if now != stamp:
                    self._stamps[file], changed = now, True
            if changed:
                self._outdate()
            old = time.monotonic() - IDLE_SECONDS
            for worker in [one for one in self._idle if one.idle_since < old or not one.alive]:
                self._idle.remove(worker)
                worker.end()

    def _outdate(self) -> None:
        self._generation += 1
        for worker in self._idle:
            worker.end()
        self._idle.clear()

    @property
    def running(self) -> int:
        """How many environments there are."""
        return len(self._idle) + len(self._busy)

    def invoke(self, payload: bytes, *, patience: float | None = PATIENCE_SECONDS) -> Result:
        """Call the function. `patience`: how many seconds to wait for a free environment; None for ever.

        Raises:
            ThrottledError: none became free.
        """
        worker = self._taken(patience)
        try:
            result = worker.invoke(payload)
        finally:
            self._given_back(worker)
        self.calls += 1
        self.errors += bool(result.error)
        return result

    def _taken(self, patience: float | None) -> Worker:
        reserved = self.function.concurrency
        most = MOST_PROCESSES if reserved is None else min(reserved, MOST_PROCESSES)
        with self._changed:
            free = self._changed.wait_for(lambda: self._idle or len(self._busy) < most, patience)
            if not free or most < 1:
                self.throttles += 1
                raise ThrottledError(self.function.name)
            while self._idle:
                worker = self._idle.pop()
                if worker.alive:
                    break
                worker.end()
            else:
                worker = Worker(self.function, self._place(self.function), self._generation)
            self._busy.add(worker)
            return worker

    def _given_back(self, worker: Worker) -> None:
        with self._changed:
            self._busy.discard(worker)
            if worker.alive and worker.generation == self._generation:
                self._idle.append(worker)
            else:
                worker.end()
            self._changed.notify()

    def end(self) -> None:
        """End all environments, the busy ones too."""
        with self._changed:
            for worker in (*self._idle, *self._busy):
                worker.end()
            self._idle.clear()
