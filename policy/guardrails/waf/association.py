"""Each public endpoint is joined with a web ACL.

PASS     an association in this stack whose `resourceArn` comes from this endpoint, or is its ARN; the API is
         PRIVATE, the load balancer internal or of another type, the AppSync API private
FAIL     no association, only one of another endpoint, or only one that comes from several
UNKNOWN  whether the endpoint is public is known only at deployment, and it has no association

An association made in another stack is invisible here: keep it beside the endpoint.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pulumi_policy import PolicyResource, Severity

from ..core.peek import UNKNOWN
from ..core.related import of_types, refers_to, told
from ..core.rule import Outcome, StackRule, StackVerdict, Verdict
from .endpoints import ASSOCIATION, CONTROLS, ENDPOINTS, GROUP, needs_acl

_WAY_OUT = (
    "Add an aws.wafv2.WebAclAssociation beside it, with resource_arn wired to its arn and web_acl_arn to a "
    "regional web ACL"
)


def judge(resources: Sequence[PolicyResource]) -> Iterator[StackVerdict]:
    """A verdict for each public endpoint without an association of its own."""
    endpoints = of_types(resources, ENDPOINTS)
    associations = of_types(resources, (ASSOCIATION,))
    for endpoint in endpoints:
        needed = needs_acl(endpoint)
        if needed is False:
            continue
        if any(refers_to(one, "resourceArn", endpoint, endpoints, "arn") for one in associations):
            continue
        outcome = Outcome.UNKNOWN if needed is UNKNOWN else Outcome.FAIL
        control = CONTROLS.get(endpoint.resource_type, "")
        verdict = Verdict(
            outcome, "The endpoint", "has no web ACL of its own in this stack", _WAY_OUT, control
        )
        yield told(endpoint, verdict)


RULE = StackRule(
    name="waf-association",
    group=GROUP,
    description="Each REST stage, public load balancer, user pool and public API is joined with a web ACL.",
    remediation=f"{_WAY_OUT}.",
    severity=Severity.CRITICAL,
    url="https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-associating-aws-resource.html",
    controls=("APIGateway.4", "ELB.16"),
    types=ENDPOINTS,
    judge=judge,
)
