"""What a delivery stream has taken and not put yet: a buffer an object."""

import base64
import gzip
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from local.aws.firehose.destination import Destination
from local.aws.firehose.object_names import evaluated, object_name
from local.aws.shelf import Item, Shelf
from local.aws.store import Store, Writing
from local.clock import Clock

PutObject: TypeAlias = Callable[[str, str, bytes], None]
"""Puts (bucket, key, body)."""

_RECORDS: Final = "firehose.record"
_FAILED: Final = "processing-failed"
_log: Final = logging.getLogger(__name__)


@dataclass
class _Buffer:
    """What goes into one object; `keys`: of the partition, `error`: why it goes to the errors."""

    arn: str
    keys: dict[str, str]
    error: str
    since: float
    records: list[tuple[str, bytes]] = field(default_factory=list)
    size: int = 0


class Buffers:
    """Of all streams. Its owner locks."""

    def __init__(self, store: Store, clock: Clock, streams: Shelf, objects: PutObject) -> None:
        self._store = store
        self._clock = clock
        self._streams = streams
        self._objects = objects
        self._destinations: dict[str, Destination] = {}
        self._buffers: dict[tuple[str, str, str], _Buffer] = {}
        self._next = 1
        for key, kept in store.load(_RECORDS):
            self._next = int(key) + 1
            self._adopt(key, kept)

    def held(self, arn: str) -> tuple[int, int]:
        """(records, bytes) of a stream."""
        buffers = self._of(arn).values()
        return sum(len(buffer.records) for buffer in buffers), sum(buffer.size for buffer in buffers)

    def take(self, writing: Writing, arn: str, data: bytes) -> str:
        """Keep a record of a stream: its number."""
        destination = self._destination(arn)
        keys: Mapping[str, str] = {}
        error, delimiter = "", destination.delimiter
        if destination.query is not None:
            try:
                keys = destination.query.keys(json.loads(data))
            except ValueError as problem:
                _log.warning("%s: a record goes to the errors: %s", arn, problem)
                error, delimiter = _FAILED, b"\n"
                data = _failed(data, str(problem), self._clock())
        if delimiter and not data.endswith(delimiter):
            data += delimiter
        number = f"{self._next:015d}"
        self._next += 1
        kept = {
            "arn": arn,
            "keys": dict(keys),
            "error": error,
            "at": self._clock(),
            "data": base64.b64encode(data).decode(),
        }
        writing.put(_RECORDS, number, kept)
        self._adopt(number, kept)
        return number

    def flush_due(self) -> None:
        """Put what has waited as long as its stream lets it."""
        now = self._clock()
        for key, buffer in list(self._buffers.items()):
            if now >= buffer.since + self._destination(buffer.arn).hints[0]:
                self._flush(key)

    def flush(self, arn: str, *, full: bool = False) -> None:
        """Put what a stream has, or only what is full."""
        least = self._destination(arn).hints[1] if full else 0
        for key, buffer in self._of(arn).items():
            if buffer.size >= least:
                self._flush(key)

    def forget(self, writing: Writing, arn: str) -> None:
        """What could not be put before its stream is deleted."""
        for key in self._of(arn):
            for number, _ in self._buffers.pop(key).records:
                writing.delete(_RECORDS, number)
        self._destinations.pop(arn, None)

    def _of(self, arn: str) -> dict[tuple[str, str, str], _Buffer]:
        return {key: buffer for key, buffer in self._buffers.items() if buffer.arn == arn}

    def _destination(self, arn: str) -> Destination:
        stream = self._streams[arn]
        known = self._destinations.get(arn)
        if known is None or known.settings is not stream["destination"]:  # it was updated
            known = self._destinations[arn] = Destination.of(stream)
        return known

    def _adopt(self, number: str, kept: Item) -> None:
        key = (kept["arn"], json.dumps(kept["keys"], sort_keys=True), kept["error"])
        if (buffer := self._buffers.get(key)) is None:
            buffer = self._buffers[key] = _Buffer(kept["arn"], kept["keys"], kept["error"], kept["at"])
        data = base64.b64decode(kept["data"])
        buffer.records.append((number, data))
        buffer.size += len(data)

    def _flush(self, key: tuple[str, str, str]) -> None:
        """Put the object; on failure the records stay, to be put later. After a crash it may be put twice."""
        buffer = self._buffers[key]
        stream, destination = self._streams[buffer.arn], self._destination(buffer.arn)
        prefix = destination.s3.get("ErrorOutputPrefix" if buffer.error else "Prefix") or ""
        extension = destination.settings.get("FileExtension") or (".gz" if destination.zipped else "")
        name = evaluated(prefix, buffer.since, buffer.keys, buffer.error) + object_name(
            stream["name"], stream["version"], buffer.since, extension
        )
        body = b"".join(data for _, data in buffer.records)
        try:
            self._objects(destination.bucket, name, gzip.compress(body) if destination.zipped else body)
        except Exception as error:
            _log.warning("%s cannot put %s to %s: %s", buffer.arn, name, destination.bucket, error)
            return
        with self._store.transaction() as writing:
            for number, _ in buffer.records:
                writing.delete(_RECORDS, number)
        del self._buffers[key]


def _failed(data: bytes, reason: str, at: float) -> bytes:
    record = {
        "attemptsMade": 1,
        "arrivalTimestamp": int(at * 1_000),
        "errorCode": "DynamicPartitioning.MetadataExtractionFailed",
        "errorMessage": reason,
        "rawData": base64.b64encode(data).decode(),
    }
    return json.dumps(record).encode()
