"""Regions that are lost, for drills: nothing of them answers, runs or hears of others until they are back."""

from __future__ import annotations

import json
from threading import Lock

from local.folder import Folder, write_whole


class LostRegions:
    """Calling it tells which are lost now; cheap enough to ask at every call."""

    def __init__(self, folder: Folder) -> None:
        self._file = folder.path / "lost.json"
        self._lock = Lock()
        self._stamp = -1
        self._lost: frozenset[str] = frozenset()

    def __call__(self) -> frozenset[str]:
        try:
            stamp = self._file.stat().st_mtime_ns
        except FileNotFoundError:
            return frozenset()
        with self._lock:
            if stamp != self._stamp:
                self._lost = frozenset(json.loads(self._file.read_text(encoding="utf-8")))
                self._stamp = stamp
            return self._lost

    def lose(self, region: str) -> None:
        """From now on, the Region is lost."""
        self._write(self() | {region})

    def restore(self, region: str) -> None:
        """The Region is back, with what it knew."""
        self._write(self() - {region})

    def _write(self, lost: frozenset[str]) -> None:
        write_whole(self._file, json.dumps(sorted(lost)) + "\n")
