"""What every component of one Region of a stack builds on: keys, layer, alarm topic, names, tags."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pulumi
import pulumi_aws as aws

from components.alarms import OperationsTopic, OperationsTopicArgs
from components.encryption import DataDomain, EncryptionKeys, EncryptionKeysArgs, KeyReplicas
from components.lambda_function import FunctionHome, dependency_layer
from components.markets import GLOBAL_REGION, Market, Region
from components.settings import StackSettings
from components.tags import Tags
from components.topics import VehicleTopics

Rules = Sequence[pulumi.ResourceTransformation]
"""What every resource of a Region inherits, whatever component it is of."""
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
    def function_home(self) -> FunctionHome:
        """Where functions of this Region are. Raises ValueError where no function may run."""
        return FunctionHome(
            account_id=self.account_id,
            layer_arn=self.layer_arn,
            log_key_arn=self.key_arn(DataDomain.LOGS),
            log_retention_days=self.log_retention_days,
        )

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
    rules: Mapping[Region, Rules] = field(default_factory=dict)

    def provider(self, foundation: Foundation) -> pulumi.ProviderResource:
        """The provider of the foundation's Region."""
        return self.providers[foundation.region]

    def options(self, foundation: Foundation) -> pulumi.ResourceOptions:
        """Options that build a component in the foundation's Region, under the rules of that Region."""
        return pulumi.ResourceOptions(
            providers=[self.provider(foundation)],
            transformations=list(self.rules.get(foundation.region, ())),
        )

    def replica_keys(self, domain: DataDomain) -> dict[Region, pulumi.Input[str]]:
        """The Regions that a table is replicated to, each with the key of its replica."""
        return {self.standby.region: self.standby.key_arn(domain)} if self.standby else {}


def create_providers(settings: StackSettings) -> dict[Region, aws.Provider]:
    """Create one provider a Region, each of which refuses to touch any account but the stack's."""
    facts = settings.facts
    used = [facts.primary, facts.telemetry_ingest, *([facts.standby] if settings.standby else [])]
    return {
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


def _no_rules(_: Foundation) -> Rules:
    return ()


def lay_foundations(
    settings: StackSettings,
    providers: Mapping[Region, pulumi.ProviderResource] | None = None,
    rules: Callable[[Foundation], Rules] = _no_rules,
) -> Regions:
    """Create the keys and the foundation of each Region.

    `rules` says what everything in a Region inherits; it is asked before the first function's code is made.
    """
    facts = settings.facts
    providers = providers or create_providers(settings)
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
    foundations = {}
    inherited = {}
    for region, provider in providers.items():
        base = _lay_foundation(settings, region, keys, provider)
        inherited[region] = rules(base)
        foundations[region] = _with_layer(base, provider, inherited[region])
    return Regions(
        primary=foundations[facts.primary],
        ingest=foundations[facts.telemetry_ingest],
        standby=foundations[facts.standby] if settings.standby else None,
        edge=foundations[GLOBAL_REGION],
        providers=providers,
        rules=inherited,
    )


def _lay_foundation(
    settings: StackSettings, region: Region, keys: EncryptionKeys, provider: pulumi.ProviderResource
) -> Foundation:
    """What a Region needs once: the topic that its alarms tell."""
    name = f"{settings.prefix}-{region}"
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
        alarm_topic_arn=operations.arn,
        tags=settings.base_tags,
    )


def _with_layer(base: Foundation, provider: pulumi.ProviderResource, rules: Rules) -> Foundation:
    """The foundation with the functions' packages, where functions run."""
    if base.region is GLOBAL_REGION:
        return base
    options = pulumi.ResourceOptions(provider=provider, transformations=list(rules))
    return replace(base, layer=dependency_layer(f"{base.prefix}-{base.region}-dependencies", options).arn)
