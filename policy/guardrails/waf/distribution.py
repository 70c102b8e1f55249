"""Each CloudFront distribution names a global web ACL.

PASS     `webAclId` is the ARN of a WAFv2 web ACL of scope CLOUDFRONT (`...:us-east-1:...:global/webacl/...`)
FAIL     it is absent, blank, an id of WAF Classic, or the ARN of a regional ACL or of something else
UNKNOWN  it is known only at deployment; `waf-scope` then asks where it comes from
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pulumi_policy import Severity

from ..core.peek import MISSING, UNKNOWN, peek
from ..core.rule import Outcome, Resource, ResourceRule, Verdict
from .endpoints import DISTRIBUTIONS, GROUP

GLOBAL_ACL_ARN = re.compile(r"arn:aws(?:-[a-z]+)*:wafv2:us-east-1:[0-9]{12}:global/webacl/[^/]+/[^/]+")
_PATH = "webAclId"
_WAY_OUT = "Set it to the ARN of an aws.wafv2.WebAcl of scope CLOUDFRONT in us-east-1"


def judge(resource: Resource) -> Iterator[Verdict]:
    """The verdict on one distribution."""
    value = peek(resource.props, _PATH)
    if value is UNKNOWN:
        yield Verdict(Outcome.UNKNOWN, _PATH, "is known only at deployment", _WAY_OUT, "CloudFront.6")
    elif not (isinstance(value, str) and GLOBAL_ACL_ARN.fullmatch(value)):
        blank = value is MISSING or value == ""
        reason = "is missing" if blank else "is not the ARN of a global WAFv2 web ACL"
        yield Verdict(Outcome.FAIL, _PATH, reason, _WAY_OUT, "CloudFront.6")


RULE = ResourceRule(
    name="waf-distribution",
    group=GROUP,
    description="Each CloudFront distribution has a global web ACL.",
    remediation=f"{_WAY_OUT}.",
    severity=Severity.CRITICAL,
    url="https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/distribution-web-awswaf.html",
    controls=("CloudFront.6",),
    types=frozenset(DISTRIBUTIONS),
    judge=judge,
)
