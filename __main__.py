"""The program of every stack: settings -> components -> exports."""

import pulumi
import pulumi_aws as aws

from components.alarms import OperationsTopic, OperationsTopicArgs
from components.encryption import DataDomain, EncryptionKeys, EncryptionKeysArgs
from components.lambda_function import dependency_layer
from components.markets import Region
from components.settings import NAMESPACE, StackSettings, load_settings
from components.telemetry import (
    EvTelemetryPipeline,
    EvTelemetryPipelineArgs,
    VehicleStateTables,
    VehicleStateTablesArgs,
)

LOG_RETENTION_DAYS = {True: 365, False: 14}


def provider_of(settings: StackSettings, region: Region) -> aws.Provider:
    """The one provider of a Region; it refuses to touch any account but the stack's."""
    return aws.Provider(
        f"aws-{region}",
        aws.ProviderArgs(region=region, allowed_account_ids=[settings.account_id]),
    )


def main() -> None:
    """Build the stack that is selected."""
    settings = load_settings(pulumi.Config(NAMESPACE).get, pulumi.get_stack())
    facts = settings.facts
    name = settings.prefix
    regions = [facts.primary, facts.telemetry_ingest, *([facts.standby] if settings.standby else [])]
    providers = {region: provider_of(settings, region) for region in dict.fromkeys(regions)}
    in_primary = pulumi.ResourceOptions(providers=[providers[facts.primary]])
    in_ingest = pulumi.ResourceOptions(providers=[providers[facts.telemetry_ingest]])
    log_retention_days = LOG_RETENTION_DAYS[settings.is_production]

    keys = EncryptionKeys(
        f"{name}-keys",
        EncryptionKeysArgs(
            account_id=settings.account_id,
            alias_prefix=name,
            region=facts.primary,
            replicas={r: provider for r, provider in providers.items() if r is not facts.primary},
            tags=settings.base_tags,
        ),
        opts=in_primary,
    )
    tables = VehicleStateTables(
        f"{name}-state",
        VehicleStateTablesArgs(
            key_arn=keys.arn(DataDomain.TELEMETRY, facts.primary),
            replicas={facts.standby: keys.arn(DataDomain.TELEMETRY, facts.standby)}
            if settings.standby
            else {},
            protect=settings.is_production,
            tags=settings.base_tags,
        ),
        opts=in_primary,
    )
    operations = OperationsTopic(
        f"{name}-operations",
        OperationsTopicArgs(
            account_id=settings.account_id,
            email=settings.alert_email,
            key_arn=keys.arn(DataDomain.TELEMETRY, facts.telemetry_ingest),
            tags=settings.base_tags,
        ),
        opts=in_ingest,
    )
    layer = dependency_layer(f"{name}-dependencies", in_ingest)
    telemetry = EvTelemetryPipeline(
        f"{name}-telemetry",
        EvTelemetryPipelineArgs(
            account_id=settings.account_id,
            market=settings.market,
            region=facts.telemetry_ingest,
            prefix=name,
            sizing=settings.telemetry_sizing,
            telemetry_key_arn=keys.arn(DataDomain.TELEMETRY, facts.telemetry_ingest),
            lake_key_arn=keys.arn(DataDomain.ANALYTICS, facts.telemetry_ingest),
            log_key_arn=keys.arn(DataDomain.LOGS, facts.telemetry_ingest),
            log_retention_days=log_retention_days,
            layer_arn=layer.arn,
            tables_region=facts.primary,
            vehicle_state=tables.vehicle_state,
            alerts=tables.alerts,
            tables_key_arn=keys.arn(DataDomain.TELEMETRY, facts.primary),
            alarm_topic_arn=operations.arn,
            protect=settings.is_production,
            expect_traffic=settings.is_production,
            tags=settings.base_tags,
        ),
        opts=in_ingest,
    )
    pulumi.export("market", str(settings.market))
    pulumi.export("telemetryStreamArn", telemetry.ingest.stream_arn)
    pulumi.export("telemetryLakeBucket", telemetry.lake.bucket.bucket_name)
    pulumi.export("provisioningTemplate", telemetry.devices.provisioning_template_name)
    pulumi.export("vehicleStateTable", tables.vehicle_state.name)
    pulumi.export("alertsTable", tables.alerts.name)
    pulumi.export("operationsTopicArn", operations.arn)


main()
