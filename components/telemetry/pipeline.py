"""The telemetry pipeline: cars, topic rules, stream, processor, lake, and the alarms over them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from components.alarms import Alarm, create_alarms
from components.encryption import DataDomain
from components.foundation import Foundation
from components.lambda_function import ALIAS
from components.markets import Region
from components.rental.access import RentalTables
from components.sizing import TelemetrySizing
from components.table import TableReference
from components.tags import DataClass, component_tags
from components.telemetry.devices import FleetDevices, FleetDevicesArgs
from components.telemetry.ingest import TelemetryIngest, TelemetryIngestArgs
from components.telemetry.lake import TelemetryLake, TelemetryLakeArgs
from components.telemetry.processor import METRICS_NAMESPACE, TelemetryProcessor, TelemetryProcessorArgs
from components.topics import VehicleTopics

MAX_ITERATOR_AGE_MS = 60_000
"""Telemetry older than a minute is of no use to a rider who looks for a car."""
MAX_LAKE_AGE_SECONDS = 900


@dataclass(frozen=True)
class EvTelemetryPipelineArgs:
    """What the pipeline is built with.

    `foundation` is of the Region where cars connect, as the component's provider; `vehicle_state`, `alerts`
    and `tables_key_arn` are of `tables_region`. `writers`: the market's tables in every Region that may
    write, when there are several: the processor writes those of the Region that the market's fence names.
    `expects_cars` is False where cars connect after a failover only: nobody is told that they are silent.
    `recent_telemetry`, of `tables_region` too, gets a sample a vehicle and minute for staff's charts.
    """

    foundation: Foundation
    sizing: TelemetrySizing
    tables_region: Region
    vehicle_state: TableReference
    alerts: TableReference
    tables_key_arn: pulumi.Input[str]
    writers: Mapping[Region, RentalTables] = field(default_factory=dict)
    expects_cars: bool = True
    recent_telemetry: TableReference | None = None


class EvTelemetryPipeline(pulumi.ComponentResource):
    """Everything between a car and the state, the alerts and the lake that others read."""

    devices: FleetDevices
    ingest: TelemetryIngest
    processor: TelemetryProcessor
    lake: TelemetryLake

    def __init__(
        self, name: str, args: EvTelemetryPipelineArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:telemetry:EvTelemetryPipeline", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        base = args.foundation
        tags = component_tags(base.tags, "telemetry", DataClass.PERSONAL)
        topics = base.topics
        telemetry_key_arn = base.key_arn(DataDomain.TELEMETRY)
        log_key_arn = base.key_arn(DataDomain.LOGS)
        self.devices = FleetDevices(
            f"{name}-devices",
            FleetDevicesArgs(
                account_id=base.account_id,
                region=base.region,
                market=base.market,
                topics=topics,
                log_key_arn=log_key_arn,
                log_retention_days=base.log_retention_days,
                tags=tags,
            ),
            opts=child,
        )
        self.ingest = TelemetryIngest(
            f"{name}-ingest",
            TelemetryIngestArgs(
                account_id=base.account_id,
                topics=topics,
                sizing=args.sizing,
                key_arn=telemetry_key_arn,
                tags=tags,
            ),
            opts=child,
        )
        self.processor = TelemetryProcessor(
            f"{name}-processor",
            TelemetryProcessorArgs(
                home=base.function_home,
                market=base.market,
                tables_region=args.tables_region,
                vehicle_state=args.vehicle_state,
                alerts=args.alerts,
                tables_key_arn=args.tables_key_arn,
                stream_arn=self.ingest.stream_arn,
                stream_key_arn=telemetry_key_arn,
                sizing=args.sizing,
                protect=base.production,
                tags=tags,
                writers=args.writers,
                recent_telemetry=args.recent_telemetry,
            ),
            opts=child,
        )
        self.lake = TelemetryLake(
            f"{name}-lake",
            TelemetryLakeArgs(
                account_id=base.account_id,
                region=base.region,
                database_name=f"{base.prefix.replace('-', '_')}_raw",
                stream_arn=self.ingest.stream_arn,
                stream_key_arn=telemetry_key_arn,
                lake_key_arn=base.key_arn(DataDomain.ANALYTICS),
                log_key_arn=log_key_arn,
                log_retention_days=base.log_retention_days,
                protect=base.production,
                tags=tags,
            ),
            opts=child,
        )
        create_alarms(
            name,
            [
                *self._ingest_alarms(topics),
                *self._processor_alarms(),
                *self._lake_alarms(),
                *(self._silence_alarms() if base.production and args.expects_cars else []),
            ],
            topic_arn=base.alarm_topic_arn,
            tags=tags,
            parent=self,
        )
        self.register_outputs(
            {
                "streamArn": self.ingest.stream_arn,
                "processorName": self.processor.function.function_name,
                "lakeBucket": self.lake.bucket.bucket_name,
                "refusedBucket": self.processor.refused.bucket_name,
                "provisioningTemplate": self.devices.provisioning_template_name,
            }
        )

    def _ingest_alarms(self, topics: VehicleTopics) -> list[Alarm]:
        alarms = [
            Alarm(
                name="rule-not-found",
                description="Cars publish to a rule that does not exist: their telemetry is lost",
                namespace="AWS/IoT",
                metric="RuleNotFound",
                dimensions={"RuleName": topics.telemetry_rule},
                threshold=0,
            ),
            Alarm(
                name="failed-queue-not-empty",
                description="A topic rule could not write to the stream: replay the queue",
                namespace="AWS/SQS",
                metric="ApproximateNumberOfMessagesVisible",
                dimensions={"QueueName": self.ingest.failed_queue_name},
                statistic="Maximum",
                threshold=0,
            ),
            Alarm(
                name="stream-write-throttled",
                description="The stream refuses records: add shards or slow the fleet",
                namespace="AWS/Kinesis",
                metric="WriteProvisionedThroughputExceeded",
                dimensions={"StreamName": self.ingest.stream_name},
                threshold=0,
            ),
            Alarm(
                name="stream-read-throttled",
                description="Consumers read faster than the stream allows",
                namespace="AWS/Kinesis",
                metric="ReadProvisionedThroughputExceeded",
                dimensions={"StreamName": self.ingest.stream_name},
                threshold=0,
                periods=3,
            ),
        ]
        for purpose, rule in (("telemetry", topics.telemetry_rule), ("lifecycle", topics.lifecycle_rule)):
            alarms += [
                Alarm(
                    name=f"{purpose}-rule-failed",
                    description=f"The {purpose} rule could not write to the stream",
                    namespace="AWS/IoT",
                    metric="Failure",
                    dimensions={"RuleName": rule, "ActionType": "Kinesis"},
                    threshold=0,
                ),
                Alarm(
                    name=f"{purpose}-rule-error-action-failed",
                    description=f"The {purpose} rule could not write to the queue either: records are lost",
                    namespace="AWS/IoT",
                    metric="ErrorActionFailure",
                    dimensions={"RuleName": rule, "ActionType": "SQS"},
                    threshold=0,
                ),
            ]
        return alarms

    def _processor_alarms(self) -> list[Alarm]:
        function = self.processor.function.function_name
        by_alias = {
            "FunctionName": function,
            "Resource": pulumi.Output.concat(function, f":{ALIAS}"),
        }
        by_mapping = {"EventSourceMappingUUID": self.processor.mapping_uuid}
        return [
            Alarm(
                name="iterator-age",
                description="Vehicle state is older than a rider can use: the processor does not keep up",
                namespace="AWS/Lambda",
                metric="IteratorAge",
                dimensions=by_alias,
                statistic="Maximum",
                threshold=MAX_ITERATOR_AGE_MS,
                period_seconds=60,
                periods=5,
            ),
            Alarm(
                name="processor-errors",
                description="The processor fails whole batches",
                namespace="AWS/Lambda",
                metric="Errors",
                dimensions=by_alias,
                threshold=0,
                periods=2,
            ),
            Alarm(
                name="processor-throttles",
                description="The processor's reserved concurrency is too low for the stream",
                namespace="AWS/Lambda",
                metric="Throttles",
                dimensions=by_alias,
                threshold=0,
                periods=2,
            ),
            Alarm(
                name="records-set-aside",
                description="Records used up their retries and lie in the refused bucket: replay them",
                namespace="AWS/Lambda",
                metric="OnFailureDestinationDeliveredEventCount",
                dimensions=by_mapping,
                threshold=0,
            ),
            Alarm(
                name="records-dropped",
                description="Records used up their retries and could not be set aside: they are lost",
                namespace="AWS/Lambda",
                metric="DroppedEventCount",
                dimensions=by_mapping,
                threshold=0,
            ),
            Alarm(
                name="records-failed",
                description="The processor hands records back again and again",
                namespace=METRICS_NAMESPACE,
                metric="Failed",
                dimensions={"service": "telemetry-processor"},
                threshold=0,
                periods=3,
            ),
            Alarm(
                name="samples-dropped",
                description="Staff's charts have gaps: samples were not written",
                namespace=METRICS_NAMESPACE,
                metric="SamplesDropped",
                dimensions={"service": "telemetry-processor"},
                threshold=0,
                periods=3,
            ),
        ]

    def _lake_alarms(self) -> list[Alarm]:
        by_stream = {"DeliveryStreamName": self.lake.delivery_stream_name}
        return [
            Alarm(
                name="lake-stale",
                description="Telemetry does not reach the lake",
                namespace="AWS/Firehose",
                metric="DeliveryToS3.DataFreshness",
                dimensions=by_stream,
                statistic="Maximum",
                threshold=MAX_LAKE_AGE_SECONDS,
                periods=3,
            ),
            Alarm(
                name="lake-conversion-failed",
                description="Records do not fit the Glue table: see errors/ in the lake bucket",
                namespace="AWS/Firehose",
                metric="FailedConversion.Records",
                dimensions=by_stream,
                threshold=0,
            ),
        ]

    def _silence_alarms(self) -> list[Alarm]:
        return [
            Alarm(
                name="fleet-silent",
                description="No car has sent anything for a quarter of an hour",
                namespace="AWS/Kinesis",
                metric="IncomingRecords",
                dimensions={"StreamName": self.ingest.stream_name},
                threshold=1,
                below=True,
                periods=3,
                missing_is_bad=True,
            )
        ]
