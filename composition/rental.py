"""The rental of a market: cars, riders and the service, and all of it again in the standby Region."""

from collections.abc import Mapping
from dataclasses import dataclass

from components.encryption import DataDomain
from components.foundation import Foundation, Regions
from components.markets import Region
from components.rental import (
    RentalService,
    RentalServiceArgs,
    RiderPool,
    RiderPoolArgs,
    VehicleCommands,
    VehicleCommandsArgs,
)
from components.rest_api import ApiLogging, ApiLoggingArgs
from components.settings import StackSettings
from components.telemetry import EvTelemetryPipeline, EvTelemetryPipelineArgs
from composition.data import MarketData


@dataclass(frozen=True)
class Rental:
    """By Region: the pipelines where cars may connect, the services and what their APIs log with."""

    pipelines: Mapping[Region, EvTelemetryPipeline]
    commands: Mapping[Region, VehicleCommands]
    riders: RiderPool
    services: Mapping[Region, RentalService]
    api_logging: Mapping[Region, ApiLogging]


def open_rental(settings: StackSettings, regions: Regions, data: MarketData) -> Rental:
    """Create what riders and cars meet, in each Region that may serve them."""
    name, primary, standby = settings.prefix, regions.primary, regions.standby
    riders = RiderPool(
        f"{name}-riders",
        RiderPoolArgs(
            foundation=primary,
            domain_prefix=f"{name}-riders",
            tables=data.tables,
            tables_region=data.written,
            writes_enabled=data.writer is not None,
        ),
        opts=regions.options(primary),
    )
    # Where cars connect while a Region writes: beside it, or where its country's Region lacks AWS IoT Core.
    cars = {primary.region: regions.ingest}
    if standby:
        cars[standby.region] = standby
    pipelines = {}
    commands = {}
    for base in {foundation.region: foundation for foundation in cars.values()}.values():
        suffix = "" if base.region is regions.ingest.region else "-dr"
        pipelines[base.region] = EvTelemetryPipeline(
            f"{name}-cars-dr" if suffix else f"{name}-telemetry",
            EvTelemetryPipelineArgs(
                foundation=base,
                sizing=settings.telemetry_sizing,
                tables_region=primary.region,
                vehicle_state=data.state.vehicle_state,
                alerts=data.state.alerts,
                tables_key_arn=primary.key_arn(DataDomain.TELEMETRY),
                writers=data.by_region if standby else {},
                recent_telemetry=data.state.recent_telemetry,
                expects_cars=cars[data.written].region is base.region,
            ),
            opts=regions.options(base),
        )
        commands[base.region] = VehicleCommands(
            f"{name}-commands{suffix}",
            VehicleCommandsArgs(
                foundation=base,
                tables=data.tables,
                tables_region=data.written,
                writes_enabled=data.writer is not None,
            ),
            opts=regions.options(base),
        )
    services = {}
    api_logging = {}
    for base in [primary, *([standby] if standby else [])]:
        api_logging[base.region] = _logging(settings, regions, base)
        services[base.region] = RentalService(
            f"{name}-rental" if base is primary else f"{name}-rent-dr",
            RentalServiceArgs(
                foundation=base,
                time_zone=settings.facts.time_zone,
                ingest_region=cars[base.region].region,
                tables=data.by_region[base.region],
                rider_pool_arn=riders.pool_arn,
                api_logging=api_logging[base.region],
                throttle=settings.rider_api_throttle,
                writes_enabled=data.writes(base),
                custom_domain=True,
            ),
            opts=regions.options(base),
        )
    return Rental(pipelines, commands, riders, services, api_logging)


def _logging(settings: StackSettings, regions: Regions, base: Foundation) -> ApiLogging:
    suffix = "" if base is regions.primary else "-dr"
    return ApiLogging(
        f"{settings.prefix}-api-logging{suffix}",
        ApiLoggingArgs(settings.account_id, settings.base_tags),
        opts=regions.options(base),
    )
