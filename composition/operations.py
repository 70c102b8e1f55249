"""How a market is watched: objectives and alarms in every Region that serves it, dashboards in one place."""

from collections.abc import Mapping
from dataclasses import dataclass

from components.foundation import Foundation, Regions
from components.markets import Region
from components.observability import (
    AlertTarget,
    LogSearchTarget,
    Observability,
    ObservabilityArgs,
    RiderApiTarget,
    SearchNetwork,
    TelemetryTarget,
    WatchedComponent,
    watched,
)
from components.rental import RentalService
from components.settings import StackSettings
from composition.data import MarketData
from composition.hub import HubLink
from composition.networks import Networks
from composition.rental import Rental

BEHIND_THE_RIDER_API = ("rider-api", "gbfs-feed")


@dataclass(frozen=True)
class Market:
    """All that is watched."""

    hub: HubLink
    networks: Networks
    data: MarketData
    rental: Rental
    alerts: AlertTarget


def watch(settings: StackSettings, regions: Regions, market: Market) -> Mapping[Region, Observability]:
    """Create what watches each Region that serves riders or cars: CloudWatch's alarms see no other Region."""
    bases = [regions.primary, regions.ingest, *([regions.standby] if regions.standby else [])]
    return {
        base.region: Observability(
            f"{settings.prefix}-watch"
            if base is regions.primary
            else f"{settings.prefix}-watch-{base.region}",
            _args(settings, regions, market, base),
            opts=regions.options(base),
        )
        for base in {base.region: base for base in bases}.values()
    }


def _args(settings: StackSettings, regions: Regions, market: Market, base: Foundation) -> ObservabilityArgs:
    is_primary = base is regions.primary
    rental, networks = market.rental, market.networks
    service = rental.services.get(base.region)
    pipeline = rental.pipelines.get(base.region)
    log_search = None
    if settings.open_search and is_primary:
        network = networks.primary
        log_search = LogSearchTarget(
            SearchNetwork(network.vpc_id, network.private_subnet_ids, [network.cidr])
        )
    return ObservabilityArgs(
        foundation=base,
        rider_api=_rider_api(service, f"https://{market.hub.names.api}" if is_primary else None)
        if service
        else None,
        telemetry=TelemetryTarget(pipeline.processor.function.function_name) if pipeline else None,
        alerts=market.alerts if is_primary else None,
        components=_components(regions, market) if is_primary else (),
        market_dashboard=is_primary,
        log_search=log_search,
        prometheus=settings.prometheus and is_primary,
    )


def _rider_api(service: RentalService, url: str | None) -> RiderApiTarget:
    return RiderApiTarget(
        api_name=service.api.api_name,
        stage_name=service.api.stage_name,
        functions=[service.functions[name].function_name for name in BEHIND_THE_RIDER_API],
        url=url,
    )


def _components(regions: Regions, market: Market) -> list[WatchedComponent]:
    """The rental and the telemetry of each Region; the primary's have the plain names."""
    tables = market.data.state, market.data.rental
    watched_components = []
    for region, service in market.rental.services.items():
        watched_components.append(
            WatchedComponent(
                _name("rental", region, regions.primary.region),
                region,
                [
                    watched.rest_api("riders", service.api.api_name, service.api.stage_name),
                    *(watched.function(name, made.function_name) for name, made in service.functions.items()),
                    watched.table("rental", tables[1].table.name),
                ],
            )
        )
    for region, pipeline in market.rental.pipelines.items():
        watched_components.append(
            WatchedComponent(
                _name("telemetry", region, regions.ingest.region),
                region,
                [
                    watched.stream("telemetry", pipeline.ingest.stream_name),
                    watched.function("processor", pipeline.processor.function.function_name),
                    watched.delivery_stream("lake", pipeline.lake.delivery_stream_name),
                    watched.queue("failed actions", pipeline.ingest.failed_queue_name),
                ],
            )
        )
    return watched_components


def _name(component: str, region: Region, own: Region) -> str:
    return component if region is own else f"{component}-{region}"
