"""Batches, their responses, what is kept, and the calls to AWS."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from moto import mock_aws

from ev_rental.folding import MAX_ALERT_CHANGES
from ev_rental.geofence import market_fence
from ev_rental.vocabulary import Market, RejectReason, Severity
from rental_store.environment import SettingError
from telemetry_processor import handler as entry
from telemetry_processor.environment import Environment
from telemetry_processor.processor import MAX_FOLDS, Processor
from telemetry_processor.rejected import RejectedRecords
from telemetry_processor.store import OvertakenError, Store
from tests.functions.fake_aws import Faults
from tests.functions.fleet import (
    ALERTS,
    CAR,
    IMPACT,
    NOON,
    SOC,
    SPEED,
    STATES,
    World,
    encoded,
    lifecycle,
    record,
    records,
    telemetry,
)

EVENT = json.loads((Path(__file__).parent / "events" / "kinesis_batch.json").read_text())
ENVIRONMENT = {
    "MARKET": "sg",
    "VEHICLE_STATE_TABLE": STATES,
    "ALERTS_TABLE": ALERTS,
    "REJECTED_BUCKET": "rejected",
    "TABLES_REGION": "ap-southeast-1",
}


def cars(count: int) -> list[str]:
    return [f"SG-EV-{number:06d}" for number in range(count)]


def test_a_batch_is_folded_to_one_write_a_vehicle() -> None:
    world = World()
    world.process(*[telemetry(at, at, car, **{SOC: 80}) for at in range(5) for car in cars(3)])
    assert sorted(world.tables.calls) == ["BatchGetItem", "UpdateItem", "UpdateItem", "UpdateItem"]
    assert world.state(cars(3)[2])["seq"] == {"N": "4"}


def test_a_change_of_alerts_is_written_with_the_state_in_one_transaction() -> None:
    world = World()
    world.process(telemetry(0, 1, **{IMPACT: 60, SOC: 10}))
    assert world.tables.calls == ["BatchGetItem", "TransactWriteItems"]
    assert world.open_rules() == {"collision", "battery_low", "battery_unrentable"}
    assert world.state()["blocking_alerts"] == {"SS": ["battery_unrentable", "collision"]}


def test_more_than_a_hundred_vehicles_are_read_in_parts() -> None:
    world = World()
    summary = world.process(*[telemetry(0, 1, car) for car in cars(250)])
    assert world.tables.calls.count("BatchGetItem") == 3
    assert summary.applied == 250


def test_a_batch_that_brings_no_news_writes_nothing() -> None:
    world, batch = World(), [telemetry(0, 1, **{SOC: 80}), lifecycle()]
    world.process(*batch)
    calls = len(world.tables.calls)
    summary = world.process(*batch)
    assert world.tables.calls[calls:] == ["BatchGetItem"]
    assert (summary.applied, summary.superseded) == (0, 2)


def test_more_changes_of_alerts_than_a_transaction_holds_are_written_in_several() -> None:
    world = World()
    world.process(*[telemetry(at, at, **{SOC: 10 if at % 3 == 0 else 90}) for at in range(1, 400)])
    assert world.tables.calls.count("TransactWriteItems") > 2
    assert len(world.alerts("battery_low")) > MAX_ALERT_CHANGES
    assert world.state()["seq"] == {"N": "399"}


def test_the_response_names_the_lowest_failed_sequence_number_and_others_are_applied() -> None:
    world = World(faults=[None, "throttled"])
    batch = records([telemetry(0, 1, car) for car in cars(3)])
    summary = world.processor.process(batch)
    assert summary.response == {
        "batchItemFailures": [{"itemIdentifier": batch[0]["kinesis"]["sequenceNumber"]}]
    }
    assert (summary.applied, summary.failed) == (2, 1)
    assert world.problems[0][1] == cars(3)[0]


def test_sequence_numbers_are_compared_as_numbers() -> None:
    world = World(faults=["throttled"])
    batch = records([telemetry(0, 1, car) for car in cars(2)])
    batch[0]["kinesis"]["sequenceNumber"], batch[1]["kinesis"]["sequenceNumber"] = "100", "99"
    assert world.processor.process(batch).retry_from == "99"


def test_a_vehicle_that_is_always_overtaken_is_reported_failed() -> None:
    world = World()
    world.process(telemetry(0, 1))
    world.tables.faults = Faults([None] + ["overtaken", None] * MAX_FOLDS)
    summary = world.process(telemetry(1, 2))
    assert summary.failed == 1
    assert isinstance(world.problems[0][2], OvertakenError)


def test_keys_that_dynamodb_never_gets_to_are_reported_failed() -> None:
    world = World(faults=["unprocessed"] * 4)
    summary = world.process(*[telemetry(0, 1, car) for car in cars(8)])
    assert (summary.applied, summary.failed) == (7, 1)
    assert summary.retry_from is not None


def test_a_fault_in_folding_one_car_does_not_hold_up_the_others() -> None:
    world = World()
    world.process(telemetry(0, 1))
    world.state()["memory"] = {"S": '{"rules":{"battery_low":[1,2,3]}}'}
    world.state(CAR)["leaves"] = {"S": "[]"}
    summary = world.process(telemetry(1, 2), telemetry(0, 1, cars(1)[0]))
    assert (summary.applied, summary.failed) == (1, 1)


def test_rejected_records_are_kept_in_one_object_that_a_replay_can_read() -> None:
    world = World()
    bad = encoded(telemetry(market="my"))
    batch = records([b"{", telemetry(0, 1), bad])
    summary = world.processor.process(batch)
    assert summary.rejected == {RejectReason.MALFORMED: 1, RejectReason.OTHER_MARKET: 1}
    assert summary.response == {"batchItemFailures": []}
    ((key, body),) = world.bucket.objects.items()
    first, last = batch[0]["kinesis"]["sequenceNumber"], batch[2]["kinesis"]["sequenceNumber"]
    assert key == f"rejected/2026/01/01/shardId-000000000006-{first}-{last}.jsonl"
    lines = [json.loads(line) for line in body.decode().splitlines()]
    assert base64.b64decode(lines[1].pop("data")) == bad
    assert lines[1] == {
        "shardId": "shardId-000000000006",
        "sequenceNumber": last,
        "partitionKey": CAR,
        "approximateArrivalTimestamp": NOON / 1000 + 2,
        "reason": "other_market",
        "detail": "'my', here: 'sg'",
    }


def test_a_rejected_batch_that_comes_again_writes_the_same_object() -> None:
    world, batch = World(), records([b"{", b"}"])
    world.processor.process(batch)
    before = dict(world.bucket.objects)
    world.processor.process(batch)
    assert world.bucket.objects == before


def test_rejects_that_cannot_be_kept_are_failed_not_lost() -> None:
    world = World(faults=["throttled"])
    batch = records([b"{", telemetry(0, 1)])
    summary = world.processor.process(batch)
    assert summary.retry_from == batch[0]["kinesis"]["sequenceNumber"]
    assert (summary.applied, summary.failed, summary.rejected.total()) == (1, 1, 0)


def test_what_is_no_base64_is_rejected() -> None:
    world, broken = World(), record(telemetry(), 0)
    broken["kinesis"]["data"] = "§§"
    assert world.processor.process([broken]).rejected == {RejectReason.MALFORMED: 1}


def test_a_message_updates_only_what_it_tells() -> None:
    world = World()
    world.process(telemetry(0, 1, **{SOC: 80, SPEED: 10}))
    world.process(telemetry(10, 2, **{SPEED: 20}))
    world.process(telemetry(5, 3, **{SOC: 70, SPEED: 15}))
    assert json.loads(world.state()["leaves"]["S"]) == {"soc": 70, "speed": 20}
    assert world.state()["ts"] == {"N": str(NOON + 10_000)}
    assert world.state()["last_seen"] == {"N": str(NOON + 11_000)}


@pytest.mark.parametrize(
    ("events", "contact"),
    [
        ([lifecycle(0, 1, "connected")], "connected"),
        ([lifecycle(0, 1, "connected"), lifecycle(9, 1, "disconnected")], "disconnected"),
        # The old connection's end is told after the new one's start, and even stamped later.
        ([lifecycle(0, 1), lifecycle(9, 2), lifecycle(9.1, 1, "disconnected")], "connected"),
        # Version numbers start again after an hour away.
        ([lifecycle(0, 7), lifecycle(1, 7, "disconnected"), lifecycle(3_700, 0)], "connected"),
    ],
)
def test_contact_goes_by_version_whatever_the_order_of_events(events: list[Any], contact: str) -> None:
    for order in (events, events[::-1], events + events):
        world = World()
        for event in order:
            world.process(event)
        assert world.state()["contact"] == {"S": contact}


def test_a_connection_is_a_sign_of_life_and_its_end_is_not() -> None:
    world = World()
    world.process(telemetry(0, 1))
    world.process(lifecycle(60, 1, "connected"), lifecycle(90, 1, "disconnected"))
    assert world.state()["last_seen"] == {"N": str(NOON + 60_000)}


def test_the_handler_takes_a_stored_event(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    monkeypatch.setattr(entry, "processor", lambda _: world.processor)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "BlueHorizons/Telemetry")
    assert entry.handler(EVENT, None) == {"batchItemFailures": []}  # type: ignore[arg-type]  # the context is not read
    assert world.state("SG-EV-000123")["soc"] == {"N": "14.5"}
    assert world.state("SG-EV-000123")["contact"] == {"S": "connected"}
    assert len(world.bucket.objects) == 1
    printed = capsys.readouterr().out
    emitted = [json.loads(line) for line in printed.splitlines() if "_aws" in line]
    assert all(e["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "BlueHorizons/Telemetry" for e in emitted)
    counts = {
        (name, e.get("reason"), e.get("severity")): e[name][0]
        for e in emitted
        for name in ("Applied", "Superseded", "Rejected", "Failed", "AlertsRaised", "AlertsCleared")
        if name in e
    }
    assert counts == {
        ("Applied", None, None): 3,
        ("Superseded", None, None): 1,
        ("Failed", None, None): 0,
        ("AlertsCleared", None, None): 0,
        ("Rejected", "null_island", None): 1,
        ("AlertsRaised", None, "critical"): 1,
        ("AlertsRaised", None, "warning"): 1,
    }
    logged = str([vars(record) for record in caplog.records])
    assert "null_island" in logged
    assert "103.8198" not in printed + logged, "a rider's position is in the log"


def test_the_log_names_an_error_but_not_what_was_in_the_item(caplog: pytest.LogCaptureFixture) -> None:
    entry._log_problem("vehicle could not be folded", CAR, ValueError("latitude 1.3521"))
    (told,) = [vars(record) for record in caplog.records]
    assert (told["where"], told["error"]) == (CAR, "ValueError")
    assert "1.3521" not in str(told)


def test_a_timeout_of_the_network_which_carries_no_answer_is_logged_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    entry._log_problem("vehicle could not be written", "SG-EV-000123", ReadTimeoutError(endpoint_url="x"))
    (told,) = [vars(record) for record in caplog.records]
    assert (told["error"], told["code"]) == ("ReadTimeoutError", "")


def test_the_handler_builds_its_clients_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (ENVIRONMENT | {"MARKET": "id", "AWS_DEFAULT_REGION": "ap-southeast-1"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TABLES_REGION", "ap-southeast-3")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    entry.processor.cache_clear()
    made = entry.processor(entry.tables_region())
    entry.processor.cache_clear()
    assert made._store._client.meta.region_name == "ap-southeast-3"
    assert made._rejected._client.meta.region_name == "ap-southeast-1"


def test_the_environment_is_typed() -> None:
    environment = Environment.read(ENVIRONMENT)
    assert environment.market is Market.SINGAPORE
    assert environment.tables_region == "ap-southeast-1"


@pytest.mark.parametrize("name", sorted(ENVIRONMENT))
def test_a_missing_variable_is_named(name: str) -> None:
    with pytest.raises(SettingError, match=name):
        Environment.read(ENVIRONMENT | {name: " "})


def test_an_unknown_market_is_named_with_those_there_are() -> None:
    with pytest.raises(SettingError, match=r"'atlantis'.*sg, my"):
        Environment.read(ENVIRONMENT | {"MARKET": "atlantis"})


@mock_aws
def test_dynamodb_and_s3_take_every_expression(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    tables = boto3.client("dynamodb", region_name="ap-southeast-1")
    for name, keys in ((STATES, ["vehicle_id"]), (ALERTS, ["vehicle_id", "alert_id"])):
        tables.create_table(
            TableName=name,
            KeySchema=[
                {"AttributeName": key, "KeyType": kind}  # type: ignore[typeddict-item]  # zip forgets literals
                for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
            ],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            BillingMode="PAY_PER_REQUEST",
        )
    objects = boto3.client("s3", region_name="us-east-1")
    objects.create_bucket(Bucket="rejected")
    store = Store(tables, vehicle_state_table=STATES, alerts_table=ALERTS, market="sg")
    with ThreadPoolExecutor(1) as writers:
        processor = Processor(
            market=Market.SINGAPORE,
            fence=market_fence(Market.SINGAPORE),
            store=store,
            rejected=RejectedRecords(objects, bucket="rejected"),
            writers=writers,
            on_problem=lambda *problem: pytest.fail(str(problem)),
        )
        expected = World()
        bumpy = [{SOC: 10}, {SOC: 22, IMPACT: 60}, {SOC: 10, IMPACT: 0}, {SOC: 90}, {SOC: 90, IMPACT: 60}]
        payloads: list[Any] = [telemetry(at, at, **leaves) for at, leaves in enumerate(bumpy, 1)]
        payloads += [lifecycle(60), telemetry(2, 2, **{SOC: 22, IMPACT: 60}), b"{", telemetry(90, 9)]
        for payload in payloads:
            batch = records([payload])
            assert processor.process(batch).retry_from is None
            expected.processor.process(batch)
    for table, items in expected.tables.tables.items():
        stored = tables.scan(TableName=table)["Items"]
        assert sorted(map(_normal, stored)) == sorted(map(_normal, items.values()))
    vehicle = store.load(CAR)
    vehicle.revision -= 1
    for changes in ([], [_change(vehicle.vehicle_id)]):
        with pytest.raises(OvertakenError):
            store.save(vehicle, changes)
    vehicle.revision = 0
    with pytest.raises(OvertakenError):
        store.save(vehicle, [])
    assert len(objects.list_objects_v2(Bucket="rejected")["Contents"]) == 1


def _normal(item: Any) -> str:
    return json.dumps(item, sort_keys=True, default=sorted)


def _change(vehicle_id: str) -> Any:
    from ev_rental.alerts import AlertChange  # noqa: PLC0415 - only this helper needs it

    return AlertChange(vehicle_id=vehicle_id, rule="collision", raised_at=NOON, resolved_at=NOON + 1)


def test_many_threads_write_many_vehicles() -> None:
    world = World()
    with ThreadPoolExecutor(8) as writers:
        world.processor._writers = writers
        summary = world.process(*[telemetry(at, at, car, **{SOC: 12}) for at in (1, 2) for car in cars(60)])
    assert summary.applied == 120
    assert summary.alerts_raised == {Severity.WARNING: 60, Severity.CRITICAL: 60}
    assert len(world.alerts()) == 120
