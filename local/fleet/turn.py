"""Whose cars they are: a fleet that was asked for goes before the one in the background, for a car has one
connection."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from threading import Event
from typing import Final, Self

from local.folder import Folder, write_whole

GAVE_WAY: Final = 75
"""The exit code of a fleet in the background that gave way: it is started again, and waits (EX_TEMPFAIL)."""
_LOOK_SECONDS: Final = 0.5


class Turn:
    """Held as a context. `background`: waits for its turn, and gives way."""

    def __init__(self, folder: Folder, *, background: bool) -> None:
        self._file = folder.path / "simulate.pid"
        self._background = background
        self.lost = False

    def __enter__(self) -> Self:
        if self._background:
            while self._asked_for():
                Event().wait(_LOOK_SECONDS)
        else:
            write_whole(self._file, str(os.getpid()))
        return self

    def __exit__(self, *_: object) -> None:
        if not self._background and self._owner() == os.getpid():
            self._file.unlink(missing_ok=True)

    async def watch(self, give_way: Callable[[], object]) -> None:
        """In the background: give way as soon as a fleet is asked for."""
        while self._background:
            await asyncio.sleep(_LOOK_SECONDS)
            if self._asked_for():
                self.lost = True
                give_way()
                return

    def _asked_for(self) -> bool:
        owner = self._owner()
        if owner is None:
            return False
        try:
            os.kill(owner, 0)
        except ProcessLookupError:
            return False
        return True

    def _owner(self) -> int | None:
        with suppress(FileNotFoundError, ValueError):
            return int(self._file.read_text(encoding="utf-8"))
        return None
