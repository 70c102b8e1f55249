"""Alarms tell somebody; VPC endpoints keep strangers out; what closes a VPC or a bucket is beside it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from guardrails.core.rule import Outcome
from guardrails.exposure import companions, vpc_endpoints
from guardrails.exposure.buckets import BUCKETS
from guardrails.exposure.security_groups import DEFAULT_GROUP
from guardrails.logs import alarms
from tests.policy import sdk
from tests.policy.shapes import UNKNOWN, in_stack, outcomes, resource, stack_outcomes

FAIL, WAIT = Outcome.FAIL, Outcome.UNKNOWN
METRIC = "aws:cloudwatch/metricAlarm:MetricAlarm"


@pytest.mark.parametrize("token", sorted(alarms.ALARMS))
def test_an_alarm_without_actions_is_named(token: str) -> None:
    loud = in_stack(token, {"alarmActions": UNKNOWN}, "loud", {"alarmActions": []})
    known = in_stack(token, {"alarmActions": ["arn:aws:sns:x:1:y"]}, "known")
    empty = in_stack(token, {"alarmActions": []}, "empty", {"alarmActions": []})
    assert stack_outcomes(alarms.RULE, [loud, known, empty, in_stack(token, name="bare")]) == {
        "empty": FAIL,
        "bare": FAIL,
    }


@pytest.mark.parametrize("token", sorted(alarms.USERS))
def test_an_alarm_that_another_resource_acts_on_is_heard(token: str) -> None:
    for name in alarms.USERS[token]:
        alarm = in_stack(METRIC, name="alarm")
        user = in_stack(token, {name: UNKNOWN, "alarmActions": ["x"]}, "user", {name: [alarm]})
        stranger = in_stack(token, {"tags": UNKNOWN, "alarmActions": ["x"]}, "user", {"tags": [alarm]})
        assert stack_outcomes(alarms.RULE, [alarm, user]) == {}
        assert stack_outcomes(alarms.RULE, [alarm, stranger]) == {"alarm": FAIL}
        assert name in sdk.input_names(token)


CALLER = {"aws:PrincipalAccount": "111122223333"}
OWNER = {"aws:ResourceAccount": "111122223333"}
ALL = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}
LAYERS = {**ALL, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::layers/*"}


@pytest.mark.parametrize(
    ("statement", "fails"),
    [
        ({**ALL, "Condition": {"StringEquals": {**CALLER, **OWNER}}}, False),
        ({**ALL, "Condition": {"StringEquals": CALLER}}, True),
        ({**ALL, "Condition": {"StringEquals": OWNER}}, True),
        ({**ALL, "Condition": {"StringLike": {**OWNER, "aws:PrincipalAccount": "*"}}}, True),
        (ALL, True),
        ({**ALL, "Action": "s3:GetObject", "Condition": {"StringEquals": OWNER}}, False),
        ({**ALL, "Action": "s3:GetObject"}, True),
        ({**ALL, "Principal": {"AWS": "arn:aws:iam::1:role/x"}, "Condition": {"StringEquals": OWNER}}, False),
        (LAYERS, False),
        ({**LAYERS, "Action": "s3:*"}, True),
        ({**LAYERS, "NotAction": "s3:PutObject"}, True),
        ({**ALL, "Effect": "Deny"}, False),
    ],
)
def test_an_endpoint_lets_through_what_is_ones_own(statement: dict[str, Any], fails: bool) -> None:
    policy = json.dumps({"Statement": [statement]})
    found = outcomes(vpc_endpoints.RULE, resource(vpc_endpoints.ENDPOINT, {"policy": policy}))
    assert found == ({"policy Statement[0]": FAIL} if fails else {})


@pytest.mark.parametrize(
    ("props", "expected"),
    [
        ({}, {"policy": FAIL}),
        ({"policy": ""}, {"policy": FAIL}),
        ({"policy": "{"}, {"policy": FAIL}),
        ({"policy": UNKNOWN}, {"policy": WAIT}),
        ({"vpcEndpointType": "GatewayLoadBalancer"}, {}),
    ],
)
def test_an_endpoint_without_a_policy_lets_everything_through(
    props: dict[str, Any], expected: dict[str, Outcome]
) -> None:
    assert outcomes(vpc_endpoints.RULE, resource(vpc_endpoints.ENDPOINT, props)) == expected


def test_the_default_group_of_a_network_is_closed_beside_it() -> None:
    one, two = in_stack("aws:ec2/vpc:Vpc", name="one"), in_stack("aws:ec2/vpc:Vpc", name="two")
    group = in_stack(DEFAULT_GROUP, {"vpcId": UNKNOWN}, "group", {"vpcId": [one]})
    assert stack_outcomes(companions.RULE, [one, two, group]) == {"two": FAIL}


@pytest.mark.parametrize("token", BUCKETS)
def test_the_acls_of_a_bucket_are_switched_off_beside_it(token: str) -> None:
    one, two = in_stack(token, name="one"), in_stack(token, name="two")
    controls = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
    own = in_stack(controls, {"bucket": UNKNOWN}, "own", {"bucket": [one]})
    assert stack_outcomes(companions.RULE, [one, two, own]) == {"two": FAIL}
