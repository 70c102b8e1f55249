"""Companions and forbidden types: each row of each table, present, absent, and another's."""

from __future__ import annotations

import pytest
from pulumi_policy import PolicyResource

from guardrails.core.companions import Companion, judge_companions
from guardrails.core.forbidden import Forbidden
from guardrails.core.rule import Outcome, ResourceRule, StackRule
from guardrails.logs.companions import BUCKET_LOG, BUCKET_RULE, TRAIL
from guardrails.pack import RULES
from guardrails.tags.required import DEFAULT, RULE as TAGS, SETTING, taggable
from tests.policy import program, sdk
from tests.policy.shapes import UNKNOWN, failures, in_stack, outcomes, resource, stack_outcomes

FAIL, WAIT = Outcome.FAIL, Outcome.UNKNOWN
COMPANIONS = [
    row for rule in RULES if isinstance(rule, StackRule) for row in rule.table if isinstance(row, Companion)
]
FORBIDDEN = [
    (rule, row)
    for rule in RULES
    if isinstance(rule, ResourceRule)
    for row in rule.table
    if isinstance(row, Forbidden)
]
each_companion = pytest.mark.parametrize("row", COMPANIONS, ids=lambda row: f"{row.of[0]}-{row.by[0]}")
BUCKET = "aws:s3/bucket:Bucket"


def _named(row: Companion, *resources: PolicyResource) -> set[str]:
    found = judge_companions([row], resources)
    return {verdict.urn.rsplit("::", 1)[1] for verdict in found}


@each_companion
def test_a_resource_needs_a_companion_of_its_own(row: Companion) -> None:
    for token in row.of:
        one, other = in_stack(token, name="one"), in_stack(token, name="other")
        for by in row.by:
            of_other = in_stack(by, {row.via: UNKNOWN}, "of-other", {row.via: [other]})
            of_both = in_stack(by, {row.via: UNKNOWN}, "of-both", {row.via: [one, other]})
            own = in_stack(by, {row.via: UNKNOWN}, "own", {row.via: [one]})
            assert _named(row, one, other, of_other) == {"one"}
            assert _named(row, one, other, of_both) == {"one", "other"}
            assert _named(row, one, other, of_other, own) == set()


@each_companion
def test_after_an_update_a_companion_is_known_by_the_value(row: Companion) -> None:
    one = in_stack(row.of[0], {row.outputs[0]: "its-name"}, "one")
    for value, expected in (("its-name", set()), ("another", {"one"}), ("", {"one"})):
        assert _named(row, one, in_stack(row.by[0], {row.via: value})) == expected


@each_companion
def test_a_setting_that_the_program_gave_itself_needs_no_companion(row: Companion) -> None:
    for name in row.unless:
        given = in_stack(row.of[0], {name: [{"enabled": True}]}, "one", {name: []})
        reported = in_stack(row.of[0], {name: [{"enabled": False}]}, "one")
        assert _named(row, given) == set()
        assert _named(row, reported) == {"one"}


@each_companion
def test_every_type_and_property_of_a_companion_exists(row: Companion) -> None:
    for token in (*row.of, *row.by):
        if token.startswith("aws:"):
            assert sdk.input_paths(token)
    for token in row.by:
        assert row.via in sdk.input_paths(token)
    for token in row.of:
        if len(row.of) == 1:
            assert set(row.unless) <= {path.removesuffix("[]") for path in sdk.input_paths(token)}


@pytest.mark.parametrize(("rule", "row"), FORBIDDEN, ids=lambda item: getattr(item, "what", ""))
def test_a_forbidden_type_or_service_fails(rule: ResourceRule, row: Forbidden) -> None:
    token = row.what if ":" in row.what else f"aws:{row.what}/thing:Thing"
    assert rule.concerns(token)
    assert failures(rule, resource(token, {})) == {"The resource"}
    assert failures(rule, resource("aws:dynamodb/table:Table", {})) == set()
    assert failures(rule, resource(f"aws:{row.what.partition('/')[0]}x/thing:Thing", {})) == set()


def test_a_bucket_that_holds_access_logs_needs_none() -> None:
    lake, logs = in_stack(BUCKET, name="lake"), in_stack(BUCKET, name="logs")
    sources = {"bucket": [lake], "targetBucket": [logs]}
    log = in_stack(BUCKET_LOG[0], {"bucket": UNKNOWN, "targetBucket": UNKNOWN}, "log", sources)
    assert stack_outcomes(BUCKET_RULE, [lake, logs]) == {"lake": FAIL, "logs": FAIL}
    assert stack_outcomes(BUCKET_RULE, [lake, logs, log]) == {}


@pytest.mark.parametrize(
    ("selectors", "enough"),
    [
        (
            {"eventSelectors": [{"dataResources": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}]}]},
            True,
        ),
        ({"eventSelectors": [{"dataResources": [{"type": "AWS::S3::Object", "values": ["arn:x"]}]}]}, False),
        ({"eventSelectors": [{"dataResources": [{"type": "AWS::Lambda::Function"}]}]}, False),
        ({"advancedEventSelectors": [{"fieldSelectors": [{"equals": ["AWS::S3::Object"]}]}]}, True),
        ({}, False),
    ],
)
def test_a_trail_of_all_objects_does_instead_of_access_logs(
    selectors: dict[str, object], enough: bool
) -> None:
    trail = in_stack(TRAIL, selectors, "trail", {key: [] for key in selectors})
    assert (stack_outcomes(BUCKET_RULE, [in_stack(BUCKET, name="lake"), trail]) == {}) is enough


TABLE = "aws:dynamodb/table:Table"
ALL = dict.fromkeys(DEFAULT, "x")
OTHERS = [name for name in DEFAULT if name != "Owner"]


@pytest.mark.parametrize(
    ("own", "provider", "expected"),
    [
        (ALL, {}, {}),
        (None, {"defaultTags": {"tags": ALL}}, {}),
        (
            None,
            {"defaultTags": '{"tags": {"Owner": "x"}}'},
            {f"tags.{n}": FAIL for n in DEFAULT if n != "Owner"},
        ),
        ({"Owner": "x"}, {"defaultTags": {"tags": {n: "y" for n in DEFAULT if n != "Owner"}}}, {}),
        ({**ALL, "Owner": ""}, {"defaultTags": {"tags": ALL}}, {"tags.Owner": FAIL}),
        ({**ALL, "Owner": UNKNOWN}, {}, {"tags.Owner": WAIT}),
        (UNKNOWN, {}, dict.fromkeys((f"tags.{n}" for n in DEFAULT), WAIT)),
        (dict.fromkeys(OTHERS, "x"), {"defaultTags": UNKNOWN}, {"tags.Owner": FAIL}),
        (None, {}, dict.fromkeys((f"tags.{n}" for n in DEFAULT), FAIL)),
    ],
)
def test_tags_come_from_the_resource_or_its_provider(
    own: object, provider: dict[str, object], expected: dict[str, Outcome]
) -> None:
    found = outcomes(TAGS, resource(TABLE, {"tags": own}, provider=provider))
    if provider.get("defaultTags") is UNKNOWN:
        expected = dict.fromkeys(expected, WAIT)
    assert found == expected


def test_which_tags_are_needed_is_configured() -> None:
    found = resource(TABLE, {"tags": {"Team": "x"}}, config={SETTING: ["Team"]})
    assert outcomes(TAGS, found) == {}
    assert failures(TAGS, resource(TABLE, {}, config={SETTING: ["Team"]})) == {"tags.Team"}
    assert failures(TAGS, resource(TABLE, {}, config={SETTING: []})) == set()


def test_the_list_of_types_that_take_tags_is_that_of_the_sdk() -> None:
    for token in program.types():
        assert (token in taggable()) is ("tags" in sdk.input_paths(token)), "run: python -m tests.policy.sdk"
