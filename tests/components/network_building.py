"""Builds networks under mocks, for the tests beside."""

from collections.abc import Callable
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws
import pulumi_awsx as awsx

from components.encryption import EncryptionKeys, EncryptionKeysArgs
from components.foundation import Foundation
from components.markets import Market, Region
from components.network import Network, NetworkArgs, TransitGateway, TransitGatewayArgs
from tests.recording import ACCOUNT, Recording, record

TAGS = {"Project": "p", "Environment": "prod", "Market": "sg", "Owner": "o", "CostCenter": "c"}
CIDR = IPv4Network("10.10.0.0/16")
HUB_ACCOUNT = "444455556666"


def foundation(
    *, production: bool = True, region: Region = Region.SINGAPORE, account_id: str = ACCOUNT
) -> Foundation:
    """A Region's foundation with keys of its own."""
    name = f"{account_id}-{region}"
    keys = EncryptionKeys(
        f"{name}-keys",
        EncryptionKeysArgs(account_id=account_id, alias_prefix="p", region=region, tags=TAGS),
        opts=on(region, account_id),
    )
    return Foundation(
        account_id=account_id,
        market=Market.SINGAPORE,
        region=region,
        prefix="bluehorizons-prod-sg",
        production=production,
        keys=keys,
        alarm_topic_arn=f"arn:aws:sns:{region}:{account_id}:operations",
        tags=TAGS,
    )


_providers: dict[str, pulumi.ProviderResource] = {}


def provider(region: Region, account_id: str = ACCOUNT) -> pulumi.ProviderResource:
    """The provider of an account's Region: `<account>-<region>`."""
    name = f"{account_id}-{region}"
    if name not in _providers:
        _providers[name] = aws.Provider(
            name, aws.ProviderArgs(region=region, allowed_account_ids=[account_id])
        )
    return _providers[name]


def on(region: Region, account_id: str = ACCOUNT) -> pulumi.ResourceOptions:
    """Options of a component in an account's Region, with awsx for VPCs."""
    if "awsx" not in _providers:
        _providers["awsx"] = awsx.Provider("awsx")
    return pulumi.ResourceOptions(providers=[provider(region, account_id), _providers["awsx"]])


def network(base: Foundation, cidr: IPv4Network = CIDR) -> Network:
    """A network on a foundation, named after its range."""
    return Network(
        f"net-{cidr.network_address}", NetworkArgs(base, cidr), opts=on(base.region, base.account_id)
    )


def gateway(base: Foundation, cidr: IPv4Network = CIDR) -> TransitGateway:
    """A network and its transit gateway."""
    return TransitGateway(
        f"tgw-{cidr.network_address}",
        TransitGatewayArgs(base, network(base, cidr)),
        opts=on(base.region, base.account_id),
    )


def build(make: Callable[[], object]) -> Recording:
    """Record what `make` registers; providers of an earlier recording are forgotten."""
    _providers.clear()
    return record(make, stack="prod")
