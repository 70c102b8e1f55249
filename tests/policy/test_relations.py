"""The stack rules: where keys come from, and which settings belong to which bucket."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from pulumi_policy import PolicyResource

from guardrails.core.rule import Outcome, StackRule
from guardrails.encryption import RULES, SLOTS, buckets, provenance
from guardrails.encryption.slots import KeySlot
from guardrails.encryption.storage import BUCKET, BUCKET_ENCRYPTION, BUCKET_V2
from tests.policy import shapes
from tests.policy.shapes import KEY_ARN, UNKNOWN, in_stack

ROWS = [(token, row) for row in SLOTS for token in row.types]
STREAM = "aws:kinesis/stream:Stream"
TABLE = "aws:dynamodb/table:Table"
ROLE = in_stack("aws:iam/role:Role", name="role")
PROVENANCE = next(rule for rule in RULES if rule.name == "encryption-key-provenance")


def _judged(rule: object, resources: Iterable[PolicyResource]) -> dict[tuple[str, str], Outcome]:
    assert isinstance(rule, StackRule)
    return {(found.urn, found.verdict.path): found.verdict.outcome for found in rule.judge(list(resources))}


def _stream(key: object, *sources: PolicyResource, literal: bool = False) -> PolicyResource:
    props = {"encryptionType": "KMS", "kmsKeyId": key}
    return in_stack(STREAM, props, sources={} if literal else {"kmsKeyId": sources})


@pytest.mark.parametrize("key_type", sorted(provenance.KEY_TYPES))
def test_an_unknown_key_from_a_key_passes(key_type: str) -> None:
    key = in_stack(key_type, name="key")
    assert _judged(PROVENANCE, [key, _stream(UNKNOWN, key)]) == {}


@pytest.mark.parametrize(("token", "row"), ROWS, ids=[f"{token}#{row.path}" for token, row in ROWS])
def test_an_unknown_key_from_a_role_fails_in_every_slot(token: str, row: KeySlot) -> None:
    props = shapes.put(shapes.compliant(row), row.path, UNKNOWN)
    made_up = in_stack(token, props, sources={row.path.split(".")[0].removesuffix("[]"): [ROLE]})
    outcomes = _judged(PROVENANCE, [ROLE, made_up])
    assert outcomes == {(made_up.urn, row.path.replace("[]", "[0]")): Outcome.FAIL}


def test_a_key_mixed_with_other_sources_passes() -> None:
    key = in_stack("aws:kms/key:Key", name="key")
    assert _judged(PROVENANCE, [key, ROLE, _stream(UNKNOWN, ROLE, key)]) == {}


def test_a_component_that_holds_a_key_is_a_source_and_one_without_is_not() -> None:
    component = in_stack("bluehorizons:encryption:EncryptionKeys", name="keys")
    key = in_stack("aws:kms/key:Key", name="key", parent=component)
    other = in_stack("bluehorizons:telemetry:Pipeline", name="pipeline")
    assert _judged(PROVENANCE, [component, key, _stream(UNKNOWN, component)]) == {}
    assert set(_judged(PROVENANCE, [component, key, other, _stream(UNKNOWN, other)]).values()) == {
        Outcome.FAIL
    }


def test_the_stack_is_no_source_although_every_key_is_below_it() -> None:
    stack = in_stack("pulumi:pulumi:Stack", name="stack")
    key = in_stack("aws:kms/key:Key", name="key", parent=stack)
    assert set(_judged(PROVENANCE, [stack, key, _stream(UNKNOWN, stack)]).values()) == {Outcome.FAIL}


@pytest.mark.parametrize("sources", [(), (in_stack("pulumi:pulumi:StackReference", name="hub"),)])
def test_an_unknown_key_from_outside_the_stack_is_left_to_its_value(
    sources: tuple[PolicyResource, ...],
) -> None:
    assert set(_judged(PROVENANCE, [_stream(UNKNOWN, *sources)]).values()) == {Outcome.UNKNOWN}


@pytest.mark.parametrize("value", ["", "alias/aws/kinesis", "arn:aws:iam::111122223333:role/r"])
def test_an_output_that_resolved_to_no_key_fails_on_up(value: str) -> None:
    key = in_stack("aws:kms/key:Key", name="key")
    assert set(_judged(PROVENANCE, [key, _stream(value, key)]).values()) == {Outcome.FAIL}


def test_an_output_that_resolved_to_a_key_passes_on_up() -> None:
    assert _judged(PROVENANCE, [_stream(KEY_ARN)]) == {}


def test_a_literal_is_not_judged_twice() -> None:
    assert _judged(PROVENANCE, [_stream("", literal=True)]) == {}


def test_an_output_that_nobody_gave_is_not_judged() -> None:
    assert _judged(PROVENANCE, [_stream(UNKNOWN, literal=True)]) == {}


def test_an_unknown_block_is_judged_by_where_it_comes_from() -> None:
    key = in_stack("aws:kms/key:Key", name="key")
    for source, outcomes in ((key, set()), (ROLE, {Outcome.FAIL})):
        table = in_stack(TABLE, {"serverSideEncryption": UNKNOWN}, sources={"serverSideEncryption": [source]})
        assert set(_judged(PROVENANCE, [key, ROLE, table]).values()) == outcomes


def test_each_replica_is_named() -> None:
    props = {"replicas": [{"kmsKeyArn": KEY_ARN}, {"kmsKeyArn": UNKNOWN}]}
    table = in_stack(TABLE, props, sources={"replicas": [ROLE]})
    assert _judged(PROVENANCE, [ROLE, table]) == {(table.urn, "replicas[1].kmsKeyArn"): Outcome.FAIL}


def _settings(name: str = "sse", bucket: object = UNKNOWN, *sources: PolicyResource) -> PolicyResource:
    return in_stack(BUCKET_ENCRYPTION[0], {"bucket": bucket}, name, {"bucket": sources} if sources else {})


@pytest.mark.parametrize("token", sorted(buckets.BUCKETS))
def test_a_bucket_without_settings_fails(token: str) -> None:
    bucket = in_stack(token, {})
    assert {urn for urn, _ in _judged(buckets.RULE, [bucket])} == {bucket.urn}


@pytest.mark.parametrize("companion", BUCKET_ENCRYPTION)
@pytest.mark.parametrize("token", sorted(buckets.BUCKETS))
def test_a_bucket_with_settings_of_its_own_passes(token: str, companion: str) -> None:
    bucket = in_stack(token, {})
    settings = in_stack(companion, {"bucket": UNKNOWN}, sources={"bucket": [bucket]})
    assert _judged(buckets.RULE, [bucket, settings]) == {}


def test_settings_of_another_bucket_do_not_count() -> None:
    bucket, other = in_stack(BUCKET, name="bucket"), in_stack(BUCKET, name="other")
    resources = [bucket, other, _settings("sse", UNKNOWN, other)]
    assert {urn for urn, _ in _judged(buckets.RULE, resources)} == {bucket.urn}


def test_settings_that_come_from_two_buckets_count_for_neither() -> None:
    bucket, other = in_stack(BUCKET, name="bucket"), in_stack(BUCKET, name="other")
    resources = [bucket, other, _settings("sse", UNKNOWN, bucket, other)]
    assert {urn for urn, _ in _judged(buckets.RULE, resources)} == {bucket.urn, other.urn}


def test_literal_names_are_compared() -> None:
    bucket = in_stack(BUCKET, {"bucket": "lake"})
    assert _judged(buckets.RULE, [bucket, _settings("sse", "lake")]) == {}
    assert len(_judged(buckets.RULE, [bucket, _settings("sse", "rejected")])) == 1


def test_two_unknown_names_are_not_the_same_name() -> None:
    bucket = in_stack(BUCKET, {"bucket": UNKNOWN})
    assert len(_judged(buckets.RULE, [bucket, _settings("sse", UNKNOWN)])) == 1


@pytest.mark.parametrize(
    ("token", "name"),
    [(BUCKET, "serverSideEncryptionConfiguration"), (BUCKET_V2, "serverSideEncryptionConfigurations")],
)
def test_inline_settings_count_when_the_program_wired_them(token: str, name: str) -> None:
    key = in_stack("aws:kms/key:Key", name="key")
    inline = in_stack(token, {name: UNKNOWN}, sources={name: [key]})
    assert _judged(buckets.RULE, [key, inline]) == {}
    reported_by_aws = in_stack(token, {name: {"rule": {}}})
    assert len(_judged(buckets.RULE, [reported_by_aws])) == 1
