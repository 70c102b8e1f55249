"""The staff API: one function behind a REST API that only staff of the pool may call, from one web page."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.alarms import create_alarms, function_alarms
from components.encryption import DataDomain
from components.foundation import Foundation
from components.iam import Condition, Statement
from components.lambda_function import FUNCTIONS_DIR, LambdaFunction, LambdaFunctionArgs
from components.markets import Region
from components.openapi import Cors
from components.rental.access import RentalTables
from components.rental.commands import send_commands
from components.rest_api import ApiLogging, RestApi, RestApiArgs
from components.sizing import ApiThrottle
from components.table import TableReference
from components.tags import DataClass, component_tags

# The shared folders that the function's own code imports; a test runs the archive alone.
PACKAGES = ("backoffice_store", "http_api", "kpi_store", "rental_store", "telemetry_processor")
OPENAPI_DOCUMENT = FUNCTIONS_DIR / "staff_api" / "openapi.json"
STAGE = "live"
THROTTLE = ApiThrottle(rate=50, burst=100)
"""Two dozen pages that poll every few seconds, several times over."""
CONCURRENCY = 20
RENTAL_INDEXES = ("by_rider", "by_vehicle", "by_entity", "by_station", "by_state")
ALERT_INDEXES = ("open_by_severity", "by_status")
BACKOFFICE_INDEXES = ("by_subject", "by_status", "by_vehicle")


@dataclass(frozen=True)
class BackofficeTables:
    """What the staff API works on beside the rental's tables: all of the same Region, each with its key."""

    backoffice: TableReference
    backoffice_key_arn: pulumi.Input[str]
    recent_telemetry: TableReference
    kpi: TableReference
    kpi_key_arn: pulumi.Input[str]


@dataclass(frozen=True)
class StaffServiceArgs:
    """What the staff API is built with.

    Everything is of the foundation's Region but `ingest_region`, where cars hear their commands. `origin` is
    the web app's, such as `https://backoffice.sg.example.com`; `locale` (BCP 47) is how the market writes
    numbers. `writes_enabled`: False, and every change is refused. `custom_domain` says whether the API has a
    name of ours.
    """

    foundation: Foundation
    tables: RentalTables
    backoffice: BackofficeTables
    ingest_region: Region
    staff_pool_arn: pulumi.Input[str]
    origin: str
    locale: str
    api_logging: ApiLogging
    writes_enabled: bool = True
    custom_domain: bool = False


class StaffService(pulumi.ComponentResource):
    """The function and its API. What the function may do is what its calls are, item by item."""

    function: LambdaFunction
    api: RestApi

    def __init__(self, name: str, args: StaffServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:backoffice:StaffService", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        base = args.foundation
        tags = component_tags(base.tags, "backoffice", DataClass.CONFIDENTIAL)
        self.function = LambdaFunction(
            f"{name}-function",
            LambdaFunctionArgs(
                function="staff_api",
                packages=PACKAGES,
                description="What the back office calls",
                home=base.function_home,
                environment=_environment(args),
                environment_key_arn=base.key_arn(DataDomain.BACKOFFICE),
                statements=[
                    *_rental(args.tables),
                    *_telemetry(args),
                    *_backoffice(args.backoffice),
                    *_keys(args),
                    send_commands(base.topics, args.ingest_region, base.account_id),
                ],
                tags=tags,
                timeout_seconds=15,
                memory_mb=1_769,  # one whole vCPU: a look at 1,000 cars is processor time
                reserved_concurrency=CONCURRENCY,
            ),
            opts=child,
        )
        create_alarms(
            name,
            function_alarms("staff-api", self.function.function_name),
            topic_arn=base.alarm_topic_arn,
            tags=tags,
            parent=self,
        )
        self.api = RestApi(
            f"{name}-api",
            RestApiArgs(
                account_id=base.account_id,
                document=staff_api_document(),
                functions={"/v1": self.function},
                user_pool_arn=args.staff_pool_arn,
                stage_name=STAGE,
                custom_domain=args.custom_domain,
                rate=THROTTLE.rate,
                burst=THROTTLE.burst,
                logging=args.api_logging,
                log_key_arn=base.key_arn(DataDomain.LOGS),
                log_retention_days=base.log_retention_days,
                alarm_topic_arn=base.alarm_topic_arn,
                tags=tags,
                cors=Cors(args.origin),
            ),
            opts=child,
        )
        self.register_outputs({"apiId": self.api.api_id, "stageArn": self.api.stage_arn})


def _environment(args: StaffServiceArgs) -> dict[str, pulumi.Input[str]]:
    base = args.foundation
    return {
        **args.tables.environment(
            "staff-api",
            market=base.market,
            tables_region=base.region,
            writes_enabled=args.writes_enabled,
        ),
        "ALERTS_TABLE": args.tables.alerts.name,
        "BACKOFFICE_TABLE": args.backoffice.backoffice.name,
        "RECENT_TELEMETRY_TABLE": args.backoffice.recent_telemetry.name,
        "KPI_TABLE": args.backoffice.kpi.name,
        "IOT_REGION": str(args.ingest_region),
        "LOCALE": args.locale,
        "ALLOWED_ORIGIN": args.origin,
    }


def _rental(tables: RentalTables) -> list[Statement]:
    """Read everything of the rental, but change only what staff have a say in: never a booking or an
    invoice."""
    table = tables.rental
    return [
        Statement(sid="ReadRental", actions=["dynamodb:GetItem"], resources=[table.arn]),
        Statement(sid="ListRental", actions=["dynamodb:Query"], resources=_indexes(table, RENTAL_INDEXES)),
        Statement(
            sid="AddToRental",
            actions=["dynamodb:PutItem"],
            resources=[table.arn],
            conditions=_leading("COMMAND#*", "FENCE#*", "IDEMPOTENCY#*", "STATION#*", "VEHICLE#*"),
        ),
        Statement(
            sid="ChangeRental",
            actions=["dynamodb:UpdateItem"],
            resources=[table.arn],
            conditions=_leading("RIDER#*", "STATION#*", "VEHICLE#*"),
        ),
        Statement(
            sid="CheckFence",
            actions=["dynamodb:ConditionCheckItem"],
            resources=[table.arn],
            conditions=_leading("FENCE#*"),
        ),
    ]


def _telemetry(args: StaffServiceArgs) -> list[Statement]:
    """Read what cars told; resolve alerts together with the state that they block."""
    state, alerts = args.tables.vehicle_state, args.tables.alerts
    return [
        Statement(
            sid="VehicleState",
            actions=["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:UpdateItem"],
            resources=[state.arn],
        ),
        Statement(
            sid="WorkAlerts",
            actions=["dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"],
            resources=[alerts.arn],
        ),
        Statement(sid="ListAlerts", actions=["dynamodb:Query"], resources=_indexes(alerts, ALERT_INDEXES)),
        Statement(
            sid="ReadSamples",
            actions=["dynamodb:Query"],
            resources=[args.backoffice.recent_telemetry.arn],
        ),
    ]


def _backoffice(tables: BackofficeTables) -> list[Statement]:
    """Add to the trail and never change it; a work order is written whole, so nothing is updated here."""
    table = tables.backoffice
    return [
        Statement(
            sid="ReadBackoffice",
            actions=["dynamodb:GetItem", "dynamodb:Query"],
            resources=[table.arn],
        ),
        Statement(
            sid="ListBackoffice",
            actions=["dynamodb:Query"],
            resources=_indexes(table, BACKOFFICE_INDEXES),
        ),
        Statement(
            sid="AddToBackoffice",
            actions=["dynamodb:PutItem"],
            resources=[table.arn],
            conditions=_leading("AUDIT#*", "WORKORDER#*"),
        ),
        # Whatever is allowed one day: what is in the trail stays.
        Statement(
            sid="TrailStays",
            effect="Deny",
            actions=[
                "dynamodb:BatchWriteItem",
                "dynamodb:DeleteItem",
                "dynamodb:PartiQLDelete",
                "dynamodb:PartiQLUpdate",
                "dynamodb:UpdateItem",
            ],
            resources=[table.arn],
        ),
        Statement(sid="ReadFigures", actions=["dynamodb:Query"], resources=[tables.kpi.arn]),
    ]


def _keys(args: StaffServiceArgs) -> list[Statement]:
    return [
        Statement(
            sid="UseKeys",
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=[
                args.tables.rental_key_arn,
                args.tables.telemetry_key_arn,
                args.backoffice.backoffice_key_arn,
            ],
        ),
        Statement(sid="DecryptFigures", actions=["kms:Decrypt"], resources=[args.backoffice.kpi_key_arn]),
    ]


def _indexes(table: TableReference, names: Sequence[str]) -> list[pulumi.Input[str]]:
    return [pulumi.Output.concat(table.arn, f"/index/{name}") for name in names]


def _leading(*patterns: str) -> list[Condition]:
    """Only items whose hash key is like one of these."""
    return [Condition(test="ForAllValues:StringLike", variable="dynamodb:LeadingKeys", values=patterns)]


def staff_api_document() -> dict[str, Any]:
    """The OpenAPI document of the staff API, as it is generated from its code."""
    document: dict[str, Any] = json.loads(OPENAPI_DOCUMENT.read_text(encoding="utf-8"))
    return document
