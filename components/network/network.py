"""The VPC of one Region of a stack: containers, data warehouses and depots live there, functions do not."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws
import pulumi_awsx as awsx

from components.foundation import Foundation
from components.network.access_lists import create_access_list, private_list, public_list, transit_list
from components.network.addressing import ZONES, AddressPlan, address_plan
from components.network.endpoints import EndpointsArgs, create_endpoints
from components.network.flow_logs import log_flows
from components.network.security_groups import GroupMaker, SecurityGroups, create_security_groups
from components.tags import DataClass, component_tags


@dataclass(frozen=True)
class NetworkArgs:
    """`cidr` is the VPC's /16: see addressing.address_plan for what it must be."""

    foundation: Foundation
    cidr: IPv4Network

    def __post_init__(self) -> None:
        _ = self.plan  # a range that cannot be cut is an error of the caller

    @cached_property
    def plan(self) -> AddressPlan:
        """How the VPC is cut."""
        return address_plan(self.cidr)


class Network(pulumi.ComponentResource):
    """A VPC over three zones, with its fences, endpoints and flow logs.

    Needs an `awsx` provider beside the `aws` one in `opts.providers`. What is in the VPC itself (subnets,
    route tables, gateways) is made by awsx's provider: an offline preview knows none of their ids.
    """

    vpc_id: pulumi.Output[str]
    private_subnet_ids: pulumi.Output[Sequence[str]]
    public_subnet_ids: pulumi.Output[Sequence[str]]
    transit_subnet_ids: pulumi.Output[Sequence[str]]
    private_route_table_ids: list[pulumi.Output[str]]
    security_groups: SecurityGroups
    cidr: IPv4Network

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:network:Network", name, None, opts)
        base, plan = args.foundation, args.plan
        tags = component_tags(base.tags, "network", DataClass.INTERNAL)
        self.cidr = args.cidr
        vpc = _create_vpc(name, args, self)
        self.vpc_id = vpc.vpc_id
        self.private_subnet_ids = vpc.private_subnet_ids
        self.public_subnet_ids = vpc.public_subnet_ids
        self.transit_subnet_ids = vpc.isolated_subnet_ids
        self.private_route_table_ids = [_route_table_of(vpc, zone, self) for zone in range(ZONES)]

        for purpose, rules, subnet_ids in (
            ("private", private_list(plan), self.private_subnet_ids),
            ("public", public_list(), self.public_subnet_ids),
            ("transit", transit_list(), self.transit_subnet_ids),
        ):
            create_access_list(
                f"{name}-{purpose}",
                rules,
                vpc_id=self.vpc_id,
                subnet_ids=subnet_ids,
                tags=tags,
                parent=self,
            )
        self.security_groups = create_security_groups(GroupMaker(name, self.vpc_id, tags, self), plan.vpc)
        create_endpoints(
            f"{name}-endpoint",
            EndpointsArgs(
                account_id=base.account_id,
                region=base.region,
                production=base.production,
                vpc_id=self.vpc_id,
                subnet_ids=self.private_subnet_ids,
                route_table_ids=self.private_route_table_ids,
                security_group_id=self.security_groups.endpoints,
                tags=tags,
            ),
            self,
        )
        log_flows(f"{name}-flows", foundation=base, tags=tags, parent=self, vpc_id=self.vpc_id)
        self.register_outputs({"vpcId": self.vpc_id, "privateSubnetIds": self.private_subnet_ids})


def _create_vpc(name: str, args: NetworkArgs, parent: pulumi.Resource) -> awsx.ec2.Vpc:
    plan = args.plan
    one_nat_a_zone = args.foundation.production
    return awsx.ec2.Vpc(
        f"{name}-vpc",
        awsx.ec2.VpcArgs(
            cidr_block=str(plan.vpc),
            number_of_availability_zones=ZONES,
            enable_dns_hostnames=True,
            enable_dns_support=True,  # both are what private names of endpoints need
            # Every range is given, so that neither awsx's defaults nor the order of specs can move a subnet.
            subnet_strategy=awsx.ec2.SubnetAllocationStrategy.AUTO,
            subnet_specs=[
                awsx.ec2.SubnetSpecArgs(type=type_, name=purpose, cidr_blocks=tier.cidrs)
                for type_, purpose, tier in (
                    (awsx.ec2.SubnetType.PUBLIC, "public", plan.public),
                    (awsx.ec2.SubnetType.PRIVATE, "private", plan.private),
                    (awsx.ec2.SubnetType.ISOLATED, "transit", plan.transit),
                )
            ],
            nat_gateways=awsx.ec2.NatGatewayConfigurationArgs(
                strategy=(
                    awsx.ec2.NatGatewayStrategy.ONE_PER_AZ
                    if one_nat_a_zone
                    else awsx.ec2.NatGatewayStrategy.SINGLE
                )
            ),
            tags=component_tags(args.foundation.tags, "network", DataClass.INTERNAL),
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _route_table_of(vpc: awsx.ec2.Vpc, zone: int, parent: pulumi.Resource) -> pulumi.Output[str]:
    """The route table of a zone's private subnet.

    awsx lists the tables of all subnets without saying which is whose; EC2 knows.
    """
    found = aws.ec2.get_route_table_output(
        subnet_id=vpc.private_subnet_ids.apply(lambda ids: ids[zone]),
        opts=pulumi.InvokeOutputOptions(parent=parent, depends_on=[vpc]),
    )
    return found.route_table_id
