"""A service that is allowed something may do it for named accounts or resources only.

Without a condition, another account can let the service act on it: the confused deputy.

PASS     a condition on the source, or a `sourceArn` or `sourceAccount` beside a Lambda permission
FAIL     a service as principal of a resource policy, without such a condition
UNKNOWN  the document, or the principal of the permission, is known only at deployment
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import Severity

from ..core.documents import statements
from ..core.peek import MISSING, UNKNOWN, peek, places
from ..core.pinned import is_pinned
from ..core.rule import Outcome, Resource, ResourceRule, Verdict
from ..exposure.policies import DOCUMENTS
from .documents import GROUP

PERMISSION = "aws:lambda/permission:Permission"
SENDS_NOTHING = frozenset(
    {
        "elasticloadbalancing.amazonaws.com",
        "logdelivery.elasticloadbalancing.amazonaws.com",
    }
)
"""Services that send no source with what they do under a resource policy."""

HARMLESS = frozenset({"logs:CreateLogStream"})
"""Actions with which another account could do nothing but waste a name. EventBridge sends no source with it:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html"""

_WAY_OUT = "Add a condition on aws:SourceAccount or aws:SourceArn"
_BESIDE = "Set sourceArn, or sourceAccount, to what may call the function"


def judge(resource: Resource) -> Iterator[Verdict]:
    """The verdicts on one resource policy or Lambda permission."""
    if resource.type == PERMISSION:
        yield from _permission(resource)
        return
    path, _ = DOCUMENTS[resource.type]
    for at, value in places(resource.props, path):
        if value is UNKNOWN:
            yield Verdict(Outcome.UNKNOWN, at, "is known only at deployment", _WAY_OUT)
        for statement in statements(value) or ():
            if set(statement.texts("Action")) <= HARMLESS and statement.has("Action"):
                continue
            services = {str(name) for kind, name in statement.principals() if kind == "Service"}
            if statement.allows and services - SENDS_NOTHING and not is_pinned(statement):
                reason = "allows a service for whatever account it acts"
                yield Verdict(Outcome.FAIL, f"{at} {statement.path}", reason, _WAY_OUT)


def _permission(resource: Resource) -> Iterator[Verdict]:
    props = resource.props
    principal = peek(props, "principal")
    if any(peek(props, name) is not MISSING for name in ("sourceArn", "sourceAccount", "principalOrgId")):
        return
    if principal is UNKNOWN:
        yield Verdict(Outcome.UNKNOWN, "principal", "is known only at deployment", _BESIDE)
    elif isinstance(principal, str) and principal.endswith(".amazonaws.com"):
        yield Verdict(Outcome.FAIL, "sourceArn", "is missing", _BESIDE)


RULE = ResourceRule(
    name="iam-deputies",
    group=GROUP,
    description="Resource policies allow services only for named accounts or resources.",
    remediation=f"{_WAY_OUT}.",
    severity=Severity.HIGH,
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
    types=frozenset(DOCUMENTS) | {PERMISSION},
    judge=judge,
)
