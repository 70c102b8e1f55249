"""The network of a stack: VPC, transit gateway and its peering, Direct Connect with its VPN."""

from components.network.addressing import AddressError, AddressPlan, address_plan
from components.network.direct_connect import (
    DirectConnect,
    DirectConnectArgs,
    DirectConnectGateway,
    DirectConnectGatewayArgs,
)
from components.network.hub_link import hub_link_statements
from components.network.network import Network, NetworkArgs
from components.network.security_groups import WORKLOAD_PORT, GroupMaker, Peer, SecurityGroups
from components.network.transit_gateway import (
    PeerGateway,
    TransitGateway,
    TransitGatewayArgs,
    TransitGatewayPeering,
    TransitGatewayPeeringArgs,
)
from components.network.vpn import DepotRouter

__all__ = [
    "WORKLOAD_PORT",
    "AddressError",
    "AddressPlan",
    "DepotRouter",
    "DirectConnect",
    "DirectConnectArgs",
    "DirectConnectGateway",
    "DirectConnectGatewayArgs",
    "GroupMaker",
    "Network",
    "NetworkArgs",
    "Peer",
    "PeerGateway",
    "SecurityGroups",
    "TransitGateway",
    "TransitGatewayArgs",
    "TransitGatewayPeering",
    "TransitGatewayPeeringArgs",
    "address_plan",
    "hub_link_statements",
]
