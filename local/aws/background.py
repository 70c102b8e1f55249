"""What an engine does by itself, in a thread of its own."""

import logging
from collections.abc import Callable
from threading import Event, Thread
from typing import Final

from local.running import Running

_LOG: Final = logging.getLogger(__name__)


class Background(Running):
    """Calls `turn` after each `wait`, while it runs; a fault is logged, and not its end."""

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

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Ends after the turn that it is in."""
        self._ended.set()
        self._thread.join(5)
