"""The outbox: what changes in the tables is read from their streams and published on the bus."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm
from components.iam import Statement
from components.lambda_function import ALIAS, LambdaFunction
from components.rental.access import RentalTables
from components.table import TableReference
from components.tags import Tags

MAX_RETRIES = 20
MAX_AGE_SECONDS = 12 * 3_600  # half of what a table stream keeps
MAX_LATE_MS = 60_000


def publisher_may(
    tables: RentalTables, *, bus_arn: pulumi.Input[str], failed_arn: pulumi.Output[str]
) -> list[Statement]:
    """What the publisher's role needs; the mappings put what was not published under `failed_arn`."""
    return [
        Statement(
            sid="ReadStreams",
            actions=["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
            resources=[table.stream_arn for table in _streams(tables).values()],
        ),
        Statement(
            sid="ListStreams",
            actions=["dynamodb:ListStreams"],
            resources=["*"],  # ListStreams has no resource-level permission
        ),
        Statement(sid="Publish", actions=["events:PutEvents"], resources=[bus_arn]),
        Statement(
            sid="KeepFailed",
            actions=["s3:PutObject"],
            resources=[pulumi.Output.concat(failed_arn, "/aws/lambda/*")],
        ),
        Statement(sid="FindFailedBucket", actions=["s3:ListBucket"], resources=[failed_arn]),
        Statement(
            sid="UseKeys",
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=[tables.rental_key_arn, tables.telemetry_key_arn],
        ),
    ]


def read_streams(
    name: str,
    tables: RentalTables,
    publisher: LambdaFunction,
    *,
    failed_arn: pulumi.Input[str],
    enabled: bool,
    tags: Tags,
    parent: pulumi.Resource,
) -> list[Alarm]:
    """Map the tables' streams to the publisher; the answer is the alarms of what comes late or not at all."""
    alarms = []
    for purpose, table in _streams(tables).items():
        mapping = aws.lambda_.EventSourceMapping(
            f"{name}-{purpose}",
            aws.lambda_.EventSourceMappingArgs(
                event_source_arn=table.stream_arn,
                function_name=publisher.alias_arn,
                starting_position="TRIM_HORIZON",
                enabled=enabled,
                batch_size=100,
                maximum_batching_window_in_seconds=1,  # cars report all the time, most of it is no event
                function_response_types=["ReportBatchItemFailures"],
                bisect_batch_on_function_error=True,
                # Both default to -1, for ever: one bad record would block its shard for a day.
                maximum_retry_attempts=MAX_RETRIES,
                maximum_record_age_in_seconds=MAX_AGE_SECONDS,
                destination_config=aws.lambda_.EventSourceMappingDestinationConfigArgs(
                    on_failure=aws.lambda_.EventSourceMappingDestinationConfigOnFailureArgs(
                        destination_arn=failed_arn
                    )
                ),
                metrics_config=aws.lambda_.EventSourceMappingMetricsConfigArgs(metrics=["EventCount"]),
                tags=tags,
            ),
            opts=pulumi.ResourceOptions(parent=parent),
        )
        alarms.append(
            Alarm(
                name=f"outbox-{purpose}-set-aside",
                description="Changes used up their retries and were not published: replay the bucket",
                namespace="AWS/Lambda",
                metric="OnFailureDestinationDeliveredEventCount",
                dimensions={"EventSourceMappingUUID": mapping.uuid},
                threshold=0,
            )
        )
    late = Alarm(
        name="outbox-late",
        description="Changes reach the bus late",
        namespace="AWS/Lambda",
        metric="IteratorAge",
        dimensions={
            "FunctionName": publisher.function_name,
            "Resource": pulumi.Output.concat(publisher.function_name, f":{ALIAS}"),
        },
        statistic="Maximum",
        threshold=MAX_LATE_MS,
        period_seconds=60,
        periods=5,
    )
    return [*alarms, late]


def _streams(tables: RentalTables) -> Mapping[str, TableReference]:
    return {"rental": tables.rental, "vehicle-state": tables.vehicle_state, "alerts": tables.alerts}
