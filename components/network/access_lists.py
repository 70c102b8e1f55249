"""Network ACLs: the coarse, stateless second fence behind the security groups.

Stateless means that answers need rules of their own: they go to the port that the caller chose. Linux chooses
32768 and up; load balancers and NAT gateways 1024 and up:
https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports
What no rule allows is refused. RDP (3389) has no refusal of its own: it would hit answers to that port.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import TypeVar

import pulumi
import pulumi_aws as aws

from components.network.addressing import COMPANY, EVERYWHERE, AddressPlan
from components.tags import Tags

HTTPS = 443
SSH = 22
LINUX_EPHEMERAL = (32_768, 65_535)
ANY_EPHEMERAL = (1_024, 65_535)
MAX_RULES = 20
"""AWS's quota a direction, before the final refusal."""
_Entry = TypeVar("_Entry", aws.ec2.NetworkAclIngressArgs, aws.ec2.NetworkAclEgressArgs)


@dataclass(frozen=True)
class AclRule:
    """One rule; `ports` is (first, last) of TCP, or None for every protocol. `peer` is the other side."""

    number: int
    peer: IPv4Network
    reason: str
    ports: tuple[int, int] | None = None
    allow: bool = True
    path_mtu: bool = False


@dataclass(frozen=True)
class AccessList:
    """What may come into and go out of a tier's subnets."""

    ingress: tuple[AclRule, ...]
    egress: tuple[AclRule, ...]

    def __post_init__(self) -> None:
        for rules in (self.ingress, self.egress):
            numbers = [rule.number for rule in rules]
            if len(set(numbers)) != len(numbers):
                raise ValueError(f"rule numbers {numbers} repeat: each rule of a direction needs its own")
            if len(rules) > MAX_RULES:
                raise ValueError(f"{len(rules)} rules in a direction: AWS takes {MAX_RULES}")


_NO_SHELL = AclRule(10, EVERYWHERE, "nobody logs in over the network", (SSH, SSH), allow=False)
_PATH_MTU = AclRule(
    140, EVERYWHERE, "packet too big: VPN and peering carry smaller packets than the VPC", path_mtu=True
)


def private_list(plan: AddressPlan) -> AccessList:
    """Workloads and interface endpoints."""
    among_us = AclRule(100, plan.private.range, "workloads and endpoints; security groups decide")
    return AccessList(
        ingress=(
            _NO_SHELL,
            among_us,
            AclRule(110, COMPANY, "hub, standby and depots call internal load balancers", (HTTPS, HTTPS)),
            AclRule(120, plan.public.range, "public load balancers call workloads", ANY_EPHEMERAL),
            AclRule(130, EVERYWHERE, "answers to what workloads asked", LINUX_EPHEMERAL),
            _PATH_MTU,
        ),
        egress=(
            _NO_SHELL,
            among_us,
            AclRule(110, EVERYWHERE, "AWS, partners and the rest of the company by HTTPS", (HTTPS, HTTPS)),
            AclRule(120, COMPANY, "answers to the company's callers", ANY_EPHEMERAL),
            _PATH_MTU,
        ),
    )


def public_list() -> AccessList:
    """NAT gateways and public load balancers."""
    return AccessList(
        ingress=(
            _NO_SHELL,
            AclRule(100, EVERYWHERE, "riders to load balancers; workloads to NAT gateways", (HTTPS, HTTPS)),
            AclRule(110, EVERYWHERE, "answers to NAT gateways and load balancers", ANY_EPHEMERAL),
            _PATH_MTU,
        ),
        egress=(
            _NO_SHELL,
            AclRule(100, EVERYWHERE, "NAT gateways to the world", (HTTPS, HTTPS)),
            AclRule(110, EVERYWHERE, "answers to callers; load balancers to workloads", ANY_EPHEMERAL),
            _PATH_MTU,
        ),
    )


def transit_list() -> AccessList:
    """The transit gateway's interfaces: the company's traffic and no other. Its route tables decide."""
    within = (AclRule(100, COMPANY, "the company's traffic; route tables decide"),)
    return AccessList(ingress=within, egress=within)


def create_access_list(
    name: str,
    rules: AccessList,
    *,
    vpc_id: pulumi.Input[str],
    subnet_ids: pulumi.Output[Sequence[str]],
    tags: Tags,
    parent: pulumi.Resource,
) -> None:
    """One ACL with its rules inside: they change together, so no packet meets half of them."""
    aws.ec2.NetworkAcl(
        name,
        aws.ec2.NetworkAclArgs(
            vpc_id=vpc_id,
            subnet_ids=subnet_ids,
            ingress=_entries(aws.ec2.NetworkAclIngressArgs, rules.ingress),
            egress=_entries(aws.ec2.NetworkAclEgressArgs, rules.egress),
            tags=tags,
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _entries(kind: type[_Entry], rules: Sequence[AclRule]) -> list[_Entry]:
    return [
        kind(
            rule_no=rule.number,
            action=_action(rule),
            protocol=_protocol(rule),
            cidr_block=str(rule.peer),
            from_port=_ports(rule)[0],
            to_port=_ports(rule)[1],
            icmp_type=3 if rule.path_mtu else None,
            icmp_code=4 if rule.path_mtu else None,
        )
        for rule in rules
    ]


def _action(rule: AclRule) -> str:
    return "allow" if rule.allow else "deny"


def _protocol(rule: AclRule) -> str:
    if rule.path_mtu:
        return "icmp"
    return "tcp" if rule.ports else "-1"


def _ports(rule: AclRule) -> tuple[int, int]:
    return rule.ports or (0, 0)  # what EC2 wants where a protocol has no ports
