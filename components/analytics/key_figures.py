"""Key figures and the forecast: their table, the functions that make them, and what feeds these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import pulumi

from components.alarms import Alarm, create_alarms, dead_letter_alarm, function_alarms
from components.analytics.catalog import DAILY_KPIS, DEMAND_FORECAST, STATION_DEMAND
from components.analytics.schema import KPI_EVENT_TYPES
from components.bucket import EncryptedBucket
from components.encryption import DataDomain
from components.events import EventBus
from components.foundation import Foundation
from components.iam import Statement
from components.lambda_function import LambdaFunction, LambdaFunctionArgs
from components.markets import Region
from components.queue import ConsumedQueue, ConsumedQueueArgs, consume, consume_statement, dead_letter_queue
from components.schedule import ScheduledTask, Schedules, SchedulesArgs
from components.table import DurableTableArgs, TableReference, durable_table
from components.tags import Tags

METRICS_NAMESPACE = "BlueHorizons/Analytics"
# The shared folders that a function's own code imports; a test runs every archive alone.
PACKAGES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "kpi_aggregator": ("kpi_store", "rental_events", "rental_store"),
        "demand_forecaster": ("kpi_store", "rental_store"),
    }
)
INTAKE, FOLD, FORECASTER = "kpi-intake", "kpi-fold", "demand-forecaster"
INTAKE_TIMEOUT_SECONDS = 30
FOLD_TIMEOUT_SECONDS = 600
MAX_QUEUE_AGE_SECONDS = 3_600


@dataclass(frozen=True)
class KpiTable:
    """The table `kpi` and the curated bucket of a market, as functions of any of its Regions use them."""

    table: TableReference
    bucket: EncryptedBucket
    key_arn: pulumi.Input[str]
    region: Region

    def environment(self, service: str, base: Foundation) -> dict[str, pulumi.Input[str]]:
        """The variables that every function of key figures reads."""
        return {
            "MARKET": str(base.market),
            "KPI_TABLE": self.table.name,
            "KPI_REGION": str(self.region),
            "LAKE_BUCKET": self.bucket.bucket_name,
            "POWERTOOLS_SERVICE_NAME": service,
            "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
            "POWERTOOLS_LOG_LEVEL": "INFO",
        }

    def may(self, *actions: str) -> Statement:
        """These actions of DynamoDB on the table."""
        return Statement(
            sid="KpiTable",
            actions=[f"dynamodb:{action}" for action in actions],
            resources=[self.table.arn],
        )

    def export(self, *tables: str) -> Statement:
        """Write days of these tables of the lake."""
        return Statement(
            sid="WriteLake",
            actions=["s3:PutObject"],
            resources=[pulumi.Output.concat(self.bucket.arn, f"/{table}/*") for table in tables],
        )

    def use_key(self, *more: pulumi.Input[str]) -> Statement:
        """Use the key of table and bucket, and `more` keys."""
        return Statement(
            sid="UseKeys", actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[self.key_arn, *more]
        )


@dataclass(frozen=True)
class KpiIntakeArgs:
    """`bus` is of the foundation's Region, `kpi` where the table is."""

    foundation: Foundation
    bus: EventBus
    kpi: KpiTable
    tags: Tags


class KpiIntake(pulumi.ComponentResource):
    """Brings the events of one Region's bus into the table `kpi`, which may be in another Region.

    While that Region is out of reach the events wait in the queue and, after a few attempts, in its
    dead-letter queue, two weeks at most.
    """

    function: LambdaFunction

    def __init__(self, name: str, args: KpiIntakeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:analytics:KpiIntake", name, None, opts)
        base, kpi = args.foundation, args.kpi
        key_arn = base.key_arn(DataDomain.ANALYTICS)
        queue = ConsumedQueue(
            f"{name}-events",
            ConsumedQueueArgs(
                key_arn=key_arn, function_timeout_seconds=INTAKE_TIMEOUT_SECONDS, tags=args.tags
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        args.bus.route("key-figures", detail_types=KPI_EVENT_TYPES, to=queue, account_id=base.account_id)
        self.function = intake = _function(
            f"{name}-intake",
            "kpi_aggregator",
            INTAKE,
            "Takes down what events say of key figures",
            [
                kpi.may("PutItem", "UpdateItem"),
                kpi.use_key(*([] if kpi.region is base.region else [key_arn])),
                consume_statement(queue.arn),
            ],
            base=base,
            kpi=kpi,
            tags=args.tags,
            parent=self,
            timeout_seconds=INTAKE_TIMEOUT_SECONDS,
            reserved_concurrency=5,
        )
        consume(
            f"{name}-mapping",
            queue_arn=queue.arn,
            alias_arn=intake.alias_arn,
            max_concurrency=5,
            tags=args.tags,
            parent=self,
        )
        create_alarms(
            name,
            [
                *function_alarms(INTAKE, intake.function_name),
                dead_letter_alarm("intake", queue.dead_letter_name, "Events were not counted"),
                Alarm(
                    name="intake-late",
                    description="Events wait long to be counted",
                    namespace="AWS/SQS",
                    metric="ApproximateAgeOfOldestMessage",
                    dimensions={"QueueName": queue.queue_name},
                    statistic="Maximum",
                    threshold=MAX_QUEUE_AGE_SECONDS,
                ),
                Alarm(
                    name="facts-too-old",
                    description="Events are older than what key figures are made of is kept",
                    namespace=METRICS_NAMESPACE,
                    metric="FactsTooOld",
                    dimensions={"service": INTAKE},
                    threshold=0,
                ),
            ],
            topic_arn=base.alarm_topic_arn,
            tags=args.tags,
            parent=self,
        )
        self.register_outputs({})


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
        fold = _function(
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
        forecaster = _function(
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


def _function(
    name: str,
    function: str,
    service: str,
    description: str,
    statements: Sequence[Statement],
    *,
    base: Foundation,
    kpi: KpiTable,
    tags: Tags,
    parent: pulumi.Resource,
    timeout_seconds: int,
    reserved_concurrency: int,
    memory_mb: int = 512,
    dead_letter_arn: pulumi.Input[str] | None = None,
) -> LambdaFunction:
    """A function of key figures; `service` is the dimension of its metrics."""
    return LambdaFunction(
        name,
        LambdaFunctionArgs(
            function=function,
            packages=PACKAGES[function],
            description=description,
            account_id=base.account_id,
            layer_arn=base.layer_arn,
            environment=kpi.environment(service, base),
            environment_key_arn=base.key_arn(DataDomain.ANALYTICS),
            log_key_arn=base.key_arn(DataDomain.LOGS),
            log_retention_days=base.log_retention_days,
            statements=statements,
            dead_letter_arn=dead_letter_arn,
            tags=tags,
            timeout_seconds=timeout_seconds,
            memory_mb=memory_mb,
            reserved_concurrency=reserved_concurrency,
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )
