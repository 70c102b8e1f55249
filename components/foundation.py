"""What every component of one Region of a stack builds on: keys, layer, alarm topic, names, tags."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarms import OperationsTopic, OperationsTopicArgs
from components.encryption import DataDomain, EncryptionKeys, EncryptionKeysArgs
from components.lambda_function import dependency_layer
from components.markets import Market, Region
from components.settings import StackSettings
from components.tags import Tags
from components.topics import VehicleTopics

PRODUCTION_LOG_DAYS = 365
OTHER_LOG_DAYS = 14


@dataclass(frozen=True)
class Foundation:
    """Everything here is of `region`; `production` decides on protection and retention."""

    account_id: str
    market: Market
    region: Region
    prefix: str
    production: bool
    keys: EncryptionKeys
    layer_arn: pulumi.Input[str]
    alarm_topic_arn: pulumi.Input[str]
    tags: Tags

    def key_arn(self, domain: DataDomain) -> pulumi.Output[str]:
        """The key of a data domain, in this Region."""
        return self.keys.arn(domain, self.region)

    @property
    def log_retention_days(self) -> int:
        """How long logs are kept."""
        return PRODUCTION_LOG_DAYS if self.production else OTHER_LOG_DAYS

    @property
    def topics(self) -> VehicleTopics:
        """What cars of this stack publish and subscribe to."""
        return VehicleTopics(prefix=self.prefix, market=self.market)


@dataclass(frozen=True)
class Regions:
    """The Regions of a stack: a foundation where functions run, and a provider for each of them.

    `primary` and `ingest` are the same for most markets.
    """

    primary: Foundation
    ingest: Foundation
    standby: Region | None
    providers: Mapping[Region, pulumi.ProviderResource]

    def options(self, foundation: Foundation) -> pulumi.ResourceOptions:
        """Options that build a component in the foundation's Region."""
        return pulumi.ResourceOptions(providers=[self.providers[foundation.region]])

    def replica_keys(self, domain: DataDomain) -> dict[Region, pulumi.Input[str]]:
        """The Regions that a table is replicated to, each with the key of its replica."""
        return {self.standby: self.primary.keys.arn(domain, self.standby)} if self.standby else {}


def lay_foundations(settings: StackSettings) -> Regions:
    """Create one provider a Region, the keys, and the foundation of each Region where functions run.

    Each provider refuses to touch any account but the stack's.
    """
    facts = settings.facts
    standby = facts.standby if settings.standby else None
    used = dict.fromkeys([facts.primary, facts.telemetry_ingest, *([standby] if standby else [])])
    providers = {
        region: aws.Provider(
            f"aws-{region}",
            aws.ProviderArgs(region=region, allowed_account_ids=[settings.account_id]),
        )
        for region in used
    }
    keys = EncryptionKeys(
        f"{settings.prefix}-keys",
        EncryptionKeysArgs(
            account_id=settings.account_id,
            alias_prefix=settings.prefix,
            region=facts.primary,
            replicas={r: provider for r, provider in providers.items() if r is not facts.primary},
            tags=settings.base_tags,
        ),
        opts=pulumi.ResourceOptions(providers=[providers[facts.primary]]),
    )
    foundations = {
        region: _lay_foundation(settings, region, keys, providers[region])
        for region in dict.fromkeys([facts.primary, facts.telemetry_ingest])
    }
    return Regions(
        primary=foundations[facts.primary],
        ingest=foundations[facts.telemetry_ingest],
        standby=standby,
        providers=providers,
    )


def _lay_foundation(
    settings: StackSettings, region: Region, keys: EncryptionKeys, provider: pulumi.ProviderResource
) -> Foundation:
    """What a Region needs once: the topic that its alarms tell, and the functions' layer."""
    name = f"{settings.prefix}-{region}"
    on_provider = pulumi.ResourceOptions(provider=provider)
    operations = OperationsTopic(
        f"{name}-operations",
        OperationsTopicArgs(
            account_id=settings.account_id,
            email=settings.alert_email,
            key_arn=keys.arn(DataDomain.TELEMETRY, region),
            tags=settings.base_tags,
        ),
        opts=pulumi.ResourceOptions(providers=[provider]),
    )
    return Foundation(
        account_id=settings.account_id,
        market=settings.market,
        region=region,
        prefix=settings.prefix,
        production=settings.is_production,
        keys=keys,
        layer_arn=dependency_layer(f"{name}-dependencies", on_provider).arn,
        alarm_topic_arn=operations.arn,
        tags=settings.base_tags,
    )
