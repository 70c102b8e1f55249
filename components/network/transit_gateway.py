"""The transit gateway of a Region of a stack, and the peering of two of them.

Nothing is accepted, associated or propagated by itself. Two route tables say who reaches what: `vpc` is what
the VPC's traffic looks up, `outside` what comes from peered gateways, Direct Connect and VPN. The latter
knows the own VPC alone, so nobody passes through one market to another.
"""

from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, create_alarms
from components.foundation import Foundation
from components.markets import Region
from components.network.addressing import COMPANY, gateway_asn
from components.network.flow_logs import log_flows
from components.network.network import Network
from components.tags import DataClass, Tags, component_tags

DROPPED_PACKETS = 100
"""In five minutes: more is a fault of routing or somebody who tries what he may not."""


@dataclass(frozen=True)
class PeerGateway:
    """What one side of a peering must know of the other. `vpc_cidr` is the VPC behind the gateway."""

    account_id: str
    region: Region
    vpc_cidr: IPv4Network
    gateway_id: pulumi.Input[str]
    vpc_table_id: pulumi.Input[str]
    outside_table_id: pulumi.Input[str]


@dataclass(frozen=True)
class TransitGatewayArgs:
    """`network` is the VPC to attach: of the foundation's Region."""

    foundation: Foundation
    network: Network


class TransitGateway(pulumi.ComponentResource):
    """A transit gateway with the VPC attached; the VPC routes the company's range to it."""

    gateway_id: pulumi.Output[str]
    vpc_table_id: pulumi.Output[str]
    vpc_table_arn: pulumi.Output[str]
    outside_table_id: pulumi.Output[str]
    outside_table_arn: pulumi.Output[str]
    peer: PeerGateway

    def __init__(
        self, name: str, args: TransitGatewayArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:network:TransitGateway", name, None, opts)
        base, network = args.foundation, args.network
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        self._tags = component_tags(base.tags, "network", DataClass.INTERNAL)
        gateway = aws.ec2transitgateway.TransitGateway(
            f"{name}-gateway",
            aws.ec2transitgateway.TransitGatewayArgs(
                description=f"{base.prefix} in {base.region}",
                amazon_side_asn=gateway_asn(network.cidr),
                auto_accept_shared_attachments="disable",
                default_route_table_association="disable",
                default_route_table_propagation="disable",
                dns_support="enable",
                vpn_ecmp_support="enable",
                tags=self._tags,
            ),
            opts=self._child,
        )
        attachment = aws.ec2transitgateway.VpcAttachment(
            f"{name}-vpc",
            aws.ec2transitgateway.VpcAttachmentArgs(
                transit_gateway_id=gateway.id,
                vpc_id=network.vpc_id,
                subnet_ids=network.transit_subnet_ids,
                dns_support="enable",
                transit_gateway_default_route_table_association=False,
                transit_gateway_default_route_table_propagation=False,
                tags=self._tags,
            ),
            opts=self._child,
        )
        vpc, outside = (self._table(gateway.id, purpose) for purpose in ("vpc", "outside"))
        aws.ec2transitgateway.RouteTableAssociation(
            f"{name}-vpc-association",
            aws.ec2transitgateway.RouteTableAssociationArgs(
                transit_gateway_attachment_id=attachment.id, transit_gateway_route_table_id=vpc.id
            ),
            opts=self._child,
        )
        aws.ec2transitgateway.RouteTablePropagation(
            f"{name}-vpc-propagation",
            aws.ec2transitgateway.RouteTablePropagationArgs(
                transit_gateway_attachment_id=attachment.id, transit_gateway_route_table_id=outside.id
            ),
            opts=self._child,
        )
        for zone, route_table_id in enumerate(network.private_route_table_ids, 1):
            aws.ec2.Route(
                f"{name}-company-{zone}",
                aws.ec2.RouteArgs(
                    route_table_id=route_table_id,
                    destination_cidr_block=str(COMPANY),
                    transit_gateway_id=gateway.id,
                ),
                # EC2 refuses a route to a gateway that is not attached yet.
                opts=pulumi.ResourceOptions(parent=self, depends_on=[attachment]),
            )
        log_flows(
            f"{name}-flows", foundation=base, tags=self._tags, parent=self, transit_gateway_id=gateway.id
        )
        create_alarms(
            name,
            [
                _dropped(metric, gateway.id)
                for metric in ("PacketDropCountBlackhole", "PacketDropCountNoRoute")
            ],
            topic_arn=base.alarm_topic_arn,
            tags=self._tags,
            parent=self,
        )
        self.gateway_id = gateway.id
        self.vpc_table_id, self.vpc_table_arn = vpc.id, vpc.arn
        self.outside_table_id, self.outside_table_arn = outside.id, outside.arn
        self.peer = PeerGateway(
            account_id=base.account_id,
            region=base.region,
            vpc_cidr=network.cidr,
            gateway_id=gateway.id,
            vpc_table_id=vpc.id,
            outside_table_id=outside.id,
        )
        self.register_outputs({"gatewayId": gateway.id})

    def _table(self, gateway_id: pulumi.Input[str], purpose: str) -> aws.ec2transitgateway.RouteTable:
        """A route table in which the company's range leads nowhere, but for the routes it is given."""
        table = aws.ec2transitgateway.RouteTable(
            f"{self._name}-{purpose}-table",
            aws.ec2transitgateway.RouteTableArgs(
                transit_gateway_id=gateway_id, tags={**self._tags, "Name": f"{self._name}-{purpose}"}
            ),
            opts=self._child,
        )
        aws.ec2transitgateway.Route(
            f"{self._name}-{purpose}-refuse-rest",
            aws.ec2transitgateway.RouteArgs(
                transit_gateway_route_table_id=table.id, destination_cidr_block=str(COMPANY), blackhole=True
            ),
            opts=self._child,
        )
        return table


@dataclass(frozen=True)
class TransitGatewayPeeringArgs:
    """`own` asks, on the component's provider; `other` accepts, on `accepter`, a provider of its account and
    Region. The two may be in one Region, not be one gateway."""

    own: PeerGateway
    other: PeerGateway
    accepter: pulumi.ProviderResource
    tags: Tags

    def __post_init__(self) -> None:
        if self.own.vpc_cidr.overlaps(self.other.vpc_cidr):
            raise ValueError(
                f"peering of {self.own.vpc_cidr} with {self.other.vpc_cidr}: the ranges overlap, so no route "
                "could tell them apart; give one VPC another range"
            )


class TransitGatewayPeering(pulumi.ComponentResource):
    """Two gateways joined: each side's VPC reaches the other's VPC, and nothing behind it.

    Peering attachments learn no routes, so each side has a static one.
    """

    attachment_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: TransitGatewayPeeringArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:network:TransitGatewayPeering", name, None, opts)
        own, other = args.own, args.other
        tags = component_tags(args.tags, "network", DataClass.INTERNAL)
        asked = aws.ec2transitgateway.PeeringAttachment(
            f"{name}-attachment",
            aws.ec2transitgateway.PeeringAttachmentArgs(
                transit_gateway_id=own.gateway_id,
                peer_transit_gateway_id=other.gateway_id,
                peer_region=str(other.region),
                peer_account_id=other.account_id,
                tags=tags,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        accepted = aws.ec2transitgateway.PeeringAttachmentAccepter(
            f"{name}-accepter",
            aws.ec2transitgateway.PeeringAttachmentAccepterArgs(
                transit_gateway_attachment_id=asked.id, tags=tags
            ),
            opts=pulumi.ResourceOptions(parent=self, provider=args.accepter),
        )
        for side, here, there, provider in (
            ("own", own, other, None),
            ("other", other, own, args.accepter),
        ):
            # Routes and associations of a peering that waits for acceptance are refused.
            side_opts = pulumi.ResourceOptions(parent=self, provider=provider, depends_on=[accepted])
            aws.ec2transitgateway.RouteTableAssociation(
                f"{name}-{side}-association",
                aws.ec2transitgateway.RouteTableAssociationArgs(
                    transit_gateway_attachment_id=asked.id,
                    transit_gateway_route_table_id=here.outside_table_id,
                ),
                opts=side_opts,
            )
            aws.ec2transitgateway.Route(
                f"{name}-{side}-route",
                aws.ec2transitgateway.RouteArgs(
                    transit_gateway_route_table_id=here.vpc_table_id,
                    destination_cidr_block=str(there.vpc_cidr),
                    transit_gateway_attachment_id=asked.id,
                ),
                opts=side_opts,
            )
        self.attachment_id = asked.id
        self.register_outputs({"attachmentId": asked.id})


def _dropped(metric: str, gateway_id: pulumi.Input[str]) -> Alarm:
    return Alarm(
        name=metric.removeprefix("PacketDropCount").lower(),
        description="The transit gateway drops packets: read its flow logs for who sends what where",
        namespace="AWS/TransitGateway",
        metric=metric,
        dimensions={"TransitGateway": gateway_id},
        threshold=DROPPED_PACKETS,
        periods=3,
    )
