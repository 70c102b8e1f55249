"""Roles and their policies: one role a service or function, each with exactly what it needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.tags import Tags


@dataclass(frozen=True)
class Principal:
    """Who a statement is about: `type` is AWS, Service or `*`; `identifiers` are ARNs or service names."""

    type: str
    identifiers: Sequence[pulumi.Input[str]]


@dataclass(frozen=True)
class Condition:
    """`test` is an IAM condition operator, `variable` a condition key, `values` any of which may match."""

    test: str
    variable: str
    values: Sequence[pulumi.Input[str]]


@dataclass(frozen=True)
class Statement:
    """One statement of a policy document.

    The SDK's `GetPolicyDocumentStatementArgs` takes plain strings only, and each document made with it is a
    call to the provider; this takes outputs and is arithmetic.
    """

    actions: Sequence[str]
    resources: Sequence[pulumi.Input[str]] = ()
    principals: Sequence[Principal] = ()
    conditions: Sequence[Condition] = ()
    effect: str = "Allow"
    sid: str | None = None

    def document(self) -> dict[str, Any]:
        """The statement in IAM's JSON grammar; values may be outputs."""
        body: dict[str, Any] = {"Effect": self.effect, "Action": list(self.actions)}
        if self.sid:
            body["Sid"] = self.sid
        if self.resources:
            body["Resource"] = list(self.resources)
        if any(principal.type == "*" for principal in self.principals):
            body["Principal"] = "*"
        elif self.principals:
            body["Principal"] = {p.type: list(p.identifiers) for p in self.principals}
        for condition in self.conditions:
            tests = body.setdefault("Condition", {}).setdefault(condition.test, {})
            tests[condition.variable] = list(condition.values)
        return body


_SENDS_NO_SOURCE_ACCOUNT = frozenset(
    {
        "apigateway.amazonaws.com",
        "cloudtrail.amazonaws.com",
        "codedeploy.amazonaws.com",
        "lambda.amazonaws.com",
    }
)


@dataclass(frozen=True)
class ServiceRole:
    """A role with its policy attached: `arn` is known only then, so whoever uses it waits for both.

    Firehose and event-source mappings check at creation that their role may do what they need.
    """

    arn: pulumi.Output[str]


def policy_json(*statements: Statement) -> pulumi.Output[str]:
    """A policy document as JSON."""
    return pulumi.Output.json_dumps(
        {"Version": "2012-10-17", "Statement": [statement.document() for statement in statements]},
        sort_keys=True,
    )


def service_role(
    name: str,
    *,
    service: str,
    account_id: str,
    statements: Sequence[Statement],
    description: str,
    tags: Tags,
    parent: pulumi.Resource,
) -> ServiceRole:
    """A role that only `service` may assume, only for this account, with one inline policy.

    `aws:SourceAccount` keeps the service from being used by another account (the confused deputy:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html). Where a service is not known to
    send it, the trust names the service alone: a condition on it would shut the role for ever.
    """
    conditions = [
        Condition(test="StringEquals", variable="aws:SourceAccount", values=[account_id]),
    ]
    trust = Statement(
        actions=["sts:AssumeRole"],
        principals=[Principal(type="Service", identifiers=[service])],
        conditions=[] if service in _SENDS_NO_SOURCE_ACCOUNT else conditions,
    )
    role = aws.iam.Role(
        name,
        aws.iam.RoleArgs(description=description, assume_role_policy=policy_json(trust), tags=tags),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    policy = aws.iam.RolePolicy(
        f"{name}-policy",
        aws.iam.RolePolicyArgs(
            role=role.name,
            policy=policy_json(*statements),
        ),
        opts=pulumi.ResourceOptions(parent=role),
    )
    arn = pulumi.Output.all(role.arn, policy.id).apply(lambda values: str(values[0]))
    return ServiceRole(arn)
