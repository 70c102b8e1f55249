"""The program of every stack: settings -> components -> exports."""

import pulumi

from components.encryption import DataDomain
from components.foundation import lay_foundations
from components.rental import (
    RentalData,
    RentalDataArgs,
    RentalService,
    RentalServiceArgs,
    RentalTables,
    RiderPool,
    RiderPoolArgs,
    VehicleCommands,
    VehicleCommandsArgs,
)
from components.rest_api import ApiLogging, ApiLoggingArgs
from components.settings import NAMESPACE, load_settings
from components.telemetry import (
    EvTelemetryPipeline,
    EvTelemetryPipelineArgs,
    VehicleStateTables,
    VehicleStateTablesArgs,
)


def main() -> None:
    """Build the stack that is selected."""
    settings = load_settings(pulumi.Config(NAMESPACE).get, pulumi.get_stack())
    regions = lay_foundations(settings)
    primary, ingest = regions.primary, regions.ingest
    name, tags, production = settings.prefix, settings.base_tags, settings.is_production

    state = VehicleStateTables(
        f"{name}-state",
        VehicleStateTablesArgs(
            key_arn=primary.key_arn(DataDomain.TELEMETRY),
            replicas=regions.replica_keys(DataDomain.TELEMETRY),
            protect=production,
            tags=tags,
        ),
        opts=regions.options(primary),
    )
    telemetry = EvTelemetryPipeline(
        f"{name}-telemetry",
        EvTelemetryPipelineArgs(
            foundation=ingest,
            sizing=settings.telemetry_sizing,
            tables_region=primary.region,
            vehicle_state=state.vehicle_state,
            alerts=state.alerts,
            tables_key_arn=primary.key_arn(DataDomain.TELEMETRY),
        ),
        opts=regions.options(ingest),
    )
    rental = RentalData(
        f"{name}-rental-data",
        RentalDataArgs(
            key_arn=primary.key_arn(DataDomain.RENTAL),
            replicas=regions.replica_keys(DataDomain.RENTAL),
            protect=production,
            tags=tags,
        ),
        opts=regions.options(primary),
    )
    tables = RentalTables(
        rental=rental.table,
        rental_key_arn=primary.key_arn(DataDomain.RENTAL),
        vehicle_state=state.vehicle_state,
        alerts=state.alerts,
        telemetry_key_arn=primary.key_arn(DataDomain.TELEMETRY),
    )
    riders = RiderPool(
        f"{name}-riders",
        RiderPoolArgs(foundation=primary, domain_prefix=f"{name}-riders", tables=tables),
        opts=regions.options(primary),
    )
    api_logging = ApiLogging(
        f"{name}-api-logging", ApiLoggingArgs(settings.account_id, tags), opts=regions.options(primary)
    )
    service = RentalService(
        f"{name}-rental",
        RentalServiceArgs(
            foundation=primary,
            time_zone=settings.facts.time_zone,
            ingest_region=ingest.region,
            tables=tables,
            rider_pool_arn=riders.pool_arn,
            api_logging=api_logging,
            throttle=settings.rider_api_throttle,
        ),
        opts=regions.options(primary),
    )
    VehicleCommands(
        f"{name}-commands",
        VehicleCommandsArgs(foundation=ingest, tables=tables, tables_region=primary.region),
        opts=regions.options(ingest),
    )

    pulumi.export("market", str(settings.market))
    pulumi.export("telemetryStreamArn", telemetry.ingest.stream_arn)
    pulumi.export("telemetryLakeBucket", telemetry.lake.bucket.bucket_name)
    pulumi.export("provisioningTemplate", telemetry.devices.provisioning_template_name)
    pulumi.export("vehicleStateTable", state.vehicle_state.name)
    pulumi.export("alertsTable", state.alerts.name)
    pulumi.export("rentalTable", rental.table.name)
    pulumi.export("eventBus", service.bus.bus_name)
    pulumi.export("riderApiUrl", service.api.invoke_url)
    pulumi.export("riderApiStageArn", service.api.stage_arn)
    pulumi.export("riderPoolId", riders.pool_id)
    pulumi.export("riderAppClientId", riders.client_id)


main()
