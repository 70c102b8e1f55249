"""Functions find their tables and the broker by their environment."""

import pytest

from command_acks import handler as command_acks
from ev_rental.rental.command import CommandNotSentError
from rental_events import connection
from rental_events.connection import NoSender, operations
from rental_store.environment import SettingError
from rental_store.fence import Writer
from tests.functions.rental.world import World
from tests.functions.rental_events.lambdas import Context, asked_to_start

ENVIRONMENT = {
    "MARKET": "id",
    "RENTAL_TABLE": "rental",
    "VEHICLE_STATE_TABLE": "vehicle-state",
    "TABLES_REGION": "ap-southeast-3",
    "WRITES_ENABLED": "false",
    "WRITER_EPOCH": "3",
    "AWS_ACCESS_KEY_ID": "nobody",
    "AWS_SECRET_ACCESS_KEY": "nothing",
}


def test_operations_are_of_the_environments_market_region_and_fence(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    connection.parts.cache_clear()
    made = operations(Context())  # type: ignore[arg-type]  # as much of a context as is used
    connection.parts.cache_clear()
    assert made.market.market == "id"
    assert made.store._client.meta.region_name == "ap-southeast-3"  # type: ignore[attr-defined]  # the real store
    assert made._writes_enabled is False
    assert made.store._fence.mine == Writer("ap-southeast-3", 3)  # type: ignore[attr-defined]  # the real store


@pytest.mark.parametrize(
    "name", ["MARKET", "RENTAL_TABLE", "VEHICLE_STATE_TABLE", "WRITES_ENABLED", "WRITER_EPOCH"]
)
def test_a_missing_variable_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in (ENVIRONMENT | {name: ""}).items():
        monkeypatch.setenv(variable, value)
    connection.parts.cache_clear()
    with pytest.raises(SettingError, match=name):
        connection.parts()


def test_a_function_without_a_sender_sends_nothing() -> None:
    command = asked_to_start(World())
    with pytest.raises(CommandNotSentError, match=command.command_id):
        NoSender().send(command)


def test_answers_need_to_know_where_cars_connect(monkeypatch: pytest.MonkeyPatch) -> None:
    command_acks.sender.cache_clear()
    monkeypatch.delenv("IOT_REGION", raising=False)
    with pytest.raises(SettingError, match="IOT_REGION"):
        command_acks.sender()
