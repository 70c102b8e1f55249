"""Buckets are private, whatever their policy or their objects' ACLs say.

`exposure-bucket-settings` (resource):
PASS     a block of public access with all four switches on; ACLs switched off, or private
FAIL     one of the four switches off or left out; an ACL for everybody; ACLs that objects may have
UNKNOWN  a switch or an ACL is known only at deployment

`exposure-bucket-block` (stack):
PASS     a block of public access in this stack whose `bucket` comes from this bucket, or is its name
FAIL     none, or only one of another bucket
UNKNOWN  never: what is wired is known even while its value is not
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pulumi_policy import PolicyResource, Severity

from ..core.demands import TRUE, NoneOf, demand, demand_rule, one_of
from ..core.related import of_types, refers_to, told
from ..core.rule import Outcome, StackRule, StackVerdict, Verdict
from .security_groups import GROUP

BUCKETS = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
_ACLS = ("aws:s3/bucketAcl:BucketAcl", "aws:s3/bucketAclV2:BucketAclV2")
_OBJECTS = (
    "aws:s3/bucketObject:BucketObject",
    "aws:s3/bucketObjectv2:BucketObjectv2",
    "aws:s3/objectCopy:ObjectCopy",
)
_SWITCHES = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")

_NOT_PUBLIC = NoneOf(("public-read", "public-read-write", "authenticated-read", "website"))
_EVERYBODY = NoneOf(
    (
        "http://acs.amazonaws.com/groups/global/AllUsers",
        "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
    )
)
_URL = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"
_WAY_OUT = (
    "Add an aws.s3.BucketPublicAccessBlock for it, with bucket wired to its id and all four switches on"
)

SETTINGS = demand_rule(
    "exposure-bucket-settings",
    GROUP,
    "Blocks of public access block all, and no ACL opens a bucket or an object.",
    (
        *(demand(BLOCK, name, TRUE, control="S3.8") for name in _SWITCHES),
        *(
            demand("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock", name, TRUE, control="S3.1")
            for name in _SWITCHES
        ),
        # An access point, and one for several Regions, blocks all unless told otherwise.
        *(
            demand(
                "aws:s3/accessPoint:AccessPoint",
                name,
                TRUE,
                absent=True,
                block="publicAccessBlockConfiguration",
                if_block=True,
                control="S3.19",
            )
            for name in _SWITCHES
        ),
        *(
            demand(
                "aws:s3control/multiRegionAccessPoint:MultiRegionAccessPoint",
                name,
                TRUE,
                absent=True,
                block="details.publicAccessBlock",
                if_block=True,
                control="S3.24",
            )
            for name in _SWITCHES
        ),
        demand((*BUCKETS, *_OBJECTS), "acl", _NOT_PUBLIC, absent=True, control="S3.2"),
        demand(_ACLS, "acl", _NOT_PUBLIC, absent=True, control="S3.2"),
        demand(
            _ACLS,
            "grantee.uri",
            _EVERYBODY,
            absent=True,
            block="accessControlPolicy.grants[]",
            if_block=True,
            control="S3.2",
        ),
        demand(
            "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
            "rule.objectOwnership",
            one_of("BucketOwnerEnforced"),
            control="S3.12",
        ),
    ),
    url=_URL,
    remediation="Switch all four on and ACLs off; share objects by bucket policy or presigned URL.",
    severity=Severity.CRITICAL,
    controls=("S3.3",),
)


def judge(resources: Sequence[PolicyResource]) -> Iterator[StackVerdict]:
    """A verdict for each bucket without a block of public access."""
    buckets, blocks = of_types(resources, BUCKETS), of_types(resources, (BLOCK,))
    for bucket in buckets:
        if not any(refers_to(block, "bucket", bucket, buckets, "bucket", "id") for block in blocks):
            reason = "has no block of public access in this stack"
            yield told(bucket, Verdict(Outcome.FAIL, "The bucket", reason, _WAY_OUT, "S3.8"))


RULE = StackRule(
    name="exposure-bucket-block",
    group=GROUP,
    description="Each bucket has a block of public access of its own in the same stack.",
    remediation=f"{_WAY_OUT}.",
    severity=Severity.HIGH,
    url=_URL,
    controls=("S3.8",),
    types=frozenset(BUCKETS),
    judge=judge,
)
