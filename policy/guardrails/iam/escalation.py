"""Nobody can give themselves more than they have.

PASS     `iam:PassRole` for named roles and one named service; actions that change permissions for named
         identities, or only below a permissions boundary
FAIL     `iam:PassRole` for every role or to any service; such actions, `sts:AssumeRole`, or a change of any
         function's code, on everything
UNKNOWN  the document is known only at deployment
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import Severity

from ..core.documents import Statement
from ..core.peek import UNKNOWN
from ..core.rule import Outcome, Resource, ResourceRule, Verdict
from .documents import GROUP, PERMISSIONS, each_statement, is_everything, matches

PASS_ROLE = "iam:PassRole"  # noqa: S105 - an action's name
ESCALATING = (
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:CreateRole",
    "iam:CreateUser",
    "iam:DeleteRolePermissionsBoundary",
    "iam:PutGroupPolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateLoginProfile",
    "lambda:UpdateFunctionCode",
    "ssm:SendCommand",
    "sts:AssumeRole",
)
"""Actions with which one gets the permissions of another, or new ones. Source: the paths published by
Rhino Security Labs, "AWS IAM Privilege Escalation Methods"."""

_BOUNDED = ("iam:permissionsboundary", "iam:policyarn")
_PASS = "Name the roles, and the service by a condition on iam:PassedToService"  # noqa: S105 - an advice
_BOUND = "Name the identities, or allow it only below a boundary by a condition on iam:PermissionsBoundary"


def judge(resource: Resource) -> Iterator[Verdict]:
    """The verdicts on the permission documents of one resource."""
    for found in each_statement(resource, f"{_PASS}. {_BOUND}"):
        if isinstance(found, Verdict):
            if found.outcome is Outcome.UNKNOWN:  # the other is told by `iam-permissions`
                yield found
        elif found[1].allows:
            yield from _judge(*found)


def _judge(path: str, statement: Statement) -> Iterator[Verdict]:
    everything = statement.has("NotResource") or any(map(is_everything, statement.texts("Resource")))
    if _allows(statement, PASS_ROLE) and (everything or not _is_limited(statement, ("iam:passedtoservice",))):
        yield Verdict(Outcome.FAIL, path, "passes any role, or to any service", _PASS)
    unbounded = everything and not _is_limited(statement, _BOUNDED)
    if unbounded and any(_allows(statement, action) for action in ESCALATING):
        reason = "lets its holder gain permissions from any identity"
        yield Verdict(Outcome.FAIL, path, reason, _BOUND)


def _allows(statement: Statement, action: str) -> bool:
    if statement.has("NotAction"):
        return not any(matches(pattern, action) for pattern in statement.texts("NotAction"))
    return any(matches(pattern, action) for pattern in statement.texts("Action"))


def _is_limited(statement: Statement, keys: tuple[str, ...]) -> bool:
    return any(
        key in keys
        and operator.lower().startswith(("stringequals", "stringlike", "arnequals", "arnlike"))
        and not operator.lower().endswith("ifexists")
        and bool(values)
        and all(value is UNKNOWN or (isinstance(value, str) and value.strip("*") != "") for value in values)
        for operator, key, values in statement.conditions()
    )


RULE = ResourceRule(
    name="iam-escalation",
    group=GROUP,
    description="Nobody can pass any role to any service or change the permissions of any identity.",
    remediation=f"{_PASS}. {_BOUND}.",
    severity=Severity.CRITICAL,
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
    types=frozenset(PERMISSIONS),
    judge=judge,
)
