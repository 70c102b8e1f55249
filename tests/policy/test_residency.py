"""Resources and copies of data are in the Regions that the stack's configuration allows."""

from __future__ import annotations

from typing import Any

import pytest

from guardrails.core.related import STACK
from guardrails.core.rule import Outcome
from guardrails.residency.copies import ARN_PATHS, REGION_PATHS
from guardrails.residency.exceptions import GLOBAL_SERVICES, IN_GLOBAL_REGION, NETWORK_SERVICES
from guardrails.residency.regions import ALLOWED, NETWORK, RULE
from tests.policy import sdk, shapes
from tests.policy.shapes import UNKNOWN, outcomes, resource

FAIL, WAIT = Outcome.FAIL, Outcome.UNKNOWN
HOME = "ap-southeast-1"
CONFIG = {ALLOWED: [HOME, "ap-southeast-5"]}
TABLE = "aws:dynamodb/table:Table"
ABROAD = "eu-west-1"
EVERYWHERE = "us-east-1"


def _judged(
    token: str, props: dict[str, Any], provider: object = HOME, config: dict[str, Any] | None = None
) -> dict[str, Outcome]:
    on = {} if provider is None else {"region": provider}
    return outcomes(RULE, resource(token, props, provider=on, config=CONFIG if config is None else config))


@pytest.mark.parametrize(
    ("props", "provider", "expected"),
    [
        ({}, HOME, {}),
        ({"region": "ap-southeast-5"}, ABROAD, {}),
        ({}, ABROAD, {"region": FAIL}),
        ({"region": ABROAD}, HOME, {"region": FAIL}),
        ({"region": UNKNOWN}, HOME, {"region": WAIT}),
        ({}, UNKNOWN, {"region": WAIT}),
        ({}, None, {"region": WAIT}),
        ({}, EVERYWHERE, {"region": FAIL}),
    ],
)
def test_the_region_is_the_resources_own_or_its_providers(
    props: dict[str, Any], provider: object, expected: dict[str, Outcome]
) -> None:
    assert _judged(TABLE, props, provider) == expected


def test_a_provider_of_a_region_that_is_not_allowed_fails_unless_it_is_the_global_one() -> None:
    provider = "pulumi:providers:aws"
    assert _judged(provider, {"region": ABROAD}, None) == {"region": FAIL}
    assert _judged(provider, {"region": EVERYWHERE}, None) == {}
    assert _judged(provider, {"region": HOME}, None) == {}


@pytest.mark.parametrize("token", sorted(IN_GLOBAL_REGION))
def test_what_aws_keeps_in_us_east_1_may_be_there_and_nowhere_else(token: str) -> None:
    row = IN_GLOBAL_REGION[token]
    for props in [{row.path: f"{prefix}x"} for prefix in row.prefixes] or [{}]:
        assert _judged(token, props, EVERYWHERE) == {}
        assert _judged(token, props, ABROAD) == {"region": FAIL}
    if row.path:
        assert _judged(token, {row.path: "else"}, EVERYWHERE) == {"region": FAIL}
        assert _judged(token, {}, EVERYWHERE) == {"region": FAIL}
        assert {row.path} <= sdk.input_paths(token)


def test_services_without_a_region_may_be_on_the_global_one() -> None:
    assert _judged("aws:iam/role:Role", {}, EVERYWHERE) == {}
    assert _judged("aws:cloudfront/distribution:Distribution", {}, EVERYWHERE) == {}
    assert _judged("aws:iam/role:Role", {}, ABROAD) == {"region": FAIL}


def test_network_plumbing_may_be_in_further_regions_and_data_may_not() -> None:
    config = {**CONFIG, NETWORK: [ABROAD]}
    route = "aws:ec2transitgateway/route:Route"
    assert _judged(route, {}, ABROAD, config) == {}
    assert _judged(route, {}, ABROAD) == {"region": FAIL}
    assert _judged(TABLE, {}, ABROAD, config) == {"region": FAIL}
    assert _judged("pulumi:providers:aws", {"region": ABROAD}, None, config) == {}


def test_what_may_be_in_us_east_1_may_tell_others_there() -> None:
    target = "aws:cloudwatch/eventTarget:EventTarget"
    for region, expected in ((EVERYWHERE, {}), (HOME, {}), (ABROAD, {"arn": FAIL})):
        arn = f"arn:aws:logs:{region}:111122223333:log-group:/aws/events/x"
        assert _judged(target, {"arn": arn}, EVERYWHERE) == expected
    here = f"arn:aws:logs:{EVERYWHERE}:111122223333:log-group:/aws/events/x"
    assert _judged(target, {"arn": here}, HOME) == {"arn": FAIL}


def test_a_network_may_be_joined_with_one_of_a_network_region() -> None:
    config = {**CONFIG, NETWORK: [ABROAD]}
    peering = "aws:ec2transitgateway/peeringAttachment:PeeringAttachment"
    assert _judged(peering, {"peerRegion": ABROAD}, HOME, config) == {}
    assert _judged(peering, {"peerRegion": ABROAD}) == {"peerRegion": FAIL}


@pytest.mark.parametrize("token", sorted(REGION_PATHS))
def test_a_copy_in_another_region_fails(token: str) -> None:
    for path in REGION_PATHS[token]:
        for region, expected in ((ABROAD, {FAIL}), (UNKNOWN, {WAIT}), (HOME, set())):
            assert set(_judged(token, shapes.put({}, path, region)).values()) == expected


@pytest.mark.parametrize("token", sorted(ARN_PATHS))
def test_a_receiver_in_another_region_fails(token: str) -> None:
    for path in ARN_PATHS[token]:
        for region, expected in ((ABROAD, {FAIL}), (HOME, set())):
            arn = f"arn:aws:events:{region}:111122223333:event-bus/x"
            assert set(_judged(token, shapes.put({}, path, arn)).values()) == expected
        assert set(_judged(token, shapes.put({}, path, "someone@example.com")).values()) == set()


def test_of_two_replicas_the_foreign_one_is_named() -> None:
    replicas = [{"regionName": HOME}, {"regionName": UNKNOWN}, {"regionName": ABROAD}]
    assert _judged(TABLE, {"replicas": replicas}) == {
        "replicas[1].regionName": WAIT,
        "replicas[2].regionName": FAIL,
    }


@pytest.mark.parametrize("config", [{}, {ALLOWED: []}, {ALLOWED: "ap-southeast-1"}, {ALLOWED: ["Singapore"]}])
def test_without_a_list_of_regions_the_stack_fails_once(config: dict[str, Any]) -> None:
    assert _judged(STACK, {}, None, config) == {ALLOWED: FAIL}
    assert _judged(TABLE, {}, ABROAD, config) == {}
    assert _judged(STACK, {}, None, CONFIG) == {}


def test_every_path_and_type_exists() -> None:
    for token, paths in {**REGION_PATHS, **ARN_PATHS}.items():
        inputs = sdk.input_paths(token)
        assert {path for path in paths if path not in inputs and f"{path}[]" not in inputs} == set(), token
    for token in IN_GLOBAL_REGION:
        assert sdk.input_paths(token)
    for module in {*GLOBAL_SERVICES, *NETWORK_SERVICES}:
        assert sdk.service_module(f"aws:{module}/x:X")
