"""What a car answers starts or ends its trip: once, and only what it was asked itself."""

import json
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from command_acks import answers, handler as entry
from ev_rental.rental.command import Command
from ev_rental.rental.vocabulary import BookingState, CommandAction, CommandPurpose, CommandState
from rental_events.messages import PoisonedError
from tests.functions.rental.fake_dynamodb import FAULTS
from tests.functions.rental.invariants import check, check_history
from tests.functions.rental.world import MINUTE, World
from tests.functions.rental_events.lambdas import (
    Context,
    asked_to_end,
    asked_to_start,
    booking_of,
    deployed,
    metrics,
    sqs_event,
    stored,
)

EVENT = stored(__file__, "answers.json")


def invoke(world: World, event: dict[str, Any], *times: int, **deployment: bool) -> list[str]:
    """The ids of the messages that failed."""
    with deployed(world, **deployment), pytest.MonkeyPatch.context() as patch:
        patch.setattr(entry, "sender", lambda: world.sender)
        patch.setattr("time.sleep", lambda _: None)
        said = entry.handler(event, Context(*times))  # type: ignore[arg-type]  # as much of a context as is used
    return [failure["itemIdentifier"] for failure in said["batchItemFailures"]]


def answer(world: World, command: Command, **changes: Any) -> dict[str, Any]:
    """As the topic rule queues it."""
    return {
        "commandId": command.command_id,
        "result": "done",
        "at": world.clock.now - 5,
        "topicVehicleId": command.vehicle_id,
        "receivedAt": world.clock.now,
    } | changes


def state(world: World, command: Command) -> CommandState:
    found = world.store.command(command.command_id)
    assert found is not None
    return found.state


def test_a_stored_answer_starts_the_trip_when_the_broker_got_it(capsys: pytest.CaptureFixture[str]) -> None:
    world = World()
    command = asked_to_start(world)
    world.clock.now += 5_000
    event = json.loads(json.dumps(EVENT).replace("COMMAND_ID", command.command_id))
    capsys.readouterr()
    assert invoke(world, event) == []
    booking = booking_of(world, command.booking_id)
    assert (booking.state, booking.started_at) == (BookingState.ACTIVE, 1_772_596_804_000)
    assert metrics(capsys.readouterr().out) == {"Failed": 0, "Answers applied": 1}
    check(world.db)


def test_an_answer_to_the_lock_ends_the_trip() -> None:
    world = World()
    command = asked_to_end(world)
    assert invoke(world, sqs_event(answer(world, command))) == []
    assert booking_of(world, command.booking_id).state is BookingState.COMPLETED
    check(world.db)


def test_a_refusal_leaves_the_booking_and_keeps_a_short_reason() -> None:
    world = World()
    command = asked_to_start(world)
    refusal = answer(world, command, result="refused", reason="door " * 1_000)
    assert invoke(world, sqs_event(refusal)) == []
    assert booking_of(world, command.booking_id).state is BookingState.HELD
    found = world.store.command(command.command_id)
    assert found is not None
    assert found.state is CommandState.REFUSED
    assert found.reason == ("door " * 1_000)[: answers.MAX_REASON]


def test_an_answer_that_comes_again_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    world = World()
    command = asked_to_start(world)
    message = answer(world, command)
    assert invoke(world, sqs_event(message, message)) == []
    before = len(world.db.stream)
    capsys.readouterr()
    assert invoke(world, sqs_event(message)) == []
    assert len(world.db.stream) == before
    assert metrics(capsys.readouterr().out)["Answers duplicate"] == 1


def test_a_car_that_opens_too_late_is_locked_again() -> None:
    world = World()
    command = asked_to_start(world)
    world.clock.now = command.gives_up_at
    world.operations.expire_commands()
    late = answer(world, command)
    world.sender.sent.clear()
    for _ in range(2):
        assert invoke(world, sqs_event(late)) == []
    assert booking_of(world, command.booking_id).state is BookingState.HELD
    sent = world.sender.sent
    assert {one.action for one in sent} == {CommandAction.LOCK}
    assert {one.purpose for one in sent} == {CommandPurpose.SECURE}
    assert len({one.command_id for one in sent}) == 1, "a repetition is the same command"
    # A refusal that comes too late asks for nothing: the doors are shut.
    sent.clear()
    assert invoke(world, sqs_event(answer(world, command, result="refused"))) == []
    assert not sent


def test_a_lock_that_does_not_reach_the_broker_is_tried_again_by_the_queue() -> None:
    world = World()
    command = asked_to_start(world)
    world.clock.now = command.gives_up_at
    world.operations.expire_commands()
    world.sender.broken = True
    assert invoke(world, sqs_event(answer(world, command))) == ["message-0"]
    world.sender.broken = False
    assert invoke(world, sqs_event(answer(world, command))) == []
    assert world.sender.sent[-1].purpose is CommandPurpose.SECURE


def test_an_answer_of_another_car_fails_and_changes_nothing() -> None:
    world = World(cars=2, riders=2)
    command, own = asked_to_start(world, 0), asked_to_start(world, 1)
    foreign = answer(world, command, topicVehicleId=world.cars[1], vehicleId=world.cars[0])
    assert invoke(world, sqs_event(foreign, answer(world, own))) == ["message-0"]
    assert state(world, command) is CommandState.SENT
    assert booking_of(world, command.booking_id).state is BookingState.HELD
    assert booking_of(world, own.booking_id).state is BookingState.ACTIVE


def test_an_answer_to_an_unknown_command_fails_alone(capsys: pytest.CaptureFixture[str]) -> None:
    world = World()
    command = asked_to_start(world)
    unknown = answer(world, command, commandId="never-sent")
    capsys.readouterr()
    assert invoke(world, sqs_event(unknown, answer(world, command))) == ["message-0"]
    assert booking_of(world, command.booking_id).state is BookingState.ACTIVE
    assert metrics(capsys.readouterr().out)["Failed"] == 1


@pytest.mark.parametrize(
    "poison",
    [
        "",
        "[]",
        "\ud800",
        '{"commandId": 1}',
        {"result": "perhaps"},
        {"topicVehicleId": ""},
        {"receivedAt": -1},
        {"receivedAt": "now"},
        {"commandId": "x" * 129},
        {"topicVehicleId": None},
    ],
)
def test_what_is_no_answer_fails_alone(poison: Any) -> None:
    world = World()
    command = asked_to_start(world)
    good = answer(world, command)
    body = poison if isinstance(poison, str) else json.dumps(good | poison)
    with pytest.raises(PoisonedError):
        answers.ack(body)
    assert invoke(world, sqs_event(body, good)) == ["message-0"]
    assert booking_of(world, command.booking_id).state is BookingState.ACTIVE


@settings(max_examples=100, deadline=None)
@given(st.text() | st.dictionaries(st.text(), st.integers() | st.text() | st.none()).map(json.dumps))
def test_whatever_text_comes_is_an_answer_or_refused(body: str) -> None:
    with pytest.raises(PoisonedError):
        answers.ack(body)


def test_a_store_that_stumbles_is_asked_again_before_the_command_is_over() -> None:
    world = World()
    command = asked_to_start(world)
    world.play(["throttled"] * 7)
    assert invoke(world, sqs_event(answer(world, command))) == []
    assert booking_of(world, command.booking_id).state is BookingState.ACTIVE


def test_a_standby_keeps_the_answer_in_the_queue() -> None:
    world = World()
    command = asked_to_start(world)
    event = sqs_event(answer(world, command))
    assert invoke(world, event, writes_enabled=False) == ["message-0"]
    assert invoke(world, event) == []
    assert booking_of(world, command.booking_id).state is BookingState.ACTIVE


@settings(max_examples=80, deadline=None)
@given(
    faults=st.lists(st.none() | st.sampled_from(FAULTS), max_size=20),
    shown=st.lists(st.integers(0, 5), min_size=1, max_size=10),
    late=st.booleans(),
)
def test_whatever_comes_late_twice_or_out_of_order_each_command_ends_once(
    faults: list[str | None], shown: list[int], late: bool
) -> None:
    world = World(cars=3, riders=3)
    start, end, refused = asked_to_start(world, 0), asked_to_end(world, 1), asked_to_start(world, 2)
    start_message = answer(world, start)
    choices: list[Any] = [
        start_message,
        answer(world, end),
        answer(world, refused, result="refused"),
        answer(world, start, topicVehicleId=world.cars[2]),
        answer(world, start, commandId="never-sent"),
        "poison",
    ]
    begun = len(world.db.stream)
    queue = [choices[number] for number in shown]
    if late:
        world.clock.now += MINUTE
        world.operations.expire_commands()
    world.play(faults)
    for _ in range(5):
        failed = invoke(world, sqs_event(*queue))
        queue = [queue[int(name.removeprefix("message-"))] for name in failed]
    world.play([])
    assert all(message in choices[3:] for message in queue), "a good answer is still in the queue"
    check(world.db)
    check_history(world.db, begun)
    started, ended = 0 in shown and not late, 1 in shown and not late
    assert {one.booking_id: booking_of(world, one.booking_id).state for one in (start, end, refused)} == {
        start.booking_id: BookingState.ACTIVE if started else BookingState.HELD,
        end.booking_id: BookingState.COMPLETED if ended else BookingState.ACTIVE,
        refused.booking_id: BookingState.HELD,
    }
