"""Who did what in the account, kept so that nobody can change it: CloudTrail, its bucket, its alarms."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, create_alarms
from components.bucket import EncryptedBucket, EncryptedBucketArgs, LifecycleRule, archive, expire
from components.encryption import DataDomain
from components.foundation import Foundation
from components.governance.deeds import DEEDS
from components.iam import Condition, Principal, Statement, service_role
from components.tags import DataClass, component_tags

KEPT_DAYS = 7 * 365
LOCKED_DAYS = 365
ARCHIVED_AFTER_DAYS = 90
OTHER_KEPT_DAYS = 90
NAMESPACE = "BlueHorizons/Audit"


class TrailScope(StrEnum):
    """Whose deeds a stack's trail records."""

    ACCOUNT = "account"
    ORGANIZATION = "organization"


@dataclass(frozen=True)
class AuditTrailArgs:
    """`organization_id` (o-...) is needed by a trail of the organisation, which its management account has.

    `watched_bucket_arns` are buckets of which every access to an object is recorded too.
    """

    foundation: Foundation
    scope: TrailScope = TrailScope.ACCOUNT
    organization_id: pulumi.Input[str] | None = None
    watched_bucket_arns: Sequence[pulumi.Input[str]] = ()

    def __post_init__(self) -> None:
        if self.scope is TrailScope.ORGANIZATION and self.organization_id is None:
            raise ValueError("a trail of the organisation needs its organization_id (o-...)")

    @property
    def trail_name(self) -> str:
        """Policies name it before it is there."""
        return f"{self.foundation.prefix}-audit"

    @property
    def trail_arn(self) -> str:
        """Likewise."""
        base = self.foundation
        return f"arn:aws:cloudtrail:{base.region}:{base.account_id}:trail/{self.trail_name}"


class AuditTrail(pulumi.ComponentResource):
    """A trail of all Regions, validated and encrypted, in a locked bucket and a log group with alarms."""

    bucket: EncryptedBucket
    trail_arn: pulumi.Output[str]

    def __init__(self, name: str, args: AuditTrailArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:governance:AuditTrail", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        base = args.foundation
        key_arn = base.key_arn(DataDomain.LOGS)
        tags = component_tags(base.tags, "governance", DataClass.CONFIDENTIAL)
        self.bucket = EncryptedBucket(
            f"{name}-records",
            EncryptedBucketArgs(
                key_arn=key_arn,
                tags=tags,
                protect=base.production,
                locked_days=LOCKED_DAYS if base.production else None,
                lifecycle_rules=_lifecycle(base.production),
                statements=lambda arn: _trail_writes(args, arn),
            ),
            opts=child,
        )
        logs = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            aws.cloudwatch.LogGroupArgs(
                retention_in_days=base.log_retention_days, kms_key_id=key_arn, tags=tags
            ),
            opts=child,
        )
        role = service_role(
            f"{name}-logs-role",
            service="cloudtrail.amazonaws.com",
            account_id=base.account_id,
            description="Lets the audit trail write to its log group",
            statements=[
                Statement(
                    sid="Write",
                    actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                    resources=[pulumi.Output.concat(logs.arn, ":log-stream:*")],
                )
            ],
            tags=tags,
            parent=self,
        )
        trail = aws.cloudtrail.Trail(
            f"{name}-trail",
            aws.cloudtrail.TrailArgs(
                name=args.trail_name,
                s3_bucket_name=self.bucket.bucket_name,
                kms_key_id=key_arn,
                is_multi_region_trail=True,
                include_global_service_events=True,
                is_organization_trail=args.scope is TrailScope.ORGANIZATION,
                enable_log_file_validation=True,
                enable_logging=True,
                cloud_watch_logs_group_arn=pulumi.Output.concat(logs.arn, ":*"),
                cloud_watch_logs_role_arn=role.arn,
                advanced_event_selectors=_recorded(args.watched_bucket_arns),
                insight_selectors=(
                    [
                        aws.cloudtrail.TrailInsightSelectorArgs(insight_type=insight)
                        for insight in ("ApiCallRateInsight", "ApiErrorRateInsight")
                    ]
                    if base.production
                    else None
                ),
                tags=tags,
            ),
            # CloudTrail tries the bucket when the trail is made.
            opts=pulumi.ResourceOptions(
                parent=self, protect=base.production, depends_on=[self.bucket.policy]
            ),
        )
        self._watch(name, args, logs)
        self.trail_arn = trail.arn
        self.register_outputs({"trailArn": self.trail_arn, "bucket": self.bucket.bucket_name})

    def _watch(self, name: str, args: AuditTrailArgs, logs: aws.cloudwatch.LogGroup) -> None:
        base = args.foundation
        for deed in DEEDS:
            aws.cloudwatch.LogMetricFilter(
                f"{name}-{deed.name}",
                aws.cloudwatch.LogMetricFilterArgs(
                    log_group_name=logs.name,
                    pattern=deed.pattern,
                    metric_transformation=aws.cloudwatch.LogMetricFilterMetricTransformationArgs(
                        namespace=NAMESPACE, name=f"{args.trail_name}-{deed.name}", value="1"
                    ),
                ),
                opts=pulumi.ResourceOptions(parent=self),
            )
        create_alarms(
            name,
            [
                Alarm(
                    name=deed.name,
                    description=deed.description,
                    namespace=NAMESPACE,
                    metric=f"{args.trail_name}-{deed.name}",
                    dimensions={},
                    threshold=0,
                )
                for deed in DEEDS
            ],
            topic_arn=base.alarm_topic_arn,
            tags=component_tags(base.tags, "governance", DataClass.INTERNAL),
            parent=self,
        )


def _lifecycle(production: bool) -> list[LifecycleRule]:
    if not production:
        return [expire(OTHER_KEPT_DAYS)]
    return [archive(ARCHIVED_AFTER_DAYS, rule_id="archive"), expire(KEPT_DAYS)]


def _trail_writes(args: AuditTrailArgs, bucket_arn: pulumi.Output[str]) -> list[Statement]:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html"""
    trail = [Principal(type="Service", identifiers=["cloudtrail.amazonaws.com"])]
    this_trail = Condition(test="StringEquals", variable="aws:SourceArn", values=[args.trail_arn])
    prefixes = [pulumi.Output.concat(bucket_arn, f"/AWSLogs/{args.foundation.account_id}/*")]
    if args.organization_id is not None:
        prefixes.append(pulumi.Output.concat(bucket_arn, "/AWSLogs/", args.organization_id, "/*"))
    return [
        Statement(
            sid="TrailLooks",
            actions=["s3:GetBucketAcl"],
            resources=[bucket_arn],
            principals=trail,
            conditions=[this_trail],
        ),
        Statement(
            sid="TrailWrites",
            actions=["s3:PutObject"],
            resources=prefixes,
            principals=trail,
            conditions=[
                this_trail,
                Condition(test="StringEquals", variable="s3:x-amz-acl", values=["bucket-owner-full-control"]),
            ],
        ),
    ]


def _recorded(
    watched_bucket_arns: Sequence[pulumi.Input[str]],
) -> list[aws.cloudtrail.TrailAdvancedEventSelectorArgs]:
    selector = aws.cloudtrail.TrailAdvancedEventSelectorArgs
    field = aws.cloudtrail.TrailAdvancedEventSelectorFieldSelectorArgs
    selectors = [
        selector(name="management", field_selectors=[field(field="eventCategory", equals=["Management"])])
    ]
    if watched_bucket_arns:
        selectors.append(
            selector(
                name="objects",
                field_selectors=[
                    field(field="eventCategory", equals=["Data"]),
                    field(field="resources.type", equals=["AWS::S3::Object"]),
                    field(
                        field="resources.ARN",
                        starts_withs=[pulumi.Output.concat(arn, "/") for arn in watched_bucket_arns],
                    ),
                ],
            )
        )
    return selectors
