"""The pack through the real Analyzer protocol: its own process, as Pulumi starts it."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest

from guardrails.pack import ALL_RULES
from offline.analyzer import PackReport, PackRun, Violation, pack_environment
from offline.graph import Graph, Resource
from offline.policy_config import PackConfig
from offline.values import UNKNOWN, secret
from tests.policy.program import PACK
from tests.policy.shapes import KEY_ARN, urn_of
from tests.policy.test_hard_cases import CASES

STACK = "pulumi:pulumi:Stack"
KEY = "aws:kms/key:Key"
STREAM = "aws:kinesis/stream:Stream"
FUNCTION = "aws:lambda/function:Function"
BUCKET = "aws:s3/bucket:Bucket"
SETTINGS = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
SECRET_TEXT = "hunter2"


def _resource(
    token: str, inputs: Mapping[str, Any], name: str = "x", sources: Mapping[str, list[str]] | None = None
) -> Resource:
    return Resource(
        urn=urn_of(token, name),
        type=token,
        name=name,
        custom=token != STACK,
        inputs=copy.deepcopy(dict(inputs)),
        property_dependencies=dict(sources or {}),
    )


def _run(
    resources: Iterable[Resource],
    config: Mapping[str, Any] | None = None,
    dry_run: bool = True,
    outputs: Mapping[str, list[str]] | None = None,
) -> PackReport:
    graph = Graph("test", "pack")
    environment = pack_environment("pack", "test", "organization", {})
    environment["PULUMI_DRY_RUN"] = "true" if dry_run else "false"
    with PackRun(PACK, PackConfig(config or {}, "test.json"), environment, fork=False) as run:
        for resource in (_resource(STACK, {}, "test"), *resources):
            graph.resources[resource.urn] = resource
            run.resource(resource, None)
        return run.finish(graph, outputs or {})


def _mandatory(report: PackReport) -> Iterator[Violation]:
    assert report.error == ""
    yield from (violation for violation in report.violations if violation.level == "mandatory")


@pytest.fixture(scope="module", params=[True, False], ids=["preview", "up"])
def hard_cases(request: pytest.FixtureRequest) -> PackReport:
    """Every hard case in one stack, each under its own name."""
    resources = [_resource(token, inputs, case) for case, (token, inputs, _) in CASES.items()]
    return _run(resources, dry_run=request.param)


@pytest.mark.parametrize("case", CASES)
def test_the_case_fails_exactly_where_it_should(hard_cases: PackReport, case: str) -> None:
    token, _, paths = CASES[case]
    mine = [found for found in _mandatory(hard_cases) if found.urn == urn_of(token, case)]
    assert {found.message.partition(" ")[0] for found in mine} == paths


def test_no_rule_stumbled_over_an_unknown_value(hard_cases: PackReport) -> None:
    # The SDK reports an uncaught unknown as an advisory, and the rule is then without effect.
    assert {found.level for found in hard_cases.violations} == {"mandatory"}


def test_the_pack_tells_its_rules() -> None:
    report = _run([])
    assert (report.name, report.policies) == ("guardrails", len(ALL_RULES))
    assert report.violations == []


def test_a_secret_is_judged_and_never_repeated() -> None:
    resources = [
        _resource(STREAM, {"encryptionType": secret("KMS"), "kmsKeyId": secret(KEY_ARN)}, "good"),
        _resource(STREAM, {"encryptionType": secret(SECRET_TEXT), "kmsKeyId": secret(SECRET_TEXT)}, "bad"),
        _resource(FUNCTION, {"environment": secret({"variables": {"PASSWORD": SECRET_TEXT}})}, "function"),
        _resource(KEY, {"enableKeyRotation": True, "policy": secret('{"hunter2": ')}, "key"),
    ]
    found = list(_mandatory(_run(resources)))
    assert {violation.urn.rsplit("::", 1)[1] for violation in found} == {"bad", "function", "key"}
    assert not [violation for violation in found if SECRET_TEXT in violation.message]


def test_of_two_bad_resources_the_second_is_told_although_the_first_is_unknown() -> None:
    first = _resource(STREAM, {"encryptionType": UNKNOWN, "kmsKeyId": UNKNOWN}, "first")
    second = _resource(STREAM, {"encryptionType": "NONE"}, "second")
    assert {found.urn for found in _mandatory(_run([first, second]))} == {second.urn}


@pytest.mark.parametrize("dry_run", [True, False])
def test_keys_and_buckets_are_related_by_where_their_values_come_from(dry_run: bool) -> None:
    key = _resource(KEY, {"enableKeyRotation": True}, "key")
    role = _resource("aws:iam/role:Role", {}, "role")
    good, bad = (
        _resource(STREAM, {"encryptionType": "KMS", "kmsKeyId": UNKNOWN}, name, {"kmsKeyId": [source.urn]})
        for name, source in (("good", key), ("bad", role))
    )
    bucket, bare = (_resource(BUCKET, {}, name) for name in ("bucket", "bare"))
    rule = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": UNKNOWN}}
    sources = {"bucket": [bucket.urn], "rules": [key.urn]}
    settings = _resource(SETTINGS, {"bucket": UNKNOWN, "rules": [rule]}, "settings", sources)
    # An engine shows outputs that nobody gave as unknown: neither rule may take them for a value.
    outputs = {BUCKET: ["serverSideEncryptionConfiguration"], STREAM: ["kmsKeyId"]}
    report = _run([key, role, good, bad, bucket, bare, settings], dry_run=dry_run, outputs=outputs)
    assert {(found.policy, found.urn) for found in _mandatory(report)} == {
        ("encryption-key-provenance", bad.urn),
        ("encryption-bucket-settings", bare.urn),
    }


def _waivers(*entries: Mapping[str, str]) -> dict[str, Any]:
    return {"waivers": {"enforcementLevel": "mandatory", "waivers": list(entries)}}


WAIVER = {
    "rule": "encryption-messaging",
    "urn": "*::aws:kinesis/stream:Stream::waived",
    "reason": "agreed",
    "expires": "2999-12-31",
}


def test_a_waived_resource_passes_and_is_listed() -> None:
    resources = [_resource(STREAM, {}, name) for name in ("waived", "not-waived")]
    report = _run(resources, _waivers(WAIVER))
    assert {found.urn for found in _mandatory(report)} == {urn_of(STREAM, "not-waived")}
    listed = [found for found in report.violations if found.policy == "waivers-in-use"]
    assert [(found.urn, found.level) for found in listed] == [(urn_of(STREAM, "waived"), "advisory")]
    assert "encryption-messaging" in report.not_applicable


def test_a_stack_rule_is_waived_too() -> None:
    waiver = {**WAIVER, "rule": "encryption-bucket-settings", "urn": f"*::{BUCKET}::waived"}
    report = _run([_resource(BUCKET, {}, name) for name in ("waived", "not-waived")], _waivers(waiver))
    assert {found.urn for found in _mandatory(report)} == {urn_of(BUCKET, "not-waived")}


def test_a_waiver_that_matches_nothing_is_told() -> None:
    report = _run([], _waivers(WAIVER))
    assert list(_mandatory(report)) == []
    assert [found.policy for found in report.violations] == ["waivers-in-use"]


@pytest.mark.parametrize(
    "change", [{"expires": "2000-01-01"}, {"rule": "encryption-mesaging"}, {"reason": " "}]
)
def test_a_faulty_waiver_is_a_violation_and_waives_nothing(change: dict[str, str]) -> None:
    report = _run([_resource(STREAM, {}, "waived")], _waivers({**WAIVER, **change}))
    found = {(violation.policy, violation.urn) for violation in _mandatory(report)}
    assert found == {("waivers", urn_of(STACK, "test")), ("encryption-messaging", urn_of(STREAM, "waived"))}


def test_with_the_waivers_rule_switched_off_nothing_is_waived() -> None:
    config = {"waivers": {"enforcementLevel": "disabled", "waivers": [WAIVER]}}
    report = _run([_resource(STREAM, {}, "waived")], config)
    assert {found.policy for found in _mandatory(report)} == {"encryption-messaging"}


def test_levels_follow_the_configuration() -> None:
    bad = _resource(STREAM, {}, "bad")
    assert {found.level for found in _run([bad], {"all": "advisory"}).violations} == {"advisory"}
    assert _run([bad], {"encryption-messaging": "disabled"}).violations == []
    config = {"all": "disabled", "encryption-messaging": {"enforcementLevel": "mandatory"}}
    assert {found.level for found in _run([bad], config).violations} == {"mandatory"}
