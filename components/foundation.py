"""What every component of one Region of a stack builds on: keys, layer, alarm topic, names, tags."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarms import OperationsTopic, OperationsTopicArgs
from components.encryption import DataDomain, EncryptionKeys, EncryptionKeysArgs, KeyReplicas
from components.lambda_function import dependency_layer
from components.markets import GLOBAL_REGION, Market, Region
from components.settings import StackSettings
from components.tags import Tags
from components.topics import VehicleTopics

PRODUCTION_LOG_DAYS = 365
OTHER_LOG_DAYS = 14
ALL_DOMAINS = frozenset(DataDomain)
EDGE_DOMAINS = frozenset({DataDomain.LOGS, DataDomain.TELEMETRY})
"""Of which us-east-1 needs keys: logs of the edge and the topic of its alarms; no market data is there."""


@dataclass(frozen=True)
class Foundation:
    """Everything here is of `region`; `production` decides on protection and retention."""

    account_id: str
    market: Market
    region: Region
    prefix: str
    production: bool
    keys: EncryptionKeys
    alarm_topic_arn: pulumi.Input[str]
    tags: Tags
    layer: pulumi.Input[str] | None = None

    def key_arn(self, domain: DataDomain) -> pulumi.Output[str]:
        """The key of a data domain, in this Region."""
        return self.keys.arn(domain, self.region)

    @property
    def layer_arn(self) -> pulumi.Input[str]:
        """The layer with the functions' packages. Raises ValueError where no function may run."""
        if self.layer is None:
            raise ValueError(f"{self.region} has no dependency layer: no function of ours runs there")
        return self.layer

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
    """The Regions of a stack: a foundation and a provider for each.

    `primary` and `ingest` are the same for most markets; `ingest` and `standby` are for Indonesia.
    `edge` is us-east-1, where only CloudFront's, Cognito's and Route 53's belongings are.
    """

    primary: Foundation
    ingest: Foundation
    standby: Foundation | None
    edge: Foundation
    providers: Mapping[Region, pulumi.ProviderResource]

    def provider(self, foundation: Foundation) -> pulumi.ProviderResource:
        """The provider of the foundation's Region."""
        return self.providers[foundation.region]

    def options(self, foundation: Foundation) -> pulumi.ResourceOptions:
        """Options that build a component in the foundation's Region."""
        return pulumi.ResourceOptions(providers=[self.provider(foundation)])

    def replica_keys(self, domain: DataDomain) -> dict[Region, pulumi.Input[str]]:
        """The Regions that a table is replicated to, each with the key of its replica."""
        return {self.standby.region: self.standby.key_arn(domain)} if self.standby else {}


def lay_foundations(settings: StackSettings) -> Regions:
    """Create one provider a Region, the keys, and the foundation of each Region.

    Each provider refuses to touch any account but the stack's.
    """
    facts = settings.facts
    used = [facts.primary, facts.telemetry_ingest, *([facts.standby] if settings.standby else [])]
    providers = {
        region: aws.Provider(
            f"aws-{region}",
            aws.ProviderArgs(
                region=region,
                allowed_account_ids=[settings.account_id],
                # Each provider asks STS who it is, also when nothing of it is touched: a promotion must not
                # wait for the STS of the Region that is lost.
                sts_region=GLOBAL_REGION,
            ),
        )
        for region in dict.fromkeys([*used, GLOBAL_REGION])
    }
    keys = EncryptionKeys(
        f"{settings.prefix}-keys",
        EncryptionKeysArgs(
            account_id=settings.account_id,
            alias_prefix=settings.prefix,
            region=facts.primary,
            replicas={
                region: KeyReplicas(provider, EDGE_DOMAINS if region is GLOBAL_REGION else ALL_DOMAINS)
                for region, provider in providers.items()
                if region is not facts.primary
            },
            tags=settings.base_tags,
        ),
        opts=pulumi.ResourceOptions(providers=[providers[facts.primary]]),
    )
    foundations = {
        region: _lay_foundation(settings, region, keys, provider) for region, provider in providers.items()
    }
    return Regions(
        primary=foundations[facts.primary],
        ingest=foundations[facts.telemetry_ingest],
        standby=foundations[facts.standby] if settings.standby else None,
        edge=foundations[GLOBAL_REGION],
        providers=providers,
    )


def _lay_foundation(
    settings: StackSettings, region: Region, keys: EncryptionKeys, provider: pulumi.ProviderResource
) -> Foundation:
    """What a Region needs once: the topic that its alarms tell and, where functions run, their layer."""
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
    runs_functions = region is not GLOBAL_REGION
    return Foundation(
        account_id=settings.account_id,
        market=settings.market,
        region=region,
        prefix=settings.prefix,
        production=settings.is_production,
        keys=keys,
        alarm_topic_arn=operations.arn,
        tags=settings.base_tags,
        layer=dependency_layer(f"{name}-dependencies", on_provider).arn if runs_functions else None,
    )
