"""A stream of the emulated Kinesis: its shards, and the records of each in their order."""

import hashlib
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Condition, RLock
from typing import Any, Final

from local.aws.store import Store, Writing

STREAMS: Final = "kinesis.stream"
RECORDS: Final = "kinesis.record"
HASH_KEYS: Final = 2**128
# All sequence numbers have as many digits as AWS's, so that they compare as text too.
_FIRST_NUMBER: Final = 49 * 10**54


@dataclass(frozen=True)
class Record:
    """`data` in base64; `arrived` in s since the epoch."""

    number: int
    data: str
    partition_key: str
    arrived: float

    def shown(self) -> dict[str, Any]:
        """As GetRecords answers."""
        return {
            "SequenceNumber": str(self.number),
            "ApproximateArrivalTimestamp": round(self.arrived, 3),
            "Data": self.data,
            "PartitionKey": self.partition_key,
        }


@dataclass
class Shard:
    """A part of the hash keys, `first` to `last`."""

    id: str
    first: int
    last: int
    start: int
    records: list[Record] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    def append(self, record: Record) -> None:
        """After all others."""
        self.records.append(record)
        self.numbers.append(record.number)

    def since(self, number: int) -> int:
        """The index of the first record of this number or a later one."""
        return bisect_left(self.numbers, number)

    def shown(self) -> dict[str, Any]:
        """As ListShards answers."""
        return {
            "ShardId": self.id,
            "HashKeyRange": {"StartingHashKey": str(self.first), "EndingHashKey": str(self.last)},
            "SequenceNumberRange": {"StartingSequenceNumber": str(self.start)},
        }


class Stream:
    """One stream. Its owner holds `lock` around every call; `arrived` wakes who waits for records."""

    def __init__(self, arn: str, shard_count: int, created: float, lock: RLock) -> None:
        self.arn = arn
        self.created = created
        self.mode = "PROVISIONED"
        self.retention_hours = 24
        self.key: str | None = None
        self.metrics: list[str] = []
        self.tags: dict[str, str] = {}
        self.arrived = Condition(lock)
        self._last = self._time_number(created)
        bounds = [HASH_KEYS * part // shard_count for part in range(shard_count + 1)]
        self.shards = [
            Shard(f"shardId-{index:012d}", bounds[index], bounds[index + 1] - 1, self._last)
            for index in range(shard_count)
        ]

    @property
    def name(self) -> str:
        """The stream's name."""
        return self.arn.split("/", 1)[1]

    @property
    def encryption(self) -> str:
        """What answers say of it."""
        return "KMS" if self.key else "NONE"

    def save(self, writing: Writing) -> None:
        """The stream itself, without its records."""
        kept = {name: getattr(self, name) for name in ("mode", "retention_hours", "key", "metrics", "tags")}
        writing.put(STREAMS, self.arn, {**kept, "created": self.created, "shards": len(self.shards)})

    def restore(self, kept: dict[str, Any]) -> None:
        """What `save` wrote."""
        for name in ("mode", "retention_hours", "key", "metrics", "tags"):
            setattr(self, name, kept[name])

    def adopt(self, shard: int, record: Record) -> None:
        """Take up a record that is in the store."""
        self._last = max(self._last, record.number)
        self.shards[shard].append(record)

    def add(self, writing: Writing, data: str, key: str, hash_key: int | None, now: float) -> tuple[str, str]:
        """Append a record where its key belongs: (shard id, sequence number)."""
        if hash_key is None:
            hash_key = int.from_bytes(hashlib.md5(key.encode(), usedforsecurity=False).digest(), "big")
        index = bisect_left([shard.last for shard in self.shards], hash_key)
        # Also of the time, so that numbers rise over a restart after which no record is left.
        record = Record(max(self._last + 1, self._time_number(now)), data, key, now)
        writing.put(RECORDS, self._key(index, record), [index, data, key, now])
        self.adopt(index, record)
        self.arrived.notify_all()
        return self.shards[index].id, str(record.number)

    def trim(self, writing: Writing, now: float) -> None:
        """Forget what the stream kept long enough."""
        oldest = now - self.retention_hours * 3_600
        for index, shard in enumerate(self.shards):
            gone = 0
            while gone < len(shard.records) and shard.records[gone].arrived <= oldest:
                writing.delete(RECORDS, self._key(index, shard.records[gone]))
                gone += 1
            if gone:
                del shard.records[:gone], shard.numbers[:gone]

    def forget(self, writing: Writing) -> None:
        """The stream and its records are gone."""
        for index, record in self._all():
            writing.delete(RECORDS, self._key(index, record))
        writing.delete(STREAMS, self.arn)

    def _all(self) -> Iterator[tuple[int, Record]]:
        for index, shard in enumerate(self.shards):
            for record in shard.records:
                yield index, record

    def _key(self, index: int, record: Record) -> str:
        return f"{self.arn}|{record.number}|{index}"

    @staticmethod
    def _time_number(now: float) -> int:
        return _FIRST_NUMBER + (int(now * 1_000) << 24)


def load_streams(store: Store, lock: RLock) -> dict[str, Stream]:
    """Every stream of the store with its records, by ARN."""
    streams = {}
    for arn, kept in store.load(STREAMS):
        streams[arn] = Stream(arn, kept["shards"], kept["created"], lock)
        streams[arn].restore(kept)
    for place, (index, data, key, now) in store.load(RECORDS):
        arn, number, _ = place.split("|")
        streams[arn].adopt(index, Record(int(number), data, key, now))
    return streams
