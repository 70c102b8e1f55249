"""Permissions name their actions and their resources.

PASS     actions in full, with the resources they are for; `Resource: "*"` for actions that AWS lets nobody
         restrict, or narrowed by a condition on a tag or on a key of the service
FAIL     `*` in an action, `NotAction`, `NotResource`, or everything as the resource of an action that could
         name its own; a document that is no JSON
UNKNOWN  the document is known only at deployment
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import Severity

from ..core.documents import Statement
from ..core.rule import Outcome, Resource, ResourceRule, Verdict
from .documents import GROUP, PERMISSIONS, each_statement, is_restrictable, is_wide

_NAME_ACTIONS = "Write each action in full"
_NAME_RESOURCES = "Name the resources, or narrow the statement by a condition on their tags"
_WAY_OUT = f"{_NAME_ACTIONS}, and name the resources"


def judge(resource: Resource) -> Iterator[Verdict]:
    """The verdicts on the permission documents of one resource."""
    for found in each_statement(resource, _WAY_OUT):
        if isinstance(found, Verdict):
            yield found
            continue
        path, statement = found
        if statement.allows:
            yield from _judge(path, statement)


def _judge(path: str, statement: Statement) -> Iterator[Verdict]:
    if statement.has("NotAction"):
        yield Verdict(Outcome.FAIL, path, "allows all actions but some", _NAME_ACTIONS, "IAM.21")
    if statement.has("NotResource"):
        yield Verdict(Outcome.FAIL, path, "is about all resources but some", _NAME_RESOURCES)
    actions = statement.texts("Action")
    if any(not action.strip("*:") for action in actions):
        yield Verdict(Outcome.FAIL, path, "allows every action", _NAME_ACTIONS, "IAM.1")
    elif any("*" in action or "?" in action for action in actions):
        yield Verdict(Outcome.FAIL, path, "has a wildcard in an action", _NAME_ACTIONS, "IAM.21")
    elif is_wide(statement) and any(is_restrictable(action) for action in actions):
        decrypts = any(action.lower() in ("kms:decrypt", "kms:reencryptfrom") for action in actions)
        control = "KMS.2" if decrypts else ""
        reason = "is about everything, although its actions can name their resources"
        yield Verdict(Outcome.FAIL, path, reason, _NAME_RESOURCES, control)


RULE = ResourceRule(
    name="iam-permissions",
    group=GROUP,
    description="Permissions name their actions and their resources.",
    remediation=f"{_WAY_OUT}.",
    severity=Severity.HIGH,
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
    controls=("IAM.1", "IAM.21", "KMS.1", "KMS.2"),
    types=frozenset(PERMISSIONS),
    judge=judge,
)
