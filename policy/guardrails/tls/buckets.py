"""A bucket refuses plain HTTP.

`tls-bucket-policy` (stack): each bucket has a policy of its own in the same stack.
`tls-bucket-documents` (resource):
PASS     the policy denies every principal all actions while `aws:SecureTransport` is false
FAIL     no such statement, or one that holds for some principals or actions only
UNKNOWN  the document is known only at deployment
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import Severity

from ..core.companions import Companion, companion_rule
from ..core.documents import Statement, statements
from ..core.peek import MISSING, UNKNOWN, peek, text_of
from ..core.rule import Outcome, Resource, ResourceRule, Verdict
from ..exposure.buckets import BUCKETS
from .settings import GROUP

POLICY = "aws:s3/bucketPolicy:BucketPolicy"
_WAY_OUT = 'Deny "s3:*" to every principal on the bucket and its objects while aws:SecureTransport is false'
_URL = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html#transit"


def judge(resource: Resource) -> Iterator[Verdict]:
    """The verdict on one bucket policy."""
    policy = peek(resource.props, "policy")
    if policy is UNKNOWN:
        yield Verdict(Outcome.UNKNOWN, "policy", "is known only at deployment", _WAY_OUT, "S3.5")
    elif not any(_refuses_http(statement) for statement in statements(policy) or ()):
        reason = "is missing" if policy is MISSING else "does not refuse plain HTTP"
        yield Verdict(Outcome.FAIL, "policy", reason, _WAY_OUT, "S3.5")


def _refuses_http(statement: Statement) -> bool:
    everyone = ("AWS", "*") in list(statement.principals())
    everything = any(action in ("*", "s3:*") for action in statement.texts("Action"))
    conditions = list(statement.conditions())
    plain = [
        operator.lower() == "bool" and key == "aws:securetransport" and text_of(values[0]) == "false"
        for operator, key, values in conditions
        if values
    ]
    return not statement.allows and everyone and everything and plain == [True]


DOCUMENTS = ResourceRule(
    name="tls-bucket-documents",
    group=GROUP,
    description="Bucket policies refuse plain HTTP.",
    remediation=f"{_WAY_OUT}.",
    severity=Severity.MEDIUM,
    url=_URL,
    controls=("S3.5",),
    types=frozenset({POLICY}),
    judge=judge,
)

RULE = companion_rule(
    "tls-bucket-policy",
    GROUP,
    "Each bucket has a policy of its own, which refuses plain HTTP.",
    (
        Companion(
            BUCKETS,
            (POLICY,),
            "bucket",
            ("bucket", "id"),
            "policy",
            "Add an aws.s3.BucketPolicy that refuses plain HTTP, with bucket wired to its id",
            "S3.5",
        ),
    ),
    url=_URL,
    severity=Severity.MEDIUM,
)
