"""No rule throws, whatever the shape of a resource, with unknowns and secrets anywhere in it."""

from __future__ import annotations

import ast
import inspect
import json
import re
from typing import Any

from hypothesis import example, given, settings, strategies as st
from pulumi_policy import PolicyResource

from guardrails.core.demands import Demand
from guardrails.core.rule import Outcome, ResourceRule, Rule, StackRule
from guardrails.encryption import SLOTS
from guardrails.encryption.slots import KeySlot
from guardrails.pack import RULES
from offline.values import secret
from tests.policy import shapes
from tests.policy.shapes import KEY_ARN, UNKNOWN

TYPES = sorted(
    {token for rule in RULES if isinstance(rule, ResourceRule | StackRule) for token in rule.types}
)
JUDGES = [rule for rule in RULES if isinstance(rule, ResourceRule | StackRule)]
PATHS = {row.path for row in SLOTS} | {
    f"{row.block}.{s.path}".strip(".") for row in SLOTS for s in row.settings
}
DEMANDS = [row for rule in JUDGES for row in rule.table if isinstance(row, Demand)]
PATHS |= {row.whole_path for row in DEMANDS} | {condition.path for row in DEMANDS for condition in row.when}
NAMES = sorted({part.removesuffix("[]") for path in PATHS for part in path.split(".")} | {"policy", "bucket"})


def names_read_by(rule: Rule) -> list[str]:
    """The words in the source of a rule, among them the names of the properties that it reads."""
    judge = rule.judge if isinstance(rule, ResourceRule | StackRule) else None
    source = ast.parse(inspect.getsource(inspect.getmodule(judge) or ast))
    words = {node.value for node in ast.walk(source) if isinstance(node, ast.Constant)}
    parts = {part.removesuffix("[]") for word in words if isinstance(word, str) for part in word.split(".")}
    return sorted(part for part in parts if re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,40}", part)) or NAMES


ROWS: list[KeySlot | Demand] = [*SLOTS, *DEMANDS]
READERS = [(sorted(rule.types), names_read_by(rule)) for rule in JUDGES]
SETTINGS = sorted({name for rule in RULES for name in rule.settings})
MARK = "hunter2"

_leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(
        [UNKNOWN, KEY_ARN, "", "alias/aws/s3", "KMS", "true", MARK, '{"Statement": [{}, 3, [[]]]}']
    ),
)
_texts = st.lists(
    st.dictionaries(
        st.sampled_from(
            ["Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "Condition"]
        ),
        st.sampled_from(
            ["*", "Allow", MARK, ["*"], {"AWS": "*"}, {"StringEquals": {"aws:SourceArn": [None]}}, 3]
        ),
    ),
    max_size=3,
).map(lambda found: json.dumps({"Statement": found}))
_values = st.recursive(
    _leaves | _leaves.map(secret) | _texts,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
        st.dictionaries(st.sampled_from(NAMES), inner, max_size=3).map(secret),
    ),
    max_leaves=15,
)
_blocks = st.dictionaries(st.sampled_from(NAMES), _values, max_size=6)


@st.composite
def _along_a_row(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A compliant resource with something random put at one place of its path: rules then go deep."""
    row = draw(st.sampled_from(ROWS))
    whole = row.whole_path if isinstance(row, Demand) else row.path
    segments = whole.split(".")
    path = ".".join(segments[: draw(st.integers(1, len(segments)))])
    fitting = shapes.put({}, whole, "x") if isinstance(row, Demand) else shapes.compliant(row)
    return draw(st.sampled_from(row.types)), shapes.put(fitting, path, draw(_values))


@st.composite
def _as_a_rule_reads_it(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A resource with properties of the names that one of its rules reads, down to three levels."""
    types, words = draw(st.sampled_from(READERS))
    names = st.sampled_from(words)
    inner = st.dictionaries(names, _leaves | _texts | st.lists(_leaves, max_size=2), max_size=4)
    middle = st.dictionaries(names, _leaves | inner | st.lists(inner, max_size=3), max_size=4)
    outer = st.dictionaries(names, _leaves | _texts | middle | st.lists(middle, max_size=2), max_size=6)
    return draw(st.sampled_from(types)), draw(outer)


_resources = st.tuples(st.sampled_from(TYPES), _blocks) | _along_a_row() | _as_a_rule_reads_it()


@settings(max_examples=250, deadline=None)
@given(
    _resources,
    _blocks,
    # What a configuration holds is no secret, and a tag that it asks for is named.
    st.dictionaries(
        st.sampled_from(SETTINGS), _values.filter(lambda value: MARK not in repr(value)), max_size=3
    ),
)
@example(("aws:kms/key:Key", {"policy": '{"Statement": {"Principal": {"AWS": {"a": ["*", null]}}}}'}), {}, {})
def test_no_resource_rule_throws_or_repeats_a_value(
    found: tuple[str, dict[str, Any]], provider: dict[str, Any], config: dict[str, Any]
) -> None:
    token, props = found
    resource = shapes.resource(token, props, provider=provider, config=config)
    for rule in RULES:
        if isinstance(rule, ResourceRule) and rule.concerns(token):
            for verdict in rule.judge(resource):
                assert verdict.outcome in Outcome
                assert MARK not in verdict.message


@st.composite
def _stacks(draw: st.DrawFn) -> list[PolicyResource]:
    """Resources with random dependencies and parents among those before them."""
    made: list[PolicyResource] = []
    more = st.sampled_from(
        [*TYPES, "aws:kms/alias:Alias", "aws:iam/role:Role", "pulumi:pulumi:StackReference"]
    )
    for index in range(draw(st.integers(1, 6))):
        token, props = draw(_resources | st.tuples(more, _blocks))
        before = st.lists(st.sampled_from(made), max_size=3) if made else st.just([])
        sources = (
            {name: draw(before) for name in draw(st.lists(st.sampled_from(sorted(props)), max_size=3))}
            if props
            else {}
        )
        parent = draw(st.none() | st.sampled_from(made)) if made else None
        made.append(shapes.in_stack(token, props, f"r{index}", sources, parent))
    return made


@settings(max_examples=80, deadline=None)
@given(_stacks())
def test_no_stack_rule_throws_or_repeats_a_value(resources: list[PolicyResource]) -> None:
    urns = {resource.urn for resource in resources}
    for rule in RULES:
        if isinstance(rule, StackRule):
            for found in rule.judge(resources):
                assert found.urn in urns
                assert MARK not in found.verdict.message
