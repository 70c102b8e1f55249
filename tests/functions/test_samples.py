"""One sample a vehicle and minute: kept beside the state, the same however often a batch comes."""

import random
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from telemetry_processor.environment import Environment
from telemetry_processor.samples import Samples, sample_from
from tests.functions.dynamodb_faults import client_error
from tests.functions.fleet import CAR, NOON, SOC, SPEED, World, lifecycle, records, telemetry
from tests.functions.test_history import _deliver, interleaved

FIRST_MINUTE = NOON // 60_000


class Table:
    """BatchWriteItem's puts; `unprocessed`: how many calls leave half of them, `error` is raised."""

    def __init__(self, unprocessed: int = 0, error: Exception | None = None) -> None:
        self.items: dict[tuple[str, int], dict[str, Any]] = {}
        self.unprocessed = unprocessed
        self.error = error
        self.sizes: list[int] = []

    def batch_write_item(self, *, RequestItems: dict[str, Any]) -> Any:  # noqa: N803 - boto3's name
        ((table, requests),) = RequestItems.items()
        self.sizes.append(len(requests))
        assert (table, 0 < len(requests) <= 25) == ("recent", True)
        keys = [self.key(request) for request in requests]
        assert len(set(keys)) == len(keys), "a batch may not hold a key twice"
        if self.error:
            raise self.error
        kept = len(requests)
        if self.unprocessed:
            self.unprocessed -= 1
            kept //= 2
        for request in requests[:kept]:
            self.items[self.key(request)] = request["PutRequest"]["Item"]
        return {"UnprocessedItems": {table: requests[kept:]}} if kept < len(requests) else {}

    @staticmethod
    def key(request: Any) -> tuple[str, int]:
        item = request["PutRequest"]["Item"]
        return item["vehicle_id"]["S"], int(item["minute"]["N"])


def sampling(table: Table) -> World:
    return World(samples=Samples(table, "recent", pause=lambda _: None))  # type: ignore[arg-type]  # the one call there is


def socs(table: Table, car: str = CAR) -> dict[int, float | None]:
    """Minutes after the first -> state of charge."""
    return {
        minute - FIRST_MINUTE: sample_from(item).soc
        for (owner, minute), item in sorted(table.items.items())
        if owner == car
    }


def test_each_minute_keeps_the_car_as_its_first_newest_message_left_it() -> None:
    table = Table()
    world = sampling(table)
    world.process(
        telemetry(0, 1, **{SOC: 80.0}),
        telemetry(30, 2, **{SOC: 79.0}),
        telemetry(61, 3, **{SPEED: 12.0}),
        telemetry(62, 4, **{SOC: 77.0}),
    )
    world.process(telemetry(119, 5, **{SOC: 76.0}), telemetry(300, 6, **{SOC: 70.0}))
    assert socs(table) == {0: 80.0, 1: 79.0, 5: 70.0}
    sample = sample_from(table.items[CAR, FIRST_MINUTE + 1])
    assert (sample.speed, sample.at, sample.vehicle_id) == (12.0, NOON + 61_000, CAR)
    item = table.items[CAR, FIRST_MINUTE]
    assert int(item["expires_at"]["N"]) == NOON // 1000 + 86_400


def test_a_batch_that_comes_again_and_a_message_that_comes_late_keep_nothing_new() -> None:
    table = Table()
    world = sampling(table)
    batch = [telemetry(0, 1, **{SOC: 80.0}), telemetry(90, 2, **{SOC: 78.0})]
    world.process(*batch)
    calls = len(table.sizes)
    world.process(*batch)
    world.process(telemetry(10, 3, **{SOC: 50.0}), telemetry(100, 4, **{SOC: 77.0}), lifecycle(200))
    assert len(table.sizes) == calls
    assert socs(table) == {0: 80.0, 1: 78.0}


def test_a_state_that_could_not_be_written_keeps_no_sample_until_it_is() -> None:
    table = Table()
    world = World(
        faults=[None, "throttled"],
        samples=Samples(table, "recent", pause=lambda _: None),  # type: ignore[arg-type]  # the one call there is
    )
    batch = records([telemetry(0, 1, **{SOC: 80.0})])
    assert world.processor.process(batch).retry_from is not None
    assert table.items == {}
    assert world.processor.process(batch).samples_kept == 1
    assert socs(table) == {0: 80.0}


def test_samples_that_cannot_be_kept_fail_no_batch_and_are_counted() -> None:
    table = Table(error=client_error("ThrottlingException", "BatchWriteItem"))
    world = sampling(table)
    summary = world.process(telemetry(0, 1, **{SOC: 80.0}))
    assert (summary.applied, summary.failed, summary.retry_from) == (1, 0, None)
    assert (summary.samples_kept, summary.samples_dropped) == (0, 1)
    assert [what for what, _, _ in world.problems] == ["samples could not be kept"]
    assert world.state()["soc"] == {"N": "80.0"}


@pytest.mark.parametrize(("unprocessed", "dropped"), [(1, 0), (2, 0), (3, 1)])
def test_puts_that_are_left_over_are_tried_a_few_times_and_then_let_go(
    unprocessed: int, dropped: int
) -> None:
    table = Table(unprocessed=unprocessed)
    summary = sampling(table).process(*(telemetry(60 * minute, minute + 1) for minute in range(3)))
    assert (summary.samples_kept, summary.samples_dropped) == (3 - dropped, dropped)


def test_a_backlog_is_written_in_batches_that_dynamodb_takes() -> None:
    table = Table()
    sampling(table).process(*(telemetry(60 * minute, minute + 1, **{SOC: 50.0}) for minute in range(60)))
    assert table.sizes == [25, 25, 10]
    assert len(table.items) == 60


@settings(max_examples=60, deadline=None)
@given(interleaved(), st.integers(0, 2**32))
def test_however_a_history_is_split_and_repeated_its_samples_are_the_same(
    history: list[Any], seed: int
) -> None:
    once, often = Table(), Table()
    world = sampling(once)
    for number, payload in enumerate(history):
        world.processor.process(records([payload], number))
    _deliver(sampling(often), history, random.Random(seed))  # noqa: S311 - a test's order
    assert often.items == once.items


def test_where_no_table_is_named_none_are_kept() -> None:
    settings_ = {
        "MARKET": "sg",
        "VEHICLE_STATE_TABLE": "s",
        "ALERTS_TABLE": "a",
        "REJECTED_BUCKET": "b",
        "TABLES_REGION": "ap-southeast-1",
    }
    assert Environment.read(settings_).recent_telemetry_table == ""
    named = Environment.read({**settings_, "RECENT_TELEMETRY_TABLE": "recent"})
    assert named.recent_telemetry_table == "recent"
    assert World().process(telemetry(0, 1)).samples_kept == 0
