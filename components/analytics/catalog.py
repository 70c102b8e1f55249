"""The data catalogue: which tables there are over the lake's buckets, and where a day of each lies."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.analytics.schema import (
    DAILY_KPI_COLUMNS,
    DEMAND_COLUMNS,
    EVENT_COLUMNS,
    EVENT_TYPES,
    FORECAST_COLUMNS,
)
from components.tags import Tags
from components.telemetry.lake import FIRST_PARTITION, TABLE as TELEMETRY, telemetry_table

EVENTS = "rental_events"
DAILY_KPIS = "daily_kpis"
STATION_DEMAND = "station_demand"
DEMAND_FORECAST = "demand_forecast"
WRITTEN_BY_FUNCTIONS: Mapping[str, Mapping[str, str]] = {
    DAILY_KPIS: DAILY_KPI_COLUMNS,
    STATION_DEMAND: DEMAND_COLUMNS,
    DEMAND_FORECAST: FORECAST_COLUMNS,
}
TABLES = (EVENTS, *WRITTEN_BY_FUNCTIONS, TELEMETRY)


@dataclass(frozen=True)
class CatalogArgs:
    """`key_arn` encrypts the catalogue of the whole Region, connections' passwords included."""

    account_id: str
    database_name: str
    curated_bucket: pulumi.Input[str]
    telemetry_bucket: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    tags: Tags


class Catalog(pulumi.ComponentResource):
    """One database that knows everything a query may ask for.

    Every table has partition projection: no crawler runs and no partition has to be added.
    """

    database_name: pulumi.Output[str]

    def __init__(self, name: str, args: CatalogArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:analytics:Catalog", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        # A Region's catalogue has one setting for the account, so the telemetry lake's database has it too.
        encryption = aws.glue.DataCatalogEncryptionSettings(
            f"{name}-encryption",
            aws.glue.DataCatalogEncryptionSettingsArgs(
                catalog_id=args.account_id,
                data_catalog_encryption_settings=_settings(args.key_arn),
            ),
            opts=child,
        )
        database = aws.glue.CatalogDatabase(
            f"{name}-database",
            aws.glue.CatalogDatabaseArgs(
                name=args.database_name,
                description="Telemetry, events, key figures, demand and its forecast",
                tags=args.tags,
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[encryption]),
        )
        aws.glue.CatalogTable(
            f"{name}-{TELEMETRY}",
            telemetry_table(database.name, args.telemetry_bucket),
            opts=child,
        )
        aws.glue.CatalogTable(
            f"{name}-events",
            _json_table(database.name, args.curated_bucket, EVENTS, EVENT_COLUMNS, by_type=True),
            opts=child,
        )
        for table, columns in WRITTEN_BY_FUNCTIONS.items():
            aws.glue.CatalogTable(
                f"{name}-{table.replace('_', '-')}",
                _json_table(database.name, args.curated_bucket, table, columns),
                opts=child,
            )
        self.database_name = database.name
        self.register_outputs({"databaseName": self.database_name})


def _settings(
    key_arn: pulumi.Input[str],
) -> aws.glue.DataCatalogEncryptionSettingsDataCatalogEncryptionSettingsArgs:
    at_rest = aws.glue.DataCatalogEncryptionSettingsDataCatalogEncryptionSettingsEncryptionAtRestArgs
    passwords = (
        aws.glue.DataCatalogEncryptionSettingsDataCatalogEncryptionSettingsConnectionPasswordEncryptionArgs
    )
    return aws.glue.DataCatalogEncryptionSettingsDataCatalogEncryptionSettingsArgs(
        encryption_at_rest=at_rest(catalog_encryption_mode="SSE-KMS", sse_aws_kms_key_id=key_arn),
        connection_password_encryption=passwords(
            return_connection_password_encrypted=True, aws_kms_key_id=key_arn
        ),
    )


def _json_table(
    database_name: pulumi.Input[str],
    bucket: pulumi.Input[str],
    table: str,
    columns: Mapping[str, str],
    *,
    by_type: bool = False,
) -> aws.glue.CatalogTableArgs:
    """A table of JSON lines with a partition a day, or one an event type and day:
    `<table>/[type=trip.completed/]dt=2026-11-22/`."""
    location = pulumi.Output.concat("s3://", bucket, f"/{table}/")
    types = {"projection.type.type": "enum", "projection.type.values": ",".join(EVENT_TYPES)}
    keys = ["type", "dt"] if by_type else ["dt"]
    return aws.glue.CatalogTableArgs(
        name=table,
        database_name=database_name,
        description=f"{table.replace('_', ' ').capitalize()} by {'day of UTC' if by_type else 'local day'}",
        table_type="EXTERNAL_TABLE",
        parameters={
            "classification": "json",
            "projection.enabled": "true",
            "projection.dt.type": "date",
            "projection.dt.format": "yyyy-MM-dd",
            # Days ahead: forecasts are of days to come, and local days begin before those of UTC.
            "projection.dt.range": f"{FIRST_PARTITION},NOW+3DAYS",
            **(types if by_type else {}),
            "storage.location.template": pulumi.Output.concat(
                location, "".join(f"{key}=${{{key}}}/" for key in keys)
            ),
        },
        partition_keys=[aws.glue.CatalogTablePartitionKeyArgs(name=key, type="string") for key in keys],
        storage_descriptor=aws.glue.CatalogTableStorageDescriptorArgs(
            location=location,
            input_format="org.apache.hadoop.mapred.TextInputFormat",
            output_format="org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            ser_de_info=aws.glue.CatalogTableStorageDescriptorSerDeInfoArgs(
                serialization_library="org.openx.data.jsonserde.JsonSerDe",
                parameters={"case.insensitive": "true"},
            ),
            columns=[
                aws.glue.CatalogTableStorageDescriptorColumnArgs(name=column, type=type_)
                for column, type_ in columns.items()
            ],
        ),
    )
