"""Where permission policies are, and how far a statement of one reaches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path

from ..core.documents import VALID_DOCUMENT, Statement, statements
from ..core.peek import MISSING, UNKNOWN, places
from ..core.rule import Outcome, Resource, Verdict

GROUP = "IAM"

PERMISSIONS: Mapping[str, str] = {
    "aws:iam/policy:Policy": "policy",
    "aws:iam/rolePolicy:RolePolicy": "policy",
    "aws:iam/userPolicy:UserPolicy": "policy",
    "aws:iam/groupPolicy:GroupPolicy": "policy",
    "aws:iam/role:Role": "inlinePolicies[].policy",
    "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy": "inlinePolicy",
    "aws:iot/policy:Policy": "policy",
}
"""Type token -> path of the documents that say what an identity may do."""

_ALL_OF_A_KIND = re.compile(
    r"arn:[^:]*:(?:s3:::\*(?:/\*)?|kms:[^:]*:[^:]*:(?:key|alias)/\*|iam::[^:]*:[a-z-]*/?\*"
    r"|secretsmanager:[^:]*:[^:]*:secret:\*|ssm:[^:]*:[^:]*:parameter/\*|[a-z0-9-]*:[^:]*:[^:]*:\*)"
)
"""Every bucket, key, role, secret or parameter of an account, or everything that a service has in it."""


def each_statement(resource: Resource, way_out: str) -> Iterator[tuple[str, Statement] | Verdict]:
    """The statements of a resource's documents, each with its path; a verdict where one cannot be read."""
    for at, value in places(resource.props, PERMISSIONS[resource.type]):
        if value is MISSING:
            continue
        if value is UNKNOWN:
            yield Verdict(Outcome.UNKNOWN, at, "is known only at deployment", way_out)
            continue
        found = statements(value)
        if found is None:
            yield Verdict(Outcome.FAIL, at, "is not a JSON policy document", VALID_DOCUMENT)
        for statement in found or ():
            yield f"{at} {statement.path}", statement


def is_everything(resource: str) -> bool:
    """Whether a `Resource` names everything, or everything of a kind that holds secrets or data."""
    return not resource.strip("*?:") or _ALL_OF_A_KIND.fullmatch(resource) is not None


def is_wide(statement: Statement) -> bool:
    """Whether a statement is about everything and no condition narrows it to some resources.

    A condition on a tag of the resource, or on a key of the service itself, narrows; global keys such as
    `aws:RequestedRegion` do not, nor a wildcard, nor what holds as well when the key is absent.
    """
    if not any(is_everything(text) for text in statement.texts("Resource")):
        return False
    conditions = list(statement.conditions())
    there = {key for operator, key, _ in conditions if operator.lower() == "null"}
    return not any(
        (key.startswith("aws:resourcetag/") or not key.startswith("aws:"))
        and not (operator.lower().startswith("forallvalues:") and key not in there)
        and not all(isinstance(value, str) and not value.strip("*?:") for value in values)
        for operator, key, values in conditions
        if values and not operator.lower().endswith("ifexists") and operator.lower() != "null"
    )


@cache
def _unrestrictable() -> frozenset[str]:
    text = Path(__file__).with_name("unrestrictable.txt").read_text(encoding="utf-8")
    lines = (line.partition(":") for line in text.splitlines() if line and not line.startswith("#"))
    return frozenset(f"{service}:{name}".lower() for service, _, names in lines for name in names.split())


def is_restrictable(action: str) -> bool:
    """Whether an action could name its resources; one with a wildcard could."""
    return action.lower() not in _unrestrictable()


def matches(pattern: str, action: str) -> bool:
    """Whether an `Action` of a statement, which may have wildcards, stands for an action."""
    return _compiled(pattern.lower()).fullmatch(action.lower()) is not None


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part).replace(r"\?", ".") for part in pattern.split("*")))
