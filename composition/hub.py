"""How a stack meets the hub: the home stack builds it, the others read its outputs and work by their role."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.edge import DnsName, DnsZones, MarketNames
from components.foundation import Regions
from components.hub import Hub, HubArgs, external_id
from components.hub_reference import HubOutput, HubReference
from components.markets import GLOBAL_REGION, HOME_MARKET, MARKETS
from components.network import (
    DepotRouter,
    DirectConnect,
    DirectConnectArgs,
    PeerGateway,
    TransitGatewayPeering,
    TransitGatewayPeeringArgs,
)
from components.settings import StackSettings
from components.stack_files import StackFile, market_accounts, markets_on_direct_connect
from composition.networks import Networks


@dataclass(frozen=True)
class HubLink:
    """What a stack needs of the hub; both providers work in the hub's account.

    `dns` is in us-east-1, where Route 53 is, so that moving riders asks nothing of a Region that may be lost;
    `network` is in the hub's Region. `peer` and `direct_connect_gateway_id` only where there is one to join;
    `zones` only in the home stack, `role_arn`, which the stack takes in the hub's account, in the others.
    """

    account_id: str
    dns: pulumi.ProviderResource
    network: pulumi.ProviderResource
    root_zone_id: pulumi.Output[str]
    zone_id: pulumi.Output[str]
    names: MarketNames
    peer: PeerGateway | None = None
    direct_connect_gateway_id: pulumi.Output[str] | None = None
    zones: DnsZones | None = None
    role_arn: pulumi.Output[str] | None = None

    def at(self, name: str) -> DnsName:
        """A name in the market's zone, or in the root zone when it is the environment's."""
        in_market = name.endswith(f".{self.names.market_domain}")
        return DnsName(name, self.zone_id if in_market else self.root_zone_id)


def join_hub(
    settings: StackSettings, regions: Regions, networks: Networks, stacks: Mapping[str, StackFile]
) -> HubLink:
    """Build the hub, or reach it; then join its network and the depots'."""
    if settings.is_hub:
        link = _build(settings, regions, networks, stacks)
    else:
        link = _reach(settings, networks, stacks)
    gateway = networks.gateway
    if gateway and link.peer:
        TransitGatewayPeering(
            f"{settings.prefix}-hub-peering",
            TransitGatewayPeeringArgs(
                own=gateway.peer, other=link.peer, accepter=link.network, tags=settings.base_tags
            ),
            opts=regions.options(regions.primary),
        )
    if gateway and link.direct_connect_gateway_id is not None and settings.depot_vpn_address:
        DirectConnect(
            f"{settings.prefix}-depots",
            DirectConnectArgs(
                foundation=regions.primary,
                gateway=gateway,
                dx_gateway_id=link.direct_connect_gateway_id,
                hub_account_id=link.account_id,
                hub_provider=link.network,
                router=DepotRouter(settings.depot_vpn_address, settings.depot_bgp_asn),
                connection_id=settings.direct_connect_connection_id,
            ),
            opts=regions.options(regions.primary),
        )
    return link


def _build(
    settings: StackSettings, regions: Regions, networks: Networks, stacks: Mapping[str, StackFile]
) -> HubLink:
    hub = Hub(
        f"{settings.prefix}-hub",
        HubArgs(
            primary=regions.primary,
            edge=regions.edge,
            domain=settings.domain,
            markets=market_accounts(settings.environment, stacks),
            on_direct_connect=settings.direct_connect
            + markets_on_direct_connect(settings.environment, stacks, but=settings.stack),
            gateway=networks.gateway,
        ),
        opts=regions.options(regions.edge),
    )
    for output, value in hub.outputs.items():
        pulumi.export(output, value)
    pulumi.export("nameServers", hub.zones.name_servers)
    return HubLink(
        account_id=settings.account_id,
        dns=regions.provider(regions.edge),
        network=regions.provider(regions.primary),
        root_zone_id=hub.zones.root.zone_id,
        zone_id=hub.zones.markets[settings.market].zone_id,
        names=MarketNames(settings.domain, settings.market_domain),
        direct_connect_gateway_id=(
            hub.direct_connect.gateway_id if hub.direct_connect and settings.direct_connect else None
        ),
        zones=hub.zones,
    )


def _reach(settings: StackSettings, networks: Networks, stacks: Mapping[str, StackFile]) -> HubLink:
    account = stacks[settings.home_stack].account_id
    home = MARKETS[HOME_MARKET]
    hub = HubReference(settings.home_stack, domain=settings.domain)
    role_arn = hub.for_market(HubOutput.MARKET_LINK_ROLE_ARNS, settings.market)
    role = aws.ProviderAssumeRoleArgs(
        role_arn=role_arn,
        external_id=external_id(settings.hub_prefix, settings.market),
        session_name=settings.prefix,
    )
    dns, network = (
        aws.Provider(
            f"aws-hub-{region}",
            aws.ProviderArgs(
                region=region,
                allowed_account_ids=[account],
                sts_region=GLOBAL_REGION,
                assume_roles=[role],
            ),
        )
        for region in (GLOBAL_REGION, home.primary)
    )
    peer = None
    if networks.gateway:
        peer = PeerGateway(
            account_id=account,
            region=home.primary,
            vpc_cidr=home.vpc_cidr,
            gateway_id=hub.text(HubOutput.TRANSIT_GATEWAY_ID),
            vpc_table_id=hub.text(HubOutput.TRANSIT_GATEWAY_VPC_TABLE_ID),
            outside_table_id=hub.text(HubOutput.TRANSIT_GATEWAY_OUTSIDE_TABLE_ID),
        )
    return HubLink(
        account_id=account,
        dns=dns,
        network=network,
        root_zone_id=hub.text(HubOutput.ROOT_ZONE_ID),
        zone_id=hub.for_market(HubOutput.MARKET_ZONE_IDS, settings.market),
        names=MarketNames(settings.domain, settings.market_domain),
        role_arn=role_arn,
        peer=peer,
        direct_connect_gateway_id=(
            hub.text(HubOutput.DIRECT_CONNECT_GATEWAY_ID) if settings.direct_connect else None
        ),
    )
