"""DynamoDB and DynamoDB Streams as a service.

Each call is one step: it sees all that was done before it and nothing of others. Items are replaced, never
changed, so an answer stays what it was.
"""

import time
from collections.abc import Callable, Mapping
from heapq import heappop
from typing import Any, Final, TypeAlias

from local.aws.service import Answer, AwsError, Call
from local.aws.store import Store
from local.dynamodb.control import Control
from local.dynamodb.database import SENDING, SERVICE, Change, Database, Defined, expiry
from local.dynamodb.grammar import ExpressionError
from local.dynamodb.reads import Reads
from local.dynamodb.requests import Request
from local.dynamodb.settings import Settings
from local.dynamodb.streams import KEPT_SECONDS, MAX_RECORDS, Stream, read_iterator, written
from local.dynamodb.table import Key
from local.dynamodb.values import invalid
from local.dynamodb.writes import Writes

Lag: TypeAlias = Callable[[str, str], float | None]
"""(from a Region, to another) -> s until a write gets there; None: it does not, for the time being."""

_FIVE_YEARS: Final = 5 * 365 * 24 * 3600
_TABLES: Final = frozenset(
    {
        "CreateTable",
        "DescribeTable",
        "ListTables",
        "UpdateTable",
        "DeleteTable",
    }
)
_SETTINGS: Final = frozenset(
    {
        "UpdateTimeToLive",
        "DescribeTimeToLive",
        "UpdateContinuousBackups",
        "DescribeContinuousBackups",
        "TagResource",
        "UntagResource",
        "ListTagsOfResource",
    }
)
_READS: Final = frozenset({"GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan"})
_WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"})
_STREAMS: Final = frozenset({"ListStreams", "DescribeStream", "GetShardIterator", "GetRecords"})


def _snake(operation: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation)[1:]


class Engine:
    """A `Service`; without a store and clock: one that forgets, by the real time.

    `turn` does what happens by itself: items expire, other Regions get writes, old records go.
    """

    def __init__(
        self, store: Store | None = None, clock: Callable[[], float] = time.time, *, lag: Lag = lambda *_: 0.0
    ) -> None:
        self._database = Database(store or Store(), clock)
        self._clock = clock
        self._lag = lag
        self._writes = Writes(self._database)
        control, settings, reads = Control(self._database), Settings(self._database), Reads(self._database)
        self._tables: Mapping[str, Callable[[str, str, Request], Answer]] = {
            **{name: getattr(control, _snake(name)) for name in _TABLES},
            **{name: getattr(settings, _snake(name)) for name in _SETTINGS},
        }
        self._items: Mapping[str, Callable[[str, Request], Answer]] = {
            **{name: getattr(reads, _snake(name)) for name in _READS},
            **{name: getattr(self._writes, _snake(name)) for name in _WRITES},
        }
        self._streams: Mapping[str, Callable[[Call], Answer]] = {
            name: getattr(self, f"_{_snake(name)}") for name in _STREAMS
        }

    def call(self, call: Call) -> Answer:
        """The answer to a request as it is on the wire. Raises AwsError."""
        try:
            with self._database.lock:
                serve = self._items.get(call.operation)
                if serve is not None:
                    return serve(call.region, call.params)
                if call.operation in self._tables:
                    return self._tables[call.operation](call.region, call.account, call.params)
                if call.operation in self._streams:
                    return self._streams[call.operation](call)
        except ExpressionError as error:
            raise invalid(str(error)) from error
        except KeyError as error:
            raise invalid(f"{call.operation}: {error.args[0]} is missing") from error
        known = ", ".join(sorted(_TABLES | _SETTINGS | _READS | _WRITES | _STREAMS))
        raise AwsError("UnknownOperationException", f"{call.operation} is not served; these are: {known}")

    def _list_streams(self, call: Call) -> Answer:
        listed = [
            {"StreamArn": arn, "TableName": of.name, "StreamLabel": arn.rsplit("/", 1)[1]}
            for of in self._database.tables.values()
            for arn in of.known["streams"]
            if of.region == call.region and call.params.get("TableName", of.name) == of.name
        ]
        listed.sort(key=lambda its: its["StreamArn"])
        after, limit = call.params.get("ExclusiveStartStreamArn", ""), call.params.get("Limit", 100)
        left = [its for its in listed if its["StreamArn"] > after]
        more = {"LastEvaluatedStreamArn": left[limit - 1]["StreamArn"]} if len(left) > limit else {}
        return {"Streams": left[:limit], **more}

    def _describe_stream(self, call: Call) -> Answer:
        stream = self._stream(call.params.get("StreamArn"))
        table, label = stream.arn.split("/")[1], stream.arn.rsplit("/", 1)[1]
        return {"StreamDescription": stream.describe(table, label)}

    def _get_shard_iterator(self, call: Call) -> Answer:
        return {"ShardIterator": self._stream(call.params.get("StreamArn")).iterator(call.params)}

    def _get_records(self, call: Call) -> Answer:
        limit = call.params.get("Limit", MAX_RECORDS)
        if not isinstance(limit, int) or not 1 <= limit <= MAX_RECORDS:
            raise invalid(f"Limit is {limit!r}: 1 to {MAX_RECORDS} can be")
        arn, at = read_iterator(call.params.get("ShardIterator"))

        def something() -> bool:
            stream = self._database.streams.get(arn)
            return stream is None or at < stream.next or not stream.is_open

        if call.wait_seconds > 0:
            self._database.changed.wait_for(something, call.wait_seconds)
        stream = self._stream(arn)
        records, after = stream.read(at, limit)
        if not stream.is_open and after >= stream.next:
            return {"Records": records}  # the end of a closed shard
        return {"Records": records, "NextShardIterator": written(arn, after)}

    def _stream(self, arn: object) -> Stream:
        stream = self._database.streams.get(str(arn))
        if stream is None:
            raise AwsError(
                "ResourceNotFoundException", f"Requested resource not found: Stream: {arn} not found"
            )
        return stream

    def status(self) -> Mapping[str, Any]:
        """Tables {name, region, items} and streams {name, region, records, oldestAgeSeconds}."""
        with self._database.lock:
            tables = sorted(self._database.tables.values(), key=lambda of: (of.region, of.name))
            return {
                "tables": [
                    {"name": of.name, "region": of.region, "items": len(of.table.rows)} for of in tables
                ],
                "tableStreams": [self._state(of, arn) for of in tables for arn in of.known["streams"]],
                "replicating": len(self._database.sending),
            }

    def _state(self, of: Defined, arn: str) -> Mapping[str, Any]:
        records = self._database.streams[arn].records
        oldest = records[0]["dynamodb"]["ApproximateCreationDateTime"] if records else None
        return {
            "name": of.name,
            "region": of.region,
            "records": len(records),
            "oldestAgeSeconds": None if oldest is None else max(0.0, self._clock() - oldest),
        }

    def wait(self, seconds: float) -> None:
        """Until something changed, for so many real seconds at most."""
        with self._database.lock:
            if not self._database.sending:
                self._database.changed.wait(seconds)

    def turn(self) -> None:
        """What is due by now. Cheap when nothing is."""
        with self._database.lock:
            self._replicate()
            self._expire()
            self._trim()
            self._writes.sweep()

    def _replicate(self) -> None:
        now = self._clock()
        for number, its in sorted(self._database.sending.items()):
            lag = self._lag(its["from"], its["to"])
            if lag is None or its["at"] + lag > now:
                continue
            of = self._database.tables.get((its["to"], its["table"]))
            changes = [] if of is None else self._arrived(of, its)
            self._database.apply(changes, lambda writing, name=number: writing.delete(SENDING, name))  # type: ignore[misc]
            del self._database.sending[number]

    def _arrived(self, of: Defined, its: Mapping[str, Any]) -> list[Change]:
        key = of.table.key_of(its["keys"])
        row, tomb = of.table.rows.get(key), of.table.tombs.get(key)
        here = (row.at, row.origin) if row else tomb
        # The last writer wins; of two at once the Region that is last by name, the same one everywhere.
        if here is not None and here >= (its["at"], its["from"]):
            return []
        return [Change(of, key, its["keys"], its["item"], at=its["at"], origin=its["from"])]

    def _expire(self) -> None:
        now = self._clock()
        for of in self._database.tables.values():
            due: dict[Key, Change] = {}
            while of.expiring and of.expiring[0][0] <= now and len(due) < MAX_RECORDS:
                _, _, key = heappop(of.expiring)
                row = of.table.rows.get(key)
                when = None if row is None else expiry(row.item, of.known["ttl"])
                if row is not None and when is not None and now - _FIVE_YEARS < when <= now:
                    keys = {name: row.item[name] for name in of.table.keys}
                    due[key] = Change(of, key, keys, None, identity=SERVICE)
            if due:
                self._database.apply(list(due.values()))

    def _trim(self) -> None:
        before = self._clock() - KEPT_SECONDS
        for stream in self._database.streams.values():
            if stream.records and stream.records[0]["dynamodb"]["ApproximateCreationDateTime"] < before:
                with self._database.writing() as writing:
                    stream.trim(writing, before)
        for of in self._database.tables.values():
            old = [key for key, (at, _) in of.table.tombs.items() if at < before]
            for key in old:
                self._database.forget(of, key)
