"""Firehose: records are buffered and put as objects, by size and by time.

https://docs.aws.amazon.com/firehose/latest/APIReference/
What has no counterpart on a laptop is said by `status()`: Parquet is written as lines of JSON, and what would
go to another destination than S3 goes to its S3 backup.
"""

import base64
import binascii
import gzip
import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import RLock
from typing import Any, Final, TypeAlias

from local.aws.engine import Engine, tag_list, tags_of
from local.aws.object_names import check_prefix, evaluated, object_name
from local.aws.partition_query import PartitionQuery
from local.aws.service import Answer, AwsError, Call, Service
from local.aws.shelf import Item, Shelf
from local.aws.store import Store, Writing
from local.clock import Clock

PutObject: TypeAlias = Callable[[str, str, bytes], None]

_NAME: Final = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
_MIB: Final = 1_048_576
_RECORD_BYTES: Final = 1_024_000
_BATCH_BYTES: Final = 4 * _MIB
_BATCH_RECORDS: Final = 500
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
        self._objects = objects
        self._lock = RLock()
        self._streams = Shelf(store, "firehose.stream")
        self._checkpoints = Shelf(store, "firehose.checkpoint")
        self._buffers: dict[tuple[str, str, str], _Buffer] = {}
        self._next = 1
        self._queries: dict[str, PartitionQuery] = {}
        for key, kept in store.load(_RECORDS):
            self._next = int(key) + 1
            self._adopt(key, kept)

    def status(self) -> Mapping[str, Any]:
        """`deliveryStreams`: of each its name, ARN, buffered records and bytes, and what differs from AWS."""
        with self._lock:
            return {"deliveryStreams": [self._shown(arn, one) for arn, one in self._streams.items()]}

    def _shown(self, arn: str, stream: Item) -> dict[str, Any]:
        buffers = [buffer for buffer in self._buffers.values() if buffer.arn == arn]
        notes = []
        if _converts(stream["destination"]):
            notes.append("writes lines of JSON, not Parquet")
        if stream["kind"] != "ExtendedS3Destination":
            notes.append(f"there is no {stream['kind']} here: everything goes to its S3 backup")
        return {
            "name": stream["name"],
            "arn": arn,
            "bufferedRecords": sum(len(buffer.records) for buffer in buffers),
            "bufferedBytes": sum(buffer.size for buffer in buffers),
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
            now = self._clock()
            for key, buffer in list(self._buffers.items()):
                if now >= buffer.since + self._hints(buffer.arn)[0]:
                    self._flush(key)

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
        self._check(kind, destination)
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

    def _check(self, kind: str, destination: Mapping[str, Any]) -> None:
        if kind not in {"S3Destination", "ExtendedS3Destination"} and not _s3(kind, destination):
            raise AwsError(self.invalid, f"{kind} without an S3 configuration")
        try:
            query = _query(destination)
            keys = query.names if query else frozenset()
            s3 = _s3(kind, destination)
            check_prefix(s3.get("Prefix") or "", keys)
            check_prefix(s3.get("ErrorOutputPrefix") or "", frozenset(), of_errors=True)
        except ValueError as error:
            raise AwsError(self.invalid, str(error)) from None
        if s3.get("CompressionFormat") not in {None, "UNCOMPRESSED", "GZIP"}:
            raise AwsError(
                self.invalid, f"CompressionFormat {s3['CompressionFormat']} is not emulated: use GZIP"
            )

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
            self._check(stream["kind"], destination)
            self._flush_all(arn)  # what came before goes where it was to go
            self._queries.pop(arn, None)
            changed = {"destination": destination, "version": stream["version"] + 1}
            self._streams.put(arn, {**stream, **changed})
        return {}

    def _delete(self, call: Call) -> Answer:
        with self._lock:
            arn, _ = self._stream(call)
            self._flush_all(arn)
            with self._writing() as writing:
                for key in [key for key, buffer in self._buffers.items() if buffer.arn == arn]:
                    for number, _ in self._buffers.pop(key).records:
                        writing.delete(_RECORDS, number)
                for place in [place for place in self._checkpoints if place.startswith(f"{arn}|")]:
                    self._checkpoints.remove(place)
                self._streams.remove(arn)
            self._queries.pop(arn, None)
        return {}

    def _describe(self, call: Call) -> Answer:
        with self._lock:
            arn, stream = self._stream(call)
        destination = {
            "DestinationId": "destinationId-000000000001",
            f"{stream['kind']}Description": _described(stream["destination"]),
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
            self._streams.put(arn, {**stream, "tags": {**stream["tags"], **tags_of(self.need(call, "Tags"))}})
        return {}

    def _untag(self, call: Call) -> Answer:
        gone = set(self.need(call, "TagKeys"))
        with self._lock:
            arn, stream = self._stream(call)
            left = {key: value for key, value in stream["tags"].items() if key not in gone}
            self._streams.put(arn, {**stream, "tags": left})
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
                ids = [self._buffer(writing, arn, data) for data in found]
            self._flush_full(arn)
        return ids

    def _buffer(self, writing: Writing, arn: str, data: bytes) -> str:
        destination = self._streams[arn]["destination"]
        keys: Mapping[str, str] = {}
        error = ""
        if (query := self._queries.get(arn) or _query(destination)) is not None:
            self._queries[arn] = query
            try:
                keys = query.keys(json.loads(data))
            except ValueError as problem:
                _log.warning("%s: a record goes to the errors: %s", arn, problem)
                error, data = _FAILED, _failed(data, str(problem), self._clock())
        delimiter = b"\n" if error or _converts(destination) else _delimiter(destination)
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

    def _adopt(self, number: str, kept: Item) -> None:
        key = (kept["arn"], json.dumps(kept["keys"], sort_keys=True), kept["error"])
        if (buffer := self._buffers.get(key)) is None:
            buffer = self._buffers[key] = _Buffer(kept["arn"], kept["keys"], kept["error"], kept["at"])
        data = base64.b64decode(kept["data"])
        buffer.records.append((number, data))
        buffer.size += len(data)

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
                        self._buffer(writing, arn, base64.b64decode(record["Data"]))
                    if read["NextShardIterator"] != (kept or {}).get("iterator"):
                        self._checkpoints.put(place, {"iterator": read["NextShardIterator"]})
                self._flush_full(arn)

    # Objects

    def _hints(self, arn: str) -> tuple[float, int]:
        """(seconds, bytes) after which a buffer is put."""
        stream = self._streams[arn]
        hints = _s3(stream["kind"], stream["destination"]).get("BufferingHints") or {}
        size = hints.get("SizeInMBs")
        seconds = hints.get("IntervalInSeconds")
        return (300 if seconds is None else seconds), (5 if size is None else size) * _MIB

    def _flush_full(self, arn: str) -> None:
        most = self._hints(arn)[1]
        for key, buffer in list(self._buffers.items()):
            if buffer.arn == arn and buffer.size >= most:
                self._flush(key)

    def _flush_all(self, arn: str) -> None:
        for key, buffer in list(self._buffers.items()):
            if buffer.arn == arn:
                self._flush(key)

    def _flush(self, key: tuple[str, str, str]) -> None:
        """Put the object; on failure the records stay, to be put later. After a crash it may be put twice."""
        buffer = self._buffers[key]
        stream = self._streams[buffer.arn]
        s3 = _s3(stream["kind"], stream["destination"])
        zipped = s3.get("CompressionFormat") == "GZIP"
        prefix = (s3.get("ErrorOutputPrefix") if buffer.error else s3.get("Prefix")) or ""
        start = evaluated(prefix, buffer.since, buffer.keys, buffer.error)
        extension = stream["destination"].get("FileExtension") or (".gz" if zipped else "")
        name = object_name(stream["name"], stream["version"], buffer.since, extension)
        body = b"".join(data for _, data in buffer.records)
        bucket = s3["BucketARN"].split(":")[-1]
        try:
            self._objects(bucket, start + name, gzip.compress(body) if zipped else body)
        except Exception as error:
            _log.warning("%s cannot put %s to %s: %s", buffer.arn, start + name, bucket, error)
            return
        with self._writing() as writing:
            for number, _ in buffer.records:
                writing.delete(_RECORDS, number)
        del self._buffers[key]

    @contextmanager
    def _writing(self) -> Iterator[Writing]:
        with self._lock, self._store.transaction() as writing:
            yield writing


def _s3(kind: str, destination: Mapping[str, Any]) -> Mapping[str, Any]:
    if kind in {"S3Destination", "ExtendedS3Destination"}:
        return destination
    found: Mapping[str, Any] = destination.get("S3Configuration") or {}
    return found


def _converts(destination: Mapping[str, Any]) -> bool:
    conversion = destination.get("DataFormatConversionConfiguration") or {}
    return bool(conversion) and conversion.get("Enabled", True) is not False


def _processors(destination: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    processing = destination.get("ProcessingConfiguration") or {}
    if not processing.get("Enabled"):
        return {}
    return {
        one["Type"]: {each["ParameterName"]: each["ParameterValue"] for each in one.get("Parameters") or ()}
        for one in processing.get("Processors") or ()
    }


def _query(destination: Mapping[str, Any]) -> PartitionQuery | None:
    processors = _processors(destination)
    if unknown := set(processors) - {"MetadataExtraction", "AppendDelimiterToRecord"}:
        raise ValueError(f"the processor {', '.join(sorted(unknown))} is not emulated")
    extraction = processors.get("MetadataExtraction")
    return PartitionQuery(extraction["MetadataExtractionQuery"]) if extraction else None


def _delimiter(destination: Mapping[str, Any]) -> bytes:
    processor = _processors(destination).get("AppendDelimiterToRecord")
    return b"" if processor is None else processor.get("Delimiter", "\\n").replace("\\n", "\n").encode()


def _failed(data: bytes, reason: str, at: float) -> bytes:
    record = {
        "attemptsMade": 1,
        "arrivalTimestamp": int(at * 1_000),
        "errorCode": "DynamicPartitioning.MetadataExtractionFailed",
        "errorMessage": reason,
        "rawData": base64.b64encode(data).decode(),
    }
    return json.dumps(record).encode()


def _described(destination: Mapping[str, Any]) -> dict[str, Any]:
    shown = {"CompressionFormat": "UNCOMPRESSED", **destination}
    shown.setdefault("EncryptionConfiguration", {"NoEncryptionConfig": "NoEncryption"})
    for name in ("S3Configuration", "S3BackupConfiguration"):
        if name in shown:
            shown[
                name.replace("Configuration", "DestinationDescription" if name[2] == "C" else "Description")
            ] = shown.pop(name)
    return shown
