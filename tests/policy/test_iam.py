"""Permissions, trust and deputies: documents as text and as blocks, fields as one value and as lists."""

from __future__ import annotations

import json
from typing import Any

import pytest

from guardrails.core.rule import Outcome, ResourceRule
from guardrails.iam import deputies, escalation, permissions, trust
from guardrails.iam.documents import PERMISSIONS, is_everything, is_restrictable, matches
from tests.policy import sdk, shapes
from tests.policy.shapes import UNKNOWN, failures, outcomes, resource

FAIL, WAIT = Outcome.FAIL, Outcome.UNKNOWN
POLICY = "aws:iam/policy:Policy"
ROLE = trust.ROLE
TABLE = "arn:aws:dynamodb:ap-southeast-1:111122223333:table/rental"
KEYS = "arn:aws:kms:ap-southeast-1:111122223333:key/*"


def _document(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def _fails(rule: ResourceRule, **statement: Any) -> bool:
    return failures(rule, resource(POLICY, {"policy": _document(**statement)})) != set()


@pytest.mark.parametrize(
    ("statement", "fails"),
    [
        ({"Action": "dynamodb:GetItem", "Resource": TABLE}, False),
        ({"Action": ["dynamodb:GetItem", "dynamodb:Query"], "Resource": [TABLE, f"{TABLE}/index/*"]}, False),
        ({"Action": "*", "Resource": TABLE}, True),
        ({"Action": ["s3:GetObject", "*:*"], "Resource": TABLE}, True),
        ({"Action": "dynamodb:*", "Resource": TABLE}, True),
        ({"Action": "dynamodb:Get*", "Resource": TABLE}, True),
        ({"NotAction": "iam:*", "Resource": TABLE}, True),
        ({"Action": "dynamodb:GetItem", "NotResource": TABLE}, True),
        ({"Action": "dynamodb:GetItem", "Resource": "*"}, True),
        ({"Action": "dynamodb:GetItem", "Resource": [TABLE, "*"]}, True),
        ({"Action": "xray:PutTraceSegments", "Resource": "*"}, False),
        ({"Action": ["xray:PutTraceSegments", "dynamodb:GetItem"], "Resource": "*"}, True),
        ({"Action": "kms:Decrypt", "Resource": KEYS}, True),
        (
            {
                "Action": "kms:Decrypt",
                "Resource": KEYS,
                "Condition": {"StringEquals": {"kms:ViaService": "sqs.ap-southeast-1.amazonaws.com"}},
            },
            False,
        ),
        (
            {
                "Action": "dynamodb:GetItem",
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:ResourceTag/Market": "sg"}},
            },
            False,
        ),
        (
            {
                "Action": "dynamodb:GetItem",
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:RequestedRegion": "ap-southeast-1"}},
            },
            True,
        ),
        ({"Effect": "Deny", "Action": "*", "Resource": "*"}, False),
        # What holds as well without the key, or for any value of it, narrows nothing.
        (
            {
                "Action": "dynamodb:GetItem",
                "Resource": "*",
                "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": "RIDER#*"}},
            },
            True,
        ),
        (
            {
                "Action": "dynamodb:GetItem",
                "Resource": "*",
                "Condition": {
                    "ForAllValues:StringLike": {"dynamodb:LeadingKeys": "RIDER#*"},
                    "Null": {"dynamodb:LeadingKeys": "false"},
                },
            },
            False,
        ),
        (
            {
                "Action": "iot:Connect",
                "Resource": "*",
                "Condition": {"StringLike": {"iot:ClientId": "*"}},
            },
            True,
        ),
    ],
)
def test_permissions_name_actions_and_resources(statement: dict[str, Any], fails: bool) -> None:
    assert _fails(permissions.RULE, **statement) is fails


@pytest.mark.parametrize(
    ("statement", "fails"),
    [
        ({"Action": "iam:PassRole", "Resource": "*"}, True),
        ({"Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/task"}, True),
        (
            {
                "Action": "iam:PassRole",
                "Resource": "arn:aws:iam::111122223333:role/task",
                "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
            },
            False,
        ),
        (
            {
                "Action": "iam:PassRole",
                "Resource": "arn:aws:iam::111122223333:role/task",
                "Condition": {"StringLike": {"iam:PassedToService": "*"}},
            },
            True,
        ),
        (
            {
                "Action": "iam:PassRole",
                "Resource": "arn:aws:iam::111122223333:role/*",
                "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
            },
            True,
        ),
        ({"Action": "iam:Pass*", "Resource": "*"}, True),
        ({"NotAction": "s3:*", "Resource": "*"}, True),
        ({"Action": "iam:PutRolePolicy", "Resource": "*"}, True),
        ({"Action": "iam:putrolepolicy", "Resource": "*"}, True),
        ({"Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::111122223333:role/app-x"}, False),
        (
            {
                "Action": "iam:CreateRole",
                "Resource": "*",
                "Condition": {"ArnEquals": {"iam:PermissionsBoundary": "arn:aws:iam::1:policy/b"}},
            },
            False,
        ),
        ({"Action": "sts:AssumeRole", "Resource": "*"}, True),
        ({"Action": "sts:AssumeRole", "Resource": "arn:aws:iam::111122223333:role/hub"}, False),
        ({"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*"}, False),
    ],
)
def test_nobody_can_give_themselves_more(statement: dict[str, Any], fails: bool) -> None:
    assert _fails(escalation.RULE, **statement) is fails


@pytest.mark.parametrize("token", sorted(PERMISSIONS))
@pytest.mark.parametrize("rule", [permissions.RULE, escalation.RULE], ids=lambda rule: rule.name)
def test_every_kind_of_permission_document_is_read(token: str, rule: ResourceRule) -> None:
    path = PERMISSIONS[token]
    everything = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}

    def judged(value: object) -> set[Outcome]:
        return set(outcomes(rule, resource(token, shapes.put({}, path, value))).values())

    assert judged(json.dumps(everything)) == {FAIL}
    assert judged(everything) == {FAIL}
    assert judged(UNKNOWN) == {WAIT}
    assert judged(_document(Action="dynamodb:GetItem", Resource=TABLE)) == set()
    assert {path, f"{path}[]"} & sdk.input_paths(token)


def test_a_document_that_is_no_json_is_told_once() -> None:
    found = resource(POLICY, {"policy": "{"})
    assert failures(permissions.RULE, found) == {"policy"}
    assert failures(escalation.RULE, found) == set()


@pytest.mark.parametrize(
    ("text", "everything"),
    [
        ("*", True),
        ("arn:aws:s3:::*", True),
        ("arn:aws:s3:::*/*", True),
        ("arn:aws:s3:::lake/*", False),
        ("arn:aws:iam::111122223333:role/*", True),
        ("arn:aws:iam::111122223333:role/app-*", False),
        ("arn:aws:secretsmanager:ap-southeast-1:111122223333:secret:*", True),
        ("arn:aws:secretsmanager:ap-southeast-1:111122223333:secret:app/*", False),
        ("arn:aws:logs:ap-southeast-1:111122223333:*", True),
        ("arn:aws:logs:ap-southeast-1:111122223333:log-group:x:*", False),
    ],
)
def test_everything_of_a_kind_is_everything(text: str, everything: bool) -> None:
    assert is_everything(text) is everything


def test_actions_are_matched_as_iam_does() -> None:
    assert matches("iam:Pass*", "iam:PassRole")
    assert matches("IAM:PASSROLE", "iam:PassRole")
    assert matches("iam:?assRole", "iam:PassRole")
    assert not matches("iam:Pass", "iam:PassRole")
    assert not matches("s3.GetObject", "s3xGetObject")
    assert not is_restrictable("ecr:GetAuthorizationToken")
    assert is_restrictable("dynamodb:GetItem")


ACCOUNT = "arn:aws:iam::111122223333:root"
GITHUB = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
SUBJECT, AUDIENCE = (f"token.actions.githubusercontent.com:{name}" for name in ("sub", "aud"))
OF_ACCOUNT = {"StringEquals": {"aws:SourceAccount": "111122223333"}}


@pytest.mark.parametrize(
    ("principal", "condition", "fails"),
    [
        ({"Service": "lambda.amazonaws.com"}, None, False),
        ({"Service": "scheduler.amazonaws.com"}, None, True),
        ({"Service": "scheduler.amazonaws.com"}, OF_ACCOUNT, False),
        ({"Service": "scheduler.amazonaws.com"}, {"StringLike": {"aws:SourceAccount": "*"}}, True),
        ({"Service": ["lambda.amazonaws.com", "firehose.amazonaws.com"]}, None, True),
        ("*", None, True),
        ({"AWS": "*"}, {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, False),
        ({"AWS": "arn:aws:iam::111122223333:role/deploy"}, None, False),
        ({"AWS": ACCOUNT}, None, True),
        ({"AWS": "111122223333"}, None, True),
        ({"AWS": ACCOUNT}, {"StringEquals": {"sts:ExternalId": "x"}}, False),
        ({"AWS": ACCOUNT}, {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/hub-*"}}, False),
        ({"AWS": ACCOUNT}, {"ArnLike": {"aws:PrincipalArn": "*"}}, True),
        ({"AWS": ACCOUNT}, {"StringNotEquals": {"aws:PrincipalArn": "x"}}, True),
        ({"Federated": GITHUB}, None, True),
        ({"Federated": GITHUB}, {"StringEquals": {AUDIENCE: "sts.amazonaws.com"}}, True),
        (
            {"Federated": GITHUB},
            {"StringEquals": {AUDIENCE: "sts.amazonaws.com"}, "StringLike": {SUBJECT: "repo:org/app:*"}},
            False,
        ),
        (
            {"Federated": GITHUB},
            {"StringEquals": {AUDIENCE: "sts.amazonaws.com"}, "StringLike": {SUBJECT: "repo:*"}},
            True,
        ),
    ],
)
def test_a_role_trusts_named_principals(
    principal: object, condition: dict[str, Any] | None, fails: bool
) -> None:
    document = _document(
        Action="sts:AssumeRole", Principal=principal, **({"Condition": condition} if condition else {})
    )
    assert (failures(trust.RULE, resource(ROLE, {"assumeRolePolicy": document})) != set()) is fails


@pytest.mark.parametrize(
    ("value", "expected"), [(UNKNOWN, WAIT), ("{", FAIL), (None, FAIL), ({"Statement": []}, None)]
)
def test_a_trust_policy_must_be_readable(value: object, expected: Outcome | None) -> None:
    found = outcomes(trust.RULE, resource(ROLE, {"assumeRolePolicy": value}))
    assert found == ({"assumeRolePolicy": expected} if expected else {})


@pytest.mark.parametrize(
    ("statement", "fails"),
    [
        ({"Principal": {"Service": "events.amazonaws.com"}}, True),
        ({"Principal": {"Service": "events.amazonaws.com"}, "Condition": OF_ACCOUNT}, False),
        ({"Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}}, False),
        ({"Principal": {"AWS": ACCOUNT}}, False),
        ({"Principal": {"Service": "events.amazonaws.com"}, "Action": "logs:CreateLogStream"}, False),
        ({"Principal": {"Service": "events.amazonaws.com"}, "Action": ["logs:CreateLogStream", "x:Y"]}, True),
        ({"Principal": {"Service": "events.amazonaws.com"}, "Effect": "Deny"}, False),
    ],
)
def test_a_service_acts_for_named_accounts_only(statement: dict[str, Any], fails: bool) -> None:
    document = _document(**{"Action": "sqs:SendMessage", "Resource": "*", **statement})
    found = resource("aws:sqs/queuePolicy:QueuePolicy", {"policy": document})
    assert (failures(deputies.RULE, found) != set()) is fails


@pytest.mark.parametrize(
    ("props", "expected"),
    [
        ({"principal": "events.amazonaws.com"}, {"sourceArn": FAIL}),
        ({"principal": "events.amazonaws.com", "sourceArn": UNKNOWN}, {}),
        ({"principal": "events.amazonaws.com", "sourceAccount": "111122223333"}, {}),
        ({"principal": "111122223333"}, {}),
        ({"principal": UNKNOWN}, {"principal": WAIT}),
    ],
)
def test_a_service_calls_a_function_for_named_sources_only(
    props: dict[str, Any], expected: dict[str, Outcome]
) -> None:
    assert outcomes(deputies.RULE, resource(deputies.PERMISSION, props)) == expected
