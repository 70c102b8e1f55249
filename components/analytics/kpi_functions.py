"""The table `kpi` as functions use it, and how a function of key figures is made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import pulumi

from components.bucket import EncryptedBucket
from components.encryption import DataDomain
from components.foundation import Foundation
from components.iam import Statement
from components.lambda_function import LambdaFunction, LambdaFunctionArgs
from components.markets import Region
from components.table import TableReference
from components.tags import Tags

METRICS_NAMESPACE = "BlueHorizons/Analytics"
# The shared folders that a function's own code imports; a test runs every archive alone.
PACKAGES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "kpi_aggregator": ("kpi_store", "rental_events", "rental_store"),
        "demand_forecaster": ("kpi_store", "rental_store"),
    }
)


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


def kpi_function(
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
            home=base.function_home,
            environment=kpi.environment(service, base),
            environment_key_arn=base.key_arn(DataDomain.ANALYTICS),
            statements=statements,
            dead_letter_arn=dead_letter_arn,
            tags=tags,
            timeout_seconds=timeout_seconds,
            memory_mb=memory_mb,
            reserved_concurrency=reserved_concurrency,
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )
