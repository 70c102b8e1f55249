"""What stakeholders learn from: key figures, forecasts, and the lake that is asked in SQL."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.analytics.catalog import EVENTS, Catalog, CatalogArgs
from components.analytics.event_lake import ERRORS, EventLake, EventLakeArgs
from components.analytics.key_figures import KeyFigures, KeyFiguresArgs
from components.analytics.warehouse import Warehouse, WarehouseArgs, WarehouseNetwork
from components.analytics.workgroup import QueryWorkgroup, QueryWorkgroupArgs
from components.bucket import EncryptedBucket, EncryptedBucketArgs, archive, expire
from components.encryption import DataDomain
from components.events import EventBus
from components.foundation import Foundation
from components.iam import Statement, policy_json
from components.tags import DataClass, component_tags

COLD_AFTER_DAYS = 180
ERRORS_KEPT_DAYS = 30
SCAN_LIMIT_GIB = {True: 200, False: 10}
"""By production: a query that reads more is stopped; at 5 dollars a TiB, 200 GiB are a dollar."""


@dataclass(frozen=True)
class TelemetryBucket:
    """The telemetry lake's bucket, which may be in another Region: Athena reads it across."""

    name: pulumi.Input[str]
    arn: pulumi.Input[str]
    key_arn: pulumi.Input[str]


@dataclass(frozen=True)
class AnalyticsArgs:
    """`time_zone`: the market's, an IANA name. `bus`: of the foundation's Region. `warehouse`: where Redshift
    is reached, or None for a market without it."""

    foundation: Foundation
    time_zone: str
    bus: EventBus
    telemetry: TelemetryBucket
    warehouse: WarehouseNetwork | None = None


class Analytics(pulumi.ComponentResource):
    """Instantiated once, in the primary Region.

    `reader_policy_arn` is a managed policy that lets who has it ask the lake, for the role of analysts.
    """

    curated: EncryptedBucket
    catalog: Catalog
    workgroup: QueryWorkgroup
    key_figures: KeyFigures
    events: EventLake
    warehouse: Warehouse | None
    reader_policy_arn: pulumi.Output[str]

    def __init__(self, name: str, args: AnalyticsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:analytics:Analytics", name, None, opts)
        base = args.foundation
        key_arn = base.key_arn(DataDomain.ANALYTICS)
        # Events name riders by their id, and cars' places at an hour are riders' too.
        tags = component_tags(base.tags, "analytics", DataClass.PERSONAL)
        child = pulumi.ResourceOptions(parent=self)
        database_name = f"{base.prefix.replace('-', '_')}_analytics"
        self.curated = EncryptedBucket(
            f"{name}-curated",
            EncryptedBucketArgs(
                key_arn=key_arn,
                tags=tags,
                protect=base.production,
                lifecycle_rules=[
                    archive(COLD_AFTER_DAYS, rule_id="cold", prefix=f"{EVENTS}/"),
                    expire(ERRORS_KEPT_DAYS, rule_id="expire-errors", prefix=f"{ERRORS}/"),
                ],
            ),
            opts=child,
        )
        self.catalog = Catalog(
            f"{name}-catalog",
            CatalogArgs(
                account_id=base.account_id,
                database_name=database_name,
                curated_bucket=self.curated.bucket_name,
                telemetry_bucket=args.telemetry.name,
                key_arn=key_arn,
                tags=tags,
            ),
            opts=child,
        )
        self.workgroup = QueryWorkgroup(
            f"{name}-queries",
            QueryWorkgroupArgs(
                account_id=base.account_id,
                database_name=self.catalog.database_name,
                key_arn=key_arn,
                time_zone=args.time_zone,
                scan_limit_gib=SCAN_LIMIT_GIB[base.production],
                protect=base.production,
                tags=tags,
            ),
            opts=child,
        )
        self.events = EventLake(
            f"{name}-events", EventLakeArgs(base, args.bus.bus_name, self.curated, tags), opts=child
        )
        self.key_figures = KeyFigures(
            f"{name}-kpi",
            KeyFiguresArgs(base, args.time_zone, args.bus, self.curated, tags),
            opts=child,
        )
        lake = _read_lake(args, self.curated, database_name)
        self.warehouse = None
        if args.warehouse is not None:
            self.warehouse = Warehouse(
                f"{name}-warehouse",
                WarehouseArgs(
                    foundation=base,
                    network=args.warehouse,
                    glue_database=self.catalog.database_name,
                    lake=lake,
                    tags=tags,
                ),
                opts=child,
            )
        readers = aws.iam.Policy(
            f"{name}-readers",
            aws.iam.PolicyArgs(
                description="Ask the lake in SQL by its workgroup",
                policy=policy_json(*lake, *_ask(self.workgroup)),
                tags=tags,
            ),
            opts=child,
        )
        self.reader_policy_arn = readers.arn
        self.register_outputs(
            {
                "databaseName": self.catalog.database_name,
                "workgroupName": self.workgroup.workgroup_name,
                "kpiTable": self.key_figures.kpi.table.name,
            }
        )


def _read_lake(args: AnalyticsArgs, curated: EncryptedBucket, database_name: str) -> Sequence[Statement]:
    """Read the catalogue's database and the buckets that its tables are over."""
    base = args.foundation
    glue = f"arn:aws:glue:{base.region}:{base.account_id}"
    buckets = (curated.arn, args.telemetry.arn)
    return [
        Statement(
            sid="ReadCatalogue",
            actions=[
                "glue:GetDatabase",
                "glue:GetDatabases",
                "glue:GetPartition",
                "glue:GetPartitions",
                "glue:GetTable",
                "glue:GetTables",
            ],
            resources=[
                f"{glue}:catalog",
                f"{glue}:database/{database_name}",
                f"{glue}:table/{database_name}/*",
            ],
        ),
        Statement(
            sid="ReadLake",
            actions=["s3:GetObject"],
            resources=[pulumi.Output.concat(arn, "/*") for arn in buckets],
        ),
        Statement(sid="FindLake", actions=["s3:GetBucketLocation", "s3:ListBucket"], resources=buckets),
        Statement(
            sid="DecryptLake",
            actions=["kms:Decrypt"],
            resources=[base.key_arn(DataDomain.ANALYTICS), args.telemetry.key_arn],
        ),
    ]


def _ask(workgroup: QueryWorkgroup) -> Sequence[Statement]:
    """Run queries in the workgroup and read their results, and no others."""
    results = workgroup.results
    return [
        Statement(
            sid="Ask",
            actions=[
                "athena:BatchGetNamedQuery",
                "athena:BatchGetQueryExecution",
                "athena:GetNamedQuery",
                "athena:GetQueryExecution",
                "athena:GetQueryResults",
                "athena:GetWorkGroup",
                "athena:ListNamedQueries",
                "athena:ListQueryExecutions",
                "athena:StartQueryExecution",
                "athena:StopQueryExecution",
            ],
            resources=[workgroup.arn],
        ),
        Statement(
            sid="Results",
            actions=[
                "s3:AbortMultipartUpload",
                "s3:GetObject",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
            ],
            resources=[pulumi.Output.concat(results.arn, "/athena/*")],
        ),
        Statement(
            sid="FindResults", actions=["s3:GetBucketLocation", "s3:ListBucket"], resources=[results.arn]
        ),
        Statement(sid="EncryptResults", actions=["kms:GenerateDataKey"], resources=[workgroup.key_arn]),
    ]
