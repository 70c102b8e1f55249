"""Roles trust named principals, under conditions.

PASS     a role or user by its ARN; a whole account under a condition that says who of it; an identity
         provider under conditions on subject and audience; a service, under a condition on the source where
         it sends one
FAIL     everybody; a whole account, a provider or such a service without its conditions; a document that is
         no JSON
UNKNOWN  the document is known only at deployment
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from pulumi_policy import Severity

from ..core.documents import VALID_DOCUMENT, Statement, statements
from ..core.peek import MISSING, UNKNOWN, peek
from ..core.pinned import is_pinned
from ..core.rule import Outcome, Resource, ResourceRule, Verdict
from .documents import GROUP

ROLE = "aws:iam/role:Role"

SENDS_SOURCE = frozenset(
    f"{service}.amazonaws.com"
    for service in (
        "bedrock",
        "codebuild",
        "ecs-tasks",
        "events",
        "firehose",
        "grafana",
        "iot",
        "pipes",
        "scheduler",
        "states",
        "transfer",
        "vpc-flow-logs",
    )
)
"""Services whose documentation has `aws:SourceAccount` or `aws:SourceArn` in the trust of their roles. A
condition on what a service does not send would shut the role for ever, so others need none."""

SOURCE_KEYS = ("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths")
_OF_ACCOUNT = ("sts:externalid", "aws:multifactorauthpresent", "aws:principalarn", "aws:principalorgid")
_ACCOUNT = re.compile(r"[0-9]{12}|arn:[^:]*:iam::[0-9]{12}:root")
_PATH = "assumeRolePolicy"

_NAME = "Name the accounts, roles or services that may assume the role"
_WHO = "Say who of the account by a condition on aws:PrincipalArn, sts:ExternalId or aws:PrincipalOrgID"
_SUBJECT = "Add conditions on the provider's sub and aud, with as much of the subject as is known"
_SOURCE = "Add a condition on aws:SourceAccount or aws:SourceArn: another account must not use the service"


def judge(resource: Resource) -> Iterator[Verdict]:
    """The verdicts on the trust policy of one role."""
    value = peek(resource.props, _PATH)
    if value is UNKNOWN:
        yield Verdict(Outcome.UNKNOWN, _PATH, "is known only at deployment", _NAME)
        return
    found = statements(value)
    if found is None:
        reason = "is missing" if value is MISSING else "is not a JSON policy document"
        yield Verdict(Outcome.FAIL, _PATH, reason, VALID_DOCUMENT)
        return
    for statement in found:
        if statement.allows:
            yield from _judge(f"{_PATH} {statement.path}", statement)


def _judge(path: str, statement: Statement) -> Iterator[Verdict]:
    if statement.is_for_anyone:
        if statement.has("NotPrincipal") or not is_pinned(statement):
            yield Verdict(Outcome.FAIL, path, "trusts every principal", _NAME)
        return
    for kind, name in statement.principals():
        fault = _fault(statement, kind, name)
        if fault is not None:
            yield Verdict(Outcome.FAIL, path, *fault)


def _fault(statement: Statement, kind: str, name: object) -> tuple[str, str] | None:
    """What is wrong with trusting a principal, and the way out."""
    limited = partial(_has, statement)
    if kind == "AWS" and isinstance(name, str) and _ACCOUNT.fullmatch(name):
        known = any(map(limited, _OF_ACCOUNT)) or _has_tag(statement)
        return None if known else ("trusts everybody of an account", _WHO)
    if kind == "Federated":
        known = limited(":sub", ":amr") and limited(":aud")
        return None if known else ("trusts everybody of an identity provider", _SUBJECT)
    if kind == "Service" and name in SENDS_SOURCE:
        return None if any(map(limited, SOURCE_KEYS)) else ("trusts a service for whatever account", _SOURCE)
    return None


def _has(statement: Statement, *endings: str) -> bool:
    """Whether a condition on such a key limits the callers; one whose value is a wildcard does not."""
    return any(
        key.endswith(endings)
        and not operator.lower().endswith("ifexists")
        and "not" not in operator.lower()
        and bool(values)
        and not any(_is_open(value) for value in values)
        for operator, key, values in statement.conditions()
    )


def _has_tag(statement: Statement) -> bool:
    return any(key.startswith("aws:principaltag/") for _, key, _ in statement.conditions())


def _is_open(value: object) -> bool:
    """`*`, or a subject such as `repo:*` that names a kind but nobody."""
    return isinstance(value, str) and re.fullmatch(r"(?:[a-z_]+:)?[*?/:]*", value) is not None


RULE = ResourceRule(
    name="iam-trust",
    group=GROUP,
    description="Roles trust named principals, and accounts, providers and services under conditions.",
    remediation=f"{_NAME}; {_WHO[0].lower()}{_WHO[1:]}; {_SUBJECT[0].lower()}{_SUBJECT[1:]}.",
    severity=Severity.CRITICAL,
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
    types=frozenset({ROLE}),
    judge=judge,
)
