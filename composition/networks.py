"""The networks of a stack: a VPC a Region, joined to each other, to the hub's and to the depots."""

from dataclasses import dataclass

import pulumi
import pulumi_awsx as awsx

from components.foundation import Foundation, Regions
from components.network import (
    Network,
    NetworkArgs,
    TransitGateway,
    TransitGatewayArgs,
    TransitGatewayPeering,
    TransitGatewayPeeringArgs,
)
from components.settings import StackSettings


@dataclass(frozen=True)
class Networks:
    """`standby` only where there is one; `gateway` in production and where depots are joined."""

    primary: Network
    standby: Network | None
    gateway: TransitGateway | None
    awsx: pulumi.ProviderResource


def lay_networks(settings: StackSettings, regions: Regions) -> Networks:
    """Create a VPC in the primary and the standby Region; a transit gateway joins them in production."""
    vpcs = awsx.Provider("awsx")
    name = settings.prefix

    def options(foundation: Foundation) -> pulumi.ResourceOptions:
        options = regions.options(foundation)
        return pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(providers=[vpcs]))

    primary = Network(
        f"{name}-network", NetworkArgs(regions.primary, settings.vpc_cidr), opts=options(regions.primary)
    )
    standby = (
        Network(
            f"{name}-standby-network",
            NetworkArgs(regions.standby, settings.standby_vpc_cidr),
            opts=options(regions.standby),
        )
        if regions.standby
        else None
    )
    gateway = None
    if settings.is_production or settings.direct_connect:
        gateway = TransitGateway(
            f"{name}-transit",
            TransitGatewayArgs(regions.primary, primary),
            opts=regions.options(regions.primary),
        )
    if gateway and regions.standby and standby:
        far = TransitGateway(
            f"{name}-standby-transit",
            TransitGatewayArgs(regions.standby, standby),
            opts=regions.options(regions.standby),
        )
        TransitGatewayPeering(
            f"{name}-standby-peering",
            TransitGatewayPeeringArgs(
                own=gateway.peer,
                other=far.peer,
                accepter=regions.provider(regions.standby),
                tags=settings.base_tags,
            ),
            opts=regions.options(regions.primary),
        )
    return Networks(primary, standby, gateway, vpcs)
