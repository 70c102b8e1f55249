"""Firehose: records are buffered and put as objects, by size and by time.

https://docs.aws.amazon.com/firehose/latest/APIReference/
What has no counterpart on a laptop is said by `status()`: Parquet is written as lines of JSON, and what would
go to another destination than S3 goes to its S3 backup.
"""

import base64
import binascii
import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import RLock
from typing import Any, Final

from local.aws.engine import Engine, tag_list, tags_of
from local.aws.firehose.buffers import Buffers, PutObject
from local.aws.firehose.destination import Destination
from local.aws.service import Answer, AwsError, Call, Service
from local.aws.shelf import Item, Shelf
from local.aws.store import Store, Writing
from local.clock import Clock

_NAME: Final = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_RECORD_BYTES: Final = 1_024_000
_BATCH_BYTES: Final = 4 * 1_048_576
_BATCH_RECORDS: Final = 500
_log: Final = logging.getLogger(__name__)


class Firehose(Engine):
    """The delivery streams of every Region. `run_due` is to be called now and then."""

    invalid = "InvalidArgumentException"

    def __init__(self, store: Store, clock: Clock, kinesis: Service, objects: PutObject) -> None:
        super().__init__(
            {
                "CreateDeliveryStream": self._create,
                "DeleteDeliveryStream": self._delete,
                "DescribeDeliveryStream": self._describe,
                "ListDeliveryStreams": self._list,
                "ListTagsForDeliveryStream": self._list_tags,
                "PutRecord": self._put,
                "PutRecordBatch": self._put_batch,
                "StartDeliveryStreamEncryption": self._encrypt,
                "StopDeliveryStreamEncryption": self._encrypt,
                "TagDeliveryStream": self._tag,
                "UntagDeliveryStream": self._untag,
                "UpdateDestination": self._update,
            }
        )
        self._store = store
        self._clock = clock
        self._kinesis = kinesis
        self._lock = RLock()
        self._streams = Shelf(store, "firehose.stream")
        self._checkpoints = Shelf(store, "firehose.checkpoint")
        self._buffers = Buffers(store, clock, self._streams, objects)

    def status(self) -> Mapping[str, Any]:
        """`deliveryStreams`: of each its name, ARN, buffered records and bytes, and what differs from AWS."""
        with self._lock:
            return {"deliveryStreams": [self._shown(arn, one) for arn, one in self._streams.items()]}

    def _shown(self, arn: str, stream: Item) -> dict[str, Any]:
        records, size = self._buffers.held(arn)
        destination = Destination.of(stream)
        notes = []
        if destination.converts:
            notes.append("writes lines of JSON, not Parquet")
        if stream["kind"] != "ExtendedS3Destination":
            notes.append(f"there is no {stream['kind']} here: everything goes to its S3 backup")
        return {
            "name": stream["name"],
            "arn": arn,
            "bufferedRecords": records,
            "bufferedBytes": size,
            "notes": notes,
        }

    def run_due(self) -> None:
        """Read the source streams, and put the objects whose time has come."""
        with self._lock:
            sources = [(arn, one["source"]) for arn, one in self._streams.items() if one["source"]]
        for arn, source in sources:
            try:
                self._pull(arn, source["KinesisStreamARN"])
            except AwsError as error:
                _log.warning("%s cannot read its source: %s", arn, error)
        with self._lock:
            self._buffers.flush_due()

    # Streams

    def _arn(self, call: Call) -> str:
        name = self.need(call, "DeliveryStreamName")
        return f"arn:aws:firehose:{call.region}:{call.account}:deliverystream/{name}"

    def _stream(self, call: Call) -> tuple[str, Item]:
        arn = self._arn(call)
        if (stream := self._streams.get(arn)) is None:
            name = arn.split("/")[-1]
            raise AwsError(
                "ResourceNotFoundException", f"Firehose {name} under account {call.account} not found."
            )
        return arn, stream

    def _create(self, call: Call) -> Answer:
        arn, params = self._arn(call), call.params
        name = str(params["DeliveryStreamName"])
        if not _NAME.fullmatch(name):
            raise AwsError(self.invalid, f"DeliveryStreamName {name!r}: use 1 to 64 letters, digits, _ . -")
        kinds = [key for key in params if key.endswith("DestinationConfiguration")]
        if len(kinds) != 1:
            raise AwsError(self.invalid, f"Exactly one destination configuration: there are {len(kinds)}")
        kind = kinds[0].removesuffix("Configuration")
        destination = dict(params[kinds[0]])
        self._check(Destination(kind, destination))
        now = self._clock()
        with self._lock:
            if arn in self._streams:
                raise AwsError("ResourceInUseException", f"Firehose {name} already exists.")
            self._streams.put(
                arn,
                {
                    "name": name,
                    "type": params.get("DeliveryStreamType") or "DirectPut",
                    "kind": kind,
                    "destination": destination,
                    "source": params.get("KinesisStreamSourceConfiguration"),
                    "encryption": params.get("DeliveryStreamEncryptionConfigurationInput"),
                    "tags": tags_of(params.get("Tags")),
                    "created": now,
                    "version": 1,
                },
            )
        return {"DeliveryStreamARN": arn}

    def _check(self, destination: Destination) -> None:
        try:
            destination.check()
        except ValueError as error:
            raise AwsError(self.invalid, str(error)) from None

    def _update(self, call: Call) -> Answer:
        with self._lock:
            arn, stream = self._stream(call)
            said = str(self.need(call, "CurrentDeliveryStreamVersionId"))
            if said != str(stream["version"]):
                raise AwsError(
                    "ConcurrentModificationException", f"The version is {stream['version']}, not {said}"
                )
            update = call.params.get(f"{stream['kind']}Update") or {}
            destination = {**stream["destination"], **update}
            self._check(Destination(stream["kind"], destination))
            self._buffers.flush(arn)  # what came before goes where it was to go
            changed = {"destination": destination, "version": stream["version"] + 1}
            self._streams.put(arn, {**stream, **changed})
        return {}

    def _delete(self, call: Call) -> Answer:
        with self._lock:
            arn, _ = self._stream(call)
            self._buffers.flush(arn)
            with self._writing() as writing:
                self._buffers.forget(writing, arn)
                for place in [place for place in self._checkpoints if place.startswith(f"{arn}|")]:
                    self._checkpoints.remove(place)
                self._streams.remove(arn)
        return {}

    def _describe(self, call: Call) -> Answer:
        with self._lock:
            arn, stream = self._stream(call)
        destination = {
            "DestinationId": "destinationId-000000000001",
            f"{stream['kind']}Description": Destination.of(stream).described(),
        }
        shown = {
            "DeliveryStreamName": stream["name"],
            "DeliveryStreamARN": arn,
            "DeliveryStreamStatus": "ACTIVE",
            "DeliveryStreamType": stream["type"],
            "VersionId": str(stream["version"]),
            "CreateTimestamp": stream["created"],
            "Destinations": [destination],
            "HasMoreDestinations": False,
        }
        if stream["source"]:
            started = {**stream["source"], "DeliveryStartTimestamp": stream["created"]}
            shown["Source"] = {"KinesisStreamSourceDescription": started}
        encryption = stream["encryption"]
        shown["DeliveryStreamEncryptionConfiguration"] = (
            {**encryption, "Status": "ENABLED"} if encryption else {"Status": "DISABLED"}
        )
        return {"DeliveryStreamDescription": shown}

    def _list(self, call: Call) -> Answer:
        start = f"arn:aws:firehose:{call.region}:{call.account}:"
        with self._lock:
            names = [one["name"] for arn, one in self._streams.items() if arn.startswith(start)]
        return {"DeliveryStreamNames": names, "HasMoreDeliveryStreams": False}

    def _encrypt(self, call: Call) -> Answer:
        with self._lock:
            arn, stream = self._stream(call)
            on = call.operation.startswith("Start")
            given = call.params.get("DeliveryStreamEncryptionConfigurationInput") or {
                "KeyType": "AWS_OWNED_CMK"
            }
            self._streams.put(arn, {**stream, "encryption": given if on else None})
        return {}

    def _tag(self, call: Call) -> Answer:
        with self._lock:
            arn, stream = self._stream(call)
            self._streams.tag(arn, stream, tags_of(self.need(call, "Tags")))
        return {}

    def _untag(self, call: Call) -> Answer:
        with self._lock:
            arn, stream = self._stream(call)
            self._streams.untag(arn, stream, self.need(call, "TagKeys"))
        return {}

    def _list_tags(self, call: Call) -> Answer:
        with self._lock:
            return {"Tags": tag_list(self._stream(call)[1]["tags"]), "HasMoreTags": False}

    # Records

    def _put(self, call: Call) -> Answer:
        data = self._data(self.need(call, "Record"))
        return {"RecordId": self._take(call, [data])[0], "Encrypted": False}

    def _put_batch(self, call: Call) -> Answer:
        records = self.need(call, "Records")
        if len(records) > _BATCH_RECORDS:
            raise AwsError(self.invalid, f"{len(records)} records: a call takes up to {_BATCH_RECORDS}")
        found = [self._data(record) for record in records]
        if (total := sum(len(data) for data in found)) > _BATCH_BYTES:
            raise AwsError(self.invalid, f"{total} bytes: a call takes up to {_BATCH_BYTES}")
        ids = self._take(call, found)
        return {
            "FailedPutCount": 0,
            "Encrypted": False,
            "RequestResponses": [{"RecordId": id_} for id_ in ids],
        }

    def _data(self, record: Mapping[str, Any]) -> bytes:
        try:
            data = base64.b64decode(str(record.get("Data", "")), validate=True)
        except binascii.Error as error:
            raise AwsError("SerializationException", f"Data is no base64: {error}") from None
        if len(data) > _RECORD_BYTES:
            raise AwsError(self.invalid, f"A record of {len(data)} bytes: use up to {_RECORD_BYTES}")
        return data

    def _take(self, call: Call, found: list[bytes]) -> list[str]:
        with self._lock:
            arn, stream = self._stream(call)
            if stream["source"]:
                raise AwsError(self.invalid, f"{stream['name']} takes records only of its source stream")
            with self._writing() as writing:
                ids = [self._buffers.take(writing, arn, data) for data in found]
            self._buffers.flush(arn, full=True)
        return ids

    def _pull(self, arn: str, source_arn: str) -> None:
        _, _, _, region, account, _ = source_arn.split(":", 5)

        def call(operation: str, **params: str | float) -> Answer:
            return self._kinesis.call(Call(operation, region, account, params))

        for shard in call("ListShards", StreamARN=source_arn)["Shards"]:
            place = f"{arn}|{shard['ShardId']}"
            with self._lock:
                kept = self._checkpoints.get(place)
                created = self._streams[arn]["created"] if arn in self._streams else None
            if created is None:
                return
            position = {"StreamARN": source_arn, "ShardId": shard["ShardId"], "Timestamp": created}
            iterator = (
                kept["iterator"]
                if kept
                else call("GetShardIterator", ShardIteratorType="AT_TIMESTAMP", **position)["ShardIterator"]
            )
            read = call("GetRecords", ShardIterator=iterator)
            with self._lock:
                if arn not in self._streams:
                    return
                # What was read and how far, or neither.
                with self._writing() as writing:
                    for record in read["Records"]:
                        self._buffers.take(writing, arn, base64.b64decode(record["Data"]))
                    if read["NextShardIterator"] != (kept or {}).get("iterator"):
                        self._checkpoints.put(place, {"iterator": read["NextShardIterator"]})
                self._buffers.flush(arn, full=True)

    @contextmanager
    def _writing(self) -> Iterator[Writing]:
        with self._lock, self._store.transaction() as writing:
            yield writing
