"""From the broker to the stream: topic rules, the stream, and the queue of what a rule could not send."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.iam import Statement, service_role
from components.queue import dead_letter_queue
from components.sizing import TelemetrySizing
from components.tags import Tags
from components.topics import (
    LIFECYCLE_CLIENT_ID_LEVEL,
    SQL_VERSION,
    VEHICLE_ID_LEVEL,
    VehicleTopics,
)

STREAM_RETENTION_HOURS = 72
"""A weekend: what fails on Friday can still be read again on Monday."""


@dataclass(frozen=True)
class TelemetryIngestArgs:
    """`key_arn`: the telemetry key of the Region where cars connect."""

    account_id: str
    topics: VehicleTopics
    sizing: TelemetrySizing
    key_arn: pulumi.Input[str]
    tags: Tags


class TelemetryIngest(pulumi.ComponentResource):
    """The stream that all messages of the fleet pass through, in order for each vehicle."""

    stream_arn: pulumi.Output[str]
    stream_name: pulumi.Output[str]
    failed_queue_arn: pulumi.Output[str]
    failed_queue_name: pulumi.Output[str]

    def __init__(
        self, name: str, args: TelemetryIngestArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:telemetry:TelemetryIngest", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        stream = aws.kinesis.Stream(
            f"{name}-stream",
            aws.kinesis.StreamArgs(
                stream_mode_details=aws.kinesis.StreamStreamModeDetailsArgs(
                    stream_mode="PROVISIONED" if args.sizing.shard_count else "ON_DEMAND"
                ),
                shard_count=args.sizing.shard_count,
                retention_period=STREAM_RETENTION_HOURS,
                encryption_type="KMS",
                kms_key_id=args.key_arn,
                shard_level_metrics=["IncomingBytes", "IncomingRecords"],  # a hot vehicle shows only here
                tags=args.tags,
            ),
            opts=child,
        )
        failed = dead_letter_queue(f"{name}-failed", key_arn=args.key_arn, tags=args.tags, parent=self)
        role = service_role(
            f"{name}-rules",
            service="iot.amazonaws.com",
            account_id=args.account_id,
            description="Lets the telemetry topic rules write to the stream, or to the queue when that fails",
            statements=[
                Statement(sid="Stream", actions=["kinesis:PutRecord"], resources=[stream.arn]),
                Statement(sid="FailedQueue", actions=["sqs:SendMessage"], resources=[failed.arn]),
                Statement(
                    sid="EncryptBoth",
                    actions=["kms:GenerateDataKey", "kms:Decrypt"],
                    resources=[args.key_arn],
                ),
            ],
            tags=args.tags,
            parent=self,
        )
        rules = (
            (args.topics.telemetry_rule, args.topics.telemetry_sql, VEHICLE_ID_LEVEL, "telemetry"),
            (args.topics.lifecycle_rule, args.topics.lifecycle_sql, LIFECYCLE_CLIENT_ID_LEVEL, "lifecycle"),
        )
        for rule, sql, vehicle_id_level, purpose in rules:
            aws.iot.TopicRule(
                f"{name}-{purpose}",
                aws.iot.TopicRuleArgs(
                    name=rule,
                    description=f"{purpose} of every car to the stream, in order for each vehicle",
                    enabled=True,
                    sql=sql,
                    sql_version=SQL_VERSION,
                    kineses=[
                        aws.iot.TopicRuleKinesisArgs(
                            role_arn=role.arn,
                            stream_name=stream.name,
                            partition_key=f"${{topic({vehicle_id_level})}}",
                        )
                    ],
                    # The message that the queue gets carries base64OriginalPayload: it can be replayed.
                    error_action=aws.iot.TopicRuleErrorActionArgs(
                        sqs=aws.iot.TopicRuleErrorActionSqsArgs(
                            queue_url=failed.url, role_arn=role.arn, use_base64=False
                        )
                    ),
                    tags=args.tags,
                ),
                opts=child,
            )
        self.stream_arn = stream.arn
        self.stream_name = stream.name
        self.failed_queue_arn = failed.arn
        self.failed_queue_name = failed.name
        self.register_outputs({"streamArn": self.stream_arn, "failedQueueArn": self.failed_queue_arn})
