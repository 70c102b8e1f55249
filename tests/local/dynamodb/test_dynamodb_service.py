"""DynamoDB that is kept: tables, streams, expiry and replicas, by a clock that the tests turn."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from hypothesis import given, settings, strategies as st

from local.aws.service import AwsError, Call
from local.aws.store import Store
from local.clock import Clock
from local.dynamodb import Engine
from local.endpoints import Endpoints
from local.folder import ROOT, Folder
from tests.local.dynamodb.things import key, things

ACCOUNT = "111122223333"
HOME, AWAY = "ap-southeast-1", "ap-northeast-1"
TABLE = things(
    {
        "IndexName": "by_colour",
        "KeySchema": [{"AttributeName": "colour", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["shown"]},
    },
    colour="S",
) | {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}}


class Db:
    """An engine on a store, with calls in one line; `again` is the engine of another process."""

    def __init__(self, store: Store | None = None) -> None:
        self.store = store or Store()
        self.now = 1_000_000.0
        self.lag: dict[tuple[str, str], float | None] = {}
        self.engine = self._opened()

    def _opened(self) -> Engine:
        return Engine(self.store, lambda: self.now, lag=lambda *way: self.lag.get(way, 0.0))

    def again(self) -> "Db":
        self.engine = self._opened()
        return self

    def __call__(self, operation: str, region: str = HOME, wait: float = 0.0, **params: Any) -> Any:
        return self.engine.call(Call(operation, region, ACCOUNT, params, wait))

    def put(self, pk: str, sk: int = 1, region: str = HOME, **more: Any) -> None:
        self("PutItem", region, TableName="things", Item={**key(pk, sk), **more})

    def get(self, pk: str, sk: int = 1, region: str = HOME) -> Any:
        return self("GetItem", region, TableName="things", Key=key(pk, sk)).get("Item")

    def stream(self, region: str = HOME) -> str:
        return str(self("DescribeTable", region, TableName="things")["Table"]["LatestStreamArn"])

    def iterator(self, kind: str = "TRIM_HORIZON", region: str = HOME, **more: Any) -> str:
        arn = self.stream(region)
        shard = self("DescribeStream", region, StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
        found = self("GetShardIterator", StreamArn=arn, ShardId=shard, ShardIteratorType=kind, **more)
        return str(found["ShardIterator"])

    def records(self, region: str = HOME) -> list[Any]:
        return list(self("GetRecords", ShardIterator=self.iterator(region=region))["Records"])

    def refused(self, operation: str, **params: Any) -> AwsError:
        with pytest.raises(AwsError) as refused:
            self(operation, **params)
        return refused.value


@pytest.fixture
def db() -> Db:
    made = Db()
    made("CreateTable", **TABLE)
    return made


def test_a_table_is_described_as_it_was_made_also_after_a_restart(db: Db) -> None:
    table = db("DescribeTable", TableName="things")["Table"]
    assert table["TableArn"] == f"arn:aws:dynamodb:{HOME}:{ACCOUNT}:table/things"
    assert (table["TableStatus"], table["ItemCount"]) == ("ACTIVE", 0)
    assert table["GlobalSecondaryIndexes"][0]["IndexStatus"] == "ACTIVE"
    assert db.again()("DescribeTable", TableName="things")["Table"] == table
    assert db("ListTables") == {"TableNames": ["things"]}
    assert db("ListTables", AWAY) == {"TableNames": []}


def test_a_table_that_is_deleted_is_gone_with_its_items_and_its_stream(db: Db) -> None:
    db.put("a")
    db("DeleteTable", TableName="things")
    assert db.refused("DescribeTable", TableName="things").code == "ResourceNotFoundException"
    db("CreateTable", **TABLE)
    db.again()
    assert (db.get("a"), db.records()) == (None, [])


def test_a_protected_table_is_not_deleted(db: Db) -> None:
    db("UpdateTable", TableName="things", DeletionProtectionEnabled=True)
    assert "protected against deletion" in db.again().refused("DeleteTable", TableName="things").message


def test_an_index_that_is_added_finds_what_was_there(db: Db) -> None:
    db.put("a", size={"N": "1"})
    db.put("b", size={"S": "large"})  # no number: it is not in an index of numbers
    create = {
        "IndexName": "by_size",
        "KeySchema": [{"AttributeName": "size", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
    db(
        "UpdateTable",
        TableName="things",
        AttributeDefinitions=[{"AttributeName": "size", "AttributeType": "N"}],
        GlobalSecondaryIndexUpdates=[{"Create": create}],
    )
    query: dict[str, Any] = {
        "TableName": "things",
        "IndexName": "by_size",
        "KeyConditionExpression": "#s = :one",
        "ExpressionAttributeNames": {"#s": "size"},
        "ExpressionAttributeValues": {":one": {"N": "1.0"}},
    }
    assert db.again()("Query", **query)["Items"] == [{**key("a"), "size": {"N": "1"}}]
    db("UpdateTable", TableName="things", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by_size"}}])
    assert "by_size" in db.refused("Query", **query).message


def test_an_index_shows_what_its_projection_has(db: Db) -> None:
    db.put("a", colour={"S": "red"}, shown={"N": "1"}, hidden={"N": "2"})
    query: dict[str, Any] = {
        "TableName": "things",
        "IndexName": "by_colour",
        "KeyConditionExpression": "colour = :red",
        "ExpressionAttributeValues": {":red": {"S": "red"}},
    }
    assert db("Query", **query)["Items"] == [{**key("a"), "colour": {"S": "red"}, "shown": {"N": "1"}}]
    assert db("Query", **query, Select="COUNT") == {"Count": 1, "ScannedCount": 1}
    assert "projection" in db.refused("Query", **query, Select="ALL_ATTRIBUTES").message
    assert "Consistent" in db.refused("Query", **query, ConsistentRead=True).message


def test_tags_ttl_and_backups_are_remembered(db: Db) -> None:
    arn = db("DescribeTable", TableName="things")["Table"]["TableArn"]
    db("TagResource", ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    db("UntagResource", ResourceArn=arn, TagKeys=["a"])
    db(
        "UpdateTimeToLive",
        TableName="things",
        TimeToLiveSpecification={"AttributeName": "end", "Enabled": True},
    )
    recovery = {"PointInTimeRecoveryEnabled": True}
    db("UpdateContinuousBackups", TableName="things", PointInTimeRecoverySpecification=recovery)
    db.again()
    assert db("ListTagsOfResource", ResourceArn=arn) == {"Tags": [{"Key": "b", "Value": "2"}]}
    told = db("DescribeTimeToLive", TableName="things")["TimeToLiveDescription"]
    assert told == {"TimeToLiveStatus": "ENABLED", "AttributeName": "end"}
    backups = db("DescribeContinuousBackups", TableName="things")["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def update(expression: str, returns: str = "ALL_NEW", **values: Any) -> dict[str, Any]:
    request: dict[str, Any] = {
        "TableName": "things",
        "Key": key("a"),
        "UpdateExpression": expression,
        "ReturnValues": returns,
    }
    if values:
        request["ExpressionAttributeValues"] = {f":{name}": value for name, value in values.items()}
    return request


def test_what_a_write_returns_is_what_it_was_asked_for(db: Db) -> None:
    db.put("a", n={"N": "1"}, other={"S": "x"})
    assert db("UpdateItem", **update("SET n = n + :one", "UPDATED_OLD", one={"N": "1"})) == {
        "Attributes": {"n": {"N": "1"}}
    }
    assert db("UpdateItem", **update("SET n = n + :one", "UPDATED_NEW", one={"N": "1"})) == {
        "Attributes": {"n": {"N": "3"}}
    }
    whole = {**key("a"), "n": {"N": "3"}, "other": {"S": "x"}}
    assert db("UpdateItem", **update("REMOVE n", "ALL_OLD"))["Attributes"] == whole
    deleted = db("DeleteItem", TableName="things", Key=key("a"), ReturnValues="ALL_OLD")
    assert deleted["Attributes"] == {**key("a"), "other": {"S": "x"}}
    assert (
        "ALL_NEW"
        in db.refused("DeleteItem", TableName="things", Key=key("a"), ReturnValues="ALL_NEW").message
    )


def test_paths_lead_into_maps_and_lists(db: Db) -> None:
    db.put("a", m={"M": {"l": {"L": [{"N": "0"}, {"N": "1"}, {"N": "2"}]}}})
    changed = db("UpdateItem", **update("SET m.fresh = :x, m.l[9] = :x REMOVE m.l[0], m.l[1]", x={"S": "x"}))
    assert changed["Attributes"]["m"] == {"M": {"l": {"L": [{"N": "2"}, {"S": "x"}]}, "fresh": {"S": "x"}}}
    request: dict[str, Any] = {
        "TableName": "things",
        "Key": key("a"),
        "ProjectionExpression": "m.l[1], m.absent",
    }
    assert db("GetItem", **request)["Item"] == {"m": {"M": {"l": {"L": [{"S": "x"}]}}}}
    appended = db(
        "UpdateItem", **update("SET m.l = list_append(m.l, :l)", "UPDATED_NEW", l={"L": [{"N": "7"}]})
    )
    assert appended["Attributes"]["m"]["M"]["l"]["L"][-1] == {"N": "7"}


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (update("SET pk = :x", x={"S": "b"}), "part of the key"),
        (update("SET n = :x, n = :x", x={"S": "b"}), "overlap"),
        (update("SET m.a = :x, m = :x", x={"S": "b"}), "overlap"),
        (update("SET m.a = :x", x={"S": "b"}), "invalid for update"),
        (update("SET n = gone", x={"S": "b"}), "unused"),
        (update("SET n = :y"), ":y"),
        (update("SET n = gone"), "does not exist"),
        (update("SET name = :x", x={"S": "b"}), "reserved"),
        (update("ADD n :x", x={"S": "b"}), "ADD"),
        (update("SET n = :x", x={"N": "one"}), "numeric"),
        (update("SET n = :x", x={"SS": []}), "empty"),
        (update("SET n = :x", x={"NS": ["1", "1.0"]}), "duplicates"),
        (update("SET n = :x", x={"S": "s", "N": "1"}), "exactly one type"),
        (update("SET n = :x", x={"S": "s" * 400 * 1024}), "maximum allowed size"),
        (update("SET colour = :x", x={"N": "1"}), "Type mismatch"),
        (update("SET n = :x SET k = :x", x={"N": "1"}), "only be used once"),
        ({**update("REMOVE n"), "Key": {"pk": {"S": "a"}}}, "does not match the schema"),
        ({**update("REMOVE n"), "Key": {"pk": {"S": ""}, "sk": {"N": "1"}}}, "empty"),
        ({**update("REMOVE n"), "Key": {"pk": {"N": "1"}, "sk": {"N": "1"}}}, "Type mismatch"),
        ({"TableName": "things", "Key": key("a"), "AttributeUpdates": {}}, "AttributeUpdates"),
    ],
)
def test_an_update_that_cannot_be_says_what_is_wrong_and_changes_nothing(
    db: Db, request_: dict[str, Any], said: str
) -> None:
    db.put("a", n={"N": "1"})
    error = db.refused("UpdateItem", **request_)
    assert (error.code, said in error.message) == ("ValidationException", True), error.message
    assert db.get("a") == {**key("a"), "n": {"N": "1"}}


def test_a_failed_condition_shows_the_item_if_it_is_asked_for(db: Db) -> None:
    db.put("a", n={"N": "1"})
    request: dict[str, Any] = {
        "TableName": "things",
        "Item": key("a"),
        "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    error = db.refused("PutItem", **request)
    assert (error.code, error.more["Item"]) == (
        "ConditionalCheckFailedException",
        {**key("a"), "n": {"N": "1"}},
    )


def test_a_transaction_with_a_token_is_done_once_in_ten_minutes(db: Db) -> None:
    add = update("ADD n :one", one={"N": "1"})
    del add["ReturnValues"]
    request: dict[str, Any] = {"TransactItems": [{"Update": add}], "ClientRequestToken": "t"}
    db("TransactWriteItems", **request)
    db.again()("TransactWriteItems", **request)
    assert db.get("a")["n"] == {"N": "1"}
    other: dict[str, Any] = {
        "TransactItems": [{"Delete": {"TableName": "things", "Key": key("a")}}],
        "ClientRequestToken": "t",
    }
    assert db.refused("TransactWriteItems", **other).code == "IdempotentParameterMismatchException"
    db.now += 601
    db.engine.turn()
    db("TransactWriteItems", **request)
    assert db.get("a")["n"] == {"N": "2"}


def test_an_update_that_cannot_be_cancels_its_transaction(db: Db) -> None:
    db.put("a", n={"S": "no number"})
    add = update("ADD n :one", one={"N": "1"})
    del add["ReturnValues"]
    actions = [{"Put": {"TableName": "things", "Item": key("b")}}, {"Update": add}]
    error = db.refused("TransactWriteItems", TransactItems=actions)
    assert [reason["Code"] for reason in error.more["CancellationReasons"]] == ["None", "ValidationError"]
    assert db.get("b") is None


def test_a_scan_goes_through_every_item_once_by_pages_and_segments(db: Db) -> None:
    wanted = [(f"p{number % 7}", number) for number in range(40)]
    for pk, sk in wanted:
        db.put(pk, sk)
    found = []
    for segment in range(3):
        start: dict[str, Any] = {}
        while True:
            page = db("Scan", TableName="things", Limit=3, Segment=segment, TotalSegments=3, **start)
            found += [(item["pk"]["S"], int(item["sk"]["N"])) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                break
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
            db.again()
    assert sorted(found) == sorted(wanted)


def test_a_page_has_one_megabyte(db: Db) -> None:
    for sk in range(4):
        db.put("a", sk, text={"S": "x" * 390_000})
    request: dict[str, Any] = {
        "TableName": "things",
        "KeyConditionExpression": "pk = :a",
        "ExpressionAttributeValues": {":a": {"S": "a"}},
    }
    page = db("Query", **request)
    assert (page["Count"], page["LastEvaluatedKey"]) == (3, key("a", 2))
    assert db("Query", **request, ExclusiveStartKey=page["LastEvaluatedKey"])["Count"] == 1


@given(
    stored=st.sets(st.integers(-5, 5)),
    term=st.sampled_from(["=", "<", "<=", ">", ">=", "BETWEEN"]),
    low=st.integers(-5, 5),
    more=st.integers(0, 5),
    backward=st.booleans(),
)
def test_a_query_answers_the_range_that_it_names(
    stored: set[int], term: str, low: int, more: int, backward: bool
) -> None:
    db = Db()
    db("CreateTable", **TABLE)
    for sk in stored:
        db.put("a", sk)
    text, values = f"sk {term} :low", {":a": {"S": "a"}, ":low": {"N": str(low)}}
    if term == "BETWEEN":
        text, values = f"{text} AND :high", {**values, ":high": {"N": str(low + more)}}
    found = db(
        "Query",
        TableName="things",
        KeyConditionExpression=f"pk = :a AND {text}",
        ExpressionAttributeValues=values,
        ScanIndexForward=not backward,
    )
    holds: dict[str, Callable[[int], bool]] = {
        "=": lambda sk: sk == low,
        "<": lambda sk: sk < low,
        "<=": lambda sk: sk <= low,
        ">": lambda sk: sk > low,
        ">=": lambda sk: sk >= low,
        "BETWEEN": lambda sk: low <= sk <= low + more,
    }
    wanted = sorted(filter(holds[term], stored), reverse=backward)
    assert [int(item["sk"]["N"]) for item in found["Items"]] == wanted


def test_a_stream_tells_what_happened_in_order(db: Db) -> None:
    db.put("a", n={"N": "1"})
    db.put("a", n={"N": "1"})  # nothing changes: nothing is told
    db.put("a", n={"N": "2"})
    db("DeleteItem", TableName="things", Key=key("a"))
    db("DeleteItem", TableName="things", Key=key("a"))
    records = db.again().records()
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
    assert {record["awsRegion"] for record in records} == {HOME}
    told = records[1]["dynamodb"]
    assert (told["OldImage"]["n"], told["NewImage"]["n"], told["Keys"]) == ({"N": "1"}, {"N": "2"}, key("a"))
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    assert numbers == sorted(numbers)
    assert all(len(number) >= 21 for number in numbers)
    after = db.iterator("AFTER_SEQUENCE_NUMBER", SequenceNumber=numbers[1])
    assert db("GetRecords", ShardIterator=after)["Records"] == records[2:]
    at = db.iterator("AT_SEQUENCE_NUMBER", SequenceNumber=numbers[1])
    assert db("GetRecords", ShardIterator=at, Limit=1)["Records"] == records[1:2]
    assert db("GetRecords", ShardIterator=db.iterator("LATEST"))["Records"] == []


def test_a_stream_forgets_after_a_day_and_says_so(db: Db) -> None:
    start = db.iterator()
    db.put("a")
    number = db.records()[0]["dynamodb"]["SequenceNumber"]
    db.now += 24 * 3600 + 1
    db.put("b")
    db.engine.turn()
    assert [record["dynamodb"]["Keys"] for record in db.again().records()] == [key("b")]
    assert db.refused("GetRecords", ShardIterator=start).code == "TrimmedDataAccessException"
    with pytest.raises(AwsError, match="TrimmedDataAccessException"):
        db.iterator("AT_SEQUENCE_NUMBER", SequenceNumber=number)
    db.now += 24 * 3600 + 1
    db.engine.turn()
    db.again().put("c")
    assert int(db.records()[0]["dynamodb"]["SequenceNumber"]) == int(number) + 2


def test_who_waits_for_records_gets_them_when_they_come(db: Db) -> None:
    latest, found = db.iterator("LATEST"), []
    reader = threading.Thread(target=lambda: found.append(db("GetRecords", wait=20, ShardIterator=latest)))
    reader.start()
    db.put("a")
    reader.join(10)
    assert [record["eventName"] for record in found[0]["Records"]] == ["INSERT"]


def test_an_item_goes_when_its_time_is_over_and_the_stream_says_who_it_was(db: Db) -> None:
    db.put("a", end={"N": "1000010"})
    db.put("old", end={"N": "5"})
    db(
        "UpdateTimeToLive",
        TableName="things",
        TimeToLiveSpecification={"AttributeName": "end", "Enabled": True},
    )
    db.put("b", end={"N": "1000020"})
    db.put("later", end={"N": "1000010"})
    db.put("later", end={"N": "1000030"})
    db.again()
    db.now += 15
    db.engine.turn()
    assert [pk for pk in ("a", "b", "later", "old") if db.get(pk)] == ["b", "later"]
    gone = {
        record["dynamodb"]["Keys"]["pk"]["S"]: record for record in db.records() if "userIdentity" in record
    }
    assert gone.keys() == {"a", "old"}
    assert gone["a"]["eventName"] == "REMOVE"
    assert gone["a"]["userIdentity"] == {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}


@pytest.fixture
def pair(db: Db) -> Db:
    db.put("before", n={"N": "1"})
    db("UpdateTable", TableName="things", ReplicaUpdates=[{"Create": {"RegionName": AWAY}}])
    return db


def test_a_replica_has_what_was_there_and_what_comes(pair: Db) -> None:
    assert pair.get("before", region=AWAY) == {**key("before"), "n": {"N": "1"}}
    pair.put("a")
    assert pair.get("a", region=AWAY) is None
    pair.again().engine.turn()
    assert pair.get("a", region=AWAY) == key("a")
    assert [record["awsRegion"] for record in pair.records(AWAY)] == [AWAY] * 2
    replicas = pair("DescribeTable", AWAY, TableName="things")["Table"]["Replicas"]
    assert [its["RegionName"] for its in replicas] == [HOME]
    assert pair.stream(AWAY) != pair.stream(HOME)
    for region in (HOME, AWAY):
        (index,) = pair("DescribeTable", region, TableName="things")["Table"]["GlobalSecondaryIndexes"]
        assert f":{region}:" in index["IndexArn"]


def test_regions_that_were_apart_agree_on_the_last_write(pair: Db) -> None:
    pair.lag = {(HOME, AWAY): None, (AWAY, HOME): None}
    pair.put("a", n={"N": "1"})
    pair.now += 1
    pair.put("a", n={"N": "2"}, region=AWAY)
    pair("DeleteItem", AWAY, TableName="things", Key=key("before"))
    pair.engine.turn()
    assert (pair.get("a")["n"], pair.get("a", region=AWAY)["n"]) == ({"N": "1"}, {"N": "2"})
    pair.again().lag = {(HOME, AWAY): 30.0}
    pair.engine.turn()
    assert (pair.get("a")["n"], pair.get("before")) == ({"N": "2"}, None)
    pair.now += 60
    pair.engine.turn()
    assert pair.get("a", region=AWAY)["n"] == {"N": "2"}
    assert pair.engine.status()["replicating"] == 0


def test_a_replica_that_is_taken_away_is_gone_and_the_table_goes_on(pair: Db) -> None:
    pair("UpdateTable", TableName="things", ReplicaUpdates=[{"Delete": {"RegionName": AWAY}}])
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        pair("DescribeTable", AWAY, TableName="things")
    pair.put("a")
    assert pair.engine.status()["replicating"] == 0


_VALUE = st.recursive(
    st.one_of(
        st.text(max_size=3).map(lambda text: {"S": text}),
        st.integers(-9, 9).map(lambda number: {"N": str(number)}),
        st.booleans().map(lambda flag: {"BOOL": flag}),
        st.sets(st.sampled_from("abc"), min_size=1).map(lambda members: {"SS": sorted(members)}),
    ),
    lambda inner: st.dictionaries(st.sampled_from("xy"), inner, max_size=2).map(lambda held: {"M": held}),
    max_leaves=3,
)
_PLACE = st.tuples(st.sampled_from("ab"), st.integers(0, 2))
_STEP = st.one_of(
    st.tuples(st.just("put"), _PLACE, st.dictionaries(st.sampled_from(["n", "colour"]), _VALUE)),
    st.tuples(st.just("delete"), _PLACE, st.none()),
    st.tuples(st.just("update"), _PLACE, _VALUE),
    st.tuples(st.just("expire"), _PLACE, st.integers(0, 20)),
    st.tuples(st.just("turn"), _PLACE, st.none()),
)


def everything(db: Db) -> Any:
    scans = [db("Scan", region, TableName="things")["Items"] for region in (HOME, AWAY)]
    by_index = db("Scan", TableName="things", IndexName="by_colour")["Items"]
    tables = [db("DescribeTable", region, TableName="things") for region in (HOME, AWAY)]
    return scans, by_index, tables, db.records(), db.records(AWAY), db.engine.status()


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(st.tuples(st.sampled_from([HOME, AWAY]), _STEP), max_size=12))
def test_an_engine_that_starts_again_is_as_it_was(steps: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        db = Db(Store(Path(folder) / "data.sqlite"))
        db("CreateTable", **TABLE)
        db("UpdateTable", TableName="things", ReplicaUpdates=[{"Create": {"RegionName": AWAY}}])
        ttl = {"AttributeName": "end", "Enabled": True}
        db("UpdateTimeToLive", TableName="things", TimeToLiveSpecification=ttl)
        for region, (kind, (pk, sk), what) in steps:
            db.now += 1
            if kind == "turn":
                db.engine.turn()
                continue
            request: dict[str, Any] = {"TableName": "things", "Key": key(pk, sk)}
            if kind == "put":
                request = {"TableName": "things", "Item": {**key(pk, sk), **what}}
            elif kind == "update":
                request |= {"UpdateExpression": "SET v = :v", "ExpressionAttributeValues": {":v": what}}
            elif kind == "expire":
                end = {":v": {"N": str(1_000_000 + what)}}
                request |= {"UpdateExpression": "SET #e = :v", "ExpressionAttributeValues": end}
                request["ExpressionAttributeNames"] = {"#e": "end"}
            operation = {"put": "PutItem", "delete": "DeleteItem"}.get(kind, "UpdateItem")
            try:
                db(operation, region, **request)
            except AwsError as error:
                assert error.code == "ValidationException"  # noqa: PT017 - a colour of another type
        before = everything(db)
        db.store.close()
        db.store = Store(Path(folder) / "data.sqlite")
        assert everything(db.again()) == before
        db.now += 100
        db.engine.turn()
        home, away = everything(db)[0]
        assert home == away
        db.store.close()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "dev")
    made.create()
    Endpoints.choose().save(made.endpoints)
    Clock.starting().save(made.clock)
    made.account.write_text(ACCOUNT + "\n", encoding="utf-8")
    return made


@pytest.fixture
def started(folder: Folder) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    running: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "local.aws", str(folder.path)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        running.append(subprocess.Popen(command, cwd=ROOT, env=environment))  # noqa: S603 - of ours
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


def test_a_process_that_is_killed_starts_again_with_all_it_had_answered(
    folder: Folder, started: Callable[[], subprocess.Popen[bytes]]
) -> None:
    # Until it listens, a call is tried again.
    patient = Config(retries={"total_max_attempts": 40, "mode": "standard"}, connect_timeout=1)
    session = boto3.Session(aws_access_key_id="local", aws_secret_access_key="local", region_name=HOME)
    origin = Endpoints.load(folder.endpoints).url("aws")
    table: Any = session.client("dynamodb", endpoint_url=origin, config=patient)
    s3: Any = session.client("s3", endpoint_url=origin, config=patient)
    process = started()
    table.create_table(**TABLE)
    s3.create_bucket(Bucket="things", CreateBucketConfiguration={"LocationConstraint": HOME})
    for number in range(20):
        table.put_item(TableName="things", Item=key("a", number))
        s3.put_object(Bucket="things", Key=str(number), Body=b"x")
    process.send_signal(signal.SIGKILL)
    process.wait()
    started()
    assert table.scan(TableName="things")["Count"] == 20
    assert s3.list_objects_v2(Bucket="things")["KeyCount"] == 20
