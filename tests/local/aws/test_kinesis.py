"""Streams: each shard's records in their order, to be read from anywhere while they are kept."""

import base64
import itertools
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from local.aws.kinesis import Kinesis
from local.aws.service import AwsError
from local.aws.store import Store
from tests.local.aws.calls import ACCOUNT, REGION, Time, calling

ARN = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/telemetry"


def _data(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _read(call: Any, shard: str, kind: str = "TRIM_HORIZON", **more: Any) -> list[str]:
    iterator = call("GetShardIterator", StreamARN=ARN, ShardId=shard, ShardIteratorType=kind, **more)
    answer = call("GetRecords", ShardIterator=iterator["ShardIterator"])
    return [base64.b64decode(record["Data"]).decode() for record in answer["Records"]]


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def call(time: Time) -> Any:
    call = calling(Kinesis(Store(), time.clock))
    call("CreateStream", StreamName="telemetry", ShardCount=1)
    return call


ONE = "shardId-000000000000"


def test_an_on_demand_stream_starts_with_four_shards(time: Time) -> None:
    call = calling(Kinesis(Store(), time.clock))
    call("CreateStream", StreamName="telemetry", StreamModeDetails={"StreamMode": "ON_DEMAND"})
    described = call("DescribeStream", StreamName="telemetry")["StreamDescription"]
    assert described["StreamStatus"] == "ACTIVE"
    ranges = [shard["HashKeyRange"] for shard in described["Shards"]]
    assert len(ranges) == 4
    assert ranges[0]["StartingHashKey"] == "0"
    assert ranges[-1]["EndingHashKey"] == str(2**128 - 1)
    for before, after in itertools.pairwise(ranges):
        assert int(before["EndingHashKey"]) + 1 == int(after["StartingHashKey"])
    assert call("DescribeStreamSummary", StreamARN=ARN)["StreamDescriptionSummary"]["OpenShardCount"] == 4


def test_what_was_put_is_read_from_where_one_asks(call: Any, time: Time) -> None:
    numbers = []
    for text in "abc":
        put = call("PutRecord", StreamName="telemetry", Data=_data(text), PartitionKey="car")
        numbers.append(put["SequenceNumber"])
        time.goes_on(10)
    assert numbers == sorted(numbers)
    assert _read(call, ONE) == ["a", "b", "c"]
    assert _read(call, ONE, "LATEST") == []
    assert _read(call, ONE, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[1]) == ["b", "c"]
    assert _read(call, ONE, "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[1]) == ["c"]
    assert _read(call, ONE, "AT_TIMESTAMP", Timestamp=1_000_005) == ["b", "c"]


def test_how_far_a_reader_is_behind(call: Any, time: Time) -> None:
    for text in "ab":
        call("PutRecord", StreamName="telemetry", Data=_data(text), PartitionKey="car")
    time.goes_on(7)
    start = call("GetShardIterator", StreamName="telemetry", ShardId=ONE, ShardIteratorType="TRIM_HORIZON")
    first = call("GetRecords", ShardIterator=start["ShardIterator"], Limit=1)
    assert first["MillisBehindLatest"] == 7_000
    second = call("GetRecords", ShardIterator=first["NextShardIterator"])
    assert second["MillisBehindLatest"] == 0
    assert len(second["Records"]) == 1


def test_records_are_gone_after_the_retention(call: Any, time: Time) -> None:
    call("IncreaseStreamRetentionPeriod", StreamName="telemetry", RetentionPeriodHours=48)
    put = call("PutRecord", StreamName="telemetry", Data=_data("a"), PartitionKey="car")
    time.goes_on(47 * 3_600)
    assert _read(call, ONE) == ["a"]
    time.goes_on(3_600)
    assert _read(call, ONE) == []
    call("PutRecord", StreamName="telemetry", Data=_data("b"), PartitionKey="car")
    number = put["SequenceNumber"]
    assert _read(call, ONE, "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=number) == ["b"]
    with pytest.raises(AwsError, match="48 hours"):
        call("IncreaseStreamRetentionPeriod", StreamName="telemetry", RetentionPeriodHours=24)


def test_a_reader_is_woken_by_what_is_put(time: Time) -> None:
    engine = Kinesis(Store(), time.clock)
    call = calling(engine)
    call("CreateStream", StreamName="telemetry", ShardCount=1)
    start = call("GetShardIterator", StreamName="telemetry", ShardId=ONE, ShardIteratorType="LATEST")
    read: list[Any] = []
    waiting = threading.Thread(
        target=lambda: read.extend(calling(engine, wait=20)("GetRecords", **start)["Records"])
    )
    waiting.start()
    call("PutRecord", StreamName="telemetry", Data=_data("a"), PartitionKey="car")
    waiting.join(10)
    assert [record["PartitionKey"] for record in read] == ["car"]


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"Data": _data("x" * 1_048_577), "PartitionKey": "car"}, "use up to 1048576"),
        ({"Data": "!", "PartitionKey": "car"}, "no base64"),
        ({"Data": _data("x"), "PartitionKey": ""}, "PartitionKey"),
        ({"Data": _data("x"), "PartitionKey": "c", "ExplicitHashKey": str(2**128)}, "ExplicitHashKey"),
    ],
)
def test_a_record_that_cannot_be_is_refused(call: Any, record: dict[str, str], message: str) -> None:
    with pytest.raises(AwsError, match=message):
        call("PutRecord", StreamName="telemetry", **record)
    with pytest.raises(AwsError, match=message):
        call("PutRecords", StreamName="telemetry", Records=[record])
    assert _read(call, ONE) == []


def test_what_is_not_there_is_not_found(call: Any) -> None:
    for operation, params in (
        ("DescribeStream", {"StreamName": "other"}),
        ("GetShardIterator", {"StreamName": "telemetry", "ShardId": "x", "ShardIteratorType": "LATEST"}),
    ):
        with pytest.raises(AwsError, match="ResourceNotFoundException"):
            call(operation, **params)
    with pytest.raises(AwsError, match="ResourceInUseException"):
        call("CreateStream", StreamName="telemetry", ShardCount=1)
    with pytest.raises(AwsError, match="Invalid ShardIterator"):
        call("GetRecords", ShardIterator="nonsense")
    with pytest.raises(AwsError, match="SplitShard is not emulated"):
        call("SplitShard", StreamName="telemetry")


def test_encryption_monitoring_and_tags_are_shown(call: Any) -> None:
    call("StartStreamEncryption", StreamName="telemetry", EncryptionType="KMS", KeyId="alias/telemetry")
    call("EnableEnhancedMonitoring", StreamName="telemetry", ShardLevelMetrics=["IncomingBytes"])
    call("AddTagsToStream", StreamName="telemetry", Tags={"market": "vn", "old": "1"})
    call("RemoveTagsFromStream", StreamName="telemetry", TagKeys=["old"])
    described = call("DescribeStream", StreamName="telemetry")["StreamDescription"]
    assert (described["EncryptionType"], described["KeyId"]) == ("KMS", "alias/telemetry")
    assert described["EnhancedMonitoring"] == [{"ShardLevelMetrics": ["IncomingBytes"]}]
    tags = call("ListTagsForStream", StreamName="telemetry")["Tags"]
    assert tags == [{"Key": "market", "Value": "vn"}]


def test_a_stream_is_as_it_was_after_a_restart(tmp_path: Path, time: Time) -> None:
    store = Store(tmp_path / "data.sqlite")
    call = calling(Kinesis(store, time.clock))
    call("CreateStream", StreamName="telemetry", ShardCount=1)
    for text in "ab":
        call("PutRecord", StreamName="telemetry", Data=_data(text), PartitionKey="car")
    store.close()
    call = calling(Kinesis(Store(tmp_path / "data.sqlite"), time.clock))
    call("PutRecord", StreamName="telemetry", Data=_data("c"), PartitionKey="car")
    assert _read(call, ONE) == ["a", "b", "c"]


_PUTS = st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=5), max_size=12)


@settings(max_examples=50, deadline=None)
@given(puts=_PUTS, shards=st.integers(1, 5), limit=st.integers(1, 7), restart=st.booleans())
def test_every_key_keeps_its_order_in_one_shard(
    puts: list[list[str]], shards: int, limit: int, restart: bool
) -> None:
    time, store = Time(), Store()
    call = calling(Kinesis(store, time.clock))
    call("CreateStream", StreamName="telemetry", ShardCount=shards)
    sent: dict[str, list[str]] = {}
    for number, keys in enumerate(puts):
        records = [{"Data": _data(f"{number}.{at}"), "PartitionKey": key} for at, key in enumerate(keys)]
        call("PutRecords", StreamName="telemetry", Records=records)
        for at, key in enumerate(keys):
            sent.setdefault(key, []).append(f"{number}.{at}")
        if restart:
            call = calling(Kinesis(store, time.clock))
    read: dict[str, list[tuple[str, str]]] = {}
    for shard in call("ListShards", StreamName="telemetry")["Shards"]:
        position = {"StreamARN": ARN, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = call("GetShardIterator", **position)["ShardIterator"]
        numbers = []
        while answer := call("GetRecords", ShardIterator=iterator, Limit=limit):
            for record in answer["Records"]:
                numbers.append(record["SequenceNumber"])
                text = base64.b64decode(record["Data"]).decode()
                read.setdefault(record["PartitionKey"], []).append((shard["ShardId"], text))
            iterator = answer["NextShardIterator"]
            if not answer["Records"]:
                break
        assert numbers == sorted(set(numbers))
    assert {key: [text for _, text in found] for key, found in read.items()} == sent
    assert all(len({shard for shard, _ in found}) == 1 for found in read.values())
