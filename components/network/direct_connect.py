"""Direct Connect: the hub's gateway, and a stack's association with it, backed by a VPN.

The transit gateway prefers what it learns by Direct Connect to the same prefix by VPN, so the VPN takes over
by itself:
https://docs.aws.amazon.com/vpc/latest/tgw/how-transit-gateways-work.html#tgw-route-evaluation-overview
"""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, create_alarms
from components.foundation import Foundation
from components.network.addressing import DIRECT_CONNECT_ASN
from components.network.transit_gateway import TransitGateway
from components.network.vpn import DepotRouter, DepotVpn, DepotVpnArgs, join_tables
from components.tags import DataClass, Tags, component_tags

MAX_TRANSIT_GATEWAYS = 6
"""AWS's quota of transit gateways on one Direct Connect gateway, which it does not raise."""


@dataclass(frozen=True)
class DirectConnectGatewayArgs:
    """Only the hub has one; `markets` are those that will use it."""

    markets: int
    tags: Tags

    def __post_init__(self) -> None:
        if not 0 <= self.markets <= MAX_TRANSIT_GATEWAYS:
            raise ValueError(
                f"{self.markets} markets on one Direct Connect gateway: AWS takes {MAX_TRANSIT_GATEWAYS} "
                "transit gateways on each; leave one market to its VPN"
            )


class DirectConnectGateway(pulumi.ComponentResource):
    """The gateway that circuits of all depots end at; it belongs to no Region."""

    gateway_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: DirectConnectGatewayArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:network:DirectConnectGateway", name, None, opts)
        gateway = aws.directconnect.Gateway(
            f"{name}-gateway",
            aws.directconnect.GatewayArgs(
                amazon_side_asn=str(DIRECT_CONNECT_ASN),
                tags=component_tags(args.tags, "network", DataClass.INTERNAL),
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.gateway_id = gateway.id
        self.register_outputs({"gatewayId": gateway.id})


@dataclass(frozen=True)
class DirectConnectArgs:
    """`dx_gateway_id` is the hub's, of account `hub_account_id`; `hub_provider` works in that account.

    `connection_id` is the circuit's (`dxcon-...`), where it ends in this account: it is watched.
    """

    foundation: Foundation
    gateway: TransitGateway
    dx_gateway_id: pulumi.Input[str]
    hub_account_id: str
    hub_provider: pulumi.ProviderResource
    router: DepotRouter
    connection_id: str | None = None

    def __post_init__(self) -> None:
        if self.connection_id is not None and not self.connection_id.startswith(("dxcon-", "dxlag-")):
            raise ValueError(
                f"connection_id is {self.connection_id!r}: a Direct Connect connection's begins with dxcon-"
            )

    @property
    def crosses_accounts(self) -> bool:
        """Whether the hub must accept what this stack proposes."""
        return self.hub_account_id != self.foundation.account_id


class DirectConnect(pulumi.ComponentResource):
    """The depots of a market reach its VPC by Direct Connect or, without it, by VPN."""

    vpn: DepotVpn

    def __init__(
        self, name: str, args: DirectConnectArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:network:DirectConnect", name, None, opts)
        gateway = args.gateway
        association = _propose(name, args, self) if args.crosses_accounts else _associate(name, args, self)
        # The association is the hub's, the attachment that it makes is ours: only our account finds it.
        attachment = aws.ec2transitgateway.get_direct_connect_gateway_attachment_output(
            dx_gateway_id=args.dx_gateway_id,
            transit_gateway_id=gateway.gateway_id,
            opts=pulumi.InvokeOutputOptions(parent=self, depends_on=[association]),
        )
        join_tables(
            f"{name}-tables",
            attachment.id,
            looks_up=gateway.outside_table_id,
            known_in=gateway.vpc_table_id,
            parent=self,
        )
        self.vpn = DepotVpn(
            f"{name}-vpn",
            DepotVpnArgs(
                foundation=args.foundation,
                router=args.router,
                gateway_id=gateway.gateway_id,
                vpc_table_id=gateway.vpc_table_id,
                outside_table_id=gateway.outside_table_id,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        if args.connection_id is not None:
            create_alarms(
                name,
                [_circuit_down(args.connection_id)],
                topic_arn=args.foundation.alarm_topic_arn,
                tags=component_tags(args.foundation.tags, "network", DataClass.INTERNAL),
                parent=self,
            )
        self.register_outputs({"vpnConnectionId": self.vpn.connection_id})


def _associate(name: str, args: DirectConnectArgs, parent: pulumi.Resource) -> pulumi.Resource:
    return aws.directconnect.GatewayAssociation(
        f"{name}-association",
        aws.directconnect.GatewayAssociationArgs(
            dx_gateway_id=args.dx_gateway_id,
            associated_gateway_id=args.gateway.gateway_id,
            allowed_prefixes=[str(args.gateway.peer.vpc_cidr)],
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _propose(name: str, args: DirectConnectArgs, parent: pulumi.Resource) -> pulumi.Resource:
    prefixes = [str(args.gateway.peer.vpc_cidr)]
    proposal = aws.directconnect.GatewayAssociationProposal(
        f"{name}-proposal",
        aws.directconnect.GatewayAssociationProposalArgs(
            dx_gateway_id=args.dx_gateway_id,
            dx_gateway_owner_account_id=args.hub_account_id,
            associated_gateway_id=args.gateway.gateway_id,
            allowed_prefixes=prefixes,
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return aws.directconnect.GatewayAssociation(
        f"{name}-association",
        aws.directconnect.GatewayAssociationArgs(
            proposal_id=proposal.id,
            dx_gateway_id=args.dx_gateway_id,
            associated_gateway_owner_account_id=args.foundation.account_id,
            allowed_prefixes=prefixes,
        ),
        opts=pulumi.ResourceOptions(parent=parent, provider=args.hub_provider),
    )


def _circuit_down(connection_id: str) -> Alarm:
    return Alarm(
        name="circuit-down",
        description="The Direct Connect circuit is down, the VPN carries the depot: call the carrier",
        namespace="AWS/DX",
        metric="ConnectionState",
        dimensions={"ConnectionId": connection_id},
        statistic="Minimum",
        threshold=1,
        below=True,
        periods=2,
        missing_is_bad=True,
    )
