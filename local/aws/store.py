"""What the emulated AWS must not forget: JSON values by kind and key, in one SQLite file.

Engines keep their state in memory and write every change here before they answer, so that a process that is
killed starts again where it was. It outlives the process, not the machine: nothing waits for the disk.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any


class Writing:
    """The changes of one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def put(self, kind: str, key: str, value: Any) -> None:  # noqa: ANN401 - JSON
        """In place of what is there."""
        self._connection.execute(
            "INSERT INTO kept (kind, key, value) VALUES (?, ?, ?) "
            "ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value",
            (kind, key, json.dumps(value, separators=(",", ":"))),
        )

    def delete(self, kind: str, key: str) -> None:
        """Nothing, if it is not there."""
        self._connection.execute("DELETE FROM kept WHERE kind = ? AND key = ?", (kind, key))

    def clear(self, kind: str) -> None:
        """Everything of a kind."""
        self._connection.execute("DELETE FROM kept WHERE kind = ?", (kind,))


class Store:
    """One file, or one in memory (`file` is None: for tests). Safe between threads, one writer at a time."""

    def __init__(self, file: Path | None = None) -> None:
        self._lock = RLock()
        # Autocommit: transactions are said, below.
        self._connection = sqlite3.connect(file or ":memory:", check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS kept (kind TEXT, key TEXT, value TEXT, PRIMARY KEY (kind, key)) "
            "WITHOUT ROWID"
        )

    def load(self, kind: str) -> list[tuple[str, Any]]:
        """(key, value) of everything of a kind, by key."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT key, value FROM kept WHERE kind = ? ORDER BY key", (kind,)
            )
            return [(key, json.loads(value)) for key, value in rows]

    @contextmanager
    def transaction(self) -> Iterator[Writing]:
        """All of the changes or, on an exception, none. One within another is part of it."""
        with self._lock:
            if self._connection.in_transaction:
                yield Writing(self._connection)
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield Writing(self._connection)
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """The file is whole afterwards."""
        with self._lock:
            self._connection.close()
