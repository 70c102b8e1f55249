"""What an endpoint is joined with is a web ACL, and of the scope that it can use.

PASS     an association comes from one ACL of scope REGIONAL, a distribution from one of scope CLOUDFRONT; or
         the value is the ARN of such an ACL
FAIL     it comes from an ACL of the other scope, from several, from no ACL at all, or its ARN says so; a user
         pool is joined with an ACL that holds the account-takeover or the account-creation rule group, which
         AWS refuses there
UNKNOWN  it comes from outside this stack and is known only at deployment, or the scope is
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pulumi_policy import PolicyResource, Severity

from ..core.peek import UNKNOWN
from ..core.related import input_of, of_types, sources, told
from ..core.rule import Outcome, StackRule, StackVerdict, Verdict
from .distribution import GLOBAL_ACL_ARN
from .endpoints import ACL, ASSOCIATION, DISTRIBUTIONS, GROUP, USER_POOL, managed_groups

REGIONAL, GLOBAL = "REGIONAL", "CLOUDFRONT"
NOT_ON_USER_POOLS = frozenset({"AWSManagedRulesATPRuleSet", "AWSManagedRulesACFPRuleSet"})
"""https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-waf.html"""


def judge(resources: Sequence[PolicyResource]) -> Iterator[StackVerdict]:
    """The verdicts on each association and each distribution."""
    for association in of_types(resources, (ASSOCIATION,)):
        for verdict in _joined_with(association, "webAclArn", REGIONAL):
            yield told(association, verdict)
        for verdict in _on_user_pool(association):
            yield told(association, verdict)
    for distribution in of_types(resources, DISTRIBUTIONS):
        for verdict in _joined_with(distribution, "webAclId", GLOBAL):
            yield told(distribution, verdict)


def _joined_with(user: PolicyResource, name: str, scope: str) -> Iterator[Verdict]:
    way_out = f"Wire it to the arn of one aws.wafv2.WebAcl of scope {scope}"
    found = sources(user, name)
    acls = [source for source in found if source.resource_type == ACL]
    if len(acls) > 1:
        yield Verdict(Outcome.FAIL, name, "comes from several web ACLs", way_out)
    elif acls:
        actual = input_of(acls[0], "scope")
        if actual is UNKNOWN:
            yield Verdict(Outcome.UNKNOWN, name, "comes from a web ACL of unknown scope", way_out)
        elif actual != scope:
            yield Verdict(Outcome.FAIL, name, "comes from a web ACL of another scope", way_out)
    else:
        yield from _by_value(user, name, scope, bool(found), way_out)


def _by_value(user: PolicyResource, name: str, scope: str, wired: bool, way_out: str) -> Iterator[Verdict]:
    value = input_of(user, name)
    if value is UNKNOWN and not wired:
        reason = "comes from outside this stack and is known only at deployment"
        yield Verdict(Outcome.UNKNOWN, name, reason, way_out)
    elif value is UNKNOWN:
        yield Verdict(Outcome.FAIL, name, "does not come from a web ACL", way_out)
    elif scope == REGIONAL and not (isinstance(value, str) and ":regional/webacl/" in value):
        yield Verdict(Outcome.FAIL, name, "is not the ARN of a regional web ACL", way_out)
    elif scope == GLOBAL and wired and not (isinstance(value, str) and GLOBAL_ACL_ARN.fullmatch(value)):
        yield Verdict(Outcome.FAIL, name, "is not the ARN of a global web ACL", way_out)


def _on_user_pool(association: PolicyResource) -> Iterator[Verdict]:
    if not any(source.resource_type == USER_POOL for source in sources(association, "resourceArn")):
        return
    for acl in sources(association, "webAclArn"):
        if acl.resource_type == ACL and managed_groups(acl.props) & NOT_ON_USER_POOLS:
            reason = "comes from a web ACL with a rule group that a user pool cannot have"
            way_out = "Give the user pool a web ACL without the ATP and ACFP rule groups"
            yield Verdict(Outcome.FAIL, "webAclArn", reason, way_out)


RULE = StackRule(
    name="waf-scope",
    group=GROUP,
    description="Endpoints are joined with web ACLs of the scope they can use.",
    remediation="Wire an association to an ACL of scope REGIONAL, a distribution to one of scope CLOUDFRONT.",
    severity=Severity.CRITICAL,
    url="https://docs.aws.amazon.com/waf/latest/developerguide/web-acl.html",
    types=frozenset({ASSOCIATION, *DISTRIBUTIONS}),
    judge=judge,
)
