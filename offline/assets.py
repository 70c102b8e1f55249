"""Assets and archives: they must exist, and they carry a hash, so that a changed file shows as a change.

The hash of a file or a text is its SHA-256, as in Pulumi. That of an archive made of a directory or of
other assets is one over the sorted names and hashes of its parts, which differs from Pulumi's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from offline.engine_errors import EngineError
from offline.values import ARCHIVE, ASSET, SIGNATURE, Value, signature

ARCHIVE_SUFFIXES = (".tar", ".tgz", ".tar.gz", ".zip", ".jar")


class AssetHasher:
    """Checks and hashes the assets of one program; relative paths start in the program's directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._files: dict[Path, str] = {}

    def with_hashes(self, value: Value, where: str) -> Value:
        """Return the value with a `hash` in each asset and archive.

        Args:
            where: the resource and property, for the error.

        Raises:
            EngineError: a file does not exist or is no archive.
        """
        if isinstance(value, list):
            return [self.with_hashes(item, where) for item in value]
        if not isinstance(value, dict):
            return value
        if signature(value) in (ASSET, ARCHIVE):
            return self._hashed(value, where)
        return {key: self.with_hashes(item, where) for key, item in value.items()}

    def _hashed(self, value: dict[str, Any], where: str) -> dict[str, Any]:
        if isinstance(value.get("text"), str):
            return {**value, "hash": _digest(value["text"].encode())}
        if isinstance(value.get("path"), str):
            return {**value, "hash": self._path(value, value["path"], where)}
        if isinstance(value.get("assets"), dict):
            parts = {name: self.with_hashes(item, where) for name, item in value["assets"].items()}
            listing = [(name, part.get("hash", "")) for name, part in sorted(parts.items())]
            return {**value, "assets": parts, "hash": _digest(json.dumps(listing).encode())}
        return value  # a URI: reading it needs a network

    def _path(self, value: dict[str, Any], given: str, where: str) -> str:
        path = self._directory / given
        if value[SIGNATURE] == ASSET:
            if not path.is_file():
                raise EngineError(f"{where}: asset {given!r} is not a file; build or create it first")
            return self._file(path)
        if path.is_dir():
            files = [(name.relative_to(path).as_posix(), self._file(name)) for name in _files_in(path)]
            return _digest(json.dumps(files).encode())
        if not path.is_file():
            raise EngineError(f"{where}: archive {given!r} does not exist; build or create it first")
        if not given.endswith(ARCHIVE_SUFFIXES):
            raise EngineError(
                f"{where}: {given!r} is not an archive (allowed: {', '.join(ARCHIVE_SUFFIXES)})"
            )
        return self._file(path)

    def _file(self, path: Path) -> str:
        if path not in self._files:
            with path.open("rb") as stream:
                self._files[path] = hashlib.file_digest(stream, "sha256").hexdigest()
        return self._files[path]


def _files_in(directory: Path) -> Iterator[Path]:
    return (path for path in sorted(directory.rglob("*")) if path.is_file())


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
