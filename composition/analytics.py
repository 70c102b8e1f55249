"""Key figures and the lake of a market, from the events of every Region that may write."""

from components.analytics import (
    Analytics,
    AnalyticsArgs,
    KpiIntake,
    KpiIntakeArgs,
    TelemetryBucket,
    WarehouseNetwork,
)
from components.encryption import DataDomain
from components.foundation import Regions
from components.settings import StackSettings
from components.tags import DataClass, component_tags
from composition.networks import Networks
from composition.rental import Rental


def open_analytics(
    settings: StackSettings, regions: Regions, networks: Networks, rental: Rental
) -> Analytics:
    """Create analytics in the primary Region; the standby's events count there too."""
    primary, standby = regions.primary, regions.standby
    network = networks.primary
    lake = rental.pipelines[regions.ingest.region].lake.bucket
    analytics = Analytics(
        f"{settings.prefix}-analytics",
        AnalyticsArgs(
            foundation=primary,
            time_zone=settings.facts.time_zone,
            bus=rental.services[primary.region].bus,
            telemetry=TelemetryBucket(
                name=lake.bucket_name, arn=lake.arn, key_arn=regions.ingest.key_arn(DataDomain.ANALYTICS)
            ),
            warehouse=WarehouseNetwork(
                vpc_id=network.vpc_id,
                subnet_ids=network.private_subnet_ids,
                clients=(network.security_groups.workload,),
            )
            if settings.redshift
            else None,
        ),
        opts=regions.options(primary),
    )
    if standby:
        KpiIntake(
            f"{settings.prefix}-kpi-dr",
            KpiIntakeArgs(
                foundation=standby,
                bus=rental.services[standby.region].bus,
                kpi=analytics.key_figures.kpi,
                tags=component_tags(settings.base_tags, "analytics", DataClass.PERSONAL),
            ),
            opts=regions.options(standby),
        )
    return analytics
