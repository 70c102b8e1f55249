"""Every public endpoint has a web ACL that it can use, and every web ACL blocks and logs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pulumi_policy import PolicyResource

from guardrails.core.rule import Outcome
from guardrails.waf import association, distribution, logging, quality, scope
from guardrails.waf.endpoints import (
    ACL,
    APP_RUNNER,
    ASSOCIATION,
    DISTRIBUTIONS,
    ENDPOINTS,
    GRAPHQL_API,
    LOAD_BALANCERS,
    REST_API,
    STAGE,
    USER_POOL,
)
from tests.policy.shapes import UNKNOWN, failures, in_stack, outcomes, resource, stack_outcomes

FAIL, WAIT = Outcome.FAIL, Outcome.UNKNOWN
REGIONAL_ARN = "arn:aws:wafv2:ap-southeast-1:111122223333:regional/webacl/a/1"
GLOBAL_ARN = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/a/1"


def _acl(name: str = "acl", scope: object = "REGIONAL", **props: Any) -> PolicyResource:
    return in_stack(ACL, {"scope": scope, **props}, name, {"scope": []})


def _joined(endpoint: PolicyResource, *acls: PolicyResource, name: str = "association") -> PolicyResource:
    sources = {"resourceArn": [endpoint], "webAclArn": acls}
    return in_stack(ASSOCIATION, {"resourceArn": UNKNOWN, "webAclArn": UNKNOWN}, name, sources)


@pytest.mark.parametrize("token", sorted(ENDPOINTS))
def test_an_endpoint_without_an_association_is_named(token: str) -> None:
    assert stack_outcomes(association.RULE, [in_stack(token, name="endpoint"), _acl()]) == {"endpoint": FAIL}


@pytest.mark.parametrize("token", sorted(ENDPOINTS))
def test_an_endpoint_with_an_association_of_its_own_passes(token: str) -> None:
    endpoint, acl = in_stack(token, name="endpoint"), _acl()
    assert stack_outcomes(association.RULE, [endpoint, acl, _joined(endpoint, acl)]) == {}


@pytest.mark.parametrize("token", sorted(ENDPOINTS))
def test_an_association_with_another_endpoint_does_not_count(token: str) -> None:
    endpoint, other, acl = in_stack(token, name="endpoint"), in_stack(token, name="other"), _acl()
    assert stack_outcomes(association.RULE, [endpoint, other, acl, _joined(other, acl)]) == {"endpoint": FAIL}


def test_an_association_that_comes_from_two_stages_counts_for_neither() -> None:
    one, two = in_stack(STAGE, name="one"), in_stack(STAGE, name="two")
    both = in_stack(ASSOCIATION, {"resourceArn": UNKNOWN}, sources={"resourceArn": [one, two]})
    assert stack_outcomes(association.RULE, [one, two, both]) == {"one": FAIL, "two": FAIL}


def test_an_arn_may_also_be_made_of_the_api_beside_its_stage() -> None:
    api = in_stack(REST_API, name="api")
    stage = in_stack(STAGE, {"restApi": UNKNOWN}, "stage", {"restApi": [api]})
    made = in_stack(ASSOCIATION, {"resourceArn": UNKNOWN}, sources={"resourceArn": [api, stage]})
    assert stack_outcomes(association.RULE, [api, stage, made]) == {}


def test_after_an_update_the_value_counts() -> None:
    pool = in_stack(USER_POOL, {"arn": "arn:aws:cognito-idp:x"}, "pool")
    right = in_stack(ASSOCIATION, {"resourceArn": "arn:aws:cognito-idp:x"})
    wrong = in_stack(ASSOCIATION, {"resourceArn": "arn:aws:cognito-idp:y"})
    assert stack_outcomes(association.RULE, [pool, right]) == {}
    assert stack_outcomes(association.RULE, [pool, wrong]) == {"pool": FAIL}


def test_a_component_that_holds_one_endpoint_stands_for_it_and_one_with_two_does_not() -> None:
    component = in_stack("awsx:lb:ApplicationLoadBalancer", name="component")
    one = in_stack(LOAD_BALANCERS[0], name="one", parent=component)
    two = in_stack(LOAD_BALANCERS[0], name="two", parent=component)
    joined = _joined(component)
    assert stack_outcomes(association.RULE, [component, one, joined]) == {}
    assert stack_outcomes(association.RULE, [component, one, two, joined]) == {"one": FAIL, "two": FAIL}


def _stage_of(types: object) -> list[PolicyResource]:
    sources: dict[str, list[PolicyResource]] = {"endpointConfiguration": []}
    api = in_stack(REST_API, {"endpointConfiguration": {"types": types}}, "api", sources)
    return [api, in_stack(STAGE, {"restApi": UNKNOWN}, "stage", {"restApi": [api]})]


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ("PRIVATE", {}),
        (["PRIVATE"], {}),
        ("REGIONAL", {"stage": FAIL}),
        (["EDGE"], {"stage": FAIL}),
        (UNKNOWN, {"stage": WAIT}),
    ],
)
def test_only_a_private_api_needs_no_acl(types: object, expected: dict[str, Outcome]) -> None:
    assert stack_outcomes(association.RULE, _stage_of(types)) == expected


@pytest.mark.parametrize("token", LOAD_BALANCERS)
@pytest.mark.parametrize(
    ("props", "given", "expected"),
    [
        ({"internal": True}, ["internal"], {}),
        ({"internal": False}, ["internal"], {"lb": FAIL}),
        ({"internal": UNKNOWN}, ["internal"], {"lb": WAIT}),
        ({"internal": UNKNOWN}, [], {"lb": FAIL}),  # an output: the program left it to AWS, which says public
        ({"loadBalancerType": "network"}, ["loadBalancerType"], {}),
        ({"loadBalancerType": UNKNOWN}, ["loadBalancerType"], {"lb": WAIT}),
    ],
)
def test_a_load_balancer_needs_an_acl_when_it_faces_the_internet(
    token: str, props: Mapping[str, Any], given: list[str], expected: dict[str, Outcome]
) -> None:
    balancer = in_stack(token, props, "lb", {name: [] for name in given})
    assert stack_outcomes(association.RULE, [balancer]) == expected


@pytest.mark.parametrize(
    ("token", "props", "name"),
    [
        (GRAPHQL_API, {"visibility": "PRIVATE"}, "visibility"),
        (
            APP_RUNNER,
            {"networkConfiguration": {"ingressConfiguration": {"isPubliclyAccessible": False}}},
            "networkConfiguration",
        ),
    ],
)
def test_a_private_api_of_another_kind_needs_none(token: str, props: Mapping[str, Any], name: str) -> None:
    assert stack_outcomes(association.RULE, [in_stack(token, props, sources={name: []})]) == {}
    assert stack_outcomes(association.RULE, [in_stack(token, {name: UNKNOWN}, "e", {name: []})]) == {
        "e": WAIT
    }


@pytest.mark.parametrize("token", DISTRIBUTIONS)
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (GLOBAL_ARN, {}),
        (REGIONAL_ARN, {"webAclId": FAIL}),
        ("", {"webAclId": FAIL}),
        (None, {"webAclId": FAIL}),
        ("1234abcd-12ab-34cd-56ef-1234567890ab", {"webAclId": FAIL}),  # an id of WAF Classic
        (UNKNOWN, {"webAclId": WAIT}),
    ],
)
def test_a_distribution_names_a_global_acl(token: str, value: object, expected: dict[str, Outcome]) -> None:
    assert outcomes(distribution.RULE, resource(token, {"webAclId": value})) == expected


def _distribution(*acls: PolicyResource, value: object = UNKNOWN) -> PolicyResource:
    return in_stack(DISTRIBUTIONS[0], {"webAclId": value}, "distribution", {"webAclId": acls})


@pytest.mark.parametrize(
    ("of", "expected"),
    [("CLOUDFRONT", {}), ("REGIONAL", {"distribution": FAIL}), (UNKNOWN, {"distribution": WAIT})],
)
def test_a_distribution_comes_from_an_acl_of_scope_cloudfront(
    of: object, expected: dict[str, Outcome]
) -> None:
    acl = _acl(scope=of)
    assert stack_outcomes(scope.RULE, [acl, _distribution(acl)]) == expected


@pytest.mark.parametrize(
    ("of", "expected"),
    [("REGIONAL", {}), ("CLOUDFRONT", {"association": FAIL}), (UNKNOWN, {"association": WAIT})],
)
def test_an_association_comes_from_an_acl_of_scope_regional(of: object, expected: dict[str, Outcome]) -> None:
    acl, stage = _acl(scope=of), in_stack(STAGE, name="stage")
    assert stack_outcomes(scope.RULE, [acl, stage, _joined(stage, acl)]) == expected


def test_what_does_not_come_from_one_acl_fails() -> None:
    stage, role = in_stack(STAGE, name="stage"), in_stack("aws:iam/role:Role", name="role")
    acls = [_acl("one"), _acl("two")]
    assert stack_outcomes(scope.RULE, [stage, role, _joined(stage, role)]) == {"association": FAIL}
    assert stack_outcomes(scope.RULE, [stage, *acls, _joined(stage, *acls)]) == {"association": FAIL}
    assert stack_outcomes(scope.RULE, [role, _distribution(role)]) == {"distribution": FAIL}


def test_an_acl_of_elsewhere_is_judged_by_its_arn() -> None:
    hub = in_stack("pulumi:pulumi:StackReference", name="hub")
    for value, expected in ((REGIONAL_ARN, {}), (GLOBAL_ARN, {"a": FAIL}), (UNKNOWN, {"a": WAIT})):
        joined = in_stack(ASSOCIATION, {"webAclArn": value}, "a", {"webAclArn": [hub]})
        assert stack_outcomes(scope.RULE, [joined]) == expected
    assert stack_outcomes(scope.RULE, [_distribution(value=UNKNOWN)]) == {"distribution": WAIT}


@pytest.mark.parametrize("group", sorted(scope.NOT_ON_USER_POOLS))
def test_login_protection_groups_do_not_belong_on_a_user_pool(group: str) -> None:
    acl = _acl(rules=[{"statement": {"managedRuleGroupStatement": {"name": group}}}])
    pool, stage = in_stack(USER_POOL, name="pool"), in_stack(STAGE, name="stage")
    assert stack_outcomes(scope.RULE, [acl, pool, _joined(pool, acl)]) == {"association": FAIL}
    assert stack_outcomes(scope.RULE, [acl, stage, _joined(stage, acl)]) == {}


METRICS = {"visibilityConfig": {"cloudwatchMetricsEnabled": True}}
MANAGED = {
    "statement": {"managedRuleGroupStatement": {"name": quality.BASELINE[0]}},
    "overrideAction": {"none": {}},
    **METRICS,
}
RATE = {"statement": {"rateBasedStatement": {"limit": 300}}, "action": {"block": {}}, **METRICS}
OTHERS = [
    {**MANAGED, "statement": {"managedRuleGroupStatement": {"name": name}}} for name in quality.BASELINE[1:]
]
GOOD = {"scope": "REGIONAL", "rules": [MANAGED, RATE, *OTHERS], **METRICS}


def _quality(**change: Any) -> dict[str, Outcome]:
    """What is said of an ACL that has the other baseline groups besides the rules that are given."""
    if isinstance(change.get("rules"), list) and change["rules"]:
        change["rules"] = [*change["rules"], *OTHERS]
    return outcomes(quality.RULE, resource(ACL, {**GOOD, **change}))


@pytest.mark.parametrize("name", quality.BASELINE)
def test_an_acl_has_each_baseline_group(name: str) -> None:
    rules = [
        {**MANAGED, "statement": {"managedRuleGroupStatement": {"name": other}}}
        for other in quality.BASELINE
        if other != name
    ]
    assert outcomes(quality.RULE, resource(ACL, {**GOOD, "rules": [RATE, *rules]})) == {"rules": FAIL}


def test_an_acl_with_managed_groups_and_a_rate_rule_in_block_passes() -> None:
    assert _quality() == {}
    assert _quality(description="Rider API: block, then count @ 300/5m") == {}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"rules": None}, {"rules": FAIL}),
        ({"rules": []}, {"rules": FAIL}),
        ({"rules": UNKNOWN}, {"rules": WAIT}),
        ({"rules": [MANAGED]}, {"rules": FAIL}),  # no rate rule
        ({"rules": [{**MANAGED, "statement": {}}, RATE]}, {"rules": FAIL}),  # no group of known bad inputs
        ({"rules": [MANAGED, UNKNOWN]}, {"rules[1]": WAIT, "rules": WAIT}),
        (
            {"rules": [MANAGED, {**RATE, "action": {"count": {}}}]},
            {"rules[1].action": FAIL, "rules": FAIL},
        ),
        ({"rules": [MANAGED, RATE, {**RATE, "action": {"count": {}}}]}, {"rules[2].action": FAIL}),
        (
            {"rules": [MANAGED, {**RATE, "action": UNKNOWN}]},
            {"rules[1].action": WAIT, "rules": WAIT},
        ),
        (
            {"rules": [{**MANAGED, "overrideAction": {"count": {}}}, RATE]},
            {"rules[0].overrideAction": FAIL},
        ),
        ({"rules": [{**MANAGED, "overrideAction": UNKNOWN}, RATE]}, {"rules[0].overrideAction": WAIT}),
        (
            {"rules": [{**MANAGED, "overrideAction": {"count": {}}}, {**RATE, "action": {"count": {}}}]},
            {"rules[0].overrideAction": FAIL, "rules[1].action": FAIL, "rules": FAIL},
        ),
        ({"rules": [{**RATE, "action": {"allow": {}}}]}, {"rules": FAIL}),
        ({"rules": [MANAGED, {**RATE, "action": {"challenge": {}}}]}, {}),
        (
            {
                "rules": [
                    MANAGED,
                    {
                        "statement": {"ruleGroupReferenceStatement": {}},
                        "overrideAction": {"none": {}},
                        **METRICS,
                    },
                ]
            },
            {"rules": WAIT},
        ),
        (
            {"rules": [{**MANAGED, "visibilityConfig": {}}, RATE]},
            {"rules[0].visibilityConfig.cloudwatchMetricsEnabled": FAIL},
        ),
        ({"visibilityConfig": None}, {"visibilityConfig.cloudwatchMetricsEnabled": FAIL}),
        ({"scope": "GLOBAL"}, {"scope": FAIL}),
        ({"scope": UNKNOWN}, {"scope": WAIT}),
        ({"description": "Rider API \u2013 public"}, {"description": FAIL}),
    ],
)
def test_an_acl_that_does_not_block_fails(change: dict[str, Any], expected: dict[str, Outcome]) -> None:
    assert _quality(**change) == expected


def test_rules_as_json_are_read_like_blocks() -> None:
    metrics = '"VisibilityConfig": {"CloudWatchMetricsEnabled": true}'
    statement = f'"Statement": {{"ManagedRuleGroupStatement": {{"Name": "{quality.BASELINE[0]}"}}}}'
    managed = ", ".join(
        f'{{{statement.replace(quality.BASELINE[0], name)}, "OverrideAction": {{"None": {{}}}}, {metrics}}}'
        for name in quality.BASELINE
    )
    rate = f'{{"Statement": {{"RateBasedStatement": {{}}}}, "Action": {{"Block": {{}}}}, {metrics}}}'
    assert _quality(rules=None, ruleJson=f"[{managed}, {rate}]") == {}
    assert _quality(rules=None, ruleJson=f"[{managed}]") == {"rules": FAIL}
    assert _quality(rules=None, ruleJson="[") == {"rules": FAIL}
    assert _quality(rules=None, ruleJson=UNKNOWN) == {"rules": WAIT}


@pytest.mark.parametrize(
    ("own", "provider", "expected"),
    [
        (None, {"region": "us-east-1"}, {}),
        ("us-east-1", {"region": "ap-southeast-1"}, {}),
        (None, {"region": "ap-southeast-1"}, {"region": FAIL}),
        ("ap-southeast-1", {"region": "us-east-1"}, {"region": FAIL}),
        (None, {"region": UNKNOWN}, {"region": WAIT}),
        (None, {}, {"region": WAIT}),
    ],
)
def test_a_global_acl_is_in_us_east_1(
    own: str | None, provider: dict[str, Any], expected: dict[str, Outcome]
) -> None:
    found = resource(ACL, {**GOOD, "scope": "CLOUDFRONT", "region": own}, provider=provider)
    assert outcomes(quality.RULE, found) == expected


def test_an_acl_without_a_log_is_named_and_the_log_of_another_does_not_count() -> None:
    acl, other = _acl(), _acl("other")
    log = in_stack(logging.LOGGING, {"resourceArn": UNKNOWN}, "log", {"resourceArn": [other]})
    assert stack_outcomes(logging.RULE, [acl, other, log]) == {"acl": FAIL}


def test_a_log_leaves_the_authorization_header_out() -> None:
    def log(*headers: str) -> set[str]:
        fields = [{"singleHeader": {"name": name}} for name in headers]
        props = {"logDestinationConfigs": [UNKNOWN], "redactedFields": fields}
        return failures(logging.SETTINGS, resource(logging.LOGGING, props))

    assert log("cookie", "authorization") == set()
    assert log("cookie") == {"redactedFields[].singleHeader.name"}
    assert log() == {"redactedFields[].singleHeader.name"}
