"""A VPC endpoint lets through what is one's own: identities, and resources.

Without a policy, whoever got a machine in the network can carry data to a bucket of another account with keys
of that account: the endpoint is where neither is possible.

PASS     each Allow for everybody pins the caller and the resource to named accounts or organisations; one of
         them is enough for actions written in full, none is needed for such actions on named resources
FAIL     no policy, which AWS takes for one that allows everything; such an Allow without these; `NotAction`,
         `NotResource` or `NotPrincipal`; a document that is no JSON
UNKNOWN  the document is known only at deployment
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import Severity

from ..core.documents import VALID_DOCUMENT, Statement, statements
from ..core.peek import MISSING, UNKNOWN, peek
from ..core.pinned import is_pinned
from ..core.rule import Outcome, Resource, ResourceRule, Verdict
from .security_groups import GROUP

ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
CALLER = frozenset(
    {"aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths", "aws:principalarn"}
)
OWNER = frozenset({"aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths"})

_PATH = "policy"
_WAY_OUT = "Pin aws:PrincipalAccount and aws:ResourceAccount in a condition"
_NO_POLICY = frozenset({"GatewayLoadBalancer", "Resource", "ServiceNetwork"})
"""Kinds of endpoints that take no policy."""


def judge(resource: Resource) -> Iterator[Verdict]:
    """The verdicts on the policy of one endpoint."""
    value = peek(resource.props, _PATH)
    if value is UNKNOWN:
        yield Verdict(Outcome.UNKNOWN, _PATH, "is known only at deployment", _WAY_OUT)
        return
    found = statements(value)
    if value is MISSING or value == "":
        if peek(resource.props, "vpcEndpointType") not in _NO_POLICY:
            yield Verdict(Outcome.FAIL, _PATH, "is missing, which allows everything", _WAY_OUT)
    elif found is None:
        yield Verdict(Outcome.FAIL, _PATH, "is not a JSON policy document", VALID_DOCUMENT)
    for statement in found or ():
        if statement.allows and not _is_own(statement):
            path = f"{_PATH} {statement.path}"
            yield Verdict(Outcome.FAIL, path, "lets strangers through, or to what is theirs", _WAY_OUT)


def _is_own(statement: Statement) -> bool:
    if any(statement.has(name) for name in ("NotAction", "NotResource", "NotPrincipal")):
        return False
    if all(text.strip("*?:") for text in statement.texts("Resource")) and statement.has("Resource"):
        return not any("*" in action for action in statement.texts("Action"))
    pinned = [is_pinned(statement, CALLER) or not statement.is_for_anyone, is_pinned(statement, OWNER)]
    wide = any("*" in action for action in statement.texts("Action"))
    return all(pinned) if wide else any(pinned)


RULE = ResourceRule(
    name="exposure-vpc-endpoints",
    group=GROUP,
    description="VPC endpoints let through one's own identities and resources only.",
    remediation=f"{_WAY_OUT}.",
    severity=Severity.HIGH,
    url="https://docs.aws.amazon.com/whitepapers/latest/building-a-data-perimeter-on-aws/perimeter-implementation.html",
    types=frozenset({ENDPOINT}),
    judge=judge,
)
