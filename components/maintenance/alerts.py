"""From the bus to people: the queue of alerts, the dispatcher, and tickets to whoever keeps them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, create_alarms, dead_letter_alarm, function_alarms
from components.encryption import DataDomain
from components.events import EventBus
from components.foundation import Foundation
from components.iam import Statement
from components.lambda_function import LambdaFunction, LambdaFunctionArgs
from components.maintenance.channels import Reach, TicketWebhook
from components.maintenance.topics import AlertTopics, AlertTopicsArgs
from components.queue import (
    ConsumedQueue,
    ConsumedQueueArgs,
    consume,
    consume_statement,
    dead_letter_queue,
)
from components.rental.access import RentalTables
from components.schedule import ScheduledTask, Schedules, SchedulesArgs
from components.table import TableReference
from components.tags import DataClass, component_tags

METRICS_NAMESPACE = "BlueHorizons/Maintenance"
EVENTS = ("alert.opened", "alert.acked", "alert.resolved")
DISPATCHER_TIMEOUT_SECONDS = 50
WEBHOOK_TIMEOUT_SECONDS = 60  # ten tickets of five seconds each
MAX_RECEIVES = 10
TICKET_MAX_RECEIVES = 30
"""With the webhook's backoff, 30 s doubled up to an hour, a ticket is tried for a day."""
MAX_TASK_AGE_MS = 600_000
SECRET_RECOVERY_DAYS = 30


@dataclass(frozen=True)
class MaintenanceAlertsArgs:
    """What the alerts of a Region are told with.

    Everything is of the foundation's Region. `dispatch` and `backoffice` have the back office's key.
    `writes_enabled` is False where the Region stands by: its bus is silent then, and its sweep rests.
    `console_url` is the back office's. `also_to_chat` are topics of another Region that chat hears too.
    """

    foundation: Foundation
    bus: EventBus
    tables: RentalTables
    dispatch: TableReference
    backoffice: TableReference
    reach: Reach
    console_url: str
    time_zone: str
    writes_enabled: bool = True
    also_to_chat: Sequence[pulumi.Input[str]] = ()

    def __post_init__(self) -> None:
        if not self.console_url.startswith("https://"):
            raise ValueError(f"console_url is {self.console_url!r}: https://<host> is expected")


class MaintenanceAlerts(pulumi.ComponentResource):
    """Instantiated once a Region. `functions` are by service name."""

    topics: AlertTopics
    functions: Mapping[str, LambdaFunction]
    queue: ConsumedQueue
    tickets: ConsumedQueue | None

    def __init__(
        self, name: str, args: MaintenanceAlertsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:maintenance:MaintenanceAlerts", name, None, opts)
        self._name = name
        self._args = args
        base = self._base = args.foundation
        self._key_arn = base.key_arn(DataDomain.BACKOFFICE)
        self._tags = component_tags(base.tags, "maintenance", DataClass.INTERNAL)
        self._child = pulumi.ResourceOptions(parent=self)
        self._alarms: list[Alarm] = []
        self._made: dict[str, LambdaFunction] = {}
        self.topics = AlertTopics(
            f"{name}-topics",
            AlertTopicsArgs(
                account_id=base.account_id,
                region=base.region,
                prefix=base.prefix,
                reach=args.reach,
                key_arn=self._key_arn,
                log_key_arn=base.key_arn(DataDomain.LOGS),
                tags=self._tags,
                also_to_chat=args.also_to_chat,
            ),
            opts=self._child,
        )
        if self.topics.unheard_queue_name is not None:
            self._alarms.append(
                dead_letter_alarm("unheard", self.topics.unheard_queue_name, "Escalations were not heard")
            )
        self.queue = self._queue("alerts", DISPATCHER_TIMEOUT_SECONDS, MAX_RECEIVES)
        self.tickets = None
        if args.reach.webhook is not None:
            self.tickets = self._queue("tickets", WEBHOOK_TIMEOUT_SECONDS, TICKET_MAX_RECEIVES)
            self._webhook(args.reach.webhook, self.tickets)
        self._dispatcher()
        create_alarms(name, self._alarms, topic_arn=base.alarm_topic_arn, tags=self._tags, parent=self)
        self.functions = self._made
        self.register_outputs({f"{severity}TopicArn": arn for severity, arn in self.topics.arns.items()})

    def _queue(self, purpose: str, timeout_seconds: int, max_receives: int) -> ConsumedQueue:
        queue = ConsumedQueue(
            f"{self._name}-{purpose}",
            ConsumedQueueArgs(
                key_arn=self._key_arn,
                function_timeout_seconds=timeout_seconds,
                max_receives=max_receives,
                tags=self._tags,
            ),
            opts=self._child,
        )
        self._alarms.append(
            dead_letter_alarm(purpose, queue.dead_letter_name, f"{purpose.capitalize()} were not handed on")
        )
        return queue

    def _dispatcher(self) -> None:
        args, base = self._args, self._base
        undone = dead_letter_queue(
            f"{self._name}-undone", key_arn=self._key_arn, tags=self._tags, parent=self
        )
        args.bus.route("maintenance", detail_types=EVENTS, to=self.queue, account_id=base.account_id)
        dispatcher = self._function(
            "alert_dispatcher",
            "Tells people of alerts, opens work orders, hands tickets on",
            # The last two are what other modules of the back office's store import.
            packages=(
                "backoffice_store",
                "rental_events",
                "rental_store",
                "kpi_store",
                "telemetry_processor",
            ),
            statements=self._dispatcher_may(),
            environment=self._dispatcher_environment(),
            timeout_seconds=DISPATCHER_TIMEOUT_SECONDS,
            dead_letter_arn=undone.arn,
        )
        consume(
            f"{self._name}-alerts-mapping",
            queue_arn=self.queue.arn,
            alias_arn=dispatcher.alias_arn,
            max_concurrency=3,  # alerts of one station change one item; one is left for the sweep
            tags=self._tags,
            parent=self,
        )
        Schedules(
            f"{self._name}-schedules",
            SchedulesArgs(
                account_id=base.account_id,
                time_zone=args.time_zone,
                key_arn=self._key_arn,
                dead_letter_arn=undone.arn,
                tasks=(
                    ScheduledTask(
                        "dispatch",
                        "Reminders, summaries, and what was not handed on",
                        "rate(1 minute)",
                        {"task": "dispatch"},
                        dispatcher.alias_arn,
                    ),
                ),
                tags=self._tags,
                enabled=args.writes_enabled,
            ),
            opts=self._child,
        )
        self._alarms += [
            dead_letter_alarm("undone", undone.name, "The sweep of alerts was not done"),
            *(
                Alarm(
                    name=f"dispatcher-{metric.lower()}",
                    description=description,
                    namespace=METRICS_NAMESPACE,
                    metric=metric,
                    dimensions={"service": "alert-dispatcher"},
                    statistic=statistic,
                    threshold=threshold,
                    periods=periods,
                )
                for metric, statistic, threshold, periods, description in (
                    ("Failed", "Sum", 0, 3, "Alerts cannot be handed on, again and again"),
                    ("Unfinished", "Sum", 0, 3, "The dispatcher does not keep up"),
                    ("OldestTask", "Maximum", MAX_TASK_AGE_MS, 1, "Somebody should have been told long ago"),
                )
            ),
        ]

    def _dispatcher_environment(self) -> dict[str, pulumi.Input[str]]:
        args, topics = self._args, self.topics
        environment: dict[str, pulumi.Input[str]] = {
            "MARKET": str(self._base.market),
            "TABLES_REGION": str(self._base.region),
            "ALERTS_TABLE": args.tables.alerts.name,
            "RENTAL_TABLE": args.tables.rental.name,
            "DISPATCH_TABLE": args.dispatch.name,
            "BACKOFFICE_TABLE": args.backoffice.name,
            "CONSOLE_URL": args.console_url,
            "WRITES_ENABLED": "true" if args.writes_enabled else "false",
            **{f"{severity.upper()}_TOPIC_ARN": arn for severity, arn in topics.arns.items()},
        }
        if topics.escalation_arn is not None:
            environment["ESCALATION_TOPIC_ARN"] = topics.escalation_arn
        if self.tickets is not None:
            environment["TICKET_QUEUE_URL"] = self.tickets.url
        return environment

    def _dispatcher_may(self) -> list[Statement]:
        args = self._args
        told = list(self.topics.arns.values())
        if self.topics.escalation_arn is not None:
            told.append(self.topics.escalation_arn)
        statements = [
            consume_statement(self.queue.arn),
            Statement(
                sid="ReadAlertsAndPlaces",
                actions=["dynamodb:GetItem"],
                resources=[args.tables.alerts.arn, args.tables.rental.arn],
            ),
            Statement(
                sid="Remember",
                actions=["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
                resources=[args.dispatch.arn],
            ),
            Statement(
                sid="FindWhatIsDue",
                actions=["dynamodb:Query"],
                resources=[pulumi.Output.concat(args.dispatch.arn, "/index/due")],
            ),
            Statement(sid="OpenWorkOrders", actions=["dynamodb:PutItem"], resources=[args.backoffice.arn]),
            Statement(sid="Tell", actions=["sns:Publish"], resources=told),
            Statement(
                sid="UseKeys",
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=[self._key_arn],
            ),
            Statement(
                sid="ReadOthersTables",
                actions=["kms:Decrypt"],
                resources=[args.tables.telemetry_key_arn, args.tables.rental_key_arn],
            ),
        ]
        if self.tickets is not None:
            statements.append(
                Statement(sid="HandTicketsOn", actions=["sqs:SendMessage"], resources=[self.tickets.arn])
            )
        return statements

    def _webhook(self, webhook: TicketWebhook, tickets: ConsumedQueue) -> None:
        secret = aws.secretsmanager.Secret(
            f"{self._name}-ticket-key",
            aws.secretsmanager.SecretArgs(
                description="Signs tickets; the ticket system has the same",
                kms_key_id=self._key_arn,
                recovery_window_in_days=SECRET_RECOVERY_DAYS,
                tags=self._tags,
            ),
            opts=self._child,
        )
        aws.secretsmanager.SecretVersion(
            f"{self._name}-ticket-key-version",
            aws.secretsmanager.SecretVersionArgs(
                secret_id=secret.id, secret_string=pulumi.Output.secret(webhook.signing_key)
            ),
            opts=pulumi.ResourceOptions(parent=secret, additional_secret_outputs=["secretString"]),
        )
        function = self._function(
            "ticket_webhook",
            "Hands tickets to the ticket system",
            packages=("rental_store",),
            statements=[
                consume_statement(tickets.arn),
                Statement(sid="PutOff", actions=["sqs:ChangeMessageVisibility"], resources=[tickets.arn]),
                Statement(
                    sid="ReadSigningKey", actions=["secretsmanager:GetSecretValue"], resources=[secret.arn]
                ),
                Statement(sid="UseKey", actions=["kms:Decrypt"], resources=[self._key_arn]),
            ],
            environment={
                "WEBHOOK_URL": webhook.url,
                "WEBHOOK_SECRET_ARN": secret.arn,
                "TICKET_QUEUE_URL": tickets.url,
            },
            timeout_seconds=WEBHOOK_TIMEOUT_SECONDS,
        )
        consume(
            f"{self._name}-tickets-mapping",
            queue_arn=tickets.arn,
            alias_arn=function.alias_arn,
            max_concurrency=2,
            tags=self._tags,
            parent=self,
        )

    def _function(
        self,
        function: str,
        description: str,
        *,
        packages: tuple[str, ...],
        statements: Sequence[Statement],
        environment: Mapping[str, pulumi.Input[str]],
        timeout_seconds: int,
        dead_letter_arn: pulumi.Input[str] | None = None,
    ) -> LambdaFunction:
        service = function.replace("_", "-")
        made = LambdaFunction(
            f"{self._name}-{service}",
            LambdaFunctionArgs(
                function=function,
                packages=packages,
                description=description,
                home=self._base.function_home,
                environment={
                    **environment,
                    "POWERTOOLS_SERVICE_NAME": service,
                    "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
                    "POWERTOOLS_LOG_LEVEL": "INFO",
                },
                environment_key_arn=self._key_arn,
                statements=statements,
                dead_letter_arn=dead_letter_arn,
                tags=self._tags,
                timeout_seconds=timeout_seconds,
                reserved_concurrency=4,
            ),
            opts=self._child,
        )
        self._made[service] = made
        self._alarms += function_alarms(service, made.function_name)
        return made
