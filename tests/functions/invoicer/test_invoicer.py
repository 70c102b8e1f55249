"""Every trip is invoiced exactly once, by its message or by the nightly sweep."""

import contextlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from ev_rental.rental.events import event_of
from ev_rental.rental.vocabulary import BookingState
from invoicer import trips
from invoicer.handler import CatchUpIncompleteError, handler
from rental_events.messages import PoisonedError
from rental_events.timed import RESERVE_MS
from rental_store.fence import Fence, Writer
from tests.functions.rental.fake_dynamodb import FAULTS, RENTAL
from tests.functions.rental.invariants import check, check_history
from tests.functions.rental.world import World
from tests.functions.rental_events.lambdas import (
    Context,
    booking_of,
    completed,
    deployed,
    driving,
    metrics,
    sqs_event,
    stored,
)

MESSAGE = stored(__file__, "trip_completed.json")
CATCH_UP = stored(__file__, "schedule.json")


def invoke(world: World, event: dict[str, Any], *times: int, **deployment: bool) -> dict[str, Any]:
    with deployed(world, **deployment):
        return handler(event, Context(*times))  # type: ignore[arg-type]  # as much of a context as is used


def failures(said: dict[str, Any]) -> list[str]:
    return [failure["itemIdentifier"] for failure in said["batchItemFailures"]]


def envelope(world: World, booking_id: str, **changes: Any) -> dict[str, Any]:
    """The bus' event of a booking as it is now."""
    event = event_of(None, booking_of(world, booking_id))
    assert event is not None
    detail = {
        "schemaVersion": event.schema_version,
        "market": event.market,
        "data": event.data,
        "entity": event.entity,
        "eventId": event.event_id,
    }
    return {"source": "bluehorizons.rental", "detail-type": event.event_type, "detail": detail} | changes


def invoices(world: World) -> list[str]:
    """The bookings of all invoices that were ever written, one entry a write."""
    return [
        new["booking_id"]["S"]
        for table, _, new in world.db.stream
        if table == RENTAL and new is not None and new["entity"]["S"] == "INVOICE"
    ]


def test_a_stored_event_of_the_queue_makes_an_invoice(capsys: pytest.CaptureFixture[str]) -> None:
    world = World()
    booking = completed(world)
    event = json.loads(json.dumps(MESSAGE).replace("BOOKING_ID", booking.booking_id))
    capsys.readouterr()
    assert invoke(world, event) == {"batchItemFailures": []}
    invoice = world.store.invoice(booking.booking_id)
    assert invoice is not None
    assert invoice.ended_at - invoice.started_at == 17 * 60_000
    assert booking_of(world, booking.booking_id).state is BookingState.INVOICED
    assert metrics(capsys.readouterr().out) == {"TripsInvoiced": 1, "Failed": 0}


def test_a_message_that_comes_again_makes_no_second_invoice() -> None:
    world = World()
    message = envelope(world, completed(world).booking_id)
    for _ in range(3):
        assert invoke(world, sqs_event(message, message)) == {"batchItemFailures": []}
    assert len(invoices(world)) == 1
    check(world.db)


def test_a_poisoned_message_fails_alone() -> None:
    world = World(cars=2, riders=2)
    first, second = completed(world, 0), completed(world, 1)
    event = sqs_event(
        envelope(world, first.booking_id),
        "no JSON",
        envelope(world, first.booking_id, source="somebody.else"),
        envelope(world, second.booking_id),
    )
    assert failures(invoke(world, event)) == ["message-1", "message-2"]
    assert sorted(invoices(world)) == sorted([first.booking_id, second.booking_id])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("\ud800", "no event"),
        ('"text"', "no event"),
        ({"source": "bluehorizons.rental", "detail-type": "trip.completed"}, "detail"),
        ({"detail-type": "trip.started"}, "trip.started"),
        ({"source": "aws.events"}, "aws.events"),
        ({"schemaVersion": "2.0"}, "2.0"),
        ({"market": "my"}, "my"),
        ({"data": {"booking_id": ""}}, "no event"),
        ({"data": {}}, "booking_id"),
    ],
)
def test_a_message_that_is_no_completed_trip_of_the_market_is_refused(body: Any, said: str) -> None:
    text = body
    if isinstance(body, dict):
        detail = {"schemaVersion": "1.0", "market": "sg", "data": {"booking_id": "b"}}
        detail |= {name: value for name, value in body.items() if name in detail}
        whole = {"source": "bluehorizons.rental", "detail-type": "trip.completed", "detail": detail}
        text = json.dumps(body if said == "detail" else whole | {k: body[k] for k in body if k in whole})
    with pytest.raises(PoisonedError, match=said):
        trips.completed_booking(text, "sg")


def test_a_later_minor_version_is_understood() -> None:
    detail = {"schemaVersion": "1.7", "market": "sg", "data": {"booking_id": "b", "new": 1}, "more": {}}
    whole = {"source": "bluehorizons.rental", "detail-type": "trip.completed", "detail": detail}
    assert trips.completed_booking(json.dumps(whole), "sg") == "b"


def test_a_trip_that_goes_on_is_not_invoiced() -> None:
    world = World()
    booking = driving(world)
    message = envelope(world, booking.booking_id) | {"detail-type": "trip.completed"}
    assert failures(invoke(world, sqs_event(message))) == ["message-0"]
    assert not invoices(world)


def test_the_nightly_sweep_finds_what_the_queue_lost(capsys: pytest.CaptureFixture[str]) -> None:
    world = World(cars=3, riders=3)
    bookings = [completed(world, number) for number in range(3)]
    invoke(world, sqs_event(envelope(world, bookings[0].booking_id)))
    capsys.readouterr()
    said = invoke(world, CATCH_UP)["TripsCaughtUp"]
    assert (said["done"], said["finished"]) == (2, True)
    assert metrics(capsys.readouterr().out)["TripsCaughtUp"] == 2
    assert invoke(world, CATCH_UP)["TripsCaughtUp"]["done"] == 0
    assert len(invoices(world)) == 3
    check(world.db)


def test_a_night_that_was_too_short_is_told_and_continued() -> None:
    world = World(cars=3, riders=3)
    for number in range(3):
        completed(world, number)
    with pytest.raises(CatchUpIncompleteError):
        invoke(world, CATCH_UP, 60_000, RESERVE_MS - 1)
    assert len(invoices(world)) == 1
    assert invoke(world, CATCH_UP)["TripsCaughtUp"]["done"] == 2


def test_a_trip_that_cannot_be_invoiced_is_told_and_stops_no_other() -> None:
    world = World(cars=2, riders=2)
    broken, sound = completed(world, 0), completed(world, 1)
    key = (f"BOOKING#{broken.booking_id}", "BOOKING")
    world.db.put(RENTAL, key, world.db.tables[RENTAL][key] | {"tariff_id": {"S": "never agreed"}})
    with pytest.raises(CatchUpIncompleteError, match="1 trips failed"):
        invoke(world, CATCH_UP)
    assert invoices(world) == [sound.booking_id]
    message = envelope(world, broken.booking_id)
    assert failures(invoke(world, sqs_event(message))) == ["message-0"]


def test_messages_and_the_sweep_at_once_invoice_each_trip_once() -> None:
    world = World(cars=6, riders=6)
    messages = [envelope(world, completed(world, number).booking_id) for number in range(6)]
    events: list[dict[str, Any]] = [sqs_event(*messages), CATCH_UP, sqs_event(*reversed(messages)), CATCH_UP]
    with deployed(world), ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(handler, event, Context()) for event in events]  # type: ignore[arg-type]  # as much of a context as is used
        said = [one.result() for one in runs]
    assert failures(said[0]) == failures(said[2]) == []
    assert len(invoices(world)) == len(set(invoices(world))) == 6
    check(world.db)


@settings(max_examples=60, deadline=None)
@given(
    faults=st.lists(st.none() | st.sampled_from(FAULTS), max_size=20),
    order=st.lists(st.integers(0, 3), max_size=8),
    sweep_first=st.booleans(),
)
def test_whatever_is_lost_or_comes_twice_each_trip_is_invoiced_once(
    faults: list[str | None], order: list[int], sweep_first: bool
) -> None:
    world = World(cars=3, riders=3)
    messages: list[Any] = [envelope(world, completed(world, number).booking_id) for number in range(3)]
    messages.append("poison")
    start = len(world.db.stream)
    queue = dict(enumerate(messages[place] for place in order))
    world.play(faults)
    for round_ in range(6):
        if sweep_first or round_:
            with contextlib.suppress(CatchUpIncompleteError):
                invoke(world, CATCH_UP)
        shown = list(queue.values())
        failed = {int(name.removeprefix("message-")) for name in failures(invoke(world, sqs_event(*shown)))}
        queue = {number: shown[number] for number in failed}
    world.play([])
    invoke(world, CATCH_UP)
    assert sorted(invoices(world)) == sorted(
        message["detail"]["data"]["booking_id"] for message in messages[:3]
    )
    assert not failures(invoke(world, sqs_event(*messages[:3])))
    check(world.db)
    check_history(world.db, start)


def test_a_region_that_stands_by_drops_the_message_and_its_sweep_finds_the_trip_later() -> None:
    world = World()
    booking = completed(world)
    event = sqs_event(envelope(world, booking.booking_id))
    assert invoke(world, event, writes_enabled=False) == {"batchItemFailures": []}
    assert invoke(world, CATCH_UP, writes_enabled=False)["TripsCaughtUp"]["fenced"]
    assert not invoices(world)
    assert invoke(world, CATCH_UP)["TripsCaughtUp"]["done"] == 1


def test_what_a_fenced_region_is_told_of_is_left_to_the_region_that_writes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World()
    message = envelope(world, completed(world).booking_id)
    world.store._fence = Fence(RENTAL, Writer("ap-southeast-5", 2))
    world.operations.register_rider("somebody", verified=True)  # the other Region claims the fence
    world.store._fence = Fence(RENTAL, Writer("ap-southeast-1", 1))
    capsys.readouterr()
    assert invoke(world, sqs_event(message)) == {"batchItemFailures": []}
    assert invoices(world) == []
    assert metrics(capsys.readouterr().out) == {"TripsInvoiced": 0, "Failed": 0}
