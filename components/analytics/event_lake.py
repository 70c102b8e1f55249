"""Business events to the lake: a bus rule, a delivery stream, a folder an event type and day."""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from pulumi_aws.kinesis import (
    FirehoseDeliveryStreamExtendedS3ConfigurationArgs as S3DestinationArgs,
    FirehoseDeliveryStreamExtendedS3ConfigurationCloudwatchLoggingOptionsArgs as LoggingOptionsArgs,
    FirehoseDeliveryStreamExtendedS3ConfigurationDynamicPartitioningConfigurationArgs as PartitioningArgs,
    FirehoseDeliveryStreamExtendedS3ConfigurationProcessingConfigurationArgs as ProcessingArgs,
    FirehoseDeliveryStreamExtendedS3ConfigurationProcessingConfigurationProcessorArgs as ProcessorArgs,
)

from components.alarms import Alarm, create_alarms, dead_letter_alarm
from components.analytics.catalog import EVENTS
from components.analytics.schema import EVENT_TYPES
from components.bucket import EncryptedBucket
from components.encryption import DataDomain
from components.events import RETRY_POLICY, rule_may_send
from components.foundation import Foundation
from components.iam import Statement, service_role
from components.queue import dead_letter_queue
from components.tags import Tags

BUFFER_SECONDS = 900  # the longest: fewer, larger objects, and key figures do not wait for them
BUFFER_MIB = 64  # the least that dynamic partitioning takes
MAX_AGE_SECONDS = 3_600
ERRORS = "errors"
# Days of UTC, of when it happened: an event that comes late goes to its own day.
_PARTITIONS = '{type:.detail.eventType,dt:(.detail.occurredAt/1000|strftime("%Y-%m-%d"))}'


@dataclass(frozen=True)
class EventLakeArgs:
    """`bucket`: the curated one, of the same Region as the bus."""

    foundation: Foundation
    bus_name: pulumi.Input[str]
    bucket: EncryptedBucket
    tags: Tags


class EventLake(pulumi.ComponentResource):
    """Brings the events of `EVENT_TYPES` to `rental_events/type=.../dt=.../` as compressed lines of JSON."""

    delivery_stream_name: pulumi.Output[str]

    def __init__(self, name: str, args: EventLakeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:analytics:EventLake", name, None, opts)
        base = args.foundation
        key_arn = base.key_arn(DataDomain.ANALYTICS)
        child = pulumi.ResourceOptions(parent=self)
        logs = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            aws.cloudwatch.LogGroupArgs(
                kms_key_id=base.key_arn(DataDomain.LOGS),
                retention_in_days=base.log_retention_days,
                tags=args.tags,
            ),
            opts=child,
        )
        log_stream = aws.cloudwatch.LogStream(
            f"{name}-log-stream",
            aws.cloudwatch.LogStreamArgs(log_group_name=logs.name, name="S3Delivery"),
            opts=pulumi.ResourceOptions(parent=logs),
        )
        role = service_role(
            f"{name}-delivery-role",
            service="firehose.amazonaws.com",
            account_id=base.account_id,
            description="Lets Firehose bring events from the bus to the lake",
            statements=[
                Statement(
                    sid="WriteEvents",
                    actions=["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
                    resources=[
                        pulumi.Output.concat(args.bucket.arn, f"/{EVENTS}/*"),
                        pulumi.Output.concat(args.bucket.arn, f"/{ERRORS}/*"),
                    ],
                ),
                Statement(
                    sid="FindBucket",
                    actions=["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
                    resources=[args.bucket.arn],
                ),
                Statement(sid="UseKey", actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[key_arn]),
                Statement(
                    sid="WriteLog",
                    actions=["logs:PutLogEvents"],
                    resources=[pulumi.Output.concat(logs.arn, ":*")],
                ),
            ],
            tags=args.tags,
            parent=self,
        )
        delivery = aws.kinesis.FirehoseDeliveryStream(
            f"{name}-delivery",
            aws.kinesis.FirehoseDeliveryStreamArgs(
                destination="extended_s3",
                server_side_encryption=aws.kinesis.FirehoseDeliveryStreamServerSideEncryptionArgs(
                    enabled=True, key_type="CUSTOMER_MANAGED_CMK", key_arn=key_arn
                ),
                extended_s3_configuration=S3DestinationArgs(
                    bucket_arn=args.bucket.arn,
                    role_arn=role.arn,
                    kms_key_arn=key_arn,
                    prefix=f"{EVENTS}/type=!{{partitionKeyFromQuery:type}}/dt=!{{partitionKeyFromQuery:dt}}/",
                    error_output_prefix=(
                        f"{ERRORS}/!{{firehose:error-output-type}}/dt=!{{timestamp:yyyy-MM-dd}}/"
                    ),
                    buffering_interval=BUFFER_SECONDS,
                    buffering_size=BUFFER_MIB,
                    compression_format="GZIP",
                    file_extension=".json.gz",
                    dynamic_partitioning_configuration=PartitioningArgs(enabled=True, retry_duration=300),
                    processing_configuration=ProcessingArgs(enabled=True, processors=_processors()),
                    cloudwatch_logging_options=LoggingOptionsArgs(
                        enabled=True, log_group_name=logs.name, log_stream_name=log_stream.name
                    ),
                ),
                tags=args.tags,
            ),
            opts=child,
        )
        dead_letters = dead_letter_queue(f"{name}-dead-letters", key_arn=key_arn, tags=args.tags, parent=self)
        _route(name, args, delivery.arn, dead_letters, parent=self)
        create_alarms(
            name,
            [
                dead_letter_alarm("lake", dead_letters.name, "Events did not reach the lake"),
                Alarm(
                    name="stale",
                    description="Events reach the lake late: see the delivery's log",
                    namespace="AWS/Firehose",
                    metric="DeliveryToS3.DataFreshness",
                    dimensions={"DeliveryStreamName": delivery.name},
                    statistic="Maximum",
                    threshold=MAX_AGE_SECONDS,
                    periods=3,
                ),
            ],
            topic_arn=base.alarm_topic_arn,
            tags=args.tags,
            parent=self,
        )
        self.delivery_stream_name = delivery.name
        self.register_outputs({"deliveryStreamName": self.delivery_stream_name})


def _processors() -> list[ProcessorArgs]:
    parameter = (
        aws.kinesis.FirehoseDeliveryStreamExtendedS3ConfigurationProcessingConfigurationProcessorParameterArgs
    )

    def processor(type_: str, **parameters: str) -> ProcessorArgs:
        return ProcessorArgs(
            type=type_,
            parameters=[
                parameter(parameter_name=name, parameter_value=value) for name, value in parameters.items()
            ],
        )

    return [
        processor("MetadataExtraction", JsonParsingEngine="JQ-1.6", MetadataExtractionQuery=_PARTITIONS),
        processor("AppendDelimiterToRecord", Delimiter="\\n"),  # EventBridge sends records without one
    ]


def _route(
    name: str,
    args: EventLakeArgs,
    delivery_arn: pulumi.Output[str],
    dead_letters: aws.sqs.Queue,
    *,
    parent: pulumi.Resource,
) -> None:
    base = args.foundation
    rule = aws.cloudwatch.EventRule(
        f"{name}-rule",
        aws.cloudwatch.EventRuleArgs(
            event_bus_name=args.bus_name,
            description="Events to the lake",
            event_pattern=json.dumps({"account": [base.account_id], "detail-type": list(EVENT_TYPES)}),
            tags=args.tags,
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    role = service_role(
        f"{name}-rule-role",
        service="events.amazonaws.com",
        account_id=base.account_id,
        description="Lets the bus hand events to the delivery to the lake",
        statements=[
            Statement(
                sid="PutRecords",
                actions=["firehose:PutRecord", "firehose:PutRecordBatch"],
                resources=[delivery_arn],
            )
        ],
        tags=args.tags,
        parent=parent,
    )
    policy = aws.sqs.QueuePolicy(
        f"{name}-dead-letters-policy",
        aws.sqs.QueuePolicyArgs(
            queue_url=dead_letters.url,
            policy=rule_may_send(dead_letters.arn, rule.arn),
        ),
        opts=pulumi.ResourceOptions(parent=rule),
    )
    aws.cloudwatch.EventTarget(
        f"{name}-target",
        aws.cloudwatch.EventTargetArgs(
            rule=rule.name,
            event_bus_name=args.bus_name,
            arn=delivery_arn,
            role_arn=role.arn,
            dead_letter_config=aws.cloudwatch.EventTargetDeadLetterConfigArgs(arn=dead_letters.arn),
            retry_policy=RETRY_POLICY,
        ),
        opts=pulumi.ResourceOptions(parent=rule, depends_on=[policy]),
    )
