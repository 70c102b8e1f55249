"""Networks, buckets and policies that are open to everybody."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from guardrails.core.documents import statements
from guardrails.core.rule import Outcome
from guardrails.exposure import buckets, network_acls, policies, security_groups as groups
from guardrails.exposure.world import is_world
from tests.policy import sdk, shapes
from tests.policy.shapes import UNKNOWN, in_stack, outcomes, resource, stack_outcomes

FAIL, WAIT = Outcome.FAIL, Outcome.UNKNOWN
HALVES = ["0.0.0.0/1", "128.0.0.0/1"]


@pytest.mark.parametrize(
    ("ranges", "world"),
    [
        (["0.0.0.0/0"], True),
        (["::/0"], True),
        (["0::/0"], True),
        (HALVES, True),
        (HALVES[:1], True),
        (["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"], False),
        (["2001:db8::/32", "fd00::/8"], False),
        (["2000::/3"], True),
        (["everybody", "", None, 3, UNKNOWN], False),
        ([], False),
    ],
)
def test_the_world_is_told_from_networks_that_somebody_owns(ranges: list[object], world: bool) -> None:
    assert is_world(ranges) is world


@given(st.lists(st.integers(0, 255), min_size=256, max_size=256, unique=True))
def test_the_world_in_small_pieces_is_the_world(first_bytes: list[int]) -> None:
    assert is_world([f"{byte}.0.0.0/8" for byte in first_bytes])
    assert not is_world([f"{first_bytes[0]}.0.0.0/8"])


def _shapes(
    protocol: object, first: object, last: object, v4: object, v6: object
) -> dict[str, dict[str, Any]]:
    """One opening in each of the shapes that the provider has for it."""
    ports = {"fromPort": first, "toPort": last}
    lists = {
        "protocol": protocol,
        **ports,
        "cidrBlocks": [v4] if v4 else [],
        "ipv6CidrBlocks": [v6] if v6 else [],
    }
    return {
        groups.SECURITY_GROUP: {"ingress": [lists]},
        groups.RULE_RESOURCE: {"type": "ingress", **lists},
        groups.INGRESS_RULE: {"ipProtocol": protocol, **ports, "cidrIpv4": v4, "cidrIpv6": v6},
    }


OPENINGS: list[tuple[tuple[object, ...], set[Outcome]]] = [
    (("tcp", 443, 443, "0.0.0.0/0", "::/0"), set()),
    (("udp", 443, 443, "0.0.0.0/0", None), set()),
    (("tcp", 22, 22, "0.0.0.0/0", None), {FAIL}),
    (("tcp", 80, 80, None, "::/0"), {FAIL}),
    (("tcp", 443, 8443, "0.0.0.0/0", None), {FAIL}),
    (("tcp", 0, 65535, "0.0.0.0/1", None), {FAIL}),
    (("-1", None, None, "0.0.0.0/0", None), {FAIL}),
    (("icmp", -1, -1, "0.0.0.0/0", None), {FAIL}),
    (("tcp", 5432, 5432, "10.0.0.0/8", None), set()),
    (("tcp", 5432, 5432, UNKNOWN, None), {WAIT}),
    (("tcp", UNKNOWN, UNKNOWN, "0.0.0.0/0", None), {WAIT}),
    (("tcp", UNKNOWN, 22, "0.0.0.0/0", None), {FAIL}),
    ((UNKNOWN, 443, 443, "0.0.0.0/0", None), {WAIT}),
    (("tcp", 443, 443, UNKNOWN, UNKNOWN), set()),
]


@pytest.mark.parametrize(("opening", "expected"), OPENINGS)
@pytest.mark.parametrize("token", [groups.SECURITY_GROUP, groups.RULE_RESOURCE, groups.INGRESS_RULE])
def test_only_https_is_open_to_the_world(
    token: str, opening: tuple[object, ...], expected: set[Outcome]
) -> None:
    protocol, first, last, v4, v6 = opening
    props = _shapes(protocol, first, last, v4, v6)[token]
    assert set(outcomes(groups.RULE, resource(token, props)).values()) == expected


def test_two_halves_of_the_world_in_one_rule_are_the_world() -> None:
    props = {"type": "ingress", "protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": HALVES}
    assert outcomes(groups.RULE, resource(groups.RULE_RESOURCE, props)) == {"cidrBlocks": FAIL}
    assert outcomes(groups.RULE, resource(groups.RULE_RESOURCE, {**props, "type": "egress"})) == {}


@pytest.mark.parametrize(
    ("protocol", "cidr", "expected"),
    [
        ("-1", "0.0.0.0/0", {FAIL}),
        ("-1", "10.0.0.0/16", set()),
        ("tcp", "0.0.0.0/0", set()),
        (UNKNOWN, "0.0.0.0/0", {WAIT}),
    ],
)
def test_not_everything_may_go_out(protocol: str, cidr: str, expected: set[Outcome]) -> None:
    lists = {"protocol": protocol, "cidrBlocks": [cidr]}
    for token, props in (
        (groups.SECURITY_GROUP, {"egress": [lists]}),
        (groups.RULE_RESOURCE, {"type": "egress", **lists}),
        (groups.EGRESS_RULE, {"ipProtocol": protocol, "cidrIpv4": cidr}),
    ):
        assert set(outcomes(groups.RULE, resource(token, props)).values()) == expected


def test_of_two_rules_the_second_is_told_although_the_first_is_unknown() -> None:
    bad = {"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": ["0.0.0.0/0"]}
    found = outcomes(groups.RULE, resource(groups.SECURITY_GROUP, {"ingress": [UNKNOWN, bad]}))
    assert found == {"ingress[0]": WAIT, "ingress[1].cidrBlocks": FAIL}
    assert outcomes(groups.RULE, resource(groups.SECURITY_GROUP, {"ingress": UNKNOWN})) == {"ingress": WAIT}


def test_a_prefix_list_hides_no_world() -> None:
    entries = [{"cidr": text} for text in HALVES]
    assert outcomes(groups.RULE, resource(groups.PREFIX_LIST, {"entries": entries})) == {"entries": FAIL}
    assert outcomes(groups.RULE, resource(groups.PREFIX_LIST_ENTRY, {"cidr": "::/0"})) == {"cidr": FAIL}
    assert outcomes(groups.RULE, resource(groups.PREFIX_LIST_ENTRY, {"cidr": UNKNOWN})) == {"cidr": WAIT}
    assert outcomes(groups.RULE, resource(groups.PREFIX_LIST_ENTRY, {"cidr": "10.0.0.0/16"})) == {}


def test_a_default_security_group_is_empty() -> None:
    rule = {"protocol": "tcp", "fromPort": 443, "toPort": 443, "self": True}
    for name in ("ingress", "egress"):
        assert outcomes(groups.RULE, resource(groups.DEFAULT_GROUP, {name: [rule]})) == {name: FAIL}
        assert outcomes(groups.RULE, resource(groups.DEFAULT_GROUP, {name: UNKNOWN})) == {name: WAIT}
    assert outcomes(groups.RULE, resource(groups.DEFAULT_GROUP, {"ingress": []})) == {}


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlock": "0.0.0.0/0"}, {FAIL}),
        ({"protocol": "-1", "cidrBlock": "0.0.0.0/0"}, {FAIL}),
        ({"protocol": "tcp", "fromPort": 3389, "toPort": 3389, "ipv6CidrBlock": "::/0"}, {FAIL}),
        ({"protocol": "tcp", "fromPort": 1024, "toPort": 65535, "cidrBlock": "0.0.0.0/0"}, set()),
        ({"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlock": "0.0.0.0/0"}, set()),
        ({"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlock": "10.0.0.0/16"}, set()),
        ({"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlock": UNKNOWN}, {WAIT}),
        ({"protocol": "tcp", "fromPort": UNKNOWN, "toPort": 22, "cidrBlock": "0.0.0.0/0"}, {WAIT}),
    ],
)
def test_a_network_acl_keeps_the_world_from_administration(
    entry: dict[str, Any], expected: set[Outcome]
) -> None:
    for token, props, denied in (
        (
            network_acls.ACL,
            {"ingress": [{**entry, "action": "allow"}]},
            {"ingress": [{**entry, "action": "deny"}]},
        ),
        (network_acls.ACL_RULE, {**entry, "ruleAction": "allow"}, {**entry, "ruleAction": "deny"}),
    ):
        assert set(outcomes(network_acls.RULE, resource(token, props)).values()) == expected
        assert outcomes(network_acls.RULE, resource(token, denied)) == {}
    outward = {**entry, "ruleAction": "allow", "egress": True}
    assert outcomes(network_acls.RULE, resource(network_acls.ACL_RULE, outward)) == {}


@pytest.mark.parametrize("token", buckets.BUCKETS)
def test_a_bucket_has_a_block_of_public_access_of_its_own(token: str) -> None:
    bucket, other = in_stack(token, name="bucket"), in_stack(token, name="other")
    block = in_stack(buckets.BLOCK, {"bucket": UNKNOWN}, "block", {"bucket": [other]})
    own = in_stack(buckets.BLOCK, {"bucket": UNKNOWN}, "own", {"bucket": [bucket]})
    assert stack_outcomes(buckets.RULE, [bucket, other, block]) == {"bucket": FAIL}
    assert stack_outcomes(buckets.RULE, [bucket, other, block, own]) == {}


def _document(*found: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(found)})


EVERYBODY = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
NAMED = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
    "Action": "sqs:SendMessage",
    "Resource": "arn:aws:sqs:x:1:y",
}
ORG = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}


@pytest.mark.parametrize(
    ("statement", "open_to_all"),
    [
        (EVERYBODY, True),
        ({**EVERYBODY, "Principal": {"AWS": "*"}}, True),
        ({**EVERYBODY, "Principal": {"AWS": ["arn:aws:iam::1:root", "*"]}}, True),
        ({**EVERYBODY, "Effect": "Deny"}, False),
        ({**EVERYBODY, "Principal": {"AWS": "arn:aws:iam::111122223333:root"}}, False),
        ({**EVERYBODY, "Principal": {"Service": "sns.amazonaws.com"}}, False),
        ({"Effect": "Allow", "NotPrincipal": {"AWS": "x"}, "Action": "*", "Resource": "*"}, True),
        ({**EVERYBODY, "Condition": ORG}, False),
        ({**EVERYBODY, "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:s3:::lake"}}}, False),
        ({**EVERYBODY, "Condition": {"StringLike": {"aws:PrincipalOrgID": "*"}}}, True),
        ({**EVERYBODY, "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}}, True),
        ({**EVERYBODY, "Condition": {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}}, True),
        ({**EVERYBODY, "Condition": {"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-1"}}}, True),
        ({**EVERYBODY, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}, True),
        ({**EVERYBODY, "Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}}, True),
        ({**EVERYBODY, "Condition": {"StringEquals": {"aws:SourceVpce": []}}}, True),
    ],
)
def test_a_policy_for_everybody_needs_a_condition_that_names_them(
    statement: dict[str, Any], open_to_all: bool
) -> None:
    found = outcomes(
        policies.RULE, resource("aws:sqs/queuePolicy:QueuePolicy", {"policy": _document(statement)})
    )
    assert found == ({"policy Statement[0]": FAIL} if open_to_all else {})


def test_all_principals_but_some_are_everybody_even_under_a_condition() -> None:
    statement = {key: value for key, value in NAMED.items() if key != "Principal"}
    document = _document({**statement, "NotPrincipal": {"AWS": "x"}, "Condition": ORG})
    assert outcomes(policies.RULE, resource("aws:sqs/queuePolicy:QueuePolicy", {"policy": document})) == {
        "policy Statement[0]": FAIL
    }


def test_a_policy_on_logs_names_its_log_groups() -> None:
    document = _document({**NAMED, "Action": "logs:PutLogEvents", "Resource": "*"})
    found = outcomes(policies.RULE, resource(policies.LOG_POLICY, {"policyDocument": document}))
    assert found == {"policyDocument Statement[0]": FAIL}


@pytest.mark.parametrize("token", sorted(policies.DOCUMENTS))
def test_every_kind_of_resource_policy_is_read(token: str) -> None:
    path = policies.DOCUMENTS[token][0]

    def judged(value: object) -> set[Outcome]:
        return set(outcomes(policies.RULE, resource(token, shapes.put({}, path, value))).values())

    assert judged(_document(EVERYBODY)) == {FAIL}
    assert judged({"Statement": EVERYBODY}) == {FAIL}
    assert judged("not json") == {FAIL}
    assert judged(_document({**EVERYBODY, "Resource": "arn:aws:sqs:x:1:y", "Condition": ORG})) == set()
    assert judged(_document({**NAMED, "Action": "sqs:*"})) == {FAIL}
    assert judged(_document({**NAMED, "NotResource": "arn:aws:sqs:x:1:y"})) == {FAIL}
    assert judged(UNKNOWN) == {WAIT}
    assert {path, f"{path}[]"} & sdk.input_paths(token)


@pytest.mark.parametrize(
    ("token", "beside"),
    [
        ("aws:lambda/permission:Permission", {"sourceArn": UNKNOWN}),
        ("aws:lambda/permission:Permission", {"principalOrgId": "o-1"}),
        ("aws:lambda/layerVersionPermission:LayerVersionPermission", {"organizationId": "o-1"}),
    ],
)
def test_a_permission_for_everybody_needs_a_limit_beside_it(token: str, beside: dict[str, Any]) -> None:
    assert outcomes(policies.RULE, resource(token, {"principal": "*"})) == {"principal": FAIL}
    assert outcomes(policies.RULE, resource(token, {"principal": "*", **beside})) == {}
    assert outcomes(policies.RULE, resource(token, {"principal": UNKNOWN})) == {"principal": WAIT}
    assert outcomes(policies.RULE, resource(token, {"principal": "events.amazonaws.com"})) == {}


@pytest.mark.parametrize("text", ["", "[]", "3", "{", '{"Statement": null}', "[" * 100_000])
def test_text_that_is_no_policy_document_has_no_statements(text: str) -> None:
    assert statements(text) is None
