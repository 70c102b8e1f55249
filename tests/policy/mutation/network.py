"""Security groups, network ACLs and routes, opened to the world."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from .mutants import Mutant
from .world import Change, Node, World

WORLD: Final = "0.0.0.0/0"
_SSH: Final = {"protocol": "tcp", "fromPort": 22, "toPort": 22, "cidrBlocks": [WORLD]}
_ALL: Final = {"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": [WORLD]}
_ENTRY: Final = {
    "action": "allow",
    "protocol": "tcp",
    "fromPort": 22,
    "toPort": 22,
    "cidrBlock": WORLD,
    "ruleNo": 1,
}


def network(_world: World, node: Node) -> Iterator[Mutant]:
    """Each group, rule and ACL lets the world in, or everything out."""
    for kind, place, inputs in _weakenings(node.type, node.inputs):
        yield Mutant(kind, "exposure", place, Change(inputs))


def _weakenings(token: str, inputs: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    bare = {key: value for key, value in inputs.items() if key not in _WHO}
    match token:
        case "aws:ec2/securityGroup:SecurityGroup":
            yield "the world to SSH", "ingress", {**inputs, "ingress": [_SSH]}
            yield (
                "the world in halves",
                "ingress",
                {
                    **inputs,
                    "ingress": [{**_SSH, "cidrBlocks": ["0.0.0.0/1", "128.0.0.0/1"]}],
                },
            )
            yield (
                "the world over IPv6",
                "ingress",
                {
                    **inputs,
                    "ingress": [{**_SSH, "cidrBlocks": [], "ipv6CidrBlocks": ["::/0"]}],
                },
            )
            yield "everything out", "egress", {**inputs, "egress": [_ALL]}
        case "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup":
            yield "rule added", "ingress", {**inputs, "ingress": [{**_SSH, "cidrBlocks": ["10.0.0.0/8"]}]}
            yield "rule added", "egress", {**inputs, "egress": [_ALL]}
        case "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule":
            yield "the world to SSH", "cidrIpv4", {**bare, "cidrIpv4": WORLD, "fromPort": 22, "toPort": 22}
            yield "the world to SSH", "cidrIpv6", {**bare, "cidrIpv6": "::/0", "fromPort": 22, "toPort": 22}
            yield "every port", "ipProtocol", {**bare, "cidrIpv4": WORLD, "ipProtocol": "-1"}
        case "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule":
            yield "everything out", "ipProtocol", {**bare, "cidrIpv4": WORLD, "ipProtocol": "-1"}
        case "aws:ec2/networkAcl:NetworkAcl":
            rest = list(inputs.get("ingress") or ())
            yield "the world to SSH", "ingress", {**inputs, "ingress": [*rest, _ENTRY]}
            everything = {**_ENTRY, "protocol": "-1", "fromPort": 0, "toPort": 0}
            yield "the world to everything", "ingress", {**inputs, "ingress": [*rest, everything]}


_WHO: Final = frozenset({"cidrIpv4", "cidrIpv6", "referencedSecurityGroupId", "prefixListId"})
