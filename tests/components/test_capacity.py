"""Capacity: the arithmetic from cars to the limit that bites, and its constants against what is built."""

import json
from collections import Counter

import pytest
from hypothesis import given, strategies as st

from components import capacity
from components.capacity import Bite, bites, first_new, limits
from components.markets import Market
from local.folder import ROOT
from rental_store.fence import SHARDS
from tests.program.graphs import graphs

cars = st.integers(1, 2_000_000)
intervals = st.integers(1, 600)
markets = st.sampled_from(list(Market))


@given(cars, cars, intervals, markets)
def test_no_load_falls_when_cars_are_added(one: int, other: int, interval: int, market: Market) -> None:
    small, large = sorted((one, other))
    pairs = zip(limits(small, interval, market), limits(large, interval, market), strict=True)
    assert all(few.load <= many.load and few.allowed == many.allowed for few, many in pairs)


@given(intervals, markets)
def test_a_limit_bites_at_the_first_fleet_that_reaches_it(interval: int, market: Market) -> None:
    for bite in bites(interval, market, 1_000_000):
        used = {limit.name: limit.used or 0 for limit in limits(bite.cars, interval, market)}
        assert used[bite.limit.name] >= 1
        if bite.cars > 1:
            before = {limit.name: limit.used or 0 for limit in limits(bite.cars - 1, interval, market)}
            assert before[bite.limit.name] < 1


def test_every_bite_is_told_in_exactly_one_step() -> None:
    found = bites(5, Market("sg"), 1_000_000)
    steps = [(0, 1_000), (1_000, 10_000), (10_000, 100_000), (100_000, 1_000_000)]
    told: list[Bite] = [bite for above, up_to in steps for bite in first_new(found, above, up_to)]
    assert told == found


def test_a_small_region_takes_fewer_publishes_than_a_large_one() -> None:
    def publishes(market: str) -> int:
        return next(b.cars for b in bites(5, Market(market), 1_000_000) if "publishes" in b.limit.name)

    assert (publishes("my"), publishes("sg")) == (10_000, 100_000)


@pytest.mark.parametrize(
    ("market", "expected"),
    [
        (
            "sg",
            {"API Gateway requests": 10_000, "EventBridge PutEvents": 1_200, "EventBridge targets": 2_250},
        ),
        ("my", {"API Gateway requests": 2_500, "EventBridge PutEvents": 400, "EventBridge targets": 750}),
        ("id", {"API Gateway requests": 2_500, "IoT Core publishes": 20_000}),
        ("kr", {"EventBridge PutEvents": 600, "EventBridge targets": 1_100}),
        ("my", {"IoT Core connections": 100_000, "IoT Core publishes": 2_000}),
    ],
)
def test_a_quota_is_that_of_the_region_that_bears_the_load(market: str, expected: dict[str, int]) -> None:
    allowed = {limit.name: limit.allowed for limit in limits(1_000, 5, Market(market))}
    assert {name: allowed[name] for name in expected} == expected


def test_every_limit_names_the_page_or_the_file_that_says_it() -> None:
    for limit in limits(1_000, 5, Market.SINGAPORE):
        assert limit.source.startswith("https://docs.aws.amazon.com/") or (ROOT / limit.source).is_file(), (
            limit
        )


def test_no_event_is_taken_by_more_rules_than_capacity_says() -> None:
    rules = [
        json.loads(rule.inputs["eventPattern"])
        for rule in graphs()["dev"].of_type("aws:cloudwatch/eventRule:EventRule")
        if rule.inputs.get("eventBusName")
    ]
    taken = Counter(kind for rule in rules for kind in rule["detail-type"])
    assert max(taken.values()) == capacity.RULES_PER_EVENT


def test_the_reserved_concurrency_of_the_other_functions_is_that_of_the_graph() -> None:
    reserved = {
        function.name: function.inputs["reservedConcurrentExecutions"]
        for function in graphs()["dev"].of_type("aws:lambda/function:Function")
    }
    processor = [count for name, count in reserved.items() if "telemetry-processor" in name]
    assert sum(reserved.values()) - sum(processor) == capacity.OTHER_RESERVED
    rider_api = [count for name, count in reserved.items() if name.endswith("rider-api-function")]
    assert rider_api == [capacity.RIDER_API_CONCURRENCY]


def test_no_function_passes_a_nat_gateway() -> None:
    functions = graphs()["dev"].of_type("aws:lambda/function:Function")
    assert [function.name for function in functions if function.inputs.get("vpcConfig")] == []


def test_the_fence_has_as_many_items_as_capacity_says() -> None:

    assert SHARDS == capacity.FENCE_ITEMS
