"""Every demand of every table: as demanded it passes, otherwise it fails, unknown it waits."""

from __future__ import annotations

from typing import Any

import pytest

from guardrails.core.demands import (
    AllOf,
    Between,
    Check,
    Demand,
    Given,
    Like,
    NoneOf,
    NotBeginning,
    NotGiven,
    NotLike,
    OneOf,
    demand,
    judge_demand,
    one_of,
)
from guardrails.core.rule import Outcome, ResourceRule
from guardrails.pack import RULES
from tests.policy import sdk, shapes
from tests.policy.shapes import UNKNOWN

TABLES = [
    (rule, row)
    for rule in RULES
    if isinstance(rule, ResourceRule)
    for row in rule.table
    if isinstance(row, Demand)
]
ROWS = [row for _, row in TABLES]
each_row = pytest.mark.parametrize(
    "row", ROWS, ids=[f"{row.types[0]}#{row.whole_path}={row.check}" for row in ROWS]
)


def good(check: Check) -> object:
    """A value that the check accepts."""
    if isinstance(check, OneOf):
        return check.values[0]
    if isinstance(check, AllOf):
        return list(check.values)
    if isinstance(check, Between):
        return check.most if check.least is None else check.least
    if isinstance(check, Like):
        return check.example
    return None if isinstance(check, NotGiven) else "something"


def bad(check: Check) -> object:
    """A value that the check refuses."""
    if isinstance(check, NoneOf):
        return check.values[0]
    if isinstance(check, NotLike):
        return check.example
    if isinstance(check, NotBeginning):
        return f"{check.prefixes[0]}x"
    if isinstance(check, Between):
        return check.least - 1 if check.least is not None else (check.most or 0) + 1
    return "" if isinstance(check, Given) else "something else"


def fitting(row: Demand) -> dict[str, Any]:
    """Inputs to which a row applies and which are as demanded."""
    props: dict[str, Any] = {}
    if row.block:
        shapes.put(props, row.block, {"": ""})
    for condition in row.when:
        if not condition.negated:
            shapes.put(props, condition.path, condition.values[0] if condition.values else "given")
    return shapes.put(props, row.whole_path, good(row.check))


def outcomes(row: Demand, props: dict[str, Any]) -> set[Outcome]:
    return {verdict.outcome for verdict in judge_demand(row, shapes.wrapped(props))}


@each_row
def test_what_is_as_demanded_passes_and_what_is_otherwise_fails_and_is_named(row: Demand) -> None:
    assert outcomes(row, fitting(row)) == set()
    props = shapes.put(fitting(row), row.whole_path, bad(row.check))
    found = [v for v in judge_demand(row, shapes.wrapped(props)) if v.outcome is Outcome.FAIL]
    assert found
    assert {verdict.control for verdict in found} == {row.control}


@each_row
def test_what_is_left_out_fails_unless_the_default_is_right_and_what_is_unknown_waits(row: Demand) -> None:
    tolerated = row.absent or isinstance(row.check, NotGiven)
    left_out = shapes.drop(fitting(row), row.whole_path)
    assert outcomes(row, left_out) == (set() if tolerated else {Outcome.FAIL})
    unknown = outcomes(row, shapes.put(fitting(row), row.whole_path, UNKNOWN))
    assert unknown == (set() if isinstance(row.check, Given) else {Outcome.UNKNOWN})


@each_row
def test_every_path_of_the_row_is_an_input_of_each_type(row: Demand) -> None:
    for token in row.types:
        inputs = sdk.input_paths(token)
        named = {row.whole_path, *(condition.path for condition in row.when)}
        missing = {path for path in named if path not in inputs and f"{path}[]" not in inputs}
        assert {path for path in missing if not _is_in_a_map(path, inputs)} == set(), token


def _is_in_a_map(path: str, inputs: frozenset[str]) -> bool:
    """Whether a prefix of the path is an input whose keys the program chooses."""
    way = path.rpartition(".")[0]
    return way in inputs and not any(other.startswith(f"{way}.") for other in inputs)


LIST = demand("t", "name", one_of("good"), block="items[]", some=True)


@pytest.mark.parametrize(
    ("props", "expected"),
    [
        ({"items": [{"name": "bad"}, {"name": "good"}]}, set()),
        ({"items": [{"name": "bad"}, {"name": UNKNOWN}]}, {Outcome.UNKNOWN}),
        ({"items": [{"name": "bad"}, {}]}, {Outcome.FAIL}),
        ({"items": []}, {Outcome.FAIL}),
        ({}, {Outcome.FAIL}),
        ({"items": UNKNOWN}, {Outcome.UNKNOWN}),
    ],
)
def test_of_several_one_that_is_right_can_be_enough(props: dict[str, Any], expected: set[Outcome]) -> None:
    assert outcomes(LIST, props) == expected


@pytest.mark.parametrize(
    ("check", "value", "accepted"),
    [
        (one_of("true"), True, True),
        (one_of("true"), "True", True),
        (one_of("true"), False, False),
        (one_of("a"), ["b", "a"], True),
        (NoneOf(("all",)), ["1", "all"], False),
        (NoneOf(("all",)), "some", True),
        (AllOf(("a", "b")), ["b", "c", "a"], True),
        (AllOf(("a", "b")), ["a"], False),
        (Between(7, 30), 7.0, True),
        (Between(7, 30), "30", True),
        (Between(7), 6, False),
        (Between(most=3), True, False),
        (Between(7), "many", False),
        (Like("a+", "a", "a"), ["a", "aa"], True),
        (Like("a+", "a", "a"), ["a", "b"], False),
        (Like("a+", "a", "a"), [], False),
        (NotBeginning(("http://",)), "HTTP://x", False),
        (NotBeginning(("http://",)), "https://x", True),
        (Given(), "  ", False),
        (Given(), [], False),
        (NotGiven(), [], True),
        (NotGiven(), "x", False),
    ],
)
def test_a_check_reads_values_as_aws_does(check: Check, value: object, accepted: bool) -> None:
    assert check.accepts(value) is accepted
