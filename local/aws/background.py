"""What an engine does by itself, in a thread of its own."""

import logging
from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType
from typing import Final, Self

_LOG: Final = logging.getLogger(__name__)


class Background:
    """Calls `turn` after each `wait`, while the context lasts; a fault is logged, and not its end."""

    def __init__(
        self, turn: Callable[[], None], wait: Callable[[float], None], *, every: float = 0.5
    ) -> None:
        self._turn = turn
        self._wait = wait
        self._every = every
        self._ended = Event()
        self._thread = Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        while not self._ended.is_set():
            self._wait(self._every)
            try:
                self._turn()
            except Exception:
                _LOG.exception("a turn failed")
                self._ended.wait(self._every)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join(5)
