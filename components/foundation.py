"""What every component of one Region of a stack builds on: keys, layer, alarm topic, names, tags."""

from dataclasses import dataclass

import pulumi

from components.alarms import OperationsTopic, OperationsTopicArgs
from components.encryption import DataDomain, EncryptionKeys
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


def lay_foundation(
    settings: StackSettings, region: Region, keys: EncryptionKeys, provider: pulumi.ProviderResource
) -> Foundation:
    """Create what a Region needs once: the topic that its alarms tell, and the functions' layer."""
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
