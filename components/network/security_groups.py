"""Security groups of a VPC, every rule a resource of its own with a description."""

from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from components.network.access_lists import HTTPS
from components.network.addressing import EVERYWHERE
from components.tags import Tags

WORKLOAD_PORT = 8_080
"""Where every container of ours listens: not a privileged port, so that none runs as root."""

GroupId = pulumi.Output[str]


@dataclass(frozen=True)
class Peer:
    """The other side of a rule: a range or a group."""

    cidr: IPv4Network | None = None
    group_id: pulumi.Input[str] | None = None


@dataclass(frozen=True)
class GroupMaker:
    """Makes groups and rules of one VPC; all of them are children of `parent`."""

    name: str
    vpc_id: pulumi.Input[str]
    tags: Tags
    parent: pulumi.Resource

    def group(self, purpose: str, description: str) -> GroupId:
        """A group that lets nothing in or out until it has rules."""
        made = aws.ec2.SecurityGroup(
            f"{self.name}-{purpose}",
            aws.ec2.SecurityGroupArgs(description=description, vpc_id=self.vpc_id, tags=self.tags),
            opts=pulumi.ResourceOptions(parent=self.parent),
        )
        return made.id

    def let_in(self, rule: str, group: GroupId, port: int, source: Peer, description: str) -> None:
        """TCP to `port` of the group from `source`."""
        aws.vpc.SecurityGroupIngressRule(
            f"{self.name}-{rule}",
            aws.vpc.SecurityGroupIngressRuleArgs(
                security_group_id=group,
                description=description,
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                cidr_ipv4=str(source.cidr) if source.cidr else None,
                referenced_security_group_id=source.group_id,
                tags=self.tags,
            ),
            opts=pulumi.ResourceOptions(parent=self.parent),
        )

    def let_out(self, rule: str, group: GroupId, port: int, target: Peer, description: str) -> None:
        """TCP from the group to `port` of `target`."""
        aws.vpc.SecurityGroupEgressRule(
            f"{self.name}-{rule}",
            aws.vpc.SecurityGroupEgressRuleArgs(
                security_group_id=group,
                description=description,
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                cidr_ipv4=str(target.cidr) if target.cidr else None,
                referenced_security_group_id=target.group_id,
                tags=self.tags,
            ),
            opts=pulumi.ResourceOptions(parent=self.parent),
        )


@dataclass(frozen=True)
class SecurityGroups:
    """Ids of a VPC's groups.

    `edge`: public load balancers, the only group that the world reaches, by 443. `workload`: containers,
    which `edge` reaches on WORKLOAD_PORT. `endpoints`: interface endpoints, which the VPC reaches by 443.
    """

    edge: GroupId
    workload: GroupId
    endpoints: GroupId


def create_security_groups(maker: GroupMaker, vpc: IPv4Network) -> SecurityGroups:
    """The groups of a VPC; its default group is emptied, so that what names no group reaches nothing."""
    aws.ec2.DefaultSecurityGroup(
        f"{maker.name}-default",
        aws.ec2.DefaultSecurityGroupArgs(vpc_id=maker.vpc_id, ingress=[], egress=[], tags=maker.tags),
        opts=pulumi.ResourceOptions(parent=maker.parent),
    )
    edge = maker.group("edge", "Public load balancers")
    workload = maker.group("workload", "Containers")
    endpoints = maker.group("endpoints", "Interface endpoints of AWS services")
    world = Peer(cidr=EVERYWHERE)
    maker.let_in("edge-in", edge, HTTPS, world, "Riders and staff by HTTPS")
    maker.let_out("edge-out", edge, WORKLOAD_PORT, Peer(group_id=workload), "To the containers")
    maker.let_in("workload-in", workload, WORKLOAD_PORT, Peer(group_id=edge), "From load balancers")
    maker.let_out("workload-out", workload, HTTPS, world, "AWS services and partners by HTTPS")
    maker.let_in("endpoints-in", endpoints, HTTPS, Peer(cidr=vpc), "The VPC calls AWS services")
    return SecurityGroups(edge=edge, workload=workload, endpoints=endpoints)
