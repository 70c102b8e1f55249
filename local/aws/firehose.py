"""Amazon Data Firehose: buffers of records that become objects of a bucket.

Objects are as Firehose names them. Records stay JSON: their conversion to Parquet is AWS's own, and is not
done here.
https://docs.aws.amazon.com/firehose/latest/APIReference/Welcome.html
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, RLock, Thread
from typing import Any, Final

from local.aws.kinesis import Kinesis
from local.aws.service import Answer, AwsError, Call
from local.aws.store import Store
from local.clock import Clock

MAX_RECORDS: Final = 500
_LOOK_SECONDS: Final = 1.0
_SELECT: Final = re.compile(r"!\{(\w+):([^}]+)\}")
_JAVA: Final = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}

PutObject = Callable[[str, str, bytes], None]
"""(bucket, key, content)."""


@dataclass
class Delivery:
    """A delivery stream. `checkpoint`: where reading goes on in the Kinesis stream that feeds it, by shard.

    What came from there is not kept: after a restart it is read again, from where it was delivered up to.
    """

    region: str
    name: str
    arn: str
    configuration: dict[str, Any]
    source: str = ""
    started: float = 0.0
    checkpoint: dict[str, str] = field(default_factory=dict)
    delivered: int = 0
    objects: int = 0
    number: int = 0
    buffer: list[str] = field(default_factory=list)

    def state(self) -> dict[str, Any]:
        """What is kept of it, but for its buffer."""
        return {name: value for name, value in vars(self).items() if name != "buffer"}

    @property
    def due_seconds(self) -> float:
        """How long the first record of a buffer waits."""
        return float(_hint(self.configuration, "IntervalInSeconds", 300))

    @property
    def full_bytes(self) -> float:
        """How large a buffer gets."""
        return float(_hint(self.configuration, "SizeInMBs", 5)) * 1_048_576


class Firehose:
    """`put_object`: into the emulated S3. `start` begins to deliver."""

    def __init__(
        self, store: Store, clock: Clock, *, account: str, kinesis: Kinesis, put_object: PutObject
    ) -> None:
        self._store = store
        self._clock = clock
        self._account = account
        self._kinesis = kinesis
        self._put_object = put_object
        self._lock = RLock()
        self._streams = {arn: Delivery(**state) for arn, state in store.load("firehose")}
        for place, record in store.load("firehose-record"):
            self._streams[place.rpartition("/")[0]].buffer.append(record)
        self._over = Event()
        self._calls: Mapping[str, Callable[[Call], Answer]] = {
            "CreateDeliveryStream": self._create,
            "DeleteDeliveryStream": self._delete,
            "DescribeDeliveryStream": self._describe,
            "ListDeliveryStreams": self._list,
            "UpdateDestination": self._update,
            "TagDeliveryStream": lambda _: {},
            "StartDeliveryStreamEncryption": lambda _: {},
            "PutRecord": self._put,
            "PutRecordBatch": self._put_many,
        }

    def call(self, call: Call) -> Answer:
        """See `local.aws.service.Service`."""
        serve = self._calls.get(call.operation)
        if serve is None:
            raise AwsError("InvalidAction", f"{call.operation} is not served: {', '.join(self._calls)}")
        with self._lock:
            return serve(call)

    def status(self) -> Mapping[str, Any]:
        """Each delivery stream with what it holds and has delivered."""
        with self._lock:
            return {
                "deliveries": [
                    {
                        "name": one.name,
                        "buffered": len(one.buffer),
                        "delivered": one.delivered,
                        "objects": one.objects,
                        "format": "JSON" if "DataFormatConversionConfiguration" in one.configuration else "",
                    }
                    for one in self._streams.values()
                ]
            }

    def deliver(self, arn: str, body: str, *, service: str, source_arn: str) -> None:
        """A record of another AWS service. Raises AwsError."""
        del service, source_arn
        with self._lock:
            if arn not in self._streams:
                raise AwsError("ResourceNotFoundException", f"there is no delivery stream {arn}")
            self._add(self._streams[arn], [base64.b64encode(body.encode()).decode()])

    def start(self) -> Callable[[], None]:
        """Deliver in the background; what is returned ends that."""
        thread = Thread(target=self._running, daemon=True)
        thread.start()

        def stop() -> None:
            self._over.set()
            thread.join()

        return stop

    def _running(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            self.tick()

    def tick(self) -> None:
        """Read what feeds the streams and deliver what is due, once."""
        with self._lock:
            for one in self._streams.values():
                if one.source:
                    self._read(one)
                size = sum(map(len, one.buffer)) * 3 / 4
                if one.buffer and (self._clock() - one.started >= one.due_seconds or size >= one.full_bytes):
                    self._flush(one)

    def _read(self, one: Delivery) -> None:
        asked = {"StreamARN": one.source}
        call = Call("ListShards", one.region, self._account, asked)
        for shard in self._kinesis.call(call)["Shards"]:
            name = shard["ShardId"]
            iterator = one.checkpoint.get(name)
            if iterator is None:
                begin = {**asked, "ShardId": name, "ShardIteratorType": "TRIM_HORIZON"}
                iterator = self._kinesis.call(Call("GetShardIterator", one.region, self._account, begin))[
                    "ShardIterator"
                ]
            found = self._kinesis.call(
                Call("GetRecords", one.region, self._account, {"ShardIterator": iterator})
            )
            if found["Records"]:
                one.checkpoint[name] = found["NextShardIterator"]
                self._add(one, [record["Data"] for record in found["Records"]])

    def _add(self, one: Delivery, records: list[str]) -> None:
        if not one.buffer:
            one.started = self._clock()
        one.buffer.extend(records)
        if one.source:
            return
        with self._store.transaction() as writing:
            for record in records:
                one.number += 1
                writing.put("firehose-record", f"{one.arn}/{one.number:020d}", record)
            writing.put("firehose", one.arn, one.state())

    def _flush(self, one: Delivery) -> None:
        configuration = one.configuration
        parts: dict[str, list[bytes]] = {}
        for record in one.buffer:
            content = base64.b64decode(record)
            try:
                keys = partition_keys(configuration, content)
            except ValueError:
                folder = _prefix(str(configuration.get("ErrorOutputPrefix") or "errors/"), one.started, {})
                parts.setdefault(folder, []).append(content)
                continue
            folder = _prefix(str(configuration.get("Prefix") or ""), one.started, keys)
            parts.setdefault(folder, []).append(content)
        zipped = configuration.get("CompressionFormat") == "GZIP"
        for folder, contents in parts.items():
            body = b"".join(content if content.endswith(b"\n") else content + b"\n" for content in contents)
            ending = str(configuration.get("FileExtension") or "")
            name = f"{one.name}-1-{_stamp(one.started)}-{uuid.uuid4()}{ending}"
            self._put_object(
                str(configuration["BucketARN"]).rpartition(":")[2],
                folder + name,
                gzip.compress(body) if zipped else body,
            )
            one.objects += 1
        one.delivered += len(one.buffer)
        one.buffer = []
        with self._store.transaction() as writing:
            writing.clear("firehose-record", one.arn)
            writing.put("firehose", one.arn, one.state())

    def _create(self, call: Call) -> Answer:
        params = call.params
        name = str(params["DeliveryStreamName"])
        arn = f"arn:aws:firehose:{call.region}:{self._account}:deliverystream/{name}"
        if arn in self._streams:
            raise AwsError("ResourceInUseException", f"delivery stream {name} exists")
        configuration = params.get("ExtendedS3DestinationConfiguration")
        if not configuration:
            raise AwsError("InvalidArgumentException", f"{name}: only an extended S3 destination is served")
        partition_queries(configuration)
        source = (params.get("KinesisStreamSourceConfiguration") or {}).get("KinesisStreamARN", "")
        one = Delivery(call.region, name, arn, dict(configuration), source)
        self._streams[arn] = one
        self._keep(one)
        return {"DeliveryStreamARN": arn}

    def _update(self, call: Call) -> Answer:
        one = self._stream(call)
        changed = {**one.configuration, **(call.params.get("ExtendedS3DestinationUpdate") or {})}
        partition_queries(changed)
        one.configuration = changed
        self._keep(one)
        return {}

    def _delete(self, call: Call) -> Answer:
        one = self._stream(call)
        with self._store.transaction() as writing:
            writing.clear("firehose-record", one.arn)
            writing.delete("firehose", one.arn)
        del self._streams[one.arn]
        return {}

    def _describe(self, call: Call) -> Answer:
        one = self._stream(call)
        return {
            "DeliveryStreamDescription": {
                "DeliveryStreamName": one.name,
                "DeliveryStreamARN": one.arn,
                "DeliveryStreamStatus": "ACTIVE",
                "DeliveryStreamType": "KinesisStreamAsSource" if one.source else "DirectPut",
                "VersionId": "1",
                "Destinations": [{"DestinationId": "destinationId-000000000001"}],
                "HasMoreDestinations": False,
            }
        }

    def _list(self, call: Call) -> Answer:
        names = sorted(one.name for one in self._streams.values() if one.region == call.region)
        return {"DeliveryStreamNames": names, "HasMoreDeliveryStreams": False}

    def _put(self, call: Call) -> Answer:
        self._add(self._stream(call), [str(call.params["Record"]["Data"])])
        return {"RecordId": str(uuid.uuid4()), "Encrypted": True}

    def _put_many(self, call: Call) -> Answer:
        records = call.params["Records"]
        if not 1 <= len(records) <= MAX_RECORDS:
            raise AwsError("InvalidArgumentException", f"{len(records)} records: 1 to {MAX_RECORDS} can be")
        self._add(self._stream(call), [str(record["Data"]) for record in records])
        answers = [{"RecordId": str(uuid.uuid4())} for _ in records]
        return {"FailedPutCount": 0, "Encrypted": True, "RequestResponses": answers}

    def _stream(self, call: Call) -> Delivery:
        name = str(call.params["DeliveryStreamName"])
        arn = f"arn:aws:firehose:{call.region}:{self._account}:deliverystream/{name}"
        if arn not in self._streams:
            raise AwsError("ResourceNotFoundException", f"there is no delivery stream {name}")
        return self._streams[arn]

    def _keep(self, one: Delivery) -> None:
        with self._store.transaction() as writing:
            writing.put("firehose", one.arn, one.state())


def partition_queries(configuration: Mapping[str, Any]) -> dict[str, str]:
    """The jq queries of dynamic partitioning, by key. Raises AwsError for one that is not understood here."""
    queries: dict[str, str] = {}
    for processor in (configuration.get("ProcessingConfiguration") or {}).get("Processors", ()):
        named = {p["ParameterName"]: p["ParameterValue"] for p in processor.get("Parameters", ())}
        if processor["Type"] == "MetadataExtraction":
            inner = named["MetadataExtractionQuery"].strip().removeprefix("{").removesuffix("}")
            for part in re.split(r",(?![^(]*\))", inner):
                key, _, query = part.partition(":")
                queries[key.strip()] = query.strip().removeprefix("(").removesuffix(")")
    for key, query in queries.items():
        for step in query.split("|"):
            if not re.fullmatch(r'\s*(\.[\w.]+(/1000)?|strftime\("[^"]*"\))\s*', step):
                raise AwsError(
                    "InvalidArgumentException",
                    f"the query of partition key {key}, {query!r}, is not understood here: a path, /1000 and "
                    "strftime are",
                )
    return queries


def partition_keys(configuration: Mapping[str, Any], content: bytes) -> dict[str, str]:
    """What the queries find in a record. Raises ValueError for a record that has it not."""
    found = {}
    queries = partition_queries(configuration)
    record = json.loads(content) if queries else None
    for key, query in queries.items():
        value: Any = record
        for step in (part.strip() for part in query.split("|")):
            if step.startswith("strftime"):
                value = datetime.fromtimestamp(float(value), UTC).strftime(step[len('strftime("') : -2])
                continue
            path, divided, _ = step.partition("/1000")
            for name in path.strip(".").split("."):
                if not isinstance(value, Mapping) or name not in value:
                    raise ValueError(f"the record has no {path}")
                value = value[name]
            value = value / 1_000 if divided else value
        found[key] = str(value)
    return found


def _prefix(template: str, at: float, keys: Mapping[str, str]) -> str:
    def filled(match: re.Match[str]) -> str:
        namespace, word = match.groups()
        if namespace == "timestamp":
            return _stamped(word, at)
        if namespace == "partitionKeyFromQuery":
            return keys[word]
        return {"error-output-type": "processing-failed"}.get(word, uuid.uuid4().hex[:11])

    return _SELECT.sub(filled, template)


def _stamped(pattern: str, at: float) -> str:
    for java, strftime in _JAVA.items():
        pattern = pattern.replace(java, strftime)
    return datetime.fromtimestamp(at, UTC).strftime(pattern.replace("'", ""))


def _stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d-%H-%M-%S")


def _hint(configuration: Mapping[str, Any], name: str, default: int) -> int:
    return int((configuration.get("BufferingHints") or {}).get(name) or default)
