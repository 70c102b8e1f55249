"""The function as Lambda calls it, its environment, and its expressions over moto."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from alert_dispatcher import handler as entry
from alert_dispatcher.environment import DispatchEnvironment
from ev_rental.vocabulary import Severity
from rental_events.tasks import UnknownTaskError
from rental_store.environment import SettingError
from tests.functions.alert_dispatcher.desk import Desk
from tests.functions.rental.fake_dynamodb import (
    ALERTS,
    ALL_INDEXES,
    BACKOFFICE,
    DISPATCH,
    KEYS,
    NUMBERS,
    RENTAL,
)
from tests.functions.rental_events.lambdas import Context

EVENTS = Path(__file__).parent / "events"
OPENED: dict[str, Any] = json.loads((EVENTS / "alert_opened.json").read_text())
ON_SCHEDULE: dict[str, Any] = json.loads((EVENTS / "schedule.json").read_text())
ENVIRONMENT = {
    "MARKET": "sg",
    "TABLES_REGION": "ap-southeast-1",
    "ALERTS_TABLE": ALERTS,
    "RENTAL_TABLE": RENTAL,
    "DISPATCH_TABLE": DISPATCH,
    "BACKOFFICE_TABLE": BACKOFFICE,
    "CONSOLE_URL": "https://backoffice.sg.example.com/",
    "INFO_TOPIC_ARN": "arn:topic:info",
    "WARNING_TOPIC_ARN": "arn:topic:warning",
    "CRITICAL_TOPIC_ARN": "arn:topic:critical",
    "WRITES_ENABLED": "true",
}


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    made = Desk()
    for name, value in (ENVIRONMENT | {"POWERTOOLS_METRICS_NAMESPACE": "BlueHorizons/Maintenance"}).items():
        monkeypatch.setenv(name, value)
    entry.environment.cache_clear()
    monkeypatch.setattr(entry, "dispatcher", made.dispatcher)
    yield made
    entry.environment.cache_clear()


def call(event: dict[str, Any]) -> dict[str, Any]:
    return entry.handler(event, Context())  # type: ignore[arg-type]  # as much of a context as is used


def emitted(printed: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for line in printed.splitlines():
        if '"_aws"' in line:
            found |= json.loads(line)
    return found


def test_a_stored_event_is_told_and_what_is_no_event_comes_again(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.now += 2_500
    said = call(OPENED)
    assert said == {"batchItemFailures": [{"itemIdentifier": "2e1424d4-f796-459a-8184-9c92662be6da"}]}
    assert [one["TopicArn"] for one in desk.notices()] == ["arn:topic:critical"]
    metrics = emitted(capsys.readouterr().out)
    assert metrics["AlertDelay"] == [2_500.0]
    assert metrics["Failed"] == [1.0]
    assert metrics["HandedOn"] == [1.0]


def test_the_sweep_says_what_it_left(desk: Desk) -> None:
    desk.outside.fault = lambda: "down"
    call(OPENED)
    desk.now += 120_000
    assert call(ON_SCHEDULE) == {"failed": 2, "finished": True, "fenced": False}


def test_a_region_that_stands_by_leaves_the_sweep_to_the_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WRITES_ENABLED", "false")
    entry.environment.cache_clear()
    assert call(ON_SCHEDULE) == {"fenced": True}
    assert desk.db.calls == []


def test_an_unknown_task_is_refused(desk: Desk) -> None:
    assert desk
    with pytest.raises(UnknownTaskError, match='"task": "dispatch"'):
        call({"task": "expire"})


def test_the_environment_is_typed_and_what_nobody_asked_for_is_none() -> None:
    found = DispatchEnvironment.read(ENVIRONMENT)
    assert found.topics[Severity.WARNING] == "arn:topic:warning"
    assert found.console_url == "https://backoffice.sg.example.com"
    assert (found.escalation_topic, found.ticket_queue_url) == (None, None)


@pytest.mark.parametrize("name", sorted(ENVIRONMENT))
def test_a_missing_variable_is_named(name: str) -> None:
    with pytest.raises(SettingError, match=name):
        DispatchEnvironment.read(ENVIRONMENT | {name: " "})


@pytest.mark.parametrize(("name", "value"), [("MARKET", "atlantis"), ("WRITES_ENABLED", "perhaps")])
def test_a_wrong_variable_is_named_with_its_value(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=f"{name} is '{value}'"):
        DispatchEnvironment.read(ENVIRONMENT | {name: value})


def test_the_function_finds_its_tables_and_topics(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing"}
    for name, value in (ENVIRONMENT | keys | {"AWS_DEFAULT_REGION": "ap-southeast-1"}).items():
        monkeypatch.setenv(name, value)
    entry.environment.cache_clear()
    entry.parts.cache_clear()
    store, hands = entry.parts()
    entry.environment.cache_clear()
    entry.parts.cache_clear()
    assert store._client.meta.region_name == "ap-southeast-1"
    assert set(hands) == {"notice", "escalation", "ticket", "work_order"}


class Moto:
    """The dispatcher's tables as the program makes them, looking like the in-memory store."""

    def __init__(self) -> None:
        self.client = boto3.client("dynamodb", region_name="ap-southeast-1")
        for table in (ALERTS, RENTAL, DISPATCH, BACKOFFICE):
            indexes = ALL_INDEXES.get(table, {})
            names = sorted({*KEYS[table], *(name for index in indexes.values() for name in index)})
            made: dict[str, Any] = {
                "TableName": table,
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [
                    {"AttributeName": name, "AttributeType": "N" if name in NUMBERS else "S"}
                    for name in names
                ],
                "KeySchema": _schema(KEYS[table]),
                "GlobalSecondaryIndexes": [
                    {"IndexName": name, "KeySchema": _schema(keys), "Projection": {"ProjectionType": "ALL"}}
                    for name, keys in indexes.items()
                ],
            }
            self.client.create_table(**made)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def put(self, table: str, _: object, item: dict[str, Any]) -> None:
        self.client.put_item(TableName=table, Item=item)


def _schema(keys: tuple[str, ...]) -> list[dict[str, str]]:
    return [
        {"AttributeName": name, "KeyType": kind} for name, kind in zip(keys, ("HASH", "RANGE"), strict=False)
    ]


def test_dynamodb_takes_every_expression(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        desk = Desk(client=Moto())
        for number in range(8):
            desk.park(f"SG-EV-{number:06d}", "sg-orchard")
        alerts = [desk.raise_alert(f"SG-EV-{number:06d}", "tyre_pressure") for number in range(8)]
        for alert in [*alerts, *alerts]:
            desk.tell(alert)
        assert len(desk.notices("raised")) == 5
        desk.outside.fault = lambda: "down"
        desk.tell(desk.raise_alert("SG-EV-000001", "battery_hot"))
        desk.outside.fault = lambda: None
        desk.sweep(2)
        desk.sweep(2)
        assert len(desk.notices("summary")) == 1
        assert len(desk.notices("raised")) == 6
        assert len(desk.outside.sent) == 9
        assert desk.sweep(1).handed_on == {}
