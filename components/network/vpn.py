"""Site-to-site VPN to a depot: two tunnels to the transit gateway, for when Direct Connect is down."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, create_alarms
from components.foundation import Foundation
from components.log_delivery import delivered_log
from components.tags import DataClass, component_tags

# What AWS offers that is strong: RFC 8247 and CNSA 1.0 name AES-256-GCM, SHA-384 and the 384-bit curve.
IKE_VERSIONS = ["ikev2"]
ENCRYPTION = ["AES256-GCM-16"]
INTEGRITY = ["SHA2-384", "SHA2-512"]
DH_GROUPS = [20, 21]
_UNREACHABLE = [IPv4Network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")]


@dataclass(frozen=True)
class DepotRouter:
    """The depot's end: its public address and its private 16-bit BGP ASN (RFC 6996)."""

    address: IPv4Address
    bgp_asn: int

    def __post_init__(self) -> None:
        private = any(self.address in network for network in _UNREACHABLE)
        if private or self.address.is_loopback or self.address.is_link_local or self.address.is_multicast:
            raise ValueError(
                f"depot address {self.address} cannot be reached from AWS: use the router's public address"
            )
        if not 64_512 <= self.bgp_asn <= 65_534:
            raise ValueError(f"depot BGP ASN is {self.bgp_asn}: use a private one, 64512 to 65534")


@dataclass(frozen=True)
class DepotVpnArgs:
    """What BGP learns from `router` is known in `vpc_table_id`; its traffic looks up `outside_table_id`."""

    foundation: Foundation
    router: DepotRouter
    gateway_id: pulumi.Input[str]
    vpc_table_id: pulumi.Input[str]
    outside_table_id: pulumi.Input[str]


class DepotVpn(pulumi.ComponentResource):
    """A VPN connection whose keys AWS makes and keeps in Secrets Manager: no state file of ours has them."""

    connection_id: pulumi.Output[str]

    def __init__(self, name: str, args: DepotVpnArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:network:DepotVpn", name, None, opts)
        base = args.foundation
        tags = component_tags(base.tags, "network", DataClass.INTERNAL)
        child = pulumi.ResourceOptions(parent=self)
        logs = delivered_log(
            name,
            group_name=f"/aws/vendedlogs/{base.prefix}-depot-vpn",
            foundation=base,
            tags=tags,
            parent=self,
        )
        router = aws.ec2.CustomerGateway(
            f"{name}-router",
            aws.ec2.CustomerGatewayArgs(
                type="ipsec.1",
                ip_address=str(args.router.address),
                bgp_asn=str(args.router.bgp_asn),
                tags=tags,
            ),
            opts=child,
        )
        connection = aws.ec2.VpnConnection(
            f"{name}-connection",
            aws.ec2.VpnConnectionArgs(
                type="ipsec.1",
                customer_gateway_id=router.id,
                transit_gateway_id=args.gateway_id,
                static_routes_only=False,
                preshared_key_storage="SecretsManager",
                tunnel1_ike_versions=IKE_VERSIONS,
                tunnel1_phase1_encryption_algorithms=ENCRYPTION,
                tunnel1_phase1_integrity_algorithms=INTEGRITY,
                tunnel1_phase1_dh_group_numbers=DH_GROUPS,
                tunnel1_phase2_encryption_algorithms=ENCRYPTION,
                tunnel1_phase2_integrity_algorithms=INTEGRITY,
                tunnel1_phase2_dh_group_numbers=DH_GROUPS,
                tunnel1_dpd_timeout_action="restart",
                tunnel1_startup_action="start",  # a backup that waits for the depot to dial is none
                tunnel1_log_options=aws.ec2.VpnConnectionTunnel1LogOptionsArgs(
                    cloudwatch_log_options=aws.ec2.VpnConnectionTunnel1LogOptionsCloudwatchLogOptionsArgs(
                        log_enabled=True,
                        log_group_arn=logs.arn,
                        log_output_format="json",
                        bgp_log_enabled=True,
                        bgp_log_group_arn=logs.arn,
                        bgp_log_output_format="json",
                    )
                ),
                tunnel2_ike_versions=IKE_VERSIONS,
                tunnel2_phase1_encryption_algorithms=ENCRYPTION,
                tunnel2_phase1_integrity_algorithms=INTEGRITY,
                tunnel2_phase1_dh_group_numbers=DH_GROUPS,
                tunnel2_phase2_encryption_algorithms=ENCRYPTION,
                tunnel2_phase2_integrity_algorithms=INTEGRITY,
                tunnel2_phase2_dh_group_numbers=DH_GROUPS,
                tunnel2_dpd_timeout_action="restart",
                tunnel2_startup_action="start",
                tunnel2_log_options=aws.ec2.VpnConnectionTunnel2LogOptionsArgs(
                    cloudwatch_log_options=aws.ec2.VpnConnectionTunnel2LogOptionsCloudwatchLogOptionsArgs(
                        log_enabled=True,
                        log_group_arn=logs.arn,
                        log_output_format="json",
                        bgp_log_enabled=True,
                        bgp_log_group_arn=logs.arn,
                        bgp_log_output_format="json",
                    )
                ),
                tags=tags,
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[logs.may_write]),
        )
        join_tables(
            f"{name}-tables",
            connection.transit_gateway_attachment_id,
            looks_up=args.outside_table_id,
            known_in=args.vpc_table_id,
            parent=self,
        )
        create_alarms(
            name,
            [
                Alarm(
                    name=f"tunnel-{number}-down",
                    description="A VPN tunnel to the depot is down: see its log, then the depot's router",
                    namespace="AWS/VPN",
                    metric="TunnelState",
                    dimensions={"VpnId": connection.id, "TunnelIpAddress": address},
                    statistic="Maximum",
                    threshold=1,
                    below=True,
                    periods=3,
                    missing_is_bad=True,
                )
                for number, address in ((1, connection.tunnel1_address), (2, connection.tunnel2_address))
            ],
            topic_arn=base.alarm_topic_arn,
            tags=tags,
            parent=self,
        )
        self.connection_id = connection.id
        self.register_outputs({"connectionId": connection.id})


def join_tables(
    name: str,
    attachment_id: pulumi.Input[str],
    *,
    looks_up: pulumi.Input[str],
    known_in: pulumi.Input[str],
    parent: pulumi.Resource,
) -> None:
    """What comes by the attachment looks up one route table; what BGP learns there is known in another."""
    child = pulumi.ResourceOptions(parent=parent)
    aws.ec2transitgateway.RouteTableAssociation(
        f"{name}-association",
        aws.ec2transitgateway.RouteTableAssociationArgs(
            transit_gateway_attachment_id=attachment_id, transit_gateway_route_table_id=looks_up
        ),
        opts=child,
    )
    aws.ec2transitgateway.RouteTablePropagation(
        f"{name}-propagation",
        aws.ec2transitgateway.RouteTablePropagationArgs(
            transit_gateway_attachment_id=attachment_id, transit_gateway_route_table_id=known_in
        ),
        opts=child,
    )
