"""A synthetic canary: the rider API, asked from outside on a schedule."""

from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, create_alarms
from components.bucket import EncryptedBucket, EncryptedBucketArgs, expire
from components.encryption import DataDomain
from components.foundation import Foundation
from components.iam import Condition, Statement, service_role
from components.observability.metrics import Metric
from components.tags import DataClass, component_tags

RUNTIME = "syn-python-selenium-14.0"
"""AWS traces canaries of its Node runtimes only, and refuses to make another with active tracing."""
SCRIPT = Path(__file__).resolve().parent / "canary_script" / "rider_api.py"
NAMESPACE = "CloudWatchSynthetics"
ARTIFACT_DAYS = 31
TIMEOUT_SECONDS = 60
SLOW_MS = 10_000


@dataclass(frozen=True)
class CanaryArgs:
    """`url` is the rider API's, with its stage where it has no name of ours; asked every `minutes`."""

    foundation: Foundation
    url: pulumi.Input[str]
    minutes: int

    def __post_init__(self) -> None:
        # A run must end before the next; five minutes is the shortest window of the burn-rate alarms.
        if not 1 <= self.minutes <= 5:
            raise ValueError(f"minutes is {self.minutes}: use 1 to 5, or a short window sees no probe")


class RiderApiCanary(pulumi.ComponentResource):
    """The canary with its script, role, artifacts, logs and alarms; `success` is its metric in per cent."""

    canary_name: pulumi.Output[str]
    success: Metric

    def __init__(self, name: str, args: CanaryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:observability:RiderApiCanary", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        base = args.foundation
        key_arn = base.key_arn(DataDomain.LOGS)
        tags = component_tags(base.tags, "observability", DataClass.INTERNAL)
        bucket = EncryptedBucket(
            f"{name}-artifacts",
            EncryptedBucketArgs(
                key_arn=key_arn,
                tags=tags,
                protect=base.production,
                lifecycle_rules=[expire(ARTIFACT_DAYS, prefix="runs/")],
            ),
            opts=child,
        )
        script = aws.s3.BucketObjectv2(
            f"{name}-script",
            aws.s3.BucketObjectv2Args(
                bucket=bucket.bucket_name,
                key="script/rider-api.zip",
                source=pulumi.AssetArchive({f"python/{SCRIPT.name}": pulumi.FileAsset(_relative(SCRIPT))}),
                tags=tags,
            ),
            opts=child,
        )
        role = service_role(
            f"{name}-role",
            service="lambda.amazonaws.com",
            account_id=base.account_id,
            description="What the canary of the rider API may do",
            statements=_may(base.account_id, base.region, bucket.arn, key_arn),
            tags=tags,
            parent=self,
        )
        canary = aws.synthetics.Canary(
            f"{name}-canary",
            aws.synthetics.CanaryArgs(
                runtime_version=RUNTIME,
                handler=f"{SCRIPT.stem}.handler",
                s3_bucket=bucket.bucket_name,
                s3_key=script.key,
                s3_version=script.version_id,
                execution_role_arn=role.arn,
                artifact_s3_location=pulumi.Output.concat("s3://", bucket.bucket_name, "/runs/"),
                artifact_config=aws.synthetics.CanaryArtifactConfigArgs(
                    s3_encryption=aws.synthetics.CanaryArtifactConfigS3EncryptionArgs(
                        encryption_mode="SSE_KMS", kms_key_arn=key_arn
                    )
                ),
                kms_key_arn=key_arn,
                schedule=aws.synthetics.CanaryScheduleArgs(
                    expression=f"rate({args.minutes} minute{'s' if args.minutes > 1 else ''})"
                ),
                run_config=aws.synthetics.CanaryRunConfigArgs(
                    timeout_in_seconds=min(TIMEOUT_SECONDS, 60 * args.minutes),
                    environment_variables={"RIDER_API_URL": args.url},
                ),
                success_retention_period=ARTIFACT_DAYS,
                failure_retention_period=ARTIFACT_DAYS,
                start_canary=True,
                delete_lambda=True,
                tags=tags,
            ),
            opts=child,
        )
        aws.cloudwatch.LogGroup(
            f"{name}-logs",
            aws.cloudwatch.LogGroupArgs(
                # Synthetics names the function it makes. Its role may not make a log group, so this one,
                # encrypted and with an end, is the only one there will be.
                name=canary.engine_arn.apply(lambda arn: f"/aws/lambda/{arn.split(':')[6]}"),
                retention_in_days=base.log_retention_days,
                kms_key_id=key_arn,
                tags=tags,
            ),
            opts=child,
        )
        dimensions = {"CanaryName": canary.name}
        create_alarms(
            name,
            [
                Alarm(
                    name="silent",
                    description="The canary of the rider API does not run: nobody looks from outside",
                    namespace=NAMESPACE,
                    metric="SuccessPercent",
                    dimensions=dimensions,
                    statistic="SampleCount",
                    threshold=1,
                    below=True,
                    period_seconds=60 * args.minutes,
                    periods=5,
                    missing_is_bad=True,
                ),
                Alarm(
                    name="slow",
                    description="The probes of the rider API take long",
                    namespace=NAMESPACE,
                    metric="Duration",
                    dimensions=dimensions,
                    statistic="Average",
                    threshold=SLOW_MS,
                    periods=3,
                ),
            ],
            topic_arn=base.alarm_topic_arn,
            tags=tags,
            parent=self,
        )
        self.canary_name = canary.name
        self.success = Metric(NAMESPACE, "SuccessPercent", dimensions)
        self.register_outputs({"canaryName": self.canary_name})


def _relative(path: Path) -> str:
    # A path of one machine in the state would show as a change on every other.
    return path.relative_to(Path(__file__).resolve().parents[2]).as_posix()


def _may(
    account_id: str, region: str, bucket_arn: pulumi.Output[str], key_arn: pulumi.Output[str]
) -> list[Statement]:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Synthetics_Canaries_CanaryPermissions.html"""
    return [
        Statement(
            sid="KeepArtifacts",
            actions=["s3:PutObject"],
            resources=[pulumi.Output.concat(bucket_arn, "/runs/*")],
        ),
        Statement(sid="FindBucket", actions=["s3:GetBucketLocation"], resources=[bucket_arn]),
        Statement(
            sid="ListBuckets",
            actions=["s3:ListAllMyBuckets"],
            resources=["*"],  # it has no resource-level permission
        ),
        Statement(sid="UseKey", actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[key_arn]),
        Statement(
            sid="OwnLogs",
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[f"arn:aws:logs:{region}:{account_id}:log-group:/aws/lambda/cwsyn-*"],
        ),
        Statement(
            sid="OwnMetrics",
            actions=["cloudwatch:PutMetricData"],
            resources=["*"],  # it has no resource-level permission; the namespace is the limit
            conditions=[Condition(test="StringEquals", variable="cloudwatch:namespace", values=[NAMESPACE])],
        ),
    ]
