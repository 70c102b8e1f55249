"""What a web ACL decides is logged, without the callers' credentials.

`waf-logging` (stack):
PASS     a logging configuration in this stack whose `resourceArn` comes from this ACL, or is its ARN
FAIL     none, or only one of another ACL
UNKNOWN  never: what is wired is known even while its value is not

`waf-logging-settings` (resource):
PASS     a destination, and the `authorization` header among the redacted fields
FAIL     no destination, or the header is logged
UNKNOWN  the fields are known only at deployment
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pulumi_policy import PolicyResource, Severity

from ..core.demands import Given, demand, demand_rule, one_of
from ..core.related import of_types, refers_to, told
from ..core.rule import Outcome, StackRule, StackVerdict, Verdict
from .endpoints import ACL, GROUP

LOGGING = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"
_URL = "https://docs.aws.amazon.com/waf/latest/developerguide/logging.html"
_WAY_OUT = "Add an aws.wafv2.WebAclLoggingConfiguration with resource_arn wired to its arn"


def judge(resources: Sequence[PolicyResource]) -> Iterator[StackVerdict]:
    """A verdict for each web ACL that does not log."""
    acls, configurations = of_types(resources, (ACL,)), of_types(resources, (LOGGING,))
    for acl in acls:
        if not any(refers_to(one, "resourceArn", acl, acls, "arn") for one in configurations):
            reason = "has no logging configuration in this stack"
            yield told(acl, Verdict(Outcome.FAIL, "The web ACL", reason, _WAY_OUT, "WAF.11"))


RULE = StackRule(
    name="waf-logging",
    group=GROUP,
    description="Each web ACL logs what it decides.",
    remediation=f"{_WAY_OUT}.",
    severity=Severity.MEDIUM,
    url=_URL,
    controls=("WAF.11",),
    types=frozenset({ACL}),
    judge=judge,
)

SETTINGS = demand_rule(
    "waf-logging-settings",
    GROUP,
    "A web ACL's log has a destination and leaves the authorization header out.",
    (
        demand(LOGGING, "logDestinationConfigs", Given()),
        demand(
            LOGGING,
            "singleHeader.name",
            one_of("authorization", "Authorization"),
            block="redactedFields[]",
            some=True,
        ),
    ),
    url=_URL,
    remediation="Redact the authorization header: whoever reads the log could act as the caller.",
)
