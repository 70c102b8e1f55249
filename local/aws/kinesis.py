"""Amazon Kinesis Data Streams: shards, records in order, iterators.

https://docs.aws.amazon.com/kinesis/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import base64
import hashlib
import json
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Condition
from time import monotonic
from typing import Any, Final

from local.aws.service import Answer, AwsError, Call
from local.aws.store import Store, Writing
from local.clock import Clock

MAX_RECORD_BYTES: Final = 1_048_576
MAX_RECORDS: Final = 10_000
MAX_PUTS: Final = 500
ON_DEMAND_SHARDS: Final = 4
_HASHES: Final = 2**128
_BASE: Final = 49_600_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000


@dataclass(frozen=True)
class Record:
    """`data`: base64. `at`: s of the platform's clock."""

    number: int
    key: str
    data: str
    at: float


@dataclass
class Stream:
    """`shards`: the records of each, in order."""

    region: str
    name: str
    arn: str
    created_at: float
    shard_count: int
    mode: str
    retention_hours: int = 24
    key_id: str = ""
    metrics: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    shards: list[list[Record]] = field(default_factory=list)

    def state(self) -> dict[str, Any]:
        """What is kept of the stream itself."""
        return {name: value for name, value in vars(self).items() if name != "shards"}

    def shard_of(self, key: str, explicit: str | None) -> int:
        """Kinesis hashes the partition key with MD5, and shares the hashes among the shards."""
        hashed = (
            int(explicit)
            if explicit
            else int.from_bytes(hashlib.md5(key.encode(), usedforsecurity=False).digest())
        )
        return hashed * self.shard_count // _HASHES


class Kinesis:
    """See `local.aws.service.Service`."""

    def __init__(self, store: Store, clock: Clock, *, account: str) -> None:
        self._store = store
        self._clock = clock
        self._account = account
        self._changed = Condition()
        self._streams: dict[str, Stream] = {}
        self._number = 0
        for arn, state in store.load("kinesis-stream"):
            stream = Stream(**state)
            stream.shards = [[] for _ in range(stream.shard_count)]
            self._streams[arn] = stream
        for place, record in store.load("kinesis-record"):
            arn, shard, number = place.rsplit("/", 2)
            self._streams[arn].shards[int(shard)].append(Record(int(number), *record))
            self._number = max(self._number, int(number))
        self._calls: Mapping[str, Callable[[Call], Answer]] = {
            "CreateStream": self._create,
            "DeleteStream": self._delete,
            "DescribeStream": self._describe,
            "DescribeStreamSummary": self._summary,
            "ListStreams": self._list,
            "ListShards": self._list_shards,
            "IncreaseStreamRetentionPeriod": self._set_retention,
            "DecreaseStreamRetentionPeriod": self._set_retention,
            "StartStreamEncryption": self._encrypt,
            "EnableEnhancedMonitoring": self._measure,
            "AddTagsToStream": self._tag,
            "ListTagsForStream": self._list_tags,
            "PutRecord": self._put,
            "PutRecords": self._put_many,
            "GetShardIterator": self._iterator,
            "GetRecords": self._get,
        }

    def call(self, call: Call) -> Answer:
        """See `local.aws.service.Service`."""
        serve = self._calls.get(call.operation)
        if serve is None:
            raise AwsError("InvalidAction", f"{call.operation} is not served: {', '.join(self._calls)}")
        with self._changed:
            return serve(call)

    def status(self) -> Mapping[str, Any]:
        """Each stream with how many records it keeps, and the newest one's age in s."""
        now = self._clock()
        with self._changed:
            return {
                "streams": [
                    {
                        "name": stream.name,
                        "arn": arn,
                        "region": stream.region,
                        "shards": stream.shard_count,
                        "records": sum(map(len, stream.shards)),
                        "newestAgeSeconds": round(
                            min((now - shard[-1].at for shard in stream.shards if shard), default=0.0)
                        ),
                    }
                    for arn, stream in sorted(self._streams.items())
                ]
            }

    # Streams

    def _create(self, call: Call) -> Answer:
        name = str(call.params["StreamName"])
        arn = f"arn:aws:kinesis:{call.region}:{self._account}:stream/{name}"
        if arn in self._streams:
            raise AwsError("ResourceInUseException", f"stream {name} exists")
        mode = (call.params.get("StreamModeDetails") or {}).get("StreamMode", "PROVISIONED")
        count = int(call.params.get("ShardCount") or (ON_DEMAND_SHARDS if mode == "ON_DEMAND" else 1))
        stream = Stream(
            call.region, name, arn, self._clock(), count, mode, tags=dict(call.params.get("Tags") or {})
        )
        stream.shards = [[] for _ in range(count)]
        self._keep(stream)
        self._streams[arn] = stream
        return {}

    def _delete(self, call: Call) -> Answer:
        stream = self._stream(call)
        with self._store.transaction() as writing:
            for shard, records in enumerate(stream.shards):
                for record in records:
                    writing.delete("kinesis-record", _place(stream, shard, record.number))
            writing.delete("kinesis-stream", stream.arn)
        del self._streams[stream.arn]
        self._changed.notify_all()
        return {}

    def _describe(self, call: Call) -> Answer:
        stream = self._stream(call)
        described = self._described(stream)
        return {"StreamDescription": {**described, "Shards": _shards(stream), "HasMoreShards": False}}

    def _summary(self, call: Call) -> Answer:
        stream = self._stream(call)
        return {
            "StreamDescriptionSummary": {
                **self._described(stream),
                "OpenShardCount": stream.shard_count,
                "ConsumerCount": 0,
            }
        }

    @staticmethod
    def _described(stream: Stream) -> Answer:
        return {
            "StreamName": stream.name,
            "StreamARN": stream.arn,
            "StreamStatus": "ACTIVE",
            "StreamModeDetails": {"StreamMode": stream.mode},
            "RetentionPeriodHours": stream.retention_hours,
            "StreamCreationTimestamp": stream.created_at,
            "EnhancedMonitoring": [{"ShardLevelMetrics": stream.metrics}],
            "EncryptionType": "KMS" if stream.key_id else "NONE",
            **({"KeyId": stream.key_id} if stream.key_id else {}),
        }

    def _list(self, call: Call) -> Answer:
        names = sorted(s.name for s in self._streams.values() if s.region == call.region)
        return {"StreamNames": names, "HasMoreStreams": False}

    def _list_shards(self, call: Call) -> Answer:
        return {"Shards": _shards(self._stream(call))}

    def _set_retention(self, call: Call) -> Answer:
        stream = self._stream(call)
        stream.retention_hours = int(call.params["RetentionPeriodHours"])
        self._keep(stream)
        return {}

    def _encrypt(self, call: Call) -> Answer:
        stream = self._stream(call)
        stream.key_id = str(call.params["KeyId"])
        self._keep(stream)
        return {}

    def _measure(self, call: Call) -> Answer:
        stream = self._stream(call)
        stream.metrics = list(call.params["ShardLevelMetrics"])
        self._keep(stream)
        return {"StreamName": stream.name, "DesiredShardLevelMetrics": stream.metrics}

    def _tag(self, call: Call) -> Answer:
        stream = self._stream(call)
        stream.tags.update(call.params["Tags"])
        self._keep(stream)
        return {}

    def _list_tags(self, call: Call) -> Answer:
        tags = [{"Key": key, "Value": value} for key, value in sorted(self._stream(call).tags.items())]
        return {"Tags": tags, "HasMoreTags": False}

    # Records

    def _put(self, call: Call) -> Answer:
        stream = self._stream(call)
        with self._store.transaction() as writing:
            shard, record = self._append(writing, stream, call.params)
        self._changed.notify_all()
        encryption = "KMS" if stream.key_id else "NONE"
        return {"ShardId": _shard_id(shard), "SequenceNumber": _number(record), "EncryptionType": encryption}

    def _put_many(self, call: Call) -> Answer:
        stream, entries = self._stream(call), call.params["Records"]
        if not 1 <= len(entries) <= MAX_PUTS:
            raise AwsError("InvalidArgumentException", f"{len(entries)} records: 1 to {MAX_PUTS} can be")
        with self._store.transaction() as writing:
            put = [self._append(writing, stream, entry) for entry in entries]
        self._changed.notify_all()
        records = [{"ShardId": _shard_id(shard), "SequenceNumber": _number(record)} for shard, record in put]
        return {"FailedRecordCount": 0, "Records": records}

    def _append(self, writing: Writing, stream: Stream, entry: Mapping[str, Any]) -> tuple[int, Record]:
        data, key = str(entry["Data"]), str(entry["PartitionKey"])
        if len(data) * 3 // 4 > MAX_RECORD_BYTES:
            raise AwsError("ValidationException", f"a record of {len(data) * 3 // 4} bytes: 1 MiB can be")
        if not 1 <= len(key) <= 256:
            raise AwsError("ValidationException", f"a partition key has 1 to 256 characters, not {len(key)}")
        self._number += 1
        record = Record(self._number, key, data, self._clock())
        shard = stream.shard_of(key, entry.get("ExplicitHashKey"))
        writing.put("kinesis-record", _place(stream, shard, record.number), [key, data, record.at])
        stream.shards[shard].append(record)
        self._trim(writing, stream, shard)
        return shard, record

    def _trim(self, writing: Writing, stream: Stream, shard: int) -> None:
        oldest = self._clock() - stream.retention_hours * 3_600
        records = stream.shards[shard]
        if not records or records[0].at >= oldest:
            return
        gone = next((i for i, record in enumerate(records) if record.at >= oldest), len(records))
        for record in records[:gone]:
            writing.delete("kinesis-record", _place(stream, shard, record.number))
        del records[:gone]

    def _iterator(self, call: Call) -> Answer:
        stream = self._stream(call)
        shard = int(str(call.params["ShardId"]).rpartition("-")[2])
        if shard >= stream.shard_count:
            raise AwsError("ResourceNotFoundException", f"{stream.name} has no {call.params['ShardId']}")
        records = stream.shards[shard]
        match call.params["ShardIteratorType"]:
            case "TRIM_HORIZON":
                after = 0
            case "LATEST":
                after = self._number
            case "AFTER_SEQUENCE_NUMBER":
                after = int(call.params["StartingSequenceNumber"]) - _BASE
            case "AT_SEQUENCE_NUMBER":
                after = int(call.params["StartingSequenceNumber"]) - _BASE - 1
            case "AT_TIMESTAMP":
                at = float(call.params["Timestamp"])
                after = next((r.number - 1 for r in records if r.at >= at), self._number)
            case other:
                raise AwsError("InvalidArgumentException", f"{other!r} is no type of shard iterator")
        return {"ShardIterator": _packed(stream.arn, shard, after)}

    def _get(self, call: Call) -> Answer:
        arn, shard, after = _unpacked(str(call.params["ShardIterator"]))
        limit = int(call.params.get("Limit") or MAX_RECORDS)
        deadline = monotonic() + call.wait_seconds
        while True:
            stream = self._streams.get(arn)
            if stream is None:
                raise AwsError("ResourceNotFoundException", f"there is no stream {arn}")
            records = stream.shards[shard]
            first = bisect_left(records, after + 1, key=lambda record: record.number)
            found = records[first : first + limit]
            left = deadline - monotonic()
            if found or left <= 0:
                break
            self._changed.wait(left)
        last = found[-1].number if found else after
        behind = records[first + limit :]
        return {
            "Records": [
                {
                    "SequenceNumber": _number(record),
                    "ApproximateArrivalTimestamp": record.at,
                    "Data": record.data,
                    "PartitionKey": record.key,
                    "EncryptionType": "KMS" if stream.key_id else "NONE",
                }
                for record in found
            ],
            "NextShardIterator": _packed(arn, shard, last),
            "MillisBehindLatest": round((self._clock() - behind[0].at) * 1_000) if behind else 0,
        }

    def _stream(self, call: Call) -> Stream:
        arn = call.params.get("StreamARN")
        name = call.params.get("StreamName")
        arn = arn or f"arn:aws:kinesis:{call.region}:{self._account}:stream/{name}"
        stream = self._streams.get(arn)
        if stream is None:
            raise AwsError("ResourceNotFoundException", f"there is no stream {name or arn}")
        return stream

    def _keep(self, stream: Stream) -> None:
        with self._store.transaction() as writing:
            writing.put("kinesis-stream", stream.arn, stream.state())


def _place(stream: Stream, shard: int, number: int) -> str:
    return f"{stream.arn}/{shard:06d}/{number:020d}"


def _number(record: Record) -> str:
    return str(_BASE + record.number)


def _shard_id(shard: int) -> str:
    return f"shardId-{shard:012d}"


def _shards(stream: Stream) -> list[Answer]:
    bounds = [-(-_HASHES * shard // stream.shard_count) for shard in range(stream.shard_count + 1)]
    return [
        {
            "ShardId": _shard_id(shard),
            "HashKeyRange": {
                "StartingHashKey": str(bounds[shard]),
                "EndingHashKey": str(bounds[shard + 1] - 1),
            },
            "SequenceNumberRange": {"StartingSequenceNumber": str(_BASE)},
        }
        for shard in range(stream.shard_count)
    ]


def _packed(arn: str, shard: int, after: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([arn, shard, after]).encode()).decode()


def _unpacked(iterator: str) -> tuple[str, int, int]:
    try:
        arn, shard, after = json.loads(base64.urlsafe_b64decode(iterator))
        return str(arn), int(shard), int(after)
    except ValueError as error:
        raise AwsError("InvalidArgumentException", "the shard iterator is none of ours") from error
