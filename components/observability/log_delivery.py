"""From every log group of the Region to OpenSearch: subscription, unpacking function, Firehose.

CloudWatch Logs packs many events into a record and an OpenSearch document is one, so Firehose alone cannot:
https://docs.aws.amazon.com/firehose/latest/dev/writing-with-cloudwatch-logs.html
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, create_alarms, dead_letter_alarm, function_alarms
from components.encryption import DataDomain
from components.foundation import Foundation
from components.iam import Statement
from components.lambda_function import LambdaFunction, LambdaFunctionArgs
from components.observability.log_sink import LogSink
from components.queue import dead_letter_queue
from components.tags import DataClass, component_tags

INDEX = "logs"
RETRY_SECONDS = 3_600
FRESH_SECONDS = 900


@dataclass(frozen=True)
class LogDeliveryArgs:
    """`left_out` are names of log groups that would loop: what they log is about the delivery itself."""

    foundation: Foundation
    domain_arn: pulumi.Input[str]
    sink: LogSink
    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    security_group_id: pulumi.Input[str]
    left_out: Sequence[pulumi.Input[str]]


class LogDelivery(pulumi.ComponentResource):
    """What the domain does not take lies in the sink's bucket, what the function fails at in a queue."""

    forwarder: LambdaFunction

    def __init__(self, name: str, args: LogDeliveryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:observability:LogDelivery", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        base = args.foundation
        key_arn = base.key_arn(DataDomain.LOGS)
        tags = component_tags(base.tags, "observability", DataClass.CONFIDENTIAL)
        stream = aws.kinesis.FirehoseDeliveryStream(
            f"{name}-stream",
            aws.kinesis.FirehoseDeliveryStreamArgs(
                destination="opensearch",
                server_side_encryption=aws.kinesis.FirehoseDeliveryStreamServerSideEncryptionArgs(
                    enabled=True, key_type="CUSTOMER_MANAGED_CMK", key_arn=key_arn
                ),
                opensearch_configuration=_to_opensearch(args, key_arn),
                tags=tags,
            ),
            opts=child,
        )
        dead_letters = dead_letter_queue(f"{name}-dead-letters", key_arn=key_arn, tags=tags, parent=self)
        self.forwarder = LambdaFunction(
            f"{name}-forwarder",
            LambdaFunctionArgs(
                function="log_forwarder",
                description="Unpacks what CloudWatch Logs sends: one record for each event",
                home=base.function_home,
                environment={
                    "DELIVERY_STREAM": stream.name,
                    "POWERTOOLS_SERVICE_NAME": "log-forwarder",
                    "POWERTOOLS_LOG_LEVEL": "WARNING",
                },
                environment_key_arn=key_arn,
                statements=[
                    Statement(sid="Forward", actions=["firehose:PutRecordBatch"], resources=[stream.arn]),
                    Statement(
                        sid="UseKey", actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[key_arn]
                    ),
                ],
                dead_letter_arn=dead_letters.arn,
                tags=tags,
                timeout_seconds=60,
                reserved_concurrency=20,
            ),
            opts=child,
        )
        permission = aws.lambda_.Permission(
            f"{name}-forwarder-permission",
            aws.lambda_.PermissionArgs(
                action="lambda:InvokeFunction",
                function=self.forwarder.function_name,
                qualifier=self.forwarder.alias_name,
                principal="logs.amazonaws.com",
                source_account=base.account_id,
                source_arn=f"arn:aws:logs:{base.region}:{base.account_id}:log-group:*",
            ),
            opts=child,
        )
        left_out = [*args.left_out, args.sink.log_group_name, self.forwarder.log_group_name]
        aws.cloudwatch.LogAccountPolicy(
            f"{name}-subscription",
            aws.cloudwatch.LogAccountPolicyArgs(
                policy_name=f"{base.prefix}-logs-to-opensearch",
                policy_type="SUBSCRIPTION_FILTER_POLICY",
                scope="ALL",
                policy_document=pulumi.Output.json_dumps(
                    {
                        "DestinationArn": self.forwarder.alias_arn,
                        "FilterPattern": "",
                        "Distribution": "Random",
                    }
                ),
                selection_criteria=pulumi.Output.all(*left_out).apply(
                    lambda names: f"LogGroupName NOT IN {json.dumps(sorted(names))}"
                ),
            ),
            # Logs sends a test event when it subscribes.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[permission]),
        )
        by_stream = {"DeliveryStreamName": stream.name}
        create_alarms(
            name,
            [
                *function_alarms("forwarder", self.forwarder.function_name),
                dead_letter_alarm("forwarder", dead_letters.name, "Log events were not forwarded"),
                Alarm(
                    name="undelivered",
                    description="OpenSearch refuses log events: see the bucket of undelivered ones",
                    namespace="AWS/Firehose",
                    metric="DeliveryToAmazonOpenSearchService.Success",
                    dimensions=by_stream,
                    statistic="Average",
                    threshold=1,
                    below=True,
                    periods=3,
                ),
                Alarm(
                    name="late",
                    description="Log events reach OpenSearch late",
                    namespace="AWS/Firehose",
                    metric="DeliveryToAmazonOpenSearchService.DataFreshness",
                    dimensions=by_stream,
                    statistic="Maximum",
                    threshold=FRESH_SECONDS,
                    periods=3,
                ),
            ],
            topic_arn=base.alarm_topic_arn,
            tags=tags,
            parent=self,
        )
        self.register_outputs({"deliveryStream": stream.name})


def _to_opensearch(
    args: LogDeliveryArgs, key_arn: pulumi.Output[str]
) -> aws.kinesis.FirehoseDeliveryStreamOpensearchConfigurationArgs:
    sink = args.sink
    return aws.kinesis.FirehoseDeliveryStreamOpensearchConfigurationArgs(
        domain_arn=args.domain_arn,
        role_arn=sink.role_arn,
        index_name=INDEX,
        index_rotation_period="OneDay",
        buffering_interval=60,
        buffering_size=5,
        retry_duration=RETRY_SECONDS,
        cloudwatch_logging_options=(
            aws.kinesis.FirehoseDeliveryStreamOpensearchConfigurationCloudwatchLoggingOptionsArgs(
                enabled=True, log_group_name=sink.log_group_name, log_stream_name=sink.log_stream_name
            )
        ),
        s3_backup_mode="FailedDocumentsOnly",
        s3_configuration=aws.kinesis.FirehoseDeliveryStreamOpensearchConfigurationS3ConfigurationArgs(
            bucket_arn=sink.bucket_arn,
            role_arn=sink.role_arn,
            kms_key_arn=key_arn,
            compression_format="GZIP",
        ),
        vpc_config=aws.kinesis.FirehoseDeliveryStreamOpensearchConfigurationVpcConfigArgs(
            subnet_ids=args.subnet_ids,
            security_group_ids=[args.security_group_id],
            role_arn=sink.role_arn,
        ),
    )
