"""Delivery streams: from a record to an object of the lake."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from local.aws.service import AwsError
from local.aws.store import Store
from tests.local.aws.calls import Time
from tests.local.aws.engines import Platform, arn_of

PARTITIONS = '{type:.detail.eventType,dt:(.detail.occurredAt/1000|strftime("%Y-%m-%d"))}'


def _lake(platform: Platform, **more: Any) -> str:
    processors = [
        {
            "Type": "MetadataExtraction",
            "Parameters": [
                {"ParameterName": "JsonParsingEngine", "ParameterValue": "JQ-1.6"},
                {"ParameterName": "MetadataExtractionQuery", "ParameterValue": PARTITIONS},
            ],
        },
        {
            "Type": "AppendDelimiterToRecord",
            "Parameters": [{"ParameterName": "Delimiter", "ParameterValue": "\\n"}],
        },
    ]
    destination = {
        "BucketARN": "arn:aws:s3:::lake",
        "RoleARN": "arn:aws:iam::123456789012:role/lake",
        "Prefix": "events/type=!{partitionKeyFromQuery:type}/dt=!{partitionKeyFromQuery:dt}/",
        "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/",
        "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 60},
        "CompressionFormat": "GZIP",
        "FileExtension": ".json.gz",
        "ProcessingConfiguration": {"Enabled": True, "Processors": processors},
        **more,
    }
    created = platform(
        "firehose",
        "CreateDeliveryStream",
        DeliveryStreamName="lake",
        ExtendedS3DestinationConfiguration=destination,
    )
    return str(created["DeliveryStreamARN"])


def _lines(platform: Platform) -> dict[str, list[Any]]:
    """Records by the folder of their object."""
    return {
        key.rsplit("/", 1)[0]: [json.loads(line) for line in gzip.decompress(body).splitlines()]
        for key, body in platform.objects.items()
    }


def _put(platform: Platform, record: Any) -> None:
    data = base64.b64encode(json.dumps(record).encode()).decode()
    platform("firehose", "PutRecord", DeliveryStreamName="lake", Record={"Data": data})


def test_events_reach_the_lake_in_the_folder_of_their_type_and_day(platform: Platform) -> None:
    arn = _lake(platform)
    platform.rule({"source": ["rental"]}, {"Id": "1", "Arn": arn})
    for kind, at in (("Ended", 1_767_225_599_999), ("Ended", 1_767_225_600_000), ("Paid", 1_767_225_600_000)):
        platform.event(detail={"eventType": kind, "occurredAt": at})
    platform.time.goes_on(59)
    platform.messaging.run_due()
    assert platform.objects == {}
    platform.time.goes_on(1)
    platform.messaging.run_due()
    assert {folder: len(lines) for folder, lines in _lines(platform).items()} == {
        "lake/events/type=Ended/dt=2025-12-31": 1,
        "lake/events/type=Ended/dt=2026-01-01": 1,
        "lake/events/type=Paid/dt=2026-01-01": 1,
    }
    assert all(key.endswith(".json.gz") for key in platform.objects)


def test_a_record_without_its_partition_goes_to_the_errors(platform: Platform) -> None:
    _lake(platform)
    _put(platform, {"detail": {"eventType": "Ended"}})
    platform.time.goes_on(60)
    platform.messaging.run_due()
    ((folder, (failed,)),) = _lines(platform).items()
    assert folder == "lake/errors/processing-failed/dt=1970-01-12"
    assert "partition key dt" in failed["errorMessage"]
    assert json.loads(base64.b64decode(failed["rawData"])) == {"detail": {"eventType": "Ended"}}


def test_a_full_buffer_is_put_at_once(platform: Platform) -> None:
    _lake(platform)
    detail = {"eventType": "Ended", "occurredAt": 0, "text": "x" * 400_000}
    for _ in range(3):
        assert platform.objects == {}
        _put(platform, {"detail": detail})
    assert [len(lines) for lines in _lines(platform).values()] == [3]


def test_buffered_records_outlive_the_process_and_a_bucket_that_fails(tmp_path: Path) -> None:
    store, time = Store(tmp_path / "data.sqlite"), Time()
    first = Platform(store, time)
    _lake(first)
    _put(first, {"detail": {"eventType": "Ended", "occurredAt": 0}})
    store.close()
    second = Platform(Store(tmp_path / "data.sqlite"), time)
    time.goes_on(60)
    second.fails = ConnectionError("no bucket")
    second.messaging.run_due()
    assert second.objects == {}
    second.fails = None
    second.messaging.run_due()
    second.messaging.run_due()
    assert [len(lines) for lines in _lines(second).values()] == [1]


def test_a_stream_is_read_into_the_lake_once_each(tmp_path: Path) -> None:
    store, time = Store(tmp_path / "data.sqlite"), Time()
    platform = Platform(store, time)
    platform("kinesis", "CreateStream", StreamName="telemetry", ShardCount=2)
    platform(
        "firehose",
        "CreateDeliveryStream",
        DeliveryStreamName="telemetry",
        DeliveryStreamType="KinesisStreamAsSource",
        KinesisStreamSourceConfiguration={
            "KinesisStreamARN": arn_of("kinesis", "stream/telemetry"),
            "RoleARN": "arn:aws:iam::123456789012:role/lake",
        },
        ExtendedS3DestinationConfiguration={
            "BucketARN": "arn:aws:s3:::lake",
            "RoleARN": "arn:aws:iam::123456789012:role/lake",
            "Prefix": "telemetry/dt=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/",
            "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": 60},
            "DataFormatConversionConfiguration": {"Enabled": True},
        },
    )

    def put(number: int) -> None:
        data = base64.b64encode(json.dumps({"n": number}).encode()).decode()
        platform("kinesis", "PutRecord", StreamName="telemetry", Data=data, PartitionKey=str(number))

    for number in range(10):
        put(number)
    platform.messaging.run_due()
    store.close()
    platform = Platform(Store(tmp_path / "data.sqlite"), time)
    put(10)
    platform.messaging.run_due()
    time.goes_on(60)
    platform.messaging.run_due()
    ((key, body),) = platform.objects.items()
    assert key.startswith("lake/telemetry/dt=1970-01-12/hour=13/telemetry-1-1970-01-12-13-46-40-")
    assert sorted(json.loads(line)["n"] for line in body.splitlines()) == list(range(11))
    (shown,) = platform.messaging["firehose"].status()["deliveryStreams"]
    assert shown["notes"] == ["writes lines of JSON, not Parquet"]
    with pytest.raises(AwsError, match="source stream"):
        platform("firehose", "PutRecord", DeliveryStreamName="telemetry", Record={"Data": "e30="})


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"Prefix": "x/!{partitionKeyFromQuery:day}/"}, "gives no 'day'"),
        ({"Prefix": "x/!{timestamp:yyyy-WW}/"}, "WW is none of"),
        ({"Prefix": "x/!{moon:full}/"}, "is not emulated"),
        ({"Prefix": "x/!{firehose:error-output-type}/"}, "ErrorOutputPrefix"),
        ({"CompressionFormat": "Snappy"}, "Snappy"),
    ],
)
def test_a_destination_that_cannot_be_is_refused(platform: Platform, more: Any, message: str) -> None:
    with pytest.raises(AwsError, match=message):
        _lake(platform, **more)


def test_what_else_a_stream_is_to_reach_goes_to_its_backup(platform: Platform) -> None:
    platform(
        "firehose",
        "CreateDeliveryStream",
        DeliveryStreamName="lake",
        AmazonopensearchserviceDestinationConfiguration={
            "IndexName": "logs",
            "RoleARN": "arn:aws:iam::123456789012:role/logs",
            "S3Configuration": {"BucketARN": "arn:aws:s3:::backup", "CompressionFormat": "GZIP"},
        },
    )
    _put(platform, {"line": 1})
    platform.time.goes_on(300)
    platform.messaging.run_due()
    assert list(_lines(platform)) == ["backup/1970/01/12/13"]
    (shown,) = platform.messaging["firehose"].status()["deliveryStreams"]
    assert "S3 backup" in shown["notes"][0]
