"""Each bucket keeps the versions of its objects, by a resource of its own."""

from __future__ import annotations

from pulumi_policy import Severity

from ..core.companions import Companion, companion_rule
from ..exposure.buckets import BUCKETS
from .settings import GROUP

RULE = companion_rule(
    "protection-companions",
    GROUP,
    "Each bucket keeps versions of its objects, and each file system has a backup policy.",
    (
        Companion(
            BUCKETS,
            ("aws:s3/bucketVersioning:BucketVersioning", "aws:s3/bucketVersioningV2:BucketVersioningV2"),
            "bucket",
            ("bucket", "id"),
            "versioning",
            "Add an aws.s3.BucketVersioning with bucket wired to its id and status Enabled",
            "S3.14",
            unless=("versioning", "versionings"),
        ),
        Companion(
            ("aws:efs/fileSystem:FileSystem",),
            ("aws:efs/backupPolicy:BackupPolicy",),
            "fileSystemId",
            ("id",),
            "backup policy",
            "Add an aws.efs.BackupPolicy with file_system_id wired to its id",
            "EFS.7",
        ),
    ),
    url="https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html",
    severity=Severity.MEDIUM,
)
