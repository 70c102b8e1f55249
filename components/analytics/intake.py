"""What brings the events of a Region's bus into the table `kpi`."""

from dataclasses import dataclass

import pulumi

from components.alarms import Alarm, create_alarms, dead_letter_alarm, function_alarms
from components.analytics.kpi_functions import METRICS_NAMESPACE, KpiTable, kpi_function
from components.analytics.schema import KPI_EVENT_TYPES
from components.encryption import DataDomain
from components.events import EventBus
from components.foundation import Foundation
from components.lambda_function import LambdaFunction
from components.queue import ConsumedQueue, ConsumedQueueArgs, consume, consume_statement
from components.tags import Tags

INTAKE = "kpi-intake"
INTAKE_TIMEOUT_SECONDS = 30
MAX_QUEUE_AGE_SECONDS = 3_600


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
        self.function = intake = kpi_function(
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
