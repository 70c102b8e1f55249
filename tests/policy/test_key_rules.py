"""The table-driven rules, each row compliant, broken in one place at a time, and unknown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from guardrails.core.peek import joined
from guardrails.core.rule import Outcome, Resource, ResourceRule
from guardrails.encryption import TABLES
from guardrails.encryption.slots import KeySlot, judge_slot
from tests.policy import shapes

ROWS = [(rule, token, row) for rule, rows in TABLES for row in rows for token in row.types]
IDS = [f"{token}#{row.path}#{index}" for index, (_, token, row) in enumerate(ROWS)]
BAD_KEYS = ["", " ", "alias/aws/s3", "aws/kms", "arn:aws:iam::111122223333:role/r"]
each_row = pytest.mark.parametrize(("rule", "token", "row"), ROWS, ids=IDS)


def _outcomes(row: KeySlot, props: dict[str, object]) -> set[Outcome]:
    return {verdict.outcome for verdict in judge_slot(row, shapes.wrapped(props))}


def _failed_paths(rule: ResourceRule, resource: Resource) -> set[str]:
    found: Iterator[str] = (v.path for v in rule.judge(resource) if v.outcome is Outcome.FAIL)
    return {path.replace("[0]", "[]") for path in found}


@each_row
def test_the_compliant_resource_passes(rule: ResourceRule, token: str, row: KeySlot) -> None:
    props = shapes.compliant(row)
    assert row.applies(shapes.wrapped(props)) is True
    assert _outcomes(row, props) == set()
    assert row.path not in _failed_paths(rule, shapes.resource(token, props))


@each_row
@pytest.mark.parametrize("value", BAD_KEYS)
def test_a_bad_key_fails_and_is_named(rule: ResourceRule, token: str, row: KeySlot, value: str) -> None:
    props = shapes.put(shapes.compliant(row), row.path, value)
    assert row.path in _failed_paths(rule, shapes.resource(token, props))


@each_row
def test_an_absent_key_fails_unless_the_service_takes_another_that_was_judged(
    rule: ResourceRule, token: str, row: KeySlot
) -> None:
    props = shapes.put(shapes.compliant(row), row.path, None)
    assert (row.path in _failed_paths(rule, shapes.resource(token, props))) is not row.if_key


@each_row
def test_an_absent_block_fails_unless_the_slot_is_optional(
    rule: ResourceRule, token: str, row: KeySlot
) -> None:
    if not row.block or not row.applies({}):
        return  # the resource itself is the block, or without the block the slot does not apply
    props = shapes.put(shapes.compliant(row), row.block, None)
    failed = {path for path in _failed_paths(rule, shapes.resource(token, props)) if path == row.path}
    assert bool(failed) is not row.if_block


@each_row
def test_an_unknown_key_is_left_to_the_stack_rule(rule: ResourceRule, token: str, row: KeySlot) -> None:
    props = shapes.put(shapes.compliant(row), row.path, shapes.UNKNOWN)
    assert _outcomes(row, props) == {Outcome.UNKNOWN}
    assert row.path not in _failed_paths(rule, shapes.resource(token, props))


@each_row
def test_each_setting_that_switches_the_key_off_fails(rule: ResourceRule, token: str, row: KeySlot) -> None:
    for setting in row.settings:
        path = joined(row.block, setting.path)
        wrong = shapes.put(shapes.compliant(row), path, "NONE")
        assert path in _failed_paths(rule, shapes.resource(token, wrong))
        absent = shapes.put(shapes.compliant(row), path, None)
        failed = path in _failed_paths(rule, shapes.resource(token, absent))
        assert failed is (setting.default not in setting.values)


@each_row
def test_an_unknown_setting_is_not_a_failure(rule: ResourceRule, token: str, row: KeySlot) -> None:
    for setting in row.settings:
        path = joined(row.block, setting.path)
        props = shapes.put(shapes.compliant(row), path, shapes.UNKNOWN)
        assert _outcomes(row, props) == {Outcome.UNKNOWN}
        assert path not in _failed_paths(rule, shapes.resource(token, props))


@each_row
def test_no_message_holds_a_value(rule: ResourceRule, token: str, row: KeySlot) -> None:
    secret = "hunter2-"
    props = shapes.put(shapes.compliant(row), row.path, secret)
    for setting in row.settings:
        shapes.put(props, joined(row.block, setting.path), secret)
    verdicts = list(rule.judge(shapes.resource(token, props)))
    assert verdicts
    assert not [verdict for verdict in verdicts if secret in verdict.message]
