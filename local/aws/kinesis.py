"""Kinesis data streams: records by partition key, in order, to be read again while they are kept.

https://docs.aws.amazon.com/kinesis/latest/APIReference/
"""

import base64
import binascii
import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import RLock
from typing import Any, Final

from local.aws.engine import Engine, tag_list
from local.aws.service import Answer, AwsError, Call
from local.aws.shards import HASH_KEYS, Record, Shard, Stream, load_streams
from local.aws.store import Store, Writing
from local.clock import Clock

_NAME: Final = re.compile(r"[a-zA-Z0-9_.-]{1,128}")
_ON_DEMAND_SHARDS: Final = 4
_MOST_SHARDS: Final = 200
_RECORD_BYTES: Final = 1_048_576
_PUT_BYTES: Final = 10 * 1_048_576
_READ_BYTES: Final = 10 * 1_048_576
_READ_RECORDS: Final = 10_000
_METRICS: Final = (
    "IncomingBytes",
    "IncomingRecords",
    "IteratorAgeMilliseconds",
    "OutgoingBytes",
    "OutgoingRecords",
    "ReadProvisionedThroughputExceeded",
    "WriteProvisionedThroughputExceeded",
)


class Kinesis(Engine):
    """The streams of every Region. Shards neither split nor merge, and take what comes."""

    invalid = "InvalidArgumentException"

    def __init__(self, store: Store, clock: Clock) -> None:
        super().__init__(
            {
                "AddTagsToStream": self._tag,
                "CreateStream": self._create,
                "DecreaseStreamRetentionPeriod": self._set_retention,
                "DeleteStream": self._delete,
                "DescribeStream": self._describe,
                "DescribeStreamSummary": self._summary,
                "DisableEnhancedMonitoring": lambda call: self._monitor(call, on=False),
                "EnableEnhancedMonitoring": lambda call: self._monitor(call, on=True),
                "GetRecords": self._get_records,
                "GetShardIterator": self._get_iterator,
                "IncreaseStreamRetentionPeriod": self._set_retention,
                "ListShards": self._list_shards,
                "ListStreams": self._list,
                "ListTagsForResource": self._list_tags,
                "ListTagsForStream": self._list_tags,
                "PutRecord": self._put,
                "PutRecords": self._put_all,
                "RemoveTagsFromStream": self._untag,
                "StartStreamEncryption": self._encrypt,
                "StopStreamEncryption": self._decrypt,
                "TagResource": self._tag,
                "UntagResource": self._untag,
                "UpdateStreamMode": self._set_mode,
            }
        )
        self._store = store
        self._clock = clock
        self._lock = RLock()
        self._streams = load_streams(store, self._lock)

    def status(self) -> Mapping[str, Any]:
        """`streams`: of each its name, ARN, records and the oldest's age in s."""
        with self._lock:
            return {"streams": [self._shown(stream) for stream in self._streams.values()]}

    def _shown(self, stream: Stream) -> dict[str, Any]:
        oldest = min((shard.records[0].arrived for shard in stream.shards if shard.records), default=None)
        return {
            "name": stream.name,
            "arn": stream.arn,
            "records": sum(len(shard.records) for shard in stream.shards),
            "oldestAgeSeconds": None if oldest is None else round(self._clock() - oldest, 3),
        }

    @contextmanager
    def _writing(self) -> Iterator[Writing]:
        with self._lock, self._store.transaction() as writing:
            yield writing

    def _stream(self, call: Call) -> Stream:
        arn = call.params.get("StreamARN") or call.params.get("ResourceARN")
        if not arn:
            arn = _arn(call, str(self.need(call, "StreamName")))
        if (stream := self._streams.get(arn)) is None:
            name = arn.split("/")[-1]
            raise AwsError(
                "ResourceNotFoundException", f"Stream {name} under account {call.account} not found."
            )
        return stream

    def _create(self, call: Call) -> Answer:
        name = str(self.need(call, "StreamName"))
        if not _NAME.fullmatch(name):
            raise AwsError(self.invalid, f"{name!r} is no stream name: use 1 to 128 of a-z A-Z 0-9 _ . -")
        arn = _arn(call, name)
        mode = (call.params.get("StreamModeDetails") or {}).get("StreamMode", "PROVISIONED")
        count = call.params.get("ShardCount")
        if mode == "ON_DEMAND":
            count = _ON_DEMAND_SHARDS if count is None else count
        shards = self.whole("ShardCount", count, 1, _MOST_SHARDS)
        with self._writing() as writing:
            if arn in self._streams:
                raise AwsError(
                    "ResourceInUseException", f"Stream {name} under account {call.account} already exists."
                )
            stream = Stream(arn, shards, self._clock(), self._lock)
            stream.mode = mode
            stream.tags = dict(call.params.get("Tags") or {})
            stream.save(writing)
            self._streams[arn] = stream
        return {}

    def _delete(self, call: Call) -> Answer:
        with self._writing() as writing:
            stream = self._stream(call)
            stream.forget(writing)
            del self._streams[stream.arn]
            stream.arrived.notify_all()
        return {}

    def _list(self, call: Call) -> Answer:
        with self._lock:
            start = _arn(call, "")
            found = [one for arn, one in sorted(self._streams.items()) if arn.startswith(start)]
            return {
                "StreamNames": [stream.name for stream in found],
                "StreamSummaries": [_common(stream, summary=True) for stream in found],
                "HasMoreStreams": False,
            }

    def _describe(self, call: Call) -> Answer:
        with self._lock:
            stream = self._stream(call)
            shards = [shard.shown() for shard in stream.shards]
            return {"StreamDescription": {**_common(stream), "Shards": shards, "HasMoreShards": False}}

    def _summary(self, call: Call) -> Answer:
        with self._lock:
            stream = self._stream(call)
            more = {"OpenShardCount": len(stream.shards), "ConsumerCount": 0, "MaxRecordSizeInKiB": 1_024}
            return {"StreamDescriptionSummary": {**_common(stream), **more}}

    def _list_shards(self, call: Call) -> Answer:
        with self._lock:
            return {"Shards": [shard.shown() for shard in self._stream(call).shards]}

    def _set_retention(self, call: Call) -> Answer:
        hours = self.whole("RetentionPeriodHours", self.need(call, "RetentionPeriodHours"), 24, 8_760)
        with self._writing() as writing:
            stream = self._stream(call)
            rises = call.operation.startswith("Increase")
            if (hours < stream.retention_hours) if rises else (hours > stream.retention_hours):
                raise AwsError(
                    self.invalid,
                    f"{call.operation} to {hours} hours: it is {stream.retention_hours} hours",
                )
            stream.retention_hours = hours
            stream.save(writing)
        return {}

    def _set_mode(self, call: Call) -> Answer:
        with self._writing() as writing:
            stream = self._stream(call)
            stream.mode = self.need(call, "StreamModeDetails")["StreamMode"]
            stream.save(writing)
        return {}

    def _encrypt(self, call: Call) -> Answer:
        with self._writing() as writing:
            stream = self._stream(call)
            stream.key = str(self.need(call, "KeyId"))
            stream.save(writing)
        return {}

    def _decrypt(self, call: Call) -> Answer:
        with self._writing() as writing:
            stream = self._stream(call)
            stream.key = None
            stream.save(writing)
        return {}

    def _monitor(self, call: Call, *, on: bool) -> Answer:
        asked = set(self.need(call, "ShardLevelMetrics"))
        names = set(_METRICS) if "ALL" in asked else asked
        if unknown := names - set(_METRICS):
            raise AwsError(self.invalid, f"ShardLevelMetrics: {', '.join(sorted(unknown))}: there is no such")
        with self._writing() as writing:
            stream = self._stream(call)
            before = list(stream.metrics)
            stream.metrics = sorted({*before} | names if on else {*before} - names)
            stream.save(writing)
            return {
                "StreamName": stream.name,
                "StreamARN": stream.arn,
                "CurrentShardLevelMetrics": before,
                "DesiredShardLevelMetrics": stream.metrics,
            }

    def _tag(self, call: Call) -> Answer:
        with self._writing() as writing:
            stream = self._stream(call)
            stream.tags.update(self.need(call, "Tags"))
            stream.save(writing)
        return {}

    def _untag(self, call: Call) -> Answer:
        with self._writing() as writing:
            stream = self._stream(call)
            for key in self.need(call, "TagKeys"):
                stream.tags.pop(key, None)
            stream.save(writing)
        return {}

    def _list_tags(self, call: Call) -> Answer:
        with self._lock:
            return {"Tags": tag_list(self._stream(call).tags), "HasMoreTags": False}

    def _put(self, call: Call) -> Answer:
        self._check(call.params)
        with self._writing() as writing:
            stream = self._stream(call)
            shard, number = self._add(writing, stream, call.params)
            return {"ShardId": shard, "SequenceNumber": number, "EncryptionType": _encryption(stream)}

    def _put_all(self, call: Call) -> Answer:
        records = self.need(call, "Records")
        if len(records) > 500:
            raise AwsError(self.invalid, f"{len(records)} records: a call takes up to 500")
        if sum(self._check(record) for record in records) > _PUT_BYTES:
            raise AwsError(self.invalid, f"Records size exceeds {_PUT_BYTES} bytes")
        with self._writing() as writing:
            stream = self._stream(call)
            places = [self._add(writing, stream, record) for record in records]
            return {
                "FailedRecordCount": 0,
                "Records": [{"ShardId": shard, "SequenceNumber": number} for shard, number in places],
                "EncryptionType": _encryption(stream),
            }

    def _add(self, writing: Writing, stream: Stream, record: Mapping[str, Any]) -> tuple[str, str]:
        hash_key = record.get("ExplicitHashKey")
        now = self._clock()
        stream.trim(writing, now)
        return stream.add(
            writing, record["Data"], record["PartitionKey"], None if hash_key is None else int(hash_key), now
        )

    def _check(self, record: Mapping[str, Any]) -> int:
        """The size of a record in bytes."""
        key = str(record.get("PartitionKey") or "")
        if not 1 <= len(key) <= 256:
            raise AwsError("ValidationException", f"PartitionKey has {len(key)} characters: use 1 to 256")
        try:
            size = len(base64.b64decode(str(record.get("Data", "")), validate=True)) + len(key.encode())
        except binascii.Error as error:
            raise AwsError("SerializationException", f"Data is no base64: {error}") from None
        if size > _RECORD_BYTES:
            raise AwsError("ValidationException", f"A record of {size} bytes: use up to {_RECORD_BYTES}")
        hash_key = record.get("ExplicitHashKey")
        if hash_key is not None and not (str(hash_key).isdecimal() and int(hash_key) < HASH_KEYS):
            raise AwsError(self.invalid, f"ExplicitHashKey is {hash_key!r}: use 0 to 2**128 - 1")
        return size

    def _get_iterator(self, call: Call) -> Answer:
        kind = str(self.need(call, "ShardIteratorType"))
        with self._lock:
            stream = self._stream(call)
            shard = self._shard(stream, str(self.need(call, "ShardId")))
            last = shard.numbers[-1] + 1 if shard.numbers else shard.start
            match kind:
                case "TRIM_HORIZON":
                    number = 0
                case "LATEST":
                    number = last
                case "AT_SEQUENCE_NUMBER" | "AFTER_SEQUENCE_NUMBER":
                    said = str(self.need(call, "StartingSequenceNumber"))
                    if not said.isdecimal():
                        raise AwsError(self.invalid, f"StartingSequenceNumber {said!r} is no sequence number")
                    number = int(said) + kind.startswith("AFTER")
                case "AT_TIMESTAMP":
                    when = _seconds(self.need(call, "Timestamp"))
                    later = (record.number for record in shard.records if record.arrived >= when)
                    number = next(later, last)
                case _:
                    raise AwsError(self.invalid, f"ShardIteratorType is {kind!r}: there is no such")
            return {"ShardIterator": _iterator(stream, shard, number)}

    def _get_records(self, call: Call) -> Answer:
        arn, shard_id, number = self._position(str(self.need(call, "ShardIterator")))
        most = self.whole("Limit", call.params.get("Limit", _READ_RECORDS), 1, _READ_RECORDS)
        end = time.monotonic() + call.wait_seconds
        with self._lock:
            while True:
                stream = self._stream(Call(call.operation, call.region, call.account, {"StreamARN": arn}))
                shard = self._shard(stream, shard_id)
                with self._store.transaction() as writing:
                    stream.trim(writing, self._clock())
                start = shard.since(number)
                left = end - time.monotonic()
                if start < len(shard.records) or left <= 0:
                    break
                stream.arrived.wait(left)
            read: list[Record] = []
            size = 0
            for record in shard.records[start : start + most]:
                size += len(record.data) * 3 // 4
                if read and size > _READ_BYTES:
                    break
                read.append(record)
            after = start + len(read)
            behind = self._clock() - shard.records[after].arrived if after < len(shard.records) else 0
            return {
                "Records": [{**record.shown(), "EncryptionType": _encryption(stream)} for record in read],
                "NextShardIterator": _iterator(stream, shard, read[-1].number + 1 if read else number),
                "MillisBehindLatest": max(0, int(behind * 1_000)),
            }

    def _position(self, iterator: str) -> tuple[str, str, int]:
        try:
            arn, shard_id, number = json.loads(base64.b64decode(iterator, validate=True))
            return str(arn), str(shard_id), int(number)
        except ValueError:
            raise AwsError(self.invalid, f"Invalid ShardIterator {iterator!r}") from None

    def _shard(self, stream: Stream, shard_id: str) -> Shard:
        for shard in stream.shards:
            if shard.id == shard_id:
                return shard
        raise AwsError(
            "ResourceNotFoundException", f"Could not find shard {shard_id} in stream {stream.name}."
        )


def _arn(call: Call, name: str) -> str:
    return f"arn:aws:kinesis:{call.region}:{call.account}:stream/{name}"


def _encryption(stream: Stream) -> str:
    return "KMS" if stream.key else "NONE"


def _common(stream: Stream, *, summary: bool = False) -> dict[str, Any]:
    shown = {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "StreamStatus": "ACTIVE",
        "StreamModeDetails": {"StreamMode": stream.mode},
        "StreamCreationTimestamp": stream.created,
    }
    if summary:
        return shown
    return shown | {
        "RetentionPeriodHours": stream.retention_hours,
        "EnhancedMonitoring": [{"ShardLevelMetrics": stream.metrics}],
        "EncryptionType": _encryption(stream),
        **({"KeyId": stream.key} if stream.key else {}),
    }


def _iterator(stream: Stream, shard: Shard, number: int) -> str:
    return base64.b64encode(json.dumps([stream.arn, shard.id, str(number)]).encode()).decode()


def _seconds(when: Any) -> float:  # noqa: ANN401 - a number of JSON
    try:
        return float(when)
    except (TypeError, ValueError):
        raise AwsError("InvalidArgumentException", f"Timestamp {when!r}: use s since the epoch") from None
