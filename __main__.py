"""The program of every stack: settings -> components -> exports."""

import pulumi
import pulumi_aws as aws

from components.encryption import DataDomain, EncryptionKeys, EncryptionKeysArgs
from components.foundation import lay_foundation
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
    facts = settings.facts
    name = settings.prefix

    # One provider a Region; each refuses to touch any account but the stack's.
    standby = [facts.standby] if settings.standby else []
    providers = {
        region: aws.Provider(
            f"aws-{region}",
            aws.ProviderArgs(region=region, allowed_account_ids=[settings.account_id]),
        )
        for region in dict.fromkeys([facts.primary, facts.telemetry_ingest, *standby])
    }
    in_primary = pulumi.ResourceOptions(providers=[providers[facts.primary]])
    in_ingest = pulumi.ResourceOptions(providers=[providers[facts.telemetry_ingest]])

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
    foundations = {
        region: lay_foundation(settings, region, keys, providers[region])
        for region in dict.fromkeys([facts.primary, facts.telemetry_ingest])
    }

    state = VehicleStateTables(
        f"{name}-state",
        VehicleStateTablesArgs(
            key_arn=keys.arn(DataDomain.TELEMETRY, facts.primary),
            replicas={region: keys.arn(DataDomain.TELEMETRY, region) for region in standby},
            protect=settings.is_production,
            tags=settings.base_tags,
        ),
        opts=in_primary,
    )
    telemetry = EvTelemetryPipeline(
        f"{name}-telemetry",
        EvTelemetryPipelineArgs(
            foundation=foundations[facts.telemetry_ingest],
            sizing=settings.telemetry_sizing,
            tables_region=facts.primary,
            vehicle_state=state.vehicle_state,
            alerts=state.alerts,
            tables_key_arn=keys.arn(DataDomain.TELEMETRY, facts.primary),
        ),
        opts=in_ingest,
    )

    pulumi.export("market", str(settings.market))
    pulumi.export("telemetryStreamArn", telemetry.ingest.stream_arn)
    pulumi.export("telemetryLakeBucket", telemetry.lake.bucket.bucket_name)
    pulumi.export("provisioningTemplate", telemetry.devices.provisioning_template_name)
    pulumi.export("vehicleStateTable", state.vehicle_state.name)
    pulumi.export("alertsTable", state.alerts.name)


main()
