"""The back office of a market: who staff are, the API they work with, and the pages."""

from dataclasses import dataclass

import pulumi

from components.analytics import Analytics
from components.backoffice import (
    BackofficeData,
    BackofficeSpa,
    BackofficeSpaArgs,
    BackofficeTables,
    StaffPool,
    StaffPoolArgs,
    StaffService,
    StaffServiceArgs,
)
from components.edge import ApiEndpoint, Audience
from components.encryption import DataDomain
from components.foundation import Regions
from components.settings import StackSettings
from composition.data import MarketData, data_args
from composition.hub import HubLink
from composition.rental import Rental


@dataclass(frozen=True)
class Backoffice:
    """All of the primary Region; only the table has a replica."""

    table: BackofficeData
    pool: StaffPool
    service: StaffService
    endpoint: ApiEndpoint
    origin: str


def open_backoffice(
    settings: StackSettings,
    regions: Regions,
    hub: HubLink,
    data: MarketData,
    rental: Rental,
    analytics: Analytics,
) -> Backoffice:
    """Create staff's pool, table and API; `publish_pages` follows when the API has its name."""
    name, primary = settings.prefix, regions.primary
    origin = f"https://{hub.names.backoffice}"
    table = BackofficeData(
        f"{name}-backoffice-data",
        data_args(settings, regions, DataDomain.BACKOFFICE),
        opts=regions.options(primary),
    )
    pool = StaffPool(
        f"{name}-staff", StaffPoolArgs(primary, hub.names.backoffice), opts=regions.options(primary)
    )
    service = StaffService(
        f"{name}-desk",
        StaffServiceArgs(
            foundation=primary,
            tables=data.by_region[primary.region],
            backoffice=BackofficeTables(
                backoffice=table.table,
                backoffice_key_arn=primary.key_arn(DataDomain.BACKOFFICE),
                recent_telemetry=data.state.recent_telemetry,
                kpi=analytics.key_figures.kpi.table,
                kpi_key_arn=primary.key_arn(DataDomain.ANALYTICS),
            ),
            ingest_region=regions.ingest.region,
            staff_pool_arn=pool.pool_arn,
            origin=origin,
            locale=settings.facts.locale,
            api_logging=rental.api_logging[primary.region],
            writes_enabled=data.writes(primary),
            custom_domain=True,
        ),
        opts=regions.options(primary),
    )
    endpoint = ApiEndpoint("staff-api", Audience.STAFF, service.api, (hub.at(hub.names.staff_api),))
    pulumi.export("staffPoolId", pool.pool_id)
    pulumi.export("staffClientId", pool.client_id)
    return Backoffice(table, pool, service, endpoint, origin)


def publish_pages(
    settings: StackSettings, regions: Regions, hub: HubLink, backoffice: Backoffice
) -> BackofficeSpa:
    """Serve the built pages, with the configuration that they read at their start."""
    pages = BackofficeSpa(
        f"{settings.prefix}-backoffice",
        BackofficeSpaArgs(
            primary=regions.primary,
            edge=regions.edge,
            edge_provider=regions.provider(regions.edge),
            dns_provider=hub.dns,
            environment=settings.environment,
            page=hub.at(hub.names.backoffice),
            login=hub.at(hub.names.staff_login),
            staff_api=hub.names.staff_api,
            pool=backoffice.pool,
        ),
        opts=regions.options(regions.primary),
    )
    pulumi.export("backofficeUrl", pages.url)
    return pages
