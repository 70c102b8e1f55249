"""A stream of Kinesis or of a DynamoDB table as an event source: each shard in order, each record until it is
done or given up.

https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from threading import Event
from time import monotonic
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from moto.events.models import EventPattern

from local.aws.store import Store
from local.clock import Clock
from local.functions.destinations import Destinations
from local.functions.polling import AwayError, Connection, RefusedError
from local.functions.queue_source import failed_items
from local.functions.spec import Function, Mapping_, function_name
from local.functions.worker import Result

_KIND: Final = "checkpoint"
_WAIT_SECONDS: Final = 10.0
_LONGEST_BACK_OFF_SECONDS: Final = 30.0
Record = dict[str, Any]


class StreamSource:
    """One reader of all shards, one after the other. A checkpoint is kept after each batch.

    `age_seconds`: how old the last record was when it was done with, by the platform's clock.
    """

    def __init__(
        self,
        mapping: Mapping_,
        origin: str,
        invoke: Callable[[str, bytes], Result],
        *,
        store: Store,
        clock: Clock,
        destinations: Destinations,
        functions: Mapping[str, Function],
    ) -> None:
        self._mapping = mapping
        self._kinesis = ":kinesis:" in mapping.source
        self._region = mapping.source.split(":")[3]
        self._connection = Connection(origin, "kinesis" if self._kinesis else "dynamodb", self._region)
        self._invoke = invoke
        self._store = store
        self._clock = clock
        self._destinations = destinations
        self._function = functions.get(function_name(mapping.function))
        self._patterns = [EventPattern.load(pattern) for pattern in mapping.patterns]
        prefix = f"{mapping.uuid}/"
        self._done = {
            place.removeprefix(prefix): str(number)
            for place, number in store.load(_KIND)
            if place.startswith(prefix)
        }
        self._iterators: dict[str, str] = {}
        self.age_seconds = 0.0
        self._shards: list[str] = []

    def work(self, over: Event) -> None:
        """See `local.functions.mappings.Source`."""
        if not self._shards:
            self._shards = self._listed()
        wait = _WAIT_SECONDS if len(self._shards) == 1 else 0.5
        for shard in self._shards:
            records = self._gathered(shard, wait, over)
            if records and not over.is_set():
                self._process(shard, records, over)

    def _listed(self) -> list[str]:
        if self._kinesis:
            shards = self._connection.call("ListShards", {"StreamARN": self._mapping.source})["Shards"]
        else:
            described = self._connection.call("DescribeStream", {"StreamArn": self._mapping.source})
            shards = described["StreamDescription"]["Shards"]
        return [str(shard["ShardId"]) for shard in shards]

    def _gathered(self, shard: str, wait: float, over: Event) -> list[Record]:
        """A batch: full, or as many as came in the batching window after the first."""
        records: list[Record] = []
        window = self._clock.real_seconds(self._mapping.window)
        ends = monotonic() + wait
        while len(records) < self._mapping.batch_size and not over.is_set():
            left = ends - monotonic()
            if left <= 0 and (records or wait):
                break
            found = self._read(shard, self._mapping.batch_size - len(records), max(0.0, left))
            if found and not records:
                ends = monotonic() + window
            records += found
            if not found and not records:
                break
        return records

    def _read(self, shard: str, limit: int, wait: float) -> list[Record]:
        iterator = self._iterators.get(shard) or self._iterator(shard)
        try:
            answer = self._connection.call("GetRecords", {"ShardIterator": iterator, "Limit": limit}, wait)
        except (AwayError, RefusedError):
            self._iterators.pop(shard, None)  # where it is read from next follows from the checkpoint
            raise
        self._iterators[shard] = answer["NextShardIterator"]
        records: list[Record] = answer["Records"]
        return records

    def _iterator(self, shard: str) -> str:
        stream = {"StreamARN" if self._kinesis else "StreamArn": self._mapping.source, "ShardId": shard}
        done = self._done.get(shard)
        if done is None:
            asked = {**stream, "ShardIteratorType": self._mapping.start}
        else:
            number = "StartingSequenceNumber" if self._kinesis else "SequenceNumber"
            asked = {**stream, "ShardIteratorType": "AFTER_SEQUENCE_NUMBER", number: done}
        return str(self._connection.call("GetShardIterator", asked)["ShardIterator"])

    # One batch

    def _process(self, shard: str, records: list[Record], over: Event) -> None:
        """Until each record is done or given up; then it is never read again."""
        batches: list[tuple[list[Record], int]] = [(records, 0)]
        while batches and not over.is_set():
            batch, tries = batches.pop(0)
            wanted = [record for record in batch if self._wanted(record)]
            if not wanted:
                self._check(shard, batch)
                continue
            result = self._invoke(self._mapping.function, json.dumps(self._event(shard, wanted)).encode())
            if over.is_set():
                break
            failed = failed_items(result, self._mapping.partial, [self._number(one) for one in wanted])
            if not failed:
                self._check(shard, batch)
                continue
            first = next(i for i, record in enumerate(batch) if self._number(record) in failed)
            if first:
                self._check(shard, batch[:first])
                batch = batch[first:]
            reason = self._given_up(batch, tries)
            if reason:
                self._give_up(shard, batch, result, reason, tries + 1)
                self._check(shard, batch)
            elif self._mapping.bisect and len(batch) > 1:
                half = len(batch) // 2
                batches[:0] = [(batch[:half], tries), (batch[half:], tries)]
            else:
                batches.insert(0, (batch, tries + 1))
                over.wait(self._clock.real_seconds(min(_LONGEST_BACK_OFF_SECONDS, 2.0**tries)))
        if batches:  # it was told to stop: what is left is read again
            self._iterators.pop(shard, None)

    def _given_up(self, batch: list[Record], tries: int) -> str:
        mapping = self._mapping
        alone = len(batch) == 1 or not mapping.bisect
        if alone and 0 <= mapping.max_retries <= tries:
            return "RetryAttemptsExhausted"
        if 0 <= mapping.max_age < self._clock() - self._at(batch[0]):
            return "RecordAgeExceeded"
        return ""

    def _give_up(self, shard: str, batch: list[Record], result: Result, reason: str, tries: int) -> None:
        function = self._function
        if not self._mapping.on_failure or function is None:
            return
        record = self._destinations.failure(
            function_arn=function.arn,
            version=function.version,
            condition=reason,
            attempts=tries,
            request_id=result.request_id,
        )
        info = "KinesisBatchInfo" if self._kinesis else "DDBStreamBatchInfo"
        record[info] = {
            "shardId": shard,
            "startSequenceNumber": self._number(batch[0]),
            "endSequenceNumber": self._number(batch[-1]),
            "approximateArrivalOfFirstRecord": _iso(self._at(batch[0])),
            "approximateArrivalOfLastRecord": _iso(self._at(batch[-1])),
            "batchSize": len(batch),
            "streamArn": self._mapping.source,
        }
        if ":s3:" in self._mapping.on_failure:  # a bucket gets the records, others where they are
            record |= {"payload": json.dumps(self._event(shard, batch)), "mapping": self._mapping.uuid}
        try:
            self._destinations.send(self._mapping.on_failure, record)
        except (BotoCoreError, ClientError) as error:
            # The records are not lost: nothing was checked off, so they are read and tried again.
            self._iterators.pop(shard, None)
            raise AwayError(str(error)) from error

    def _check(self, shard: str, batch: list[Record]) -> None:
        self._done[shard] = self._number(batch[-1])
        self.age_seconds = self._clock() - self._at(batch[-1])
        with self._store.transaction() as writing:
            writing.put(_KIND, f"{self._mapping.uuid}/{shard}", self._done[shard])

    # Records

    def _number(self, record: Record) -> str:
        return str(record["SequenceNumber"] if self._kinesis else record["dynamodb"]["SequenceNumber"])

    def _at(self, record: Record) -> float:
        return float(
            record["ApproximateArrivalTimestamp"]
            if self._kinesis
            else record["dynamodb"]["ApproximateCreationDateTime"]
        )

    def _event(self, shard: str, records: list[Record]) -> dict[str, Any]:
        return {"Records": [self._shown(shard, record) for record in records]}

    def _shown(self, shard: str, record: Record) -> Record:
        if not self._kinesis:
            return {**record, "eventSourceARN": self._mapping.source}
        return {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": record["PartitionKey"],
                "sequenceNumber": record["SequenceNumber"],
                "data": record["Data"],
                "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"],
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{shard}:{record['SequenceNumber']}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": "arn:aws:iam::000000000000:role/local",
            "awsRegion": self._region,
            "eventSourceARN": self._mapping.source,
        }

    def _wanted(self, record: Record) -> bool:
        if not self._patterns:
            return True
        shown: Any = dict(record)
        if self._kinesis:
            try:
                shown = {"data": json.loads(base64.b64decode(record["Data"]))}
            except ValueError:
                return False
        return any(pattern.matches_event(shown) for pattern in self._patterns)


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
