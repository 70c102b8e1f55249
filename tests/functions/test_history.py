"""The lifetime of things: whatever way a history reaches the processor, it ends the same."""

import json
import random
from typing import Any

import msgspec
from hypothesis import given, settings, strategies as st

from ev_rental.vehicle import Memory
from tests.functions.fake_aws import FAULTS
from tests.functions.fleet import (
    ACCURACY,
    AIRBAG,
    ALERTS,
    IMPACT,
    LATITUDE,
    LONGITUDE,
    SOC,
    SPEED,
    STATES,
    TEMPERATURE,
    World,
    lifecycle,
    records,
    telemetry,
)

CARS = ("SG-EV-000001", "SG-EV-000002", "SG-EV-000003")
_INSIDE, _OUTSIDE = {LATITUDE: 1.35, LONGITUDE: 103.82}, {LATITUDE: 1.55, LONGITUDE: 103.75}
_SOFT = "Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.IsPressureLow"
_CURRENT = "Vehicle.Powertrain.TractionBattery.CurrentCurrent"

_leaves = st.fixed_dictionaries(
    {},
    optional={
        SOC: st.sampled_from([10, 15, 18, 20, 25, 27, 30, 60]),
        TEMPERATURE: st.sampled_from([25, 34, 36, 50, 57, 61]),
        IMPACT: st.sampled_from([0, 3, 50]),
        AIRBAG: st.booleans(),
        SPEED: st.sampled_from([0, 40]),
        _SOFT: st.booleans(),
        _CURRENT: st.sampled_from([0, -440, -500]),
    },
)
_places = st.sampled_from(
    [{}, _INSIDE | {ACCURACY: 8}, _OUTSIDE | {ACCURACY: 8}, _OUTSIDE | {ACCURACY: 90_000}]
)
_steps = st.tuples(st.sampled_from([0, 1, 3, 6, 30, 400]), _leaves, _places, st.integers(0, 3))


@st.composite
def car_histories(draw: st.DrawFn, car: str, max_size: int = 9) -> list[dict[str, Any]]:
    """What one car says, in order: growing (timestamp, sequence), some presence events between."""
    at, history = 0, []
    for seq, (gap, leaves, place, lag) in enumerate(draw(st.lists(_steps, min_size=1, max_size=max_size)), 1):
        at += gap
        message = telemetry(at, seq, car, **leaves, **place)
        message["receivedAt"] += lag * 1000
        history.append(message)
        if draw(st.integers(0, 5)) == 0:
            event = draw(st.sampled_from(["connected", "disconnected"]))
            history.append(lifecycle(at + 0.5, draw(st.integers(0, 3)), event, car))
    return history


@st.composite
def interleaved(draw: st.DrawFn) -> list[dict[str, Any] | bytes]:
    """Several cars' histories and some rubbish, each car's messages in its own order."""
    queues: list[list[Any]] = [draw(car_histories(car)) for car in CARS[: draw(st.integers(1, 3))]]
    queues.append(draw(st.lists(st.sampled_from([b"{", b"[]", b"\xff"]), max_size=2)))
    return _interleave(queues, draw(st.integers(0, 2**32)))


def _interleave(queues: list[list[Any]], seed: int) -> list[Any]:
    shuffle, merged, left = random.Random(seed), [], [list(q) for q in queues if q]  # noqa: S311 - a test's order
    while left:
        queue = shuffle.choice(left)
        merged.append(queue.pop(0))
        left = [q for q in left if q]
    return merged


def _one_by_one(history: list[Any]) -> World:
    world = World()
    for number, payload in enumerate(history):
        assert world.processor.process(records([payload], number)).retry_from is None
    return world


def _deliver(world: World, history: list[Any], random_source: random.Random) -> None:
    """Plays Lambda: batches of any size, again from any earlier checkpoint, again from the lowest failed
    sequence number, and halves when a batch fails."""
    stream = records(history)
    position, repeats = 0, 3
    while position < len(stream):
        size = random_source.randint(1, len(stream))
        _try_batch(world, stream[position : position + size])
        position += size
        if repeats and random_source.random() < 0.4:
            repeats -= 1
            position = random_source.randrange(0, min(position, len(stream)) + 1)


def _try_batch(world: World, batch: list[Any], attempts: int = 60) -> None:
    if not batch:
        return
    assert attempts, "the faults are finite: so must be the attempts"
    summary = world.processor.process(batch)
    counted = summary.applied + summary.superseded + summary.failed + summary.rejected.total()
    assert counted == len(batch), "a record is applied, superseded, rejected or failed"
    assert (summary.retry_from is None) == (summary.failed == 0)
    if summary.retry_from is None:
        return
    numbers = [entry["kinesis"]["sequenceNumber"] for entry in batch]
    rest = batch[numbers.index(summary.retry_from) :]
    if attempts % 2 and len(rest) > 1:  # bisect
        _try_batch(world, rest[: len(rest) // 2], attempts - 1)
        _try_batch(world, rest[len(rest) // 2 :], attempts - 1)
    else:
        _try_batch(world, rest, attempts - 1)


def _kept_lines(world: World) -> set[str]:
    return {line for body in world.bucket.objects.values() for line in body.decode().splitlines()}


@settings(max_examples=120, deadline=None)
@given(interleaved(), st.integers(0, 2**32))
def test_interleaving_splitting_and_redelivery_end_as_the_history_in_order(
    history: list[Any], seed: int
) -> None:
    world, expected = World(), _one_by_one(history)
    _deliver(world, history, random.Random(seed))  # noqa: S311 - a test's order
    assert world.snapshot() == expected.snapshot()
    assert _kept_lines(world) == _kept_lines(expected)


@settings(max_examples=200, deadline=None)
@given(
    interleaved(),
    st.lists(st.one_of(st.none(), st.sampled_from(FAULTS)), max_size=25),
    st.integers(0, 2**32),
)
def test_faults_before_and_after_every_call_change_nothing_in_the_end(
    history: list[Any], script: list[str | None], seed: int
) -> None:
    world, expected = World(faults=script), _one_by_one(history)
    _deliver(world, history, random.Random(seed))  # noqa: S311 - a test's order
    assert world.snapshot() == expected.snapshot()
    assert _kept_lines(world) == _kept_lines(expected)


@settings(max_examples=80, deadline=None)
@given(interleaved(), st.integers(0, 2**32))
def test_the_order_within_a_batch_does_not_matter(history: list[Any], seed: int) -> None:
    world, expected = World(), _one_by_one(history)
    shuffle = random.Random(seed)  # noqa: S311 - a test's order
    stream = list(history)
    half = shuffle.randint(0, len(stream))
    for part in (stream[:half], stream[half:]):
        shuffle.shuffle(part)
        _try_batch(world, records(part))
    assert world.snapshot() == expected.snapshot()


@settings(max_examples=200, deadline=None)
@given(car_histories(CARS[0]), st.integers(0, 2**32))
def test_any_order_across_batches_ends_in_the_same_values_and_latched_alerts(
    history: list[Any], seed: int
) -> None:
    world, expected = World(), _one_by_one(history)
    shuffle = random.Random(seed)  # noqa: S311 - a test's order
    stream = history + shuffle.choices(history, k=2)
    shuffle.shuffle(stream)
    while stream:
        size = shuffle.randint(1, 3)
        _try_batch(world, records(stream[:size]))
        stream = stream[size:]
    assert _values(world) == _values(expected)
    single_message = {"battery_hot", "collision"}
    assert world.open_rules() & single_message == expected.open_rules() & single_message


@settings(max_examples=120, deadline=None)
@given(car_histories(CARS[0]), st.integers(0, 2**32), st.booleans())
def test_after_any_disorder_a_few_samples_in_order_set_every_unlatched_alert_right(
    history: list[Any], seed: int, good: bool
) -> None:
    world = World()
    shuffle = random.Random(seed)  # noqa: S311 - a test's order
    shuffle.shuffle(history)
    for payload in history:
        _try_batch(world, records([payload]))
    place = _INSIDE if good else _OUTSIDE
    leaves = {SOC: 80, _CURRENT: 0} if good else {SOC: 10, _CURRENT: -600, _SOFT: True}
    tyres = {
        f"Vehicle.Chassis.Axle.Row{row}.Wheel.{side}.Tire.Pressure": 250
        for row in (1, 2)
        for side in ("Left", "Right")
    }
    for seq in range(3):
        world.process(telemetry(10_000 + 6 * seq, 1_000 + seq, CARS[0], **leaves, **place, **tyres))
    decided = {"battery_low", "battery_unrentable", "over_current", "geofence", "tyre_pressure"}
    assert world.open_rules() & decided == (set() if good else decided)


def test_an_alert_that_clears_at_once_never_contradicts_the_newest_sample_that_decides() -> None:
    soft, well = (
        telemetry(1, 1, **{_SOFT: True}),
        telemetry(
            2,
            2,
            **{
                f"Vehicle.Chassis.Axle.Row{row}.Wheel.{side}.Tire.Pressure": 250
                for row in (1, 2)
                for side in ("Left", "Right")
            },
        ),
    )
    silent = telemetry(3, 3, **{SPEED: 5})
    world = World()
    for payload in (soft, silent, well):  # the sample that clears comes after a newer one that is mute
        world.process(payload)
    assert world.open_rules() == set()


def _values(world: World) -> Any:
    """What must not depend on the order at all: every value, and how new each leaf is."""
    attributes = ("ts", "seq", "last_seen", "soc", "leaves", "contact", "contact_at", "expires_at")
    result = {}
    for key, item in world.tables.tables[STATES].items():
        memory = msgspec.json.decode(item["memory"]["S"], type=Memory)
        result[key] = {name: item.get(name) for name in attributes} | {
            "older": memory.older,
            "presence": memory.presence,
        }
    return result


@settings(max_examples=60, deadline=None)
@given(interleaved())
def test_there_is_one_open_alert_a_rule_and_the_state_names_the_blocking_ones(history: list[Any]) -> None:
    world = _one_by_one(history)
    for car in CARS:
        mine = [item for (owner, _), item in world.tables.tables[ALERTS].items() if owner == car]
        opened = [item["rule"]["S"] for item in mine if item["status"]["S"] != "RESOLVED"]
        assert len(opened) == len(set(opened))
        blocking = {
            item["rule"]["S"] for item in mine if "open_severity" in item and item["blocking"]["BOOL"]
        }
        state = world.tables.tables[STATES].get((car,), {})
        assert set(state.get("blocking_alerts", {"SS": []})["SS"]) == blocking
        for item in mine:
            assert ("open_severity" in item) == (item["status"]["S"] != "RESOLVED")
            assert ("expires_at" in item) == (item["status"]["S"] == "RESOLVED")
            assert int(item["occurrences"]["N"]) >= 1


def test_the_stored_leaves_are_json_under_short_names() -> None:
    world = World()
    world.process(telemetry(0, 1, **{SOC: 71.5, SPEED: 42.5}))
    assert json.loads(world.state()["leaves"]["S"]) == {"soc": 71.5, "speed": 42.5}
    assert world.state()["soc"] == {"N": "71.5"}
