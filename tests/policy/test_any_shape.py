"""No rule throws, whatever the shape of a resource, with unknowns and secrets anywhere in it."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given, settings, strategies as st
from pulumi_policy import PolicyResource

from guardrails.core.rule import Outcome, ResourceRule, StackRule
from guardrails.encryption import SLOTS
from guardrails.pack import RULES
from offline.values import secret
from tests.policy import shapes
from tests.policy.shapes import KEY_ARN, UNKNOWN

TYPES = sorted(
    {token for rule in RULES if isinstance(rule, ResourceRule | StackRule) for token in rule.types}
)
PATHS = {row.path for row in SLOTS} | {
    f"{row.block}.{s.path}".strip(".") for row in SLOTS for s in row.settings
}
NAMES = sorted({part.removesuffix("[]") for path in PATHS for part in path.split(".")} | {"policy", "bucket"})
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
_values = st.recursive(
    _leaves | _leaves.map(secret),
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
    row = draw(st.sampled_from(SLOTS))
    segments = row.path.split(".")
    path = ".".join(segments[: draw(st.integers(1, len(segments)))])
    return draw(st.sampled_from(row.types)), shapes.put(shapes.compliant(row), path, draw(_values))


_resources = st.tuples(st.sampled_from(TYPES), _blocks) | _along_a_row()


@settings(max_examples=400, deadline=None)
@given(_resources)
@example(("aws:kms/key:Key", {"policy": '{"Statement": {"Principal": {"AWS": {"a": ["*", null]}}}}'}))
def test_no_resource_rule_throws_or_repeats_a_value(found: tuple[str, dict[str, Any]]) -> None:
    token, props = found
    resource = shapes.resource(token, props)
    for rule in RULES:
        if isinstance(rule, ResourceRule) and token in rule.types:
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


@settings(max_examples=200, deadline=None)
@given(_stacks())
def test_no_stack_rule_throws_or_repeats_a_value(resources: list[PolicyResource]) -> None:
    urns = {resource.urn for resource in resources}
    for rule in RULES:
        if isinstance(rule, StackRule):
            for found in rule.judge(resources):
                assert found.urn in urns
                assert MARK not in found.verdict.message
