"""Every change reaches the bus at least once, in its item's order, whatever fails on the way."""

import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config
from botocore.session import get_session
from botocore.stub import ANY, Stubber
from hypothesis import given, settings, strategies as st

from ev_rental.rental.vocabulary import EventType
from event_publisher import handler as entry
from event_publisher.bus import ATTEMPTS, RESERVE_MS, Bus
from event_publisher.changes import Changes, Outgoing, UnknownTableError
from event_publisher.environment import PublisherEnvironment
from invoicer.trips import completed_booking
from rental_store import items
from tests.functions.event_publisher.fake_bus import (
    BUS,
    ENVIRONMENT,
    FAULTS,
    FakeEvents,
    Killed,
    publisher,
    record,
    records,
    sequence_number,
)
from tests.functions.rental.fake_dynamodb import RENTAL, VEHICLE_STATES
from tests.functions.rental.world import MINUTE, World
from tests.functions.rental_events.lambdas import (
    METRICS,
    Context,
    asked_to_end,
    completed,
    held,
    metrics,
    stored,
)

PLENTY = 60_000


def plenty() -> int:
    return PLENTY


def outgoing(number: int, item: str, size: int = 0) -> Outgoing:
    return Outgoing(
        record=number,
        item=item,
        event_id=f"event-{number}",
        detail_type="vehicle.state_changed",
        occurred_at=0,
        detail=json.dumps({"eventId": f"event-{number}", "filling": "x" * size}),
    )


def bus(events: FakeEvents, pauses: list[float] | None = None) -> Bus:
    note: Callable[[float], None] = (pauses if pauses is not None else []).append
    return Bus(events, BUS, on_problem=lambda _code, _id: None, pause=note)


def history() -> World:
    """A rental with holds, trips, expiries and an invoice, and telemetry of the cars."""
    world = World(cars=4, riders=4)
    held(world, 0)
    booking = completed(world, 1)
    world.operations.issue_invoice(booking.booking_id)
    asked_to_end(world, 2)
    world.clock.now += 2 * MINUTE
    world.operations.expire_commands()
    world.operations.expire_holds()
    for number, kinds in enumerate([("a",), (), ("a", "b")]):
        world.clock.now += MINUTE
        state = "disconnected" if number == 1 else "connected"
        world.see(world.cars[0], blocking=kinds, contact=(state, world.clock.now))
    return world


HISTORY = history()


class Mapping:
    """An event-source mapping: hands over batches from its checkpoint on until all are done."""

    def __init__(self, stream: list[Any], events: FakeEvents, sizes: list[int]) -> None:
        self.stream, self.events, self.sizes = stream, events, sizes or [100]
        self.invocations = 0

    def run(self) -> None:
        at = 0
        while at < len(self.stream):
            size = self.sizes[self.invocations % len(self.sizes)]
            self.invocations += 1
            assert self.invocations < 1_000
            batch = self.stream[at : at + size]
            try:
                response = publisher(self.events).publish(batch, plenty).response
            except Killed:
                continue
            failures = response["batchItemFailures"]
            if not failures:
                at += len(batch)
                continue
            (failure,) = failures
            at += [sequence_number(one) for one in batch].index(failure["itemIdentifier"])


@settings(max_examples=120, deadline=None)
@given(
    table=st.sampled_from([RENTAL, VEHICLE_STATES]),
    faults=st.lists(st.none() | st.sampled_from(FAULTS), max_size=25),
    sizes=st.lists(st.integers(1, 40), max_size=4),
)
def test_every_change_reaches_the_bus_at_least_once_and_in_its_items_order(
    table: str, faults: list[str | None], sizes: list[int]
) -> None:
    stream = records(HISTORY.db.stream, table)
    changes = Changes(PublisherEnvironment.read(ENVIRONMENT))
    expected = [event for number, one in enumerate(stream) for event in changes.events(number, one)]
    script = iter(faults)
    events = FakeEvents(lambda: next(script, None))
    Mapping(stream, events, sizes).run()
    first_time = list(dict.fromkeys(detail["eventId"] for detail in events.details()))
    assert sorted(first_time) == sorted(event.event_id for event in expected)
    by_id = {event.event_id: event for event in expected}
    assert all(by_id[detail["eventId"]].detail == taken["Detail"] for detail, taken in _pairs(events))
    arrived, happened = defaultdict(list), defaultdict(list)
    for event_id in first_time:
        arrived[by_id[event_id].item].append(event_id)
    for event in expected:
        happened[event.item].append(event.event_id)
    for item, ids in happened.items():
        if table == RENTAL:
            assert arrived[item] == ids
        else:  # two facts of one change have no order
            assert sorted(arrived[item]) == sorted(ids)
    assert [one.event_id for one in expected] == list(dict.fromkeys(one.event_id for one in expected))


def _pairs(events: FakeEvents) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    return list(zip(events.details(), events.taken, strict=True))


def test_the_history_makes_the_events_of_a_rental() -> None:
    events = FakeEvents()
    Mapping(records(HISTORY.db.stream, RENTAL), events, []).run()
    assert set(events.types()) >= {
        EventType.BOOKING_HELD,
        EventType.TRIP_STARTED,
        EventType.TRIP_COMPLETED,
        EventType.BOOKING_INVOICED,
        EventType.INVOICE_ISSUED,
        EventType.BOOKING_EXPIRED,
        EventType.COMMAND_SENT,
        EventType.COMMAND_ACKNOWLEDGED,
        EventType.COMMAND_EXPIRED,
        EventType.VEHICLE_REGISTERED,
        EventType.VEHICLE_STATE_CHANGED,
    }


def test_without_faults_nothing_is_sent_twice() -> None:
    events = FakeEvents()
    Mapping(records(HISTORY.db.stream, RENTAL), events, []).run()
    ids = [detail["eventId"] for detail in events.details()]
    assert len(ids) == len(set(ids))
    assert len(events.calls) < len(ids)


def test_no_call_holds_two_events_of_one_item() -> None:
    events = FakeEvents()
    assert bus(events).publish([outgoing(n, "car" if n % 2 else f"car {n}") for n in range(20)], plenty) == []
    for call in events.calls:
        about = [json.loads(one["Detail"])["eventId"] for one in call]
        assert sum(int(name.removeprefix("event-")) % 2 for name in about) <= 1


def test_the_next_event_of_an_item_waits_for_the_one_before() -> None:
    events = FakeEvents()
    events.refuses = lambda one: "event-0" in one["Detail"]
    left = bus(events).publish([outgoing(0, "a"), outgoing(1, "b"), outgoing(2, "a")], plenty)
    assert [event.event_id for event in left] == ["event-0", "event-2"]
    assert [detail["eventId"] for detail in events.details()] == ["event-1"]


def test_an_event_that_is_refused_again_and_again_holds_back_no_other_item() -> None:
    events = FakeEvents()
    events.refuses = lambda one: "event-3" in one["Detail"]
    left = bus(events).publish([outgoing(n, f"car {n}") for n in range(30)], plenty)
    assert [event.event_id for event in left] == ["event-3"]
    assert len(events.taken) == 29


def test_a_bus_that_is_gone_is_not_asked_for_ever() -> None:
    events = FakeEvents(lambda: "throttled")
    pauses: list[float] = []
    left = bus(events, pauses).publish([outgoing(n, f"car {n}") for n in range(100)], plenty)
    assert len(left) == 100
    assert len(events.calls) <= 2 * ATTEMPTS
    assert pauses == sorted(pauses)


def test_without_time_left_nothing_is_begun() -> None:
    events = FakeEvents()
    left = bus(events).publish([outgoing(0, "a")], lambda: RESERVE_MS - 1)
    assert len(left) == 1
    assert not events.calls


@settings(max_examples=60, deadline=None)
@given(sizes=st.lists(st.integers(0, 262_000), min_size=1, max_size=30))
def test_large_events_share_a_call_only_where_they_fit(sizes: list[int]) -> None:
    events = FakeEvents()  # which asserts both limits
    left = bus(events).publish([outgoing(n, f"car {n}", size) for n, size in enumerate(sizes)], plenty)
    assert left == []
    assert len(events.taken) == len(sizes)


def test_an_event_too_large_for_the_bus_fails_and_holds_back_its_own_item_only() -> None:
    events = FakeEvents()
    left = bus(events).publish(
        [outgoing(0, "a", 262_144), outgoing(1, "b"), outgoing(2, "a"), outgoing(3, "c")], plenty
    )
    assert [event.event_id for event in left] == ["event-0", "event-2"]
    assert len(events.taken) == 2


def _vehicle(number: int, name: str, version: int, state: str) -> dict[str, Any]:
    return items.attributes(
        {
            "pk": f"VEHICLE#{name}",
            "sk": "VEHICLE",
            "entity": "VEHICLE",
            "vehicle_id": name,
            "vehicle_type_id": "compact",
            "public_id": "p",
            "market": "sg",
            "state": state,
            "version": version,
            "changed_at": number,
            "event_types": [],
        }
    )


def test_a_record_that_cannot_be_read_fails_and_holds_back_its_own_item_only() -> None:
    events, problems = FakeEvents(), list[tuple[str, str]]()
    batch = [
        record(0, RENTAL, None, _vehicle(0, "a", 1, "available")),
        record(1, RENTAL, _vehicle(0, "b", 1, "available"), _vehicle(1, "b", 2, "melted")),
        record(2, RENTAL, _vehicle(1, "b", 2, "reserved"), _vehicle(2, "b", 3, "stopped")),
        record(3, RENTAL, _vehicle(0, "c", 1, "available"), _vehicle(3, "c", 2, "reserved")),
    ]
    summary = publisher(events, problems).publish(batch, plenty)
    assert summary.response == {"batchItemFailures": [{"itemIdentifier": sequence_number(batch[1])}]}
    assert [detail["entity"] for detail in events.details()] == ["vehicle/a", "vehicle/c"]
    assert summary.failed == 2
    assert problems == [("ValidationError", sequence_number(batch[1]))]


def test_the_lowest_failed_record_is_named_whatever_the_order_of_failures() -> None:
    events = FakeEvents()
    events.refuses = lambda one: "vehicle/a" in one["Detail"]
    batch = [
        record(0, RENTAL, None, _vehicle(0, "c", 1, "available")),
        record(9, RENTAL, None, _vehicle(0, "a", 1, "available")),
        record(10, RENTAL, None, _vehicle(0, "b", 1, "melted")),
    ]
    summary = publisher(events).publish(batch, plenty)
    assert summary.retry_from == sequence_number(batch[1])


def test_a_stream_of_an_unknown_table_fails_the_whole_batch() -> None:
    stranger = record(0, RENTAL, None, _vehicle(0, "a", 1, "available"))
    stranger["eventSourceARN"] = stranger["eventSourceARN"].replace("table/rental", "table/other")
    with pytest.raises(UnknownTableError, match="other"):
        publisher(FakeEvents()).publish([stranger], plenty)


@pytest.mark.parametrize(
    ("name", "published", "silent"),
    [
        ("rental_stream.json", {"Published booking.held": 1}, 2),
        ("alerts_stream.json", {"Published alert.opened": 1}, 0),
        (
            "vehicle_state_stream.json",
            {"Published vehicle.contact_changed": 1, "Published vehicle.blocking_changed": 1},
            0,
        ),
    ],
)
def test_the_handler_takes_stored_events(
    name: str,
    published: dict[str, int],
    silent: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    events = FakeEvents()
    monkeypatch.setattr(entry, "publisher", lambda: publisher(events))
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", METRICS)
    said = entry.handler(stored(__file__, name), Context())  # type: ignore[arg-type]  # as much of a context as is used
    assert said == {"batchItemFailures": []}
    printed = capsys.readouterr().out
    assert metrics(printed) == published | {"RecordsWithoutEvent": silent, "Failed": 0}
    assert {one["Source"] for one in events.taken} == {"bluehorizons.rental"}


def test_the_log_names_an_error_but_not_what_was_in_the_item(capsys: pytest.CaptureFixture[str]) -> None:
    entry._log_problem("record not read", "100", ValueError("rider-1 at 1.3521"))
    printed = capsys.readouterr()
    assert "1.3521" not in printed.out + printed.err


def test_the_handler_builds_its_client_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (ENVIRONMENT | {"AWS_DEFAULT_REGION": "ap-southeast-1"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    entry.publisher.cache_clear()
    made = entry.publisher()
    entry.publisher.cache_clear()
    assert made._bus._client.meta.region_name == "ap-southeast-1"  # type: ignore[attr-defined]  # botocore's client


def test_aws_own_model_of_put_events_takes_the_entries() -> None:
    client: Any = get_session().create_client(
        "events",
        region_name="ap-southeast-1",
        aws_access_key_id="nobody",
        aws_secret_access_key="nothing",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with Stubber(client) as stub:
        stub.add_response(
            "put_events", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}, {"Entries": ANY}
        )
        real = Bus(client, BUS, on_problem=lambda _code, _id: None)
        assert real.publish([outgoing(0, "a")], plenty) == []
        stub.assert_no_pending_responses()


def test_what_the_rental_writes_and_what_is_published_meet_in_the_invoicer() -> None:
    events = FakeEvents()
    Mapping(records(HISTORY.db.stream, RENTAL), events, []).run()
    (trip,) = [one for one in events.taken if one["DetailType"] == EventType.TRIP_COMPLETED]
    body = {"source": trip["Source"], "detail-type": trip["DetailType"], "detail": json.loads(trip["Detail"])}
    booking_id = completed_booking(json.dumps(body), "sg")
    assert HISTORY.store.invoice(booking_id) is not None
