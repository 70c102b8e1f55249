"""The stack's configuration, read once into a typed and validated value.

`python -m components.settings` prints the JSON Schema of a `Pulumi.<stack>.yaml` file.
"""

import json
import sys
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from components.markets import (
    DEV_STANDBY_VPC_CIDR,
    DEV_VPC_CIDR,
    HOME_MARKET,
    MARKETS,
    REGIONS,
    Environment,
    Market,
    MarketFacts,
    stack_name,
)
from components.sizing import (
    ApiThrottle,
    SizingError,
    TelemetrySizing,
    rider_api_throttle,
    telemetry_sizing,
)
from components.stack_files import StackFile
from components.tags import Tags

NAMESPACE = "blue-horizons"


class ContainerPlatformKind(StrEnum):
    """Where teams that bring containers run them."""

    NONE = "none"
    ECS = "ecs"
    EKS = "eks"


class Secret(StrEnum):
    """Configuration that only the component that needs it ever sees: `pulumi config set --secret`."""

    PUSH_CREDENTIAL = "pushCredential"
    TICKET_WEBHOOK_KEY = "ticketWebhookKey"


_SECRETS: Mapping[Secret, str] = {
    Secret.PUSH_CREDENTIAL: "the JSON key of a Firebase service account, with which staff's app is told",
    Secret.TICKET_WEBHOOK_KEY: "the key that tickets are signed with, needed by ticketWebhookUrl",
}


class Writer(StrEnum):
    """Which Region of a market may write: at any time one of them, or none while the role changes hands."""

    PRIMARY = "primary"
    STANDBY = "standby"
    NONE = "none"


class SettingsError(ValueError):
    """The stack's configuration is wrong: one line for each key, with value, reason and what is allowed."""


# Values of a stack that its environment decides when the stack file is silent.
_ENVIRONMENT_DEFAULTS: Mapping[Environment, Mapping[str, Any]] = {
    Environment.DEV: {"fleetSize": 50, "activeRiders": 500, "standby": False, "budgetMonthlyUsd": 300},
    Environment.PROD: {
        "fleetSize": 1_000,
        "activeRiders": 10_000,
        "standby": True,
        "budgetMonthlyUsd": 15_000,
    },
}

Text = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[\w .:/=+\-@]+$")]


class StackSettings(BaseModel):
    """All that a stack is configured with; a field's description says what is allowed.

    Field names are the config keys in snake case: `fleet_size` is `blue-horizons:fleetSize`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)

    market: Market = Field(description="the market, one of " + ", ".join(Market))
    environment: Environment = Field(description="the environment, one of " + ", ".join(Environment))
    account_id: str = Field(
        pattern=r"^\d{12}$",
        description="the AWS account that this stack may touch and no other, 12 digits in quotes",
    )
    owner: Text = Field(description="the team that answers for the stack, as a tag value")
    cost_center: Text = Field(description="who pays, as a tag value")
    alert_email: str = Field(
        pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", description="an e-mail address that operations reads"
    )
    domain: str = Field(
        pattern=r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$",
        description="the DNS name that all markets of the environment share, lower case",
    )
    fleet_size: int = Field(ge=1, le=100_000, description="cars in the market, 1 to 100000")
    active_riders: int = Field(ge=1, le=10_000_000, description="riders a month, 1 to 10000000")
    telemetry_interval_seconds: int = Field(
        default=10, ge=1, le=3_600, description="seconds between two messages of one car, 1 to 3600"
    )
    standby: bool = Field(description="whether a standby Region is kept ready, true or false")
    writer: Writer = Field(
        default=Writer.PRIMARY,
        description="the Region that may write, one of " + ", ".join(Writer) + ": docs/runbooks/failover.md",
    )
    writer_epoch: int = Field(
        default=1, ge=1, description="counts failovers: raise it each time writer names another Region"
    )
    budget_monthly_usd: int = Field(ge=1, le=10_000_000, description="US dollars a month, 1 to 10000000")
    container_platform: ContainerPlatformKind = Field(
        default=ContainerPlatformKind.NONE, description="one of " + ", ".join(ContainerPlatformKind)
    )
    container_image_digest: str | None = Field(
        default=None,
        pattern=r"^sha256:[0-9a-f]{64}$",
        description="the rider API's image that containers run, sha256:...; without it nothing runs",
    )
    cluster_admin_role: str | None = Field(
        default=None,
        pattern=r"^arn:aws:iam::\d{12}:role/.+$",
        description="the ARN of the role that administers an EKS cluster, needed by containerPlatform eks",
    )
    github_repository: str | None = Field(
        default=None,
        pattern=r"^[\w.-]+/[\w.-]+$",
        description='the GitHub repository that deploys this stack, "owner/name"; without it none does',
    )
    code_signing: bool = Field(
        default=False, description="functions run signed code only, where the Region has AWS Signer"
    )
    alert_sms: str | None = Field(
        default=None,
        pattern=r"^\+[1-9]\d{7,14}(,\+[1-9]\d{7,14})*$",
        description="who hears of critical alerts by text message: numbers in E.164, joined by commas",
    )
    on_call_sms: str | None = Field(
        default=None,
        pattern=r"^\+[1-9]\d{7,14}(,\+[1-9]\d{7,14})*$",
        description="who is on call when nobody takes a critical alert: numbers in E.164, joined by commas",
    )
    on_call_url: str | None = Field(
        default=None,
        pattern=r"^https://\S+$",
        description="the HTTPS endpoint of an on-call product, for alerts that nobody takes",
    )
    slack: str | None = Field(
        default=None,
        pattern=r"^T[A-Z0-9]+/C[A-Z0-9]+$",
        description="a Slack workspace and channel that hear all alerts, as ids: T.../C...",
    )
    ticket_webhook_url: str | None = Field(
        default=None,
        pattern=r"^https://\S+$",
        description="where tickets go, signed with the secret ticketWebhookKey",
    )
    organization_email: str | None = Field(
        default=None,
        pattern=r"^[^@\s+]+@[^@\s]+\.[^@\s]+$",
        description="makes the prod hub the organisation; accounts have <name>+<stack>@<host> made of it",
    )
    state_bucket: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
        description="the S3 bucket of Pulumi's state, when it is kept in S3",
    )
    state_key_arn: str | None = Field(
        default=None,
        pattern=r"^arn:aws:kms:[a-z0-9-]+:\d{12}:key/[0-9a-f-]+$",
        description="the ARN of the KMS key that encrypts secrets in Pulumi's state, when there is one",
    )
    redshift: bool = Field(default=False, description="Redshift Serverless, true or false")
    open_search: bool = Field(default=False, description="OpenSearch for logs, true or false")
    prometheus: bool = Field(default=False, description="a Prometheus workspace, true or false")
    direct_connect: bool = Field(default=False, description="Direct Connect to the depot, true or false")
    depot_vpn_address: IPv4Address | None = Field(
        default=None, description="the public IPv4 address of the depot's router, needed by directConnect"
    )
    depot_bgp_asn: int = Field(
        default=65_010, ge=64_512, le=65_534, description="the depot's private BGP ASN, 64512 to 65534"
    )
    direct_connect_connection_id: str | None = Field(
        default=None,
        pattern=r"^dx(con|lag)-[a-z0-9]+$",
        description="the Direct Connect circuit that ends in this account, dxcon-...: it is watched",
    )
    shield_advanced: bool = Field(default=False, description="Shield Advanced, true or false")

    @model_validator(mode="before")
    @classmethod
    def _fill_environment_defaults(cls, raw: object) -> object:
        if not isinstance(raw, Mapping) or raw.get("environment") not in list(Environment):
            return raw
        return {**_ENVIRONMENT_DEFAULTS[Environment(raw["environment"])], **raw}

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if self.environment is Environment.DEV and self.market is not HOME_MARKET:
            raise ValueError(f"market = {str(self.market)!r}: environment dev exists in {HOME_MARKET} only")
        if self.writer is Writer.STANDBY and not self.standby:
            raise ValueError("writer = 'standby': there is no standby Region; set standby to true first")
        if self.direct_connect and self.depot_vpn_address is None:
            raise ValueError(
                "depotVpnAddress is not set: directConnect needs the address of the depot's router "
                "for the VPN that is its backup"
            )
        if self.organization_email and not (self.is_hub and self.is_production):
            raise ValueError(
                f"organizationEmail = {self.organization_email!r}: only stack {Environment.PROD} is the "
                "organisation's; leave it out here"
            )
        if self.container_platform is ContainerPlatformKind.EKS and self.cluster_admin_role is None:
            raise ValueError(
                "clusterAdminRole is not set: without it nobody could enter the cluster of "
                "containerPlatform = 'eks'"
            )
        _ = self.telemetry_sizing  # a fleet that the Region cannot take is a configuration error
        return self

    @cached_property
    def facts(self) -> MarketFacts:
        """The market's row."""
        return MARKETS[self.market]

    @cached_property
    def is_production(self) -> bool:
        """Whether riders depend on this stack: retention, protection and redundancy follow from it."""
        return self.environment is Environment.PROD

    @cached_property
    def is_hub(self) -> bool:
        """Whether this stack holds what all markets of its environment share."""
        return self.market is HOME_MARKET

    @cached_property
    def stack(self) -> str:
        """The stack's name."""
        return stack_name(self.environment, self.market)

    @cached_property
    def home_stack(self) -> str:
        """The stack that holds what all markets of this environment share."""
        return stack_name(self.environment, HOME_MARKET)

    @cached_property
    def market_domain(self) -> str:
        """The market's own DNS name: under it are its APIs, its back office and its cars' endpoint."""
        return f"{self.market}.{self.domain}"

    @cached_property
    def vpc_cidr(self) -> IPv4Network:
        """The address range of the VPC in the primary Region."""
        return self.facts.vpc_cidr if self.is_production else DEV_VPC_CIDR

    @cached_property
    def standby_vpc_cidr(self) -> IPv4Network:
        """The address range of the VPC in the standby Region."""
        return self.facts.standby_vpc_cidr if self.is_production else DEV_STANDBY_VPC_CIDR

    @cached_property
    def hub_prefix(self) -> str:
        """Starts the names of the environment's hub."""
        return f"bluehorizons-{self.environment}-{HOME_MARKET}"

    @cached_property
    def prefix(self) -> str:
        """Starts every name; unique in the account. Pinned: names that cars know are made of it."""
        return f"bluehorizons-{self.environment}-{self.market}"

    @cached_property
    def telemetry_sizing(self) -> TelemetrySizing:
        """The telemetry path's size for this fleet."""
        try:
            return telemetry_sizing(
                self.fleet_size,
                self.telemetry_interval_seconds,
                REGIONS[self.facts.telemetry_ingest].iot_publishes_per_second,
            )
        except SizingError as error:
            raise ValueError(str(error)) from error

    @cached_property
    def rider_api_throttle(self) -> ApiThrottle:
        """What the rider API takes from this many riders."""
        return rider_api_throttle(self.active_riders)

    @cached_property
    def base_tags(self) -> Tags:
        """The tags that every resource of the stack shares."""
        return {
            "Project": NAMESPACE,
            "Environment": str(self.environment),
            "Market": str(self.market),
            "Owner": self.owner,
            "CostCenter": self.cost_center,
        }


def load_settings(
    get: Callable[[str], str | None], stack: str, files: Mapping[str, StackFile] | None = None
) -> StackSettings:
    """Read every key with `get` (as `pulumi.Config("blue-horizons").get`) and validate the whole.

    `files` are those of all stacks: `stack_files.read_stack_files`. Raises SettingsError that names each
    key, its value, the reason and what is allowed, and when the configuration or the account is another
    stack's.
    """
    raw = {key: value for key in config_keys() if (value := get(key)) is not None}
    try:
        settings = StackSettings.model_validate(raw)
    except ValidationError as error:
        raise SettingsError(_explain(error, raw)) from None
    if settings.stack != stack:
        raise SettingsError(
            f"stack {stack!r} is configured as market {str(settings.market)!r} in environment "
            f"{str(settings.environment)!r}, which is stack {settings.stack!r}: "
            f"select that stack or correct {NAMESPACE}:market and {NAMESPACE}:environment"
        )
    others = [name for name, file in (files or {}).items() if file.account_id == settings.account_id]
    if others and others != [stack]:
        raise SettingsError(
            f"{NAMESPACE}:accountId = {settings.account_id!r} of stack {stack!r} is the account of "
            f"{', '.join(repr(other) for other in others if other != stack)} too: each stack has an AWS "
            "account of its own; correct it in the stack file that is wrong"
        )
    return settings


def config_keys() -> list[str]:
    """Every key under `blue-horizons:`."""
    return [field.alias or name for name, field in StackSettings.model_fields.items()]


def _explain(error: ValidationError, raw: Mapping[str, str]) -> str:
    descriptions = {field.alias: field.description for field in StackSettings.model_fields.values()}
    lines = []
    for problem in error.errors():
        if not problem["loc"]:
            lines.append(f"{NAMESPACE}: {problem['msg'].removeprefix('Value error, ')}")
            continue
        key = str(problem["loc"][0])
        value = f"= {raw[key]!r}" if key in raw else "is not set"
        lines.append(
            f"{NAMESPACE}:{key} {value}: {problem['msg']}; allowed is {descriptions[key]}. "
            f"Set it with: pulumi config set {NAMESPACE}:{key} VALUE"
        )
    return "\n".join(lines)


def config_schema() -> dict[str, Any]:
    """The JSON Schema of a stack file, for editors and for the test of every stack file."""
    model = StackSettings.model_json_schema(by_alias=True)
    by_environment = set(_ENVIRONMENT_DEFAULTS[Environment.DEV])
    properties = {f"{NAMESPACE}:{key}": schema for key, schema in model["properties"].items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A Blue Horizons stack file: Pulumi.<stack>.yaml",
        "type": "object",
        "additionalProperties": False,
        "required": ["config"],
        "properties": {
            "encryptionsalt": {"type": "string"},
            "secretsprovider": {"type": "string"},
            "encryptedkey": {"type": "string"},
            "config": {
                "type": "object",
                "additionalProperties": False,
                "required": [
                    "pulumi:disable-default-providers",
                    *(f"{NAMESPACE}:{key}" for key in model["required"] if key not in by_environment),
                ],
                "properties": {
                    "pulumi:disable-default-providers": {
                        "const": ["*"],
                        "description": "a resource on a forgotten provider must fail",
                    },
                    **properties,
                    **{f"{NAMESPACE}:{secret}": _secure(text) for secret, text in _SECRETS.items()},
                },
            },
        },
        "$defs": model["$defs"],
    }


def _secure(description: str) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["secure"],
        "properties": {"secure": {"type": "string"}},
        "description": description,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(config_schema(), indent=2) + "\n")
