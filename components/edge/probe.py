"""Watches one Region from another: what a Region says of itself is lost with it."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, create_alarms, dead_letter_alarm, function_alarms
from components.edge.names import RegionRole
from components.encryption import DataDomain
from components.foundation import Foundation
from components.lambda_function import LambdaFunction, LambdaFunctionArgs
from components.markets import Region
from components.queue import dead_letter_queue
from components.schedule import ScheduledTask, Schedules, SchedulesArgs
from components.tags import DataClass, component_tags

NAMESPACE = "BlueHorizons/Edge"
SERVICE = "region-probe"
REACHABLE = "Reachable"
HEALTH_PATH = "/gbfs/3/station_status.json"
"""Answered without a token, and only by an API, a function and tables that all work."""
UNREACHABLE_MINUTES = 3


@dataclass(frozen=True)
class RegionProbeArgs:
    """`foundation` is of the Region that watches; `host` is the watched Region's own name of the API."""

    foundation: Foundation
    watched: RegionRole
    host: str


class RegionProbe(pulumi.ComponentResource):
    """A function that asks every minute, and the alarm that a health check of Route 53 reads."""

    alarm_name: pulumi.Output[str]
    region: Region

    def __init__(self, name: str, args: RegionProbeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:edge:RegionProbe", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        base = args.foundation
        tags = component_tags(base.tags, "edge", DataClass.INTERNAL)
        key_arn = base.key_arn(DataDomain.TELEMETRY)
        dead_letters = dead_letter_queue(f"{name}-dead-letters", key_arn=key_arn, tags=tags, parent=self)
        probe = LambdaFunction(
            f"{name}-function",
            LambdaFunctionArgs(
                function="region_probe",
                description=f"Asks whether the {args.watched} Region answers",
                home=base.function_home,
                environment={
                    "PROBE_HOST": args.host,
                    "PROBE_PATH": HEALTH_PATH,
                    "POWERTOOLS_SERVICE_NAME": SERVICE,
                    "POWERTOOLS_METRICS_NAMESPACE": NAMESPACE,
                    "POWERTOOLS_LOG_LEVEL": "INFO",
                },
                environment_key_arn=key_arn,
                statements=[],
                tags=tags,
                timeout_seconds=15,
                memory_mb=256,
                reserved_concurrency=2,
            ),
            opts=child,
        )
        Schedules(
            f"{name}-schedules",
            SchedulesArgs(
                account_id=base.account_id,
                time_zone="UTC",
                key_arn=key_arn,
                dead_letter_arn=dead_letters.arn,
                tasks=(
                    ScheduledTask(
                        "probe",
                        f"Whether the {args.watched} Region answers",
                        "rate(1 minute)",
                        {"task": "probe"},
                        probe.alias_arn,
                    ),
                ),
                tags=tags,
            ),
            opts=child,
        )
        alarm = aws.cloudwatch.MetricAlarm(
            f"{name}-unreachable",
            aws.cloudwatch.MetricAlarmArgs(
                alarm_description=f"The {args.watched} Region does not answer to {base.region}",
                namespace=NAMESPACE,
                metric_name=REACHABLE,
                dimensions={"service": SERVICE},
                statistic="Maximum",  # the one of the few that Route 53 understands
                threshold=1,
                comparison_operator="LessThanThreshold",
                evaluation_periods=UNREACHABLE_MINUTES,
                datapoints_to_alarm=UNREACHABLE_MINUTES,
                period=60,
                # Nothing said is not "unreachable": the watcher may be what is broken.
                treat_missing_data="missing",
                alarm_actions=[base.alarm_topic_arn],
                ok_actions=[base.alarm_topic_arn],
                tags=tags,
            ),
            opts=child,
        )
        create_alarms(
            name,
            [
                Alarm(
                    name="silent",
                    description=f"Nobody watches the {args.watched} Region",
                    namespace=NAMESPACE,
                    metric=REACHABLE,
                    dimensions={"service": SERVICE},
                    statistic="SampleCount",
                    threshold=1,
                    below=True,
                    periods=2,
                    missing_is_bad=True,
                ),
                *function_alarms("probe", probe.function_name),
                dead_letter_alarm("schedules", dead_letters.name, "The probe was not called"),
            ],
            topic_arn=base.alarm_topic_arn,
            tags=tags,
            parent=self,
        )
        self.alarm_name = alarm.name
        self.region = base.region
        self.register_outputs({"alarmName": self.alarm_name})
