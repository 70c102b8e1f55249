"""Key figures and the forecast: their table, the functions that make them, and when these run."""

from dataclasses import dataclass

import pulumi

from components.alarms import Alarm, create_alarms, dead_letter_alarm, function_alarms
from components.analytics.catalog import DAILY_KPIS, DEMAND_FORECAST, STATION_DEMAND
from components.analytics.intake import INTAKE, KpiIntake, KpiIntakeArgs
from components.analytics.kpi_functions import METRICS_NAMESPACE, KpiTable, kpi_function
from components.bucket import EncryptedBucket
from components.encryption import DataDomain
from components.events import EventBus
from components.foundation import Foundation
from components.lambda_function import LambdaFunction
from components.queue import dead_letter_queue
from components.schedule import ScheduledTask, Schedules, SchedulesArgs
from components.table import DurableTableArgs, durable_table
from components.tags import Tags

FOLD, FORECASTER = "kpi-fold", "demand-forecaster"
FOLD_TIMEOUT_SECONDS = 600


@dataclass(frozen=True)
class KeyFiguresArgs:
    """`time_zone`: the market's, an IANA name: its days are those of the figures."""

    foundation: Foundation
    time_zone: str
    bus: EventBus
    bucket: EncryptedBucket
    tags: Tags


class KeyFigures(pulumi.ComponentResource):
    """The table, the intake of the primary Region's bus, the fold and the forecast.

    `functions` are by service name.
    """

    kpi: KpiTable
    functions: dict[str, LambdaFunction]

    def __init__(self, name: str, args: KeyFiguresArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:analytics:KeyFigures", name, None, opts)
        base = args.foundation
        key_arn = base.key_arn(DataDomain.ANALYTICS)
        table = durable_table(
            f"{name}-table",
            DurableTableArgs(
                hash_key="pk",
                range_key="sk",
                attribute_types={"pk": "S", "sk": "S"},
                key_arn=key_arn,
                protect=base.production,
                tags=args.tags,
            ),
            self,
        )
        self.kpi = kpi = KpiTable(table, args.bucket, key_arn, base.region)
        child = pulumi.ResourceOptions(parent=self)
        intake = KpiIntake(name, KpiIntakeArgs(base, args.bus, kpi, args.tags), opts=child)
        dead_letters = dead_letter_queue(f"{name}-dead-letters", key_arn=key_arn, tags=args.tags, parent=self)
        fold = kpi_function(
            f"{name}-fold",
            "kpi_aggregator",
            FOLD,
            "Folds what was taken down into a day's key figures",
            [
                kpi.may("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
                kpi.export(DAILY_KPIS, STATION_DEMAND),
                kpi.use_key(),
            ],
            base=base,
            kpi=kpi,
            tags=args.tags,
            parent=self,
            timeout_seconds=FOLD_TIMEOUT_SECONDS,
            memory_mb=1_024,
            reserved_concurrency=1,
            dead_letter_arn=dead_letters.arn,
        )
        forecaster = kpi_function(
            f"{name}-forecaster",
            "demand_forecaster",
            FORECASTER,
            "Forecasts demand by station and hour",
            [kpi.may("GetItem", "PutItem", "Query"), kpi.export(DEMAND_FORECAST), kpi.use_key()],
            base=base,
            kpi=kpi,
            tags=args.tags,
            parent=self,
            timeout_seconds=300,
            reserved_concurrency=1,
            dead_letter_arn=dead_letters.arn,
        )
        Schedules(
            f"{name}-schedules",
            SchedulesArgs(
                account_id=base.account_id,
                time_zone=args.time_zone,
                key_arn=key_arn,
                dead_letter_arn=dead_letters.arn,
                tasks=(
                    ScheduledTask(
                        "fold",
                        "Key figures of today and of days that changed",
                        "rate(15 minutes)",
                        {"task": "fold"},
                        fold.alias_arn,
                    ),
                    ScheduledTask(
                        "forecast",
                        "Tomorrow's demand, when yesterday is complete",
                        "cron(45 0 * * ? *)",
                        {"task": "forecast"},
                        forecaster.alias_arn,
                    ),
                ),
                tags=args.tags,
            ),
            opts=child,
        )
        create_alarms(
            name,
            [
                *function_alarms(FOLD, fold.function_name),
                *function_alarms(FORECASTER, forecaster.function_name),
                dead_letter_alarm("scheduled", dead_letters.name, "Key figures or forecast were not made"),
                Alarm(
                    name="fold-unfinished",
                    description="Run after run, key figures are not folded up to today",
                    namespace=METRICS_NAMESPACE,
                    metric="Unfinished",
                    dimensions={"service": FOLD},
                    threshold=0,
                    period_seconds=900,
                    periods=4,
                ),
            ],
            topic_arn=base.alarm_topic_arn,
            tags=args.tags,
            parent=self,
        )
        self.functions = {INTAKE: intake.function, FOLD: fold, FORECASTER: forecaster}
        self.register_outputs({"tableName": table.name})
