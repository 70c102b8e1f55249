"""The rental service of one Region: rider API, feeds, event bus and the functions behind them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, create_alarms, dead_letter_alarm, function_alarms
from components.bucket import EncryptedBucket, EncryptedBucketArgs
from components.encryption import DataDomain
from components.events import EventBus, EventBusArgs
from components.foundation import Foundation
from components.iam import Statement
from components.lambda_function import FUNCTIONS_DIR, LambdaFunction, LambdaFunctionArgs
from components.markets import Region
from components.queue import (
    ConsumedQueue,
    ConsumedQueueArgs,
    consume,
    consume_statement,
    dead_letter_queue,
)
from components.rental.access import METRICS_NAMESPACE, RentalTables
from components.rental.commands import send_commands
from components.rental.outbox import publisher_may, read_streams
from components.rest_api import ApiLogging, RestApi, RestApiArgs
from components.schedule import ScheduledTask, Schedules, SchedulesArgs
from components.sizing import ApiThrottle
from components.tags import DataClass, component_tags

# The shared folders that a function's own code imports; a test runs every archive alone.
_PACKAGES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "rider_api": ("http_api", "rental_store"),
        "gbfs_feed": ("http_api", "rental_store"),
        "event_publisher": ("rental_store",),
        "booking_expirer": ("rental_events", "rental_store"),
        "offline_detector": ("rental_events", "rental_store"),
        "invoicer": ("rental_events", "rental_store"),
        "reconciler": ("rental_events", "rental_store"),
    }
)
OPENAPI_DOCUMENT = FUNCTIONS_DIR / "rider_api" / "openapi.json"
STAGE = "live"
SWEEPS = ("booking-expirer", "offline-detector", "invoicer", "reconciler")
ARCHIVE_DAYS = 90
INVOICER_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class RentalServiceArgs:
    """What the service of a Region is built with.

    Everything is of the foundation's Region but `ingest_region`, where cars hear their commands.
    `writes_enabled` is False in a Region that stands by: its functions refuse every change, its schedules
    rest, and its streams are not read; once it is True they are, from their oldest change on.
    `custom_domain` says whether riders reach the API by a name of ours; `throttle` is of each method.
    """

    foundation: Foundation
    time_zone: str
    ingest_region: Region
    tables: RentalTables
    rider_pool_arn: pulumi.Input[str]
    api_logging: ApiLogging
    throttle: ApiThrottle
    writes_enabled: bool = True
    custom_domain: bool = False


class RentalService(pulumi.ComponentResource):
    """Instantiated once a Region; the tables are handed in, so that a standby shares them.

    `functions` are by service name (`rider-api`).
    """

    bus: EventBus
    api: RestApi
    functions: dict[str, LambdaFunction]

    def __init__(
        self, name: str, args: RentalServiceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:rental:RentalService", name, None, opts)
        self._name = name
        self._args = args
        base = self._base = args.foundation
        key_arn = self._key_arn = base.key_arn(DataDomain.RENTAL)
        self._tags = component_tags(base.tags, "rental", DataClass.PERSONAL)
        self._child = pulumi.ResourceOptions(parent=self)
        self._alarms: list[Alarm] = []
        self.functions = {}
        tables = args.tables
        everything = [*tables.read(), tables.read_state(), tables.write(), tables.write_state()]

        self.bus = EventBus(
            f"{name}-events",
            EventBusArgs(
                name=f"{base.topics.prefix}-rental",
                key_arn=key_arn,
                archive_days=ARCHIVE_DAYS,
                tags=self._tags,
            ),
            opts=self._child,
        )
        scheduled_dead_letters = dead_letter_queue(
            f"{name}-schedules-dead-letters", key_arn=key_arn, tags=self._tags, parent=self
        )
        rider_api = self._function(
            "rider_api",
            "What a rider's app calls",
            [*everything, send_commands(base.topics, args.ingest_region, base.account_id)],
            environment={"IOT_REGION": str(args.ingest_region)},
            memory_mb=1_024,
            reserved_concurrency=50,
        )
        gbfs_feed = self._function(
            "gbfs_feed",
            "GBFS 3.0 feeds for journey planners",
            [*tables.read(), tables.read_state()],
            reserved_concurrency=20,
        )
        self._function(
            "booking_expirer",
            "Ends holds and commands whose time is over",
            [*tables.read(), tables.write(), tables.write_state()],
            timeout_seconds=50,
            dead_letter_arn=scheduled_dead_letters.arn,
            reserved_concurrency=1,
        )
        self._function(
            "offline_detector",
            "Finds cars that have not been heard of",
            everything,
            timeout_seconds=120,
            dead_letter_arn=scheduled_dead_letters.arn,
            reserved_concurrency=1,
        )
        self._function(
            "reconciler",
            "Puts right what a failover left in halves",
            everything,
            timeout_seconds=300,
            dead_letter_arn=scheduled_dead_letters.arn,
            reserved_concurrency=1,
        )
        self._invoices(scheduled_dead_letters)
        self._outbox()
        self._schedules(scheduled_dead_letters)
        create_alarms(name, self._alarms, topic_arn=base.alarm_topic_arn, tags=self._tags, parent=self)
        self.api = RestApi(
            f"{name}-api",
            RestApiArgs(
                account_id=base.account_id,
                document=rider_api_document(),
                functions={"/v1": rider_api, "/gbfs": gbfs_feed},
                user_pool_arn=args.rider_pool_arn,
                stage_name=STAGE,
                custom_domain=args.custom_domain,
                rate=args.throttle.rate,
                burst=args.throttle.burst,
                logging=args.api_logging,
                log_key_arn=base.key_arn(DataDomain.LOGS),
                log_retention_days=base.log_retention_days,
                alarm_topic_arn=base.alarm_topic_arn,
                tags=self._tags,
            ),
            opts=self._child,
        )
        self.register_outputs({"busName": self.bus.bus_name, "apiStageArn": self.api.stage_arn})

    def _invoices(self, scheduled_dead_letters: aws.sqs.Queue) -> None:
        """Every completed trip is invoiced: by its event, and by the nightly run if that got lost."""
        invoices = ConsumedQueue(
            f"{self._name}-invoices",
            ConsumedQueueArgs(
                key_arn=self._key_arn, function_timeout_seconds=INVOICER_TIMEOUT_SECONDS, tags=self._tags
            ),
            opts=self._child,
        )
        self.bus.route(
            "invoices", detail_types=["trip.completed"], to=invoices, account_id=self._base.account_id
        )
        invoicer = self._function(
            "invoicer",
            "Invoices every trip exactly once",
            [*self._args.tables.read(), self._args.tables.write(), consume_statement(invoices.arn)],
            timeout_seconds=INVOICER_TIMEOUT_SECONDS,
            dead_letter_arn=scheduled_dead_letters.arn,
            reserved_concurrency=5,
        )
        consume(
            f"{self._name}-invoices-mapping",
            queue_arn=invoices.arn,
            alias_arn=invoicer.alias_arn,
            max_concurrency=4,  # one is left for the nightly run
            tags=self._tags,
            parent=self,
        )
        self._alarms.append(
            dead_letter_alarm("invoices", invoices.dead_letter_name, "Trips were not invoiced")
        )

    def _schedules(self, dead_letters: aws.sqs.Queue) -> None:
        """What is done by the clock, where this Region is the one that writes."""
        Schedules(
            f"{self._name}-schedules",
            SchedulesArgs(
                account_id=self._base.account_id,
                time_zone=self._args.time_zone,
                key_arn=self._key_arn,
                dead_letter_arn=dead_letters.arn,
                tasks=(
                    ScheduledTask(
                        "expire",
                        "Holds and commands that are over",
                        "rate(1 minute)",
                        {"task": "expire"},
                        self.functions["booking-expirer"].alias_arn,
                    ),
                    ScheduledTask(
                        "offline",
                        "Cars that are silent",
                        "rate(5 minutes)",
                        {"task": "detect"},
                        self.functions["offline-detector"].alias_arn,
                    ),
                    ScheduledTask(
                        "reconcile",
                        "Halves of what another Region did",
                        "rate(15 minutes)",
                        {"task": "reconcile"},
                        self.functions["reconciler"].alias_arn,
                    ),
                    ScheduledTask(
                        "invoice-catch-up",
                        "Trips of the day without an invoice",
                        "cron(0 3 * * ? *)",
                        {"task": "catch-up"},
                        self.functions["invoicer"].alias_arn,
                    ),
                ),
                tags=self._tags,
                enabled=self._args.writes_enabled,
            ),
            opts=self._child,
        )
        self._alarms += [
            dead_letter_alarm("schedules", dead_letters.name, "Scheduled work was not done"),
            *(_sweep_alarm(service, metric) for service in SWEEPS for metric in ("Failed", "Unfinished")),
        ]

    def _outbox(self) -> None:
        """Every change of a table reaches the bus at least once: the streams are the outbox."""
        failed = EncryptedBucket(
            f"{self._name}-outbox-failed",
            EncryptedBucketArgs(key_arn=self._key_arn, tags=self._tags, protect=self._base.production),
            opts=self._child,
        )
        tables = self._args.tables
        publisher = self._function(
            "event_publisher",
            "Publishes what changed in the tables",
            publisher_may(tables, bus_arn=self.bus.arn, failed_arn=failed.arn),
            environment={"EVENT_BUS": self.bus.bus_name, "ALERTS_TABLE": tables.alerts.name},
            timeout_seconds=60,
            reserved_concurrency=10,
        )
        self._alarms += read_streams(
            f"{self._name}-outbox",
            tables,
            publisher,
            failed_arn=failed.arn,
            # One bus a market at a time. Whoever takes over reads on from where it stood before, or from the
            # oldest change, a day ago: repeats have the ids that consumers know.
            enabled=self._args.writes_enabled,
            tags=self._tags,
            parent=self,
        )

    def _function(
        self,
        function: str,
        description: str,
        statements: Sequence[Statement],
        *,
        environment: Mapping[str, pulumi.Input[str]] | None = None,
        dead_letter_arn: pulumi.Input[str] | None = None,
        timeout_seconds: int = 15,
        memory_mb: int = 512,
        reserved_concurrency: int,
    ) -> LambdaFunction:
        args = self._args
        service = function.replace("_", "-")
        made = LambdaFunction(
            f"{self._name}-{service}",
            LambdaFunctionArgs(
                function=function,
                packages=_PACKAGES[function],
                description=description,
                home=self._base.function_home,
                environment={
                    **args.tables.environment(
                        service,
                        market=self._base.market,
                        tables_region=self._base.region,
                        writes_enabled=args.writes_enabled,
                    ),
                    **(environment or {}),
                },
                environment_key_arn=self._key_arn,
                statements=statements,
                dead_letter_arn=dead_letter_arn,
                tags=self._tags,
                timeout_seconds=timeout_seconds,
                memory_mb=memory_mb,
                reserved_concurrency=reserved_concurrency,
            ),
            opts=self._child,
        )
        self._alarms += function_alarms(service, made.function_name)
        self.functions[service] = made
        return made


def _sweep_alarm(service: str, metric: str) -> Alarm:
    # A sweep goes on past what it cannot do, so no error of the function tells of it.
    return Alarm(
        name=f"{service}-{metric.lower()}-items",
        description=f"{service} leaves work undone run after run ({metric})",
        namespace=METRICS_NAMESPACE,
        metric=metric,
        dimensions={"service": service},
        threshold=0,
        periods=3,
    )


def rider_api_document() -> dict[str, Any]:
    """The OpenAPI document of the rider API and the feeds, as it is generated from their code."""
    document: dict[str, Any] = json.loads(OPENAPI_DOCUMENT.read_text())
    return document
