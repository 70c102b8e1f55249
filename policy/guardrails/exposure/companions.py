"""What closes a VPC or a bucket and is a resource of its own."""

from __future__ import annotations

from ..core.companions import Companion, companion_rule
from .buckets import BUCKETS
from .security_groups import DEFAULT_GROUP, GROUP

RULE = companion_rule(
    "exposure-companions",
    GROUP,
    "The default security group of each VPC is closed, and the ACLs of each bucket are off.",
    (
        Companion(
            ("aws:ec2/vpc:Vpc", "awsx:ec2:Vpc"),
            (DEFAULT_GROUP,),
            "vpcId",
            ("id", "vpcId"),
            "closed default security group",
            "Add an aws.ec2.DefaultSecurityGroup with vpc_id wired to it, and without rules",
            "EC2.2",
        ),
        Companion(
            BUCKETS,
            ("aws:s3/bucketOwnershipControls:BucketOwnershipControls",),
            "bucket",
            ("bucket", "id"),
            "ownership controls",
            "Add an aws.s3.BucketOwnershipControls with bucket wired to its id and BucketOwnerEnforced",
            "S3.12",
        ),
    ),
    url="https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html",
)
