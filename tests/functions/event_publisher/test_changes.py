"""Which change makes which event."""

import copy
import json
from typing import Any

import pytest

from ev_rental.rental.events import Event
from ev_rental.rental.vocabulary import EventType
from event_publisher.changes import Changes, Outgoing, UnknownTableError
from event_publisher.environment import PublisherEnvironment
from event_publisher.facts import FactEvent
from rental_store.environment import SettingError
from tests.functions.event_publisher.fake_bus import ENVIRONMENT, record
from tests.functions.rental_events.lambdas import stored

CHANGES = Changes(PublisherEnvironment.read(ENVIRONMENT))
STATE = stored(__file__, "vehicle_state_stream.json")["Records"][0]["dynamodb"]
ALERT = stored(__file__, "alerts_stream.json")["Records"][0]["dynamodb"]["NewImage"]


def made(table: str, old: Any, new: Any) -> list[Outgoing]:
    return CHANGES.events(0, record(0, table, old, new))


def types(table: str, old: Any, new: Any) -> list[str]:
    return [event.detail_type for event in made(table, old, new)]


def details(name: str) -> list[dict[str, Any]]:
    return [
        json.loads(event.detail)
        for number, one in enumerate(stored(__file__, name)["Records"])
        for event in CHANGES.events(number, one)
    ]


def state(**changes: Any) -> dict[str, Any]:
    """The car's item before its stored change, with other attributes; None leaves one out."""
    item = copy.deepcopy(STATE["OldImage"]) | changes
    return {name: value for name, value in item.items() if value is not None}


def test_a_stored_change_of_a_booking_makes_its_event_and_lock_and_record_make_none() -> None:
    (detail,) = details("rental_stream.json")
    assert detail["eventType"] == EventType.BOOKING_HELD
    assert detail["entity"] == "booking/5ecd84c6-00a5-5317-bfeb-7aeaedb976a8"
    assert (detail["occurredAt"], detail["market"], detail["version"]) == (1_772_596_800_000, "sg", 1)
    assert detail["data"]["vehicle_id"] == "SG-EV-000001"


def test_a_stored_alert_makes_its_event() -> None:
    (detail,) = details("alerts_stream.json")
    assert detail["eventType"] == EventType.ALERT_OPENED
    assert (detail["data"]["severity"], detail["data"]["value"]) == ("critical", 61.5)


def test_an_alert_makes_an_event_a_status_and_none_for_its_counter() -> None:
    again = ALERT | {"occurrences": {"N": "2"}}
    resolved = again | {"status": {"S": "RESOLVED"}, "resolved_at": {"N": "1772596900000"}}
    assert types("alerts", None, ALERT) == ["alert.opened"]
    assert types("alerts", ALERT, again) == []
    assert types("alerts", again, resolved) == ["alert.resolved"]
    assert types("alerts", resolved, None) == []


def test_a_stored_change_of_contact_and_blocking_makes_an_event_each() -> None:
    contact, blocking = details("vehicle_state_stream.json")
    assert contact["eventType"] == "vehicle.contact_changed"
    assert contact["data"] == {
        "vehicle_id": "SG-EV-000001",
        "contact": "disconnected",
        "contact_at": 1_772_596_829_500,
    }
    assert blocking["data"]["blocking_alerts"] == ["battery_hot", "collision"]
    assert blocking["occurredAt"] == 1_772_596_830_000
    assert (contact["version"], contact["market"]) == (42, "sg")
    assert contact["eventId"] != blocking["eventId"]


@pytest.mark.parametrize(
    "changes",
    [
        {"soc": {"N": "3"}, "leaves": {"S": '{"soc":3}'}, "revision": {"N": "42"}},
        {"last_seen": {"N": "1772596899000"}, "revision": {"N": "42"}},
        {"contact_at": {"N": "1772596899000"}, "revision": {"N": "42"}},
        {"rental_state": {"S": "reserved"}},
        {"rental_state": None},
    ],
)
def test_what_telemetry_says_all_the_time_makes_no_event(changes: dict[str, Any]) -> None:
    assert types("vehicle-state", state(), state(**changes)) == []


def test_the_order_of_a_set_is_no_change() -> None:
    one = state(blocking_alerts={"SS": ["a", "b"]})
    other = state(blocking_alerts={"SS": ["b", "a"]}, revision={"N": "42"})
    assert types("vehicle-state", one, other) == []


def test_a_car_that_is_unblocked_says_so() -> None:
    blocked = state(blocking_alerts={"SS": ["battery_hot"]})
    (event,) = made("vehicle-state", blocked, state(revision={"N": "42"}))
    assert json.loads(event.detail)["data"]["blocking_alerts"] == []


def test_a_car_of_which_only_the_rental_knows_makes_no_event() -> None:
    mirrored = {"vehicle_id": {"S": "SG-EV-000009"}, "rental_state": {"S": "available"}}
    assert types("vehicle-state", None, mirrored) == []


@pytest.mark.parametrize("table", ["rental", "vehicle-state", "alerts"])
def test_a_deletion_by_time_to_live_makes_no_event(table: str) -> None:
    booking = stored(__file__, "rental_stream.json")["Records"][0]["dynamodb"]["NewImage"]
    item = {"rental": booking, "vehicle-state": STATE["NewImage"], "alerts": ALERT}[table]
    assert types(table, item, None) == []


def test_a_car_that_comes_back_after_its_deletion_has_other_ids() -> None:
    first = made("vehicle-state", None, state(revision={"N": "1"}))
    later = {
        "revision": {"N": "1"},
        "last_seen": {"N": "1809999999000"},
        "contact_at": {"N": "1809999999000"},
    }
    second = made("vehicle-state", None, state(**later))
    assert first[0].event_id != second[0].event_id


def test_the_same_record_makes_the_same_event_byte_by_byte() -> None:
    one = stored(__file__, "vehicle_state_stream.json")["Records"][0]
    assert CHANGES.events(0, one) == CHANGES.events(0, copy.deepcopy(one))


def test_every_event_has_the_same_envelope() -> None:
    assert FactEvent.__struct_encode_fields__ == Event.__struct_encode_fields__


def test_a_table_that_is_not_in_the_environment_is_named() -> None:
    stranger = record(0, "rental", None, {"pk": {"S": "A"}, "sk": {"S": "A"}})
    stranger["eventSourceARN"] = stranger["eventSourceARN"].replace("table/rental", "table/other")
    with pytest.raises(UnknownTableError, match=r"other.*rental"):
        CHANGES.events(0, stranger)


@pytest.mark.parametrize("name", sorted(ENVIRONMENT))
def test_a_missing_variable_is_named(name: str) -> None:
    with pytest.raises(SettingError, match=name):
        PublisherEnvironment.read(ENVIRONMENT | {name: " "})


def test_an_unknown_market_is_named_with_those_there_are() -> None:
    with pytest.raises(SettingError, match=r"'atlantis'.*sg, my"):
        PublisherEnvironment.read(ENVIRONMENT | {"MARKET": "atlantis"})
