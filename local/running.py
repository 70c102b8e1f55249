"""What the rooms are made of: things that run for a while."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Final, Self

_LOOK_SECONDS: Final = 1.0


class Running(ABC):
    """Runs once, between `start` and `stop`, or as a context."""

    @abstractmethod
    def start(self) -> None:
        """Begins."""

    @abstractmethod
    def stop(self) -> None:
        """Ends, and leaves nothing running."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


@contextmanager
def looking(look: Callable[[], None]) -> Iterator[None]:
    """Calls `look` each second while the context lasts, in a thread of its own."""
    over = Event()

    def watch() -> None:
        while not over.wait(_LOOK_SECONDS):
            look()

    thread = Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
