"""A private, versioned, customer-key-encrypted bucket that refuses plain HTTP."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.iam import Condition, Principal, Statement, policy_json
from components.tags import Tags

LifecycleRule = aws.s3.BucketLifecycleConfigurationRuleArgs
ABORT_MULTIPART_DAYS = 7


def _nobody(_: pulumi.Output[str]) -> Sequence[Statement]:
    return ()


@dataclass(frozen=True)
class EncryptedBucketArgs:
    """`key_arn`: a customer-managed key of the bucket's Region. `protect`: refuse deletion, keep objects.

    `statements` are what the bucket's policy says beside refusing plain HTTP, made of the bucket's ARN;
    `locked_days`: for so long nobody, the root user included, can delete or overwrite what is written;
    `policy_later`: the caller gives the policy by `let`, because it names what can only be made afterwards.
    """

    key_arn: pulumi.Input[str]
    tags: Tags
    protect: bool
    noncurrent_days: int = 30
    lifecycle_rules: Sequence[LifecycleRule] = field(default_factory=tuple)
    statements: Callable[[pulumi.Output[str]], Sequence[Statement]] = _nobody
    locked_days: int | None = None
    policy_later: bool = False

    def __post_init__(self) -> None:
        if self.locked_days is not None and self.locked_days < 1:
            raise ValueError(f"locked_days is {self.locked_days}: use 1 or more, or None for no lock")
        if self.noncurrent_days < 1:
            raise ValueError(
                f"noncurrent_days is {self.noncurrent_days}: keep old versions for 1 day or more"
            )


class EncryptedBucket(pulumi.ComponentResource):
    """A bucket with all that keeps what is in it private and recoverable."""

    arn: pulumi.Output[str]
    bucket_name: pulumi.Output[str]
    regional_domain_name: pulumi.Output[str]
    policy: aws.s3.BucketPolicy

    def __init__(
        self, name: str, args: EncryptedBucketArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:bucket:EncryptedBucket", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        bucket = aws.s3.Bucket(
            f"{name}-bucket",
            aws.s3.BucketArgs(
                force_destroy=not args.protect,
                object_lock_enabled=True if args.locked_days else None,
                tags=args.tags,
            ),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        blocked = aws.s3.BucketPublicAccessBlock(
            f"{name}-private",
            aws.s3.BucketPublicAccessBlockArgs(
                bucket=bucket.id,
                block_public_acls=True,
                block_public_policy=True,
                ignore_public_acls=True,
                restrict_public_buckets=True,
            ),
            opts=child,
        )
        aws.s3.BucketOwnershipControls(
            f"{name}-ownership",
            aws.s3.BucketOwnershipControlsArgs(
                bucket=bucket.id,
                rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            ),
            opts=child,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            aws.s3.BucketServerSideEncryptionConfigurationInitArgs(
                bucket=bucket.id,
                rules=[
                    aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                        bucket_key_enabled=True,  # one KMS call an interval, not one an object
                        apply_server_side_encryption_by_default=(
                            aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                                sse_algorithm="aws:kms", kms_master_key_id=args.key_arn
                            )
                        ),
                    )
                ],
            ),
            opts=child,
        )
        versioning = aws.s3.BucketVersioning(
            f"{name}-versioning",
            aws.s3.BucketVersioningInitArgs(
                bucket=bucket.id,
                versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            ),
            opts=child,
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{name}-lifecycle",
            aws.s3.BucketLifecycleConfigurationArgs(
                bucket=bucket.id,
                rules=[_housekeeping(args.noncurrent_days), *args.lifecycle_rules],
            ),
            # S3 refuses rules for old versions until versioning is on.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[versioning]),
        )
        if args.locked_days:
            aws.s3.BucketObjectLockConfiguration(
                f"{name}-lock",
                aws.s3.BucketObjectLockConfigurationInitArgs(
                    bucket=bucket.id,
                    rule=aws.s3.BucketObjectLockConfigurationRuleArgs(
                        default_retention=aws.s3.BucketObjectLockConfigurationRuleDefaultRetentionArgs(
                            mode="COMPLIANCE", days=args.locked_days
                        )
                    ),
                ),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[versioning]),
            )
        self._policy_name, self._blocked = f"{name}-policy", blocked
        self.arn = bucket.arn
        self.bucket_name = bucket.id
        self.regional_domain_name = bucket.bucket_regional_domain_name
        if not args.policy_later:
            self.let(*args.statements(bucket.arn))
        self.register_outputs({"arn": self.arn, "bucketName": self.bucket_name})

    def let(self, *statements: Statement) -> None:
        """Give the bucket its one policy: plain HTTP is refused, and what `statements` say."""
        self.policy = aws.s3.BucketPolicy(
            self._policy_name,
            aws.s3.BucketPolicyArgs(
                bucket=self.bucket_name, policy=policy_json(_tls_only(self.arn), *statements)
            ),
            # Both change the bucket's access settings; S3 answers 409 when they race.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self._blocked]),
        )


def expire(days: int, *, rule_id: str = "expire", prefix: str = "") -> LifecycleRule:
    """The rule that deletes what is under `prefix` after so many days."""
    return LifecycleRule(
        id=rule_id,
        status="Enabled",
        filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=prefix),
        expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=days),
    )


def archive(days: int, *, rule_id: str, prefix: str = "") -> LifecycleRule:
    """The rule that moves what is under `prefix` to S3 Glacier Instant Retrieval after so many days."""
    return LifecycleRule(
        id=rule_id,
        status="Enabled",
        filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=prefix),
        transitions=[
            aws.s3.BucketLifecycleConfigurationRuleTransitionArgs(days=days, storage_class="GLACIER_IR")
        ],
    )


def _housekeeping(noncurrent_days: int) -> LifecycleRule:
    return LifecycleRule(
        id="housekeeping",
        status="Enabled",
        filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
        abort_incomplete_multipart_upload=(
            aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                days_after_initiation=ABORT_MULTIPART_DAYS
            )
        ),
        noncurrent_version_expiration=aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
            noncurrent_days=noncurrent_days
        ),
    )


def _tls_only(bucket_arn: pulumi.Output[str]) -> Statement:
    return Statement(
        sid="RefusePlainHttp",
        effect="Deny",
        actions=["s3:*"],
        resources=[bucket_arn, pulumi.Output.concat(bucket_arn, "/*")],
        principals=[Principal(type="*", identifiers=["*"])],
        conditions=[Condition(test="Bool", variable="aws:SecureTransport", values=["false"])],
    )
