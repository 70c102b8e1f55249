"""Amazon DynamoDB Streams: what became of a table's items, in order, for a day.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html
"""

from __future__ import annotations

import base64
import json
import uuid
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Condition
from time import monotonic
from typing import Any, Final

from local.aws.service import Answer, AwsError, Call
from local.aws.store import Store
from local.clock import Clock
from local.dynamodb.expressions import Item

RETENTION_SECONDS: Final = 24 * 3_600
MAX_RECORDS: Final = 1_000
SHARD: Final = "shardId-00000000000000000001"
_BASE: Final = 10**20
_SERVICE: Final = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


class StreamView(StrEnum):
    """What a record tells of an item."""

    KEYS_ONLY = "KEYS_ONLY"
    NEW_IMAGE = "NEW_IMAGE"
    OLD_IMAGE = "OLD_IMAGE"
    NEW_AND_OLD_IMAGES = "NEW_AND_OLD_IMAGES"


@dataclass
class _Stream:
    region: str
    table: str
    records: list[tuple[int, dict[str, Any]]] = field(default_factory=list)


class DynamoDbStreams:
    """One shard a table."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._changed = Condition()
        self._streams: dict[str, _Stream] = {}
        self._kept: dict[str, list[tuple[int, dict[str, Any]]]] = {}
        self._number = 0
        for place, record in store.load("dynamodb-stream"):
            arn, number = place.rsplit("/", 1)
            self._kept.setdefault(arn, []).append((int(number), record))
            self._number = max(self._number, int(number))
        self._calls: Mapping[str, Callable[[Call], Answer]] = {
            "ListStreams": self._list,
            "DescribeStream": self._describe,
            "GetShardIterator": self._iterator,
            "GetRecords": self._get,
        }

    def call(self, call: Call) -> Answer:
        """See `local.aws.service.Service`."""
        serve = self._calls.get(call.operation)
        if serve is None:
            raise AwsError(
                "UnknownOperationException", f"{call.operation}: {', '.join(self._calls)} are served"
            )
        with self._changed:
            return serve(call)

    def status(self) -> Mapping[str, Any]:
        """Each stream with how many records it keeps."""
        with self._changed:
            return {
                "tableStreams": [
                    {"table": stream.table, "region": stream.region, "records": len(stream.records)}
                    for stream in self._streams.values()
                ]
            }

    def open(self, arn: str, region: str, table: str) -> None:
        """From now on there is this stream."""
        with self._changed:
            self._streams.setdefault(arn, _Stream(region, table, self._kept.pop(arn, [])))

    def close(self, arn: str) -> None:
        """The stream ends with its table."""
        with self._changed, self._store.transaction() as writing:
            writing.clear("dynamodb-stream", arn)
            self._streams.pop(arn, None)

    def append(
        self,
        arn: str,
        view: StreamView,
        *,
        keys: Item,
        before: Item | None,
        after: Item | None,
        expired: bool,
    ) -> None:
        """A change, within the transaction that keeps it."""
        with self._changed:
            stream = self._streams[arn]
            self._number += 1
            told: dict[str, Any] = {
                "ApproximateCreationDateTime": int(self._clock()),
                "Keys": keys,
                "SequenceNumber": str(_BASE + self._number),
                "SizeBytes": len(str(before or "")) + len(str(after or "")),
                "StreamViewType": view.value,
            }
            if after is not None and view in (StreamView.NEW_IMAGE, StreamView.NEW_AND_OLD_IMAGES):
                told["NewImage"] = after
            if before is not None and view in (StreamView.OLD_IMAGE, StreamView.NEW_AND_OLD_IMAGES):
                told["OldImage"] = before
            record = {
                "eventID": uuid.uuid4().hex,
                "eventName": "INSERT" if before is None else "REMOVE" if after is None else "MODIFY",
                "eventVersion": "1.1",
                "eventSource": "aws:dynamodb",
                "awsRegion": stream.region,
                "dynamodb": told,
                **({"userIdentity": _SERVICE} if expired else {}),
            }
            with self._store.transaction() as writing:
                writing.put("dynamodb-stream", f"{arn}/{self._number:020d}", record)
                oldest = self._clock() - RETENTION_SECONDS
                while stream.records and _at(stream.records[0][1]) < oldest:
                    number, _ = stream.records.pop(0)
                    writing.delete("dynamodb-stream", f"{arn}/{number:020d}")
            stream.records.append((self._number, record))
            self._changed.notify_all()

    def _list(self, call: Call) -> Answer:
        wanted = call.params.get("TableName")
        return {
            "Streams": [
                {"StreamArn": arn, "TableName": stream.table, "StreamLabel": arn.rpartition("/")[2]}
                for arn, stream in self._streams.items()
                if stream.region == call.region and wanted in (None, stream.table)
            ]
        }

    def _describe(self, call: Call) -> Answer:
        arn = str(call.params["StreamArn"])
        stream = self._stream(arn)
        shard = {"ShardId": SHARD, "SequenceNumberRange": {"StartingSequenceNumber": str(_BASE)}}
        return {
            "StreamDescription": {
                "StreamArn": arn,
                "StreamLabel": arn.rpartition("/")[2],
                "StreamStatus": "ENABLED",
                "TableName": stream.table,
                "Shards": [shard],
            }
        }

    def _iterator(self, call: Call) -> Answer:
        arn = str(call.params["StreamArn"])
        self._stream(arn)
        at = int(call.params.get("SequenceNumber") or _BASE) - _BASE
        after = {
            "TRIM_HORIZON": 0,
            "LATEST": self._number,
            "AFTER_SEQUENCE_NUMBER": at,
            "AT_SEQUENCE_NUMBER": at - 1,
        }.get(str(call.params["ShardIteratorType"]))
        if after is None:
            kind = call.params["ShardIteratorType"]
            raise AwsError("ValidationException", f"{kind!r} is no type of shard iterator")
        return {"ShardIterator": _packed(arn, after)}

    def _get(self, call: Call) -> Answer:
        arn, after = _unpacked(str(call.params["ShardIterator"]))
        limit = int(call.params.get("Limit") or MAX_RECORDS)
        deadline = monotonic() + call.wait_seconds
        while True:
            records = self._stream(arn).records
            first = bisect_left(records, after + 1, key=lambda record: record[0])
            found = records[first : first + limit]
            left = deadline - monotonic()
            if found or left <= 0:
                break
            self._changed.wait(left)
        last = found[-1][0] if found else after
        return {"Records": [record for _, record in found], "NextShardIterator": _packed(arn, last)}

    def _stream(self, arn: str) -> _Stream:
        if arn not in self._streams:
            raise AwsError("ResourceNotFoundException", f"Requested resource not found: Stream: {arn}")
        return self._streams[arn]


def _at(record: Mapping[str, Any]) -> float:
    return float(record["dynamodb"]["ApproximateCreationDateTime"])


def _packed(arn: str, after: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([arn, after]).encode()).decode()


def _unpacked(iterator: str) -> tuple[str, int]:
    try:
        arn, after = json.loads(base64.urlsafe_b64decode(iterator))
        return str(arn), int(after)
    except ValueError as error:
        raise AwsError("ValidationException", "the shard iterator is none of ours") from error
