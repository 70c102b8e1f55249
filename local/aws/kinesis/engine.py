"""Kinesis data streams: records by partition key, in order, to be read again while they are kept.

https://docs.aws.amazon.com/kinesis/latest/APIReference/
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import RLock
from typing import Any, Final

from local.aws.engine import Engine, tag_list
from local.aws.kinesis.records import Records
from local.aws.kinesis.shards import Stream, load_streams
from local.aws.service import Answer, AwsError, Call
from local.aws.store import Store, Writing
from local.clock import Clock

_NAME: Final = re.compile(r"[a-zA-Z0-9_.-]{1,128}")
_ON_DEMAND_SHARDS: Final = 4
_MOST_SHARDS: Final = 200
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
    """The streams of every Region. Shards neither split nor merge."""

    invalid = "InvalidArgumentException"

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = RLock()
        self._streams = load_streams(store, self._lock)
        self._records = Records(clock, self._lock, self._stream, self._writing)
        super().__init__(
            {
                **self._records.operations,
                "AddTagsToStream": self._tag,
                "CreateStream": self._create,
                "DecreaseStreamRetentionPeriod": self._set_retention,
                "DeleteStream": self._delete,
                "DescribeStream": self._describe,
                "DescribeStreamSummary": self._summary,
                "DisableEnhancedMonitoring": lambda call: self._monitor(call, on=False),
                "EnableEnhancedMonitoring": lambda call: self._monitor(call, on=True),
                "IncreaseStreamRetentionPeriod": self._set_retention,
                "ListShards": self._list_shards,
                "ListStreams": self._list,
                "ListTagsForResource": self._list_tags,
                "ListTagsForStream": self._list_tags,
                "RemoveTagsFromStream": self._untag,
                "StartStreamEncryption": self._encrypt,
                "StopStreamEncryption": self._decrypt,
                "TagResource": self._tag,
                "UntagResource": self._untag,
                "UpdateStreamMode": self._set_mode,
            }
        )

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


def _arn(call: Call, name: str) -> str:
    return f"arn:aws:kinesis:{call.region}:{call.account}:stream/{name}"


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
        "EncryptionType": stream.encryption,
        **({"KeyId": stream.key} if stream.key else {}),
    }
