"""The pack through the real Analyzer protocol: its own process, as Pulumi starts it."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from guardrails.core.rule import StackRule
from guardrails.pack import ALL_RULES
from offline.analyzer import PackReport, PackRun, Violation, pack_environment
from offline.graph import Graph, Resource
from offline.policy_config import PackConfig
from offline.values import UNKNOWN, secret
from tests.policy.program import PACK
from tests.policy.shapes import KEY_ARN, urn_of
from tests.policy.test_hard_cases import CASES, PROVIDER as INPUTS_OF_PROVIDER

STACK = "pulumi:pulumi:Stack"
KEY = "aws:kms/key:Key"
STREAM = "aws:kinesis/stream:Stream"
FUNCTION = "aws:lambda/function:Function"
BUCKET = "aws:s3/bucket:Bucket"
SETTINGS = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
TABLE = "aws:dynamodb/table:Table"
STAGE = "aws:apigateway/stage:Stage"
ASSOCIATION = "aws:wafv2/webAclAssociation:WebAclAssociation"
ACL = "aws:wafv2/webAcl:WebAcl"
LOG = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
SECRET_TEXT = "hunter2"
READ_ONCE = "read_once(policy)\n"


STACK_RULES = {rule.name for rule in ALL_RULES if isinstance(rule, StackRule)}
HOME = "ap-southeast-1"
REGIONS = {"residency-regions": {"enforcementLevel": "mandatory", "allowedRegions": [HOME]}}


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


PROVIDER = _resource("pulumi:providers:aws", INPUTS_OF_PROVIDER, "aws")


def _run(
    resources: Iterable[Resource],
    config: Mapping[str, Any] | None = None,
    dry_run: bool = True,
    outputs: Mapping[str, list[str]] | None = None,
    groups: tuple[str, ...] = ("encryption-", "waivers"),
    pack: Path = PACK,
) -> PackReport:
    """The report on these resources by the rules whose names begin so."""
    graph = Graph("test", "pack")
    environment = pack_environment("pack", "test", "organization", {})
    environment["PULUMI_DRY_RUN"] = "true" if dry_run else "false"
    others = [rule.name for rule in ALL_RULES if not rule.name.startswith(groups)]
    entries = {**REGIONS, **dict.fromkeys(others, "disabled"), **(config or {})}
    with PackRun(pack, PackConfig(entries, "test.json"), environment, fork=False) as run:
        for resource in (_resource(STACK, {}, "test"), PROVIDER, *resources):
            graph.resources[resource.urn] = resource
            run.resource(resource, PROVIDER if resource.type.startswith("aws:") else None)
        return run.finish(graph, outputs or {})


def _mandatory(report: PackReport) -> Iterator[Violation]:
    assert report.error == ""
    yield from (violation for violation in report.violations if violation.level == "mandatory")


@pytest.fixture(scope="module", params=[True, False], ids=["preview", "up"])
def hard_cases(request: pytest.FixtureRequest) -> PackReport:
    """Every hard case in one stack, each under its own name."""
    resources = [_resource(case.token, case.props, name) for name, case in CASES.items()]
    return _run(resources, dry_run=request.param, groups=("",))


@pytest.mark.parametrize("case", CASES)
def test_the_case_fails_exactly_where_it_should(hard_cases: PackReport, case: str) -> None:
    urn = urn_of(CASES[case].token, case)
    mine = [
        found
        for found in _mandatory(hard_cases)
        if found.urn == urn and found.policy.startswith(CASES[case].rules) and found.policy not in STACK_RULES
    ]
    assert {found.message.partition(" ")[0] for found in mine} == CASES[case].paths


def test_no_rule_stumbled_over_an_unknown_value(hard_cases: PackReport) -> None:
    # The SDK reports an uncaught unknown as an advisory, and the rule is then without effect.
    assert {found.level for found in hard_cases.violations} == {"mandatory"}


def test_the_sdks_own_way_of_reading_finds_the_same(tmp_path: Path) -> None:
    plain = Path(shutil.copytree(PACK, tmp_path / "plain", ignore=shutil.ignore_patterns("__pycache__")))
    program = (plain / "__main__.py").read_text(encoding="utf-8")
    assert READ_ONCE in program
    (plain / "__main__.py").write_text(program.replace(READ_ONCE, ""), encoding="utf-8")
    sources = {"kmsKeyId": [urn_of(KEY, "own")]}
    resources = [
        _resource(KEY, {}, "own"),
        *(_resource(case.token, case.props, name, sources) for name, case in CASES.items()),
    ]
    config = {"waivers": {"enforcementLevel": "mandatory", "waivers": []}}
    found = [_run(resources, config, groups=("",), pack=pack) for pack in (PACK, plain)]
    assert found[0].violations == found[1].violations
    assert {violation.policy for violation in found[0].violations} & STACK_RULES


def test_the_pack_tells_its_rules() -> None:
    report = _run([], groups=("",))
    assert (report.name, report.policies) == ("guardrails", len(ALL_RULES))
    assert report.violations == []


def test_a_copy_of_the_pack_works_anywhere(tmp_path: Path) -> None:
    copied = Path(shutil.copytree(PACK, tmp_path / "elsewhere", ignore=shutil.ignore_patterns("__pycache__")))
    report = _run([_resource(STREAM, {}, "bad")], pack=copied)
    assert {found.policy for found in _mandatory(report)} == {"encryption-messaging"}
    assert report.policies == len(ALL_RULES)


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


@pytest.mark.parametrize("dry_run", [True, False])
def test_endpoints_and_web_acls_are_related_by_where_their_values_come_from(dry_run: bool) -> None:
    acl = _resource(ACL, {"scope": "REGIONAL"}, "acl", {"scope": []})
    other = _resource(ACL, {"scope": "CLOUDFRONT"}, "other", {"scope": []})
    good, bad, private = (_resource(STAGE, {}, name) for name in ("good", "bad", "private"))
    endpoint = {"endpointConfiguration": {"types": "PRIVATE"}}
    api = _resource("aws:apigateway/restApi:RestApi", endpoint, "api", {"endpointConfiguration": []})
    private.property_dependencies["restApi"] = [api.urn]
    joined, misjoined = (
        _resource(ASSOCIATION, {"resourceArn": UNKNOWN, "webAclArn": UNKNOWN}, name, sources)
        for name, sources in (
            ("joined", {"resourceArn": [good.urn], "webAclArn": [acl.urn]}),
            ("misjoined", {"resourceArn": [good.urn], "webAclArn": [other.urn]}),
        )
    )
    lb_inputs, given = {"internal": UNKNOWN}, {"internal": [api.urn]}
    balancers = [_resource(BALANCER, {}, "left-out"), _resource(BALANCER, lb_inputs, "unknown", given)]
    log = _resource(LOG, {"resourceArn": UNKNOWN}, "log", {"resourceArn": [acl.urn]})
    resources = [acl, other, api, good, bad, private, joined, misjoined, log, *balancers]
    report = _run(
        resources, dry_run=dry_run, outputs={BALANCER: ["internal"], ACL: ["scope"]}, groups=("waf-",)
    )
    relations = {(found.policy, found.urn) for found in _mandatory(report) if found.policy in STACK_RULES}
    assert relations == {
        ("waf-association", bad.urn),
        ("waf-association", urn_of(BALANCER, "left-out")),
        ("waf-scope", misjoined.urn),
        ("waf-logging", other.urn),
    }


@pytest.mark.parametrize("dry_run", [True, False])
def test_the_region_is_taken_from_the_provider_and_checked_against_the_configuration(dry_run: bool) -> None:
    home, abroad = _resource(TABLE, {}, "home"), _resource(TABLE, {"region": "us-west-2"}, "abroad")
    report = _run([home, abroad], dry_run=dry_run, groups=("residency-",))
    assert {found.urn for found in _mandatory(report)} == {abroad.urn}
    elsewhere = {"residency-regions": {"enforcementLevel": "mandatory", "allowedRegions": ["eu-west-1"]}}
    report = _run([home], elsewhere, dry_run, groups=("residency-",))
    assert {found.urn for found in _mandatory(report)} == {home.urn, PROVIDER.urn}


def test_without_allowed_regions_the_stack_itself_fails() -> None:
    report = _run([], {"residency-regions": "mandatory"}, groups=("residency-",))
    assert [found.urn for found in _mandatory(report)] == [urn_of(STACK, "test")]


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
