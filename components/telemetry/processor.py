"""From the stream to vehicle state: the processor function, its mapping and the bucket of what it refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.bucket import EncryptedBucket, EncryptedBucketArgs, expire
from components.iam import Statement
from components.lambda_function import FunctionHome, LambdaFunction, LambdaFunctionArgs
from components.markets import Market, Region
from components.rental.access import RentalTables
from components.sizing import TelemetrySizing
from components.table import TableReference
from components.tags import Tags
from components.telemetry.ingest import STREAM_RETENTION_HOURS

BATCH_SIZE = 500
BATCHING_WINDOW_SECONDS = 1
TIMEOUT_SECONDS = 60
MAX_RETRIES = 10
MAX_RECORD_AGE_SECONDS = STREAM_RETENTION_HOURS * 3_600 // 3
REFUSED_RETENTION_DAYS = 90
METRICS_NAMESPACE = "BlueHorizons/Telemetry"


@dataclass(frozen=True)
class TelemetryProcessorArgs:
    """Tables and their key may be of another Region than the stream and its key (Indonesia's are).

    `writers`: the market's tables in every Region that may write, when there are several; the fence in the
    rental table then says which of them the processor writes. `recent_telemetry`: of `tables_region`, gets a
    sample a vehicle and minute while that Region is the one that is written; None: no samples are kept.
    """

    home: FunctionHome
    market: Market
    tables_region: Region
    vehicle_state: TableReference
    alerts: TableReference
    tables_key_arn: pulumi.Input[str]
    stream_arn: pulumi.Input[str]
    stream_key_arn: pulumi.Input[str]
    sizing: TelemetrySizing
    protect: bool
    tags: Tags
    writers: Mapping[Region, RentalTables] = field(default_factory=dict)
    recent_telemetry: TableReference | None = None


class TelemetryProcessor(pulumi.ComponentResource):
    """The function that folds telemetry into vehicle state and raises alerts."""

    function: LambdaFunction
    refused: EncryptedBucket
    mapping_uuid: pulumi.Output[str]

    def __init__(
        self, name: str, args: TelemetryProcessorArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:telemetry:TelemetryProcessor", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.refused = EncryptedBucket(
            f"{name}-refused",
            EncryptedBucketArgs(
                key_arn=args.stream_key_arn,
                tags=args.tags,
                protect=args.protect,
                lifecycle_rules=[expire(REFUSED_RETENTION_DAYS)],
            ),
            opts=child,
        )
        self.function = LambdaFunction(
            name,
            LambdaFunctionArgs(
                function="telemetry_processor",
                packages=("rental_store",),
                description="Folds telemetry into vehicle state and raises alerts",
                home=args.home,
                environment={
                    "MARKET": str(args.market),
                    "VEHICLE_STATE_TABLE": args.vehicle_state.name,
                    "ALERTS_TABLE": args.alerts.name,
                    "TABLES_REGION": str(args.tables_region),
                    **_writer_environment(args.writers),
                    **_samples_environment(args.recent_telemetry),
                    "REJECTED_BUCKET": self.refused.bucket_name,
                    "POWERTOOLS_SERVICE_NAME": "telemetry-processor",
                    "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
                    "POWERTOOLS_LOG_LEVEL": "INFO",
                },
                environment_key_arn=args.stream_key_arn,
                statements=_processor_may(args, self.refused.arn),
                tags=args.tags,
                timeout_seconds=TIMEOUT_SECONDS,
                memory_mb=1_024,
                reserved_concurrency=args.sizing.reserved_concurrency,
            ),
            opts=child,
        )
        mapping = aws.lambda_.EventSourceMapping(
            f"{name}-mapping",
            aws.lambda_.EventSourceMappingArgs(
                event_source_arn=args.stream_arn,
                function_name=self.function.alias_arn,
                starting_position="TRIM_HORIZON",
                batch_size=BATCH_SIZE,
                maximum_batching_window_in_seconds=BATCHING_WINDOW_SECONDS,
                parallelization_factor=args.sizing.parallelization_factor,
                function_response_types=["ReportBatchItemFailures"],
                bisect_batch_on_function_error=True,
                # Both default to -1, for ever: one bad record would block its shard until it expires.
                maximum_retry_attempts=MAX_RETRIES,
                maximum_record_age_in_seconds=MAX_RECORD_AGE_SECONDS,
                # A bucket gets the records themselves; a queue or a topic would get their positions only.
                destination_config=aws.lambda_.EventSourceMappingDestinationConfigArgs(
                    on_failure=aws.lambda_.EventSourceMappingDestinationConfigOnFailureArgs(
                        destination_arn=self.refused.arn
                    )
                ),
                metrics_config=aws.lambda_.EventSourceMappingMetricsConfigArgs(metrics=["EventCount"]),
                tags=args.tags,
            ),
            opts=child,
        )
        self.mapping_uuid = mapping.uuid
        self.register_outputs({"functionName": self.function.function_name})


def _processor_may(args: TelemetryProcessorArgs, refused_arn: pulumi.Output[str]) -> list[Statement]:
    return [
        Statement(
            sid="ReadStream",
            actions=[
                "kinesis:DescribeStream",
                "kinesis:DescribeStreamSummary",
                "kinesis:GetRecords",
                "kinesis:GetShardIterator",
                "kinesis:ListShards",
            ],
            resources=[args.stream_arn],
        ),
        Statement(
            sid="FoldIntoVehicleState",
            actions=["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:UpdateItem"],
            resources=_arns(args.vehicle_state, [t.vehicle_state for t in args.writers.values()]),
        ),
        Statement(
            sid="OpenAndResolveAlerts",
            actions=["dynamodb:PutItem", "dynamodb:UpdateItem"],
            resources=_arns(args.alerts, [t.alerts for t in args.writers.values()]),
        ),
        # The function writes under rejected/, the mapping under aws/lambda/ with the same role.
        Statement(
            sid="KeepRefusedRecords",
            actions=["s3:PutObject"],
            resources=[
                pulumi.Output.concat(refused_arn, "/rejected/*"),
                pulumi.Output.concat(refused_arn, "/aws/lambda/*"),
            ],
        ),
        # The mapping checks that the bucket exists before it delivers to it.
        Statement(sid="FindRefusedBucket", actions=["s3:ListBucket"], resources=[refused_arn]),
        Statement(
            sid="UseKeys",
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=[
                args.stream_key_arn,
                args.tables_key_arn,
                *(t.telemetry_key_arn for t in args.writers.values()),
            ],
        ),
        *(_read_fence(args.writers) if args.writers else []),
        *([_keep_samples(args.recent_telemetry)] if args.recent_telemetry else []),
    ]


def _arns(table: TableReference, others: Sequence[TableReference]) -> list[pulumi.Input[str]]:
    return [table.arn, *(other.arn for other in others if other is not table)]


def _read_fence(writers: Mapping[Region, RentalTables]) -> list[Statement]:
    return [
        Statement(
            sid="ReadFence",
            actions=["dynamodb:GetItem"],
            resources=[tables.rental.arn for tables in writers.values()],
        ),
        Statement(
            sid="UseFenceKeys",
            actions=["kms:Decrypt"],
            resources=[tables.rental_key_arn for tables in writers.values()],
        ),
    ]


def _keep_samples(table: TableReference) -> Statement:
    return Statement(sid="KeepSamples", actions=["dynamodb:BatchWriteItem"], resources=[table.arn])


def _samples_environment(table: TableReference | None) -> dict[str, pulumi.Input[str]]:
    return {} if table is None else {"RECENT_TELEMETRY_TABLE": table.name}


def _writer_environment(writers: Mapping[Region, RentalTables]) -> dict[str, pulumi.Input[str]]:
    if not writers:
        return {}
    return {
        "WRITER_REGIONS": " ".join(sorted(writers)),
        "RENTAL_TABLE": next(iter(writers.values())).rental.name,
    }
