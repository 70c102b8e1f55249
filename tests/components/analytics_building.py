"""Builds the analytics of a market under mocks, for the tests beside."""

from dataclasses import replace

from components.analytics import (
    Analytics,
    AnalyticsArgs,
    KpiIntake,
    KpiIntakeArgs,
    TelemetryBucket,
    WarehouseNetwork,
)
from components.events import EventBus, EventBusArgs
from components.foundation import Foundation
from components.markets import Region
from tests.components.network_building import build, foundation as bare_foundation, on
from tests.recording import Recording

NAME = "bluehorizons-prod-sg-analytics"
TELEMETRY = TelemetryBucket(
    name="telemetry-lake",
    arn="arn:aws:s3:::telemetry-lake",
    key_arn="arn:aws:kms:ap-southeast-1:111122223333:key/ingest",
)
WAREHOUSE = WarehouseNetwork(
    vpc_id="vpc-1", subnet_ids=["subnet-a", "subnet-b", "subnet-c"], clients=("sg-workload",)
)


def foundation(*, production: bool = True, region: Region = Region.SINGAPORE) -> Foundation:
    """A Region's foundation, where functions may run."""
    return replace(bare_foundation(production=production, region=region), layer="arn:aws:lambda:layer:1")


def bus(base: Foundation) -> EventBus:
    """The bus of a Region."""
    name = f"{base.region}-events"
    args = EventBusArgs(name=name, key_arn="arn:aws:kms:bus", archive_days=90, tags=base.tags)
    return EventBus(name, args, opts=on(base.region))


def analytics(base: Foundation, warehouse: WarehouseNetwork | None = None) -> Analytics:
    """The analytics of Singapore."""
    args = AnalyticsArgs(
        foundation=base,
        time_zone="Asia/Singapore",
        bus=bus(base),
        telemetry=TELEMETRY,
        warehouse=warehouse,
    )
    return Analytics(NAME, args, opts=on(base.region))


def recorded(*, production: bool, warehouse: WarehouseNetwork | None = None) -> Recording:
    """What a market's analytics registers."""
    return build(lambda: analytics(foundation(production=production), warehouse))


def everything() -> Recording:
    """Analytics with a warehouse in Singapore, and the intake of the standby in Malaysia."""

    def make() -> None:
        base = foundation()
        kpi = analytics(base, WAREHOUSE).key_figures.kpi
        standby = foundation(region=Region.MALAYSIA)
        args = KpiIntakeArgs(foundation=standby, bus=bus(standby), kpi=kpi, tags=standby.tags)
        KpiIntake("bluehorizons-prod-sg-kpi-dr", args, opts=on(standby.region))

    return build(make)
