"""Streams: what changed in a table, in one shard, for 24 hours."""

import base64
import json
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self
from uuid import NAMESPACE_URL, uuid5

from local.aws.service import AwsError
from local.aws.store import Store, Writing
from local.dynamodb.grammar import Item
from local.dynamodb.values import invalid, measured

KEPT_SECONDS: Final = 24 * 3600
MAX_RECORDS: Final = 1000
MAX_BYTES: Final = 1024 * 1024
VIEWS: Final = ("NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY")
_FIRST: Final = 100_000_000_000_000_000_000  # AWS's numbers have 21 digits at least
_NEXT: Final = "dynamodb/stream-next"


def arn_of_stream(table: str, label: str) -> str:
    """The ARN of a stream of a table, by its ARN."""
    return f"{table}/stream/{label}"


@dataclass
class Stream:
    """`keys`: the table's. `next`: the number of the next record; records are in order, the first ones go."""

    arn: str
    view: str
    keys: tuple[str, ...]
    is_open: bool = True
    next: int = _FIRST
    records: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def load(cls, store: Store, arn: str, view: str, keys: tuple[str, ...], *, is_open: bool) -> Self:
        """As it was kept."""
        made = cls(arn, view, keys, is_open)
        made.records = [record for _, record in store.load(made.kind)]
        numbers = [int(number) for of, number in store.load(_NEXT) if of == arn]
        made.next = max([_FIRST, *numbers, *(number_of(record) + 1 for record in made.records[-1:])])
        return made

    @property
    def kind(self) -> str:
        """Of its records in the store."""
        return f"dynamodb/stream/{self.arn}"

    @property
    def first(self) -> int:
        """The number of the oldest record that there is, or will be."""
        return number_of(self.records[0]) if self.records else self.next

    @property
    def shard(self) -> str:
        """Its only shard."""
        return f"shardId-{_FIRST // 10:020d}-{uuid5(NAMESPACE_URL, self.arn).hex[:8]}"

    def record(
        self, old: Item | None, new: Item | None, keys: Item, *, at: float, identity: Mapping[str, str] | None
    ) -> dict[str, Any]:
        """Of a change: it has the next number, and is to be appended."""
        event = "INSERT" if old is None else "REMOVE" if new is None else "MODIFY"
        told: dict[str, Any] = {
            "ApproximateCreationDateTime": int(at),
            "Keys": keys,
            "SequenceNumber": str(self.next),
            "StreamViewType": self.view,
        }
        if new is not None and self.view in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES"):
            told["NewImage"] = new
        if old is not None and self.view in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES"):
            told["OldImage"] = old
        told["SizeBytes"] = sum(
            measured(told[part]) for part in ("Keys", "NewImage", "OldImage") if part in told
        )
        record: dict[str, Any] = {
            "eventID": uuid5(NAMESPACE_URL, f"{self.arn}/{self.next}").hex,
            "eventName": event,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": self.arn.split(":")[3],
            "dynamodb": told,
        }
        if identity is not None:
            record["userIdentity"] = dict(identity)
        self.next += 1
        return record

    def append(self, record: dict[str, Any]) -> None:
        """One that was kept."""
        self.records.append(record)

    def trim(self, writing: Writing, before: float) -> None:
        """Forgets the records of before a time."""
        kept = next(
            (
                at
                for at, record in enumerate(self.records)
                if record["dynamodb"]["ApproximateCreationDateTime"] >= before
            ),
            len(self.records),
        )
        for record in self.records[:kept]:
            writing.delete(self.kind, record["dynamodb"]["SequenceNumber"])
        if kept:
            writing.put(_NEXT, self.arn, self.next)
            self.records = self.records[kept:]

    def drop(self, writing: Writing) -> None:
        """Forgets everything of it."""
        writing.clear(self.kind)
        writing.delete(_NEXT, self.arn)

    def describe(self, table: str, label: str) -> dict[str, Any]:
        """DescribeStream's answer."""
        numbers = {"StartingSequenceNumber": str(_FIRST)}
        if not self.is_open:
            numbers["EndingSequenceNumber"] = str(max(self.next - 1, _FIRST))
        return {
            "StreamArn": self.arn,
            "StreamLabel": label,
            "StreamStatus": "ENABLED" if self.is_open else "DISABLED",
            "StreamViewType": self.view,
            "TableName": table,
            "KeySchema": [
                {"AttributeName": name, "KeyType": "RANGE" if place else "HASH"}
                for place, name in enumerate(self.keys)
            ],
            "Shards": [{"ShardId": self.shard, "SequenceNumberRange": numbers}],
        }

    def iterator(self, params: Mapping[str, Any]) -> str:
        """Where to read on, by GetShardIterator's parameters. Raises AwsError."""
        if params.get("ShardId") != self.shard:
            raise AwsError(
                "ResourceNotFoundException",
                f"Requested resource not found: Shard: {params.get('ShardId')} in stream: {self.arn}",
            )
        kind, number = params.get("ShardIteratorType"), params.get("SequenceNumber")
        if kind == "TRIM_HORIZON":
            return written(self.arn, self.first)
        if kind == "LATEST":
            return written(self.arn, self.next)
        if kind not in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
            raise invalid(
                f"ShardIteratorType is {kind!r}: TRIM_HORIZON, LATEST, AT_/AFTER_SEQUENCE_NUMBER can be"
            )
        if not isinstance(number, str) or not number.isdigit():
            raise invalid(f"SequenceNumber is {number!r}: {kind} needs the number of a record")
        at = int(number) + (kind == "AFTER_SEQUENCE_NUMBER")
        if at < self.first:
            raise AwsError(
                "TrimmedDataAccessException",
                f"The record {number} is older than what the stream has: its first is {self.first}",
            )
        return written(self.arn, at)

    def read(self, at: int, limit: int) -> tuple[list[dict[str, Any]], int]:
        """Records from a number on, and the number to read on from. Raises AwsError."""
        if at < self.first:
            raise AwsError(
                "TrimmedDataAccessException",
                f"The records from {at} on were trimmed: the stream's first is {self.first}",
            )
        page: list[dict[str, Any]] = []
        start, size = bisect_left(self.records, at, key=number_of), 0
        for record in self.records[start : start + limit]:
            size += record["dynamodb"]["SizeBytes"]
            if page and size > MAX_BYTES:
                break
            page.append(record)
        return page, number_of(page[-1]) + 1 if page else at


def number_of(record: Mapping[str, Any]) -> int:
    """A record's number."""
    return int(record["dynamodb"]["SequenceNumber"])


def written(arn: str, at: int) -> str:
    """A shard iterator. It does not expire: it says where, not when."""
    return base64.urlsafe_b64encode(json.dumps([arn, at]).encode()).decode()


def read_iterator(text: object) -> tuple[str, int]:
    """The stream's ARN and the number. Raises AwsError."""
    try:
        arn, at = json.loads(base64.urlsafe_b64decode(str(text)))
        return str(arn), int(at)
    except (ValueError, TypeError) as error:
        raise invalid(
            f"Invalid ShardIterator {text!r}: take it from GetShardIterator or GetRecords"
        ) from error
