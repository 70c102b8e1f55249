"""Records of the streams: put, and read by iterators."""

import base64
import binascii
import json
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from threading import RLock
from typing import Any, Final

from local.aws.engine import Operation, Part
from local.aws.kinesis.shards import HASH_KEYS, Record, Shard, Stream
from local.aws.service import Answer, AwsError, Call
from local.aws.store import Writing
from local.clock import Clock

_RECORD_BYTES: Final = 1_048_576
_PUT_BYTES: Final = 10 * 1_048_576
_READ_BYTES: Final = 10 * 1_048_576
_READ_RECORDS: Final = 10_000


class Records(Part):
    """Shards take what comes. `stream`: of a call, under the lock."""

    invalid = "InvalidArgumentException"

    def __init__(
        self,
        clock: Clock,
        lock: RLock,
        stream: Callable[[Call], Stream],
        writing: Callable[[], AbstractContextManager[Writing]],
    ) -> None:
        self._clock = clock
        self._lock = lock
        self._stream = stream
        self._writing = writing
        self.operations: Mapping[str, Operation] = {
            "GetRecords": self._get_records,
            "GetShardIterator": self._get_iterator,
            "PutRecord": self._put,
            "PutRecords": self._put_all,
        }

    def _put(self, call: Call) -> Answer:
        self._check(call.params)
        with self._writing() as writing:
            stream = self._stream(call)
            shard, number = self._add(writing, stream, call.params)
            return {"ShardId": shard, "SequenceNumber": number, "EncryptionType": stream.encryption}

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
                "EncryptionType": stream.encryption,
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
                with self._writing() as writing:
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
                "Records": [{**record.shown(), "EncryptionType": stream.encryption} for record in read],
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


def _iterator(stream: Stream, shard: Shard, number: int) -> str:
    return base64.b64encode(json.dumps([stream.arn, shard.id, str(number)]).encode()).decode()


def _seconds(when: Any) -> float:  # noqa: ANN401 - a number of JSON
    try:
        return float(when)
    except (TypeError, ValueError):
        raise AwsError("InvalidArgumentException", f"Timestamp {when!r}: use s since the epoch") from None
