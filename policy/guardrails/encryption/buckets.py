"""Each bucket has its encryption settings in the same stack.

S3 takes a bucket's key in a resource of its own; without it the bucket silently uses AES256 with a key of
AWS. `encryption-storage` judges what such a resource says; this rule, that each bucket has one.

PASS     inline settings wired to a key, or a settings resource whose `bucket` comes from this bucket or is
         its literal name
FAIL     none, or only one that belongs to another bucket, or to one of several
UNKNOWN  never: what is wired is known even while its value is not
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pulumi_policy import PolicyResource, Severity

from ..core.peek import peek
from ..core.rule import Outcome, StackRule, StackVerdict, Verdict
from .slots import GROUP, is_given
from .storage import BUCKET, BUCKET_ENCRYPTION, BUCKET_V2

DIRECTORY_BUCKET = "aws:s3/directoryBucket:DirectoryBucket"
BUCKETS = frozenset({BUCKET, BUCKET_V2, DIRECTORY_BUCKET})
_INLINE = {BUCKET: "serverSideEncryptionConfiguration", BUCKET_V2: "serverSideEncryptionConfigurations"}

_WAY_OUT = (
    "Add an aws.s3.BucketServerSideEncryptionConfiguration for this bucket, with sse_algorithm aws:kms and "
    "the ARN of a customer-managed key"
)


def judge(resources: Sequence[PolicyResource]) -> Iterator[StackVerdict]:
    """A verdict for each bucket without encryption settings of its own."""
    companions = [resource for resource in resources if resource.resource_type in BUCKET_ENCRYPTION]
    for bucket in resources:
        if bucket.resource_type not in BUCKETS or _has_inline_settings(bucket):
            continue
        if not any(_belongs(companion, bucket) for companion in companions):
            verdict = Verdict(
                Outcome.FAIL, "The bucket", "has no encryption settings in this stack", _WAY_OUT, "S3.17"
            )
            yield StackVerdict(bucket.urn, verdict)


def _has_inline_settings(bucket: PolicyResource) -> bool:
    # The property is also an output: S3 reports its own default, or what a settings resource once said. Only
    # a value wired by the program has dependencies, so a literal does not count.
    name = _INLINE.get(bucket.resource_type, "")
    return name in bucket.property_dependencies and is_given(peek(bucket.props, name))


def _belongs(companion: PolicyResource, bucket: PolicyResource) -> bool:
    sources = companion.property_dependencies.get("bucket", [])
    buckets = {source.urn for source in sources if source.resource_type in BUCKETS}
    if buckets:  # several cannot be told apart, so they count for none
        return buckets == {bucket.urn}
    named, name = peek(companion.props, "bucket"), peek(bucket.props, "bucket")
    return isinstance(named, str) and named != "" and named == name


RULE = StackRule(
    name="encryption-bucket-settings",
    group=GROUP,
    description="Each bucket has encryption settings of its own in the same stack.",
    remediation=f"{_WAY_OUT}.",
    severity=Severity.HIGH,
    url="https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-bucket-encryption.html",
    controls=("S3.17",),
    types=BUCKETS,
    judge=judge,
)
