"""Nothing of the network is open to the world but HTTPS, and not everything may go out.

PASS     sources inside the network, other security groups, AWS prefix lists; TCP or UDP 443 from anywhere
FAIL     any other port or protocol from `0.0.0.0/0`, `::/0`, or ranges that together are the world
         (`0.0.0.0/1` with `128.0.0.0/1`); every protocol out to the world; a prefix list that holds such
         ranges; a default security group that lets anything in or out
UNKNOWN  the ranges, or the ports of a rule that is open to the world, are known only at deployment
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import Severity

from ..core.peek import UNKNOWN, Absent, elements, is_list, peek
from ..core.rule import Outcome, Resource, ResourceRule, Verdict
from .world import is_world

GROUP = "public exposure"

SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup"
DEFAULT_GROUP = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
RULE_RESOURCE = "aws:ec2/securityGroupRule:SecurityGroupRule"
INGRESS_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS_RULE = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
PREFIX_LIST = "aws:ec2/managedPrefixList:ManagedPrefixList"
PREFIX_LIST_ENTRY = "aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry"

_HTTPS = 443
_PROTOCOLS = ("tcp", "udp", "6", "17")
_WAY_OUT = "Name the networks or security groups that need it; only port 443 may be open to the world"
_NAME_PORTS = "Name the protocol and ports that must go out, or the networks that they may go to"
_LISTS = ("cidrBlocks", "ipv6CidrBlocks")
_EMPTY = "Leave its rules out, and give resources security groups of their own"


def judge(resource: Resource) -> Iterator[Verdict]:
    """The verdicts on one group, rule or prefix list."""
    props = resource.props
    if resource.type == RULE_RESOURCE:
        if peek(props, "type") == "egress":
            yield from _outward("", props, "protocol", _LISTS)
        else:
            yield from _rule("", props, "protocol", _LISTS)
    elif resource.type == EGRESS_RULE:
        yield from _outward("", props, "ipProtocol", ("cidrIpv4", "cidrIpv6"))
    elif resource.type == INGRESS_RULE:
        yield from _rule("", props, "ipProtocol", ("cidrIpv4", "cidrIpv6"))
    elif resource.type == PREFIX_LIST:
        entries = peek(props, "entries")
        yield from _prefix_list("entries", [peek(entry, "cidr") for entry in elements(entries)])
    elif resource.type == PREFIX_LIST_ENTRY:
        yield from _prefix_list("cidr", [peek(props, "cidr")])
    else:
        yield from _group(resource)


def _group(resource: Resource) -> Iterator[Verdict]:
    if resource.type == DEFAULT_GROUP:
        for name in ("ingress", "egress"):
            rules = peek(resource.props, name)
            if elements(rules):
                yield Verdict(Outcome.FAIL, name, "of a default security group is not empty", _EMPTY, "EC2.2")
            elif rules is UNKNOWN:
                yield Verdict(Outcome.UNKNOWN, name, "is known only at deployment", _EMPTY, "EC2.2")
        return
    rules = peek(resource.props, "ingress")
    if rules is UNKNOWN:
        yield Verdict(Outcome.UNKNOWN, "ingress", "is known only at deployment", _WAY_OUT, "EC2.18")
    for index, rule in enumerate(elements(rules)):
        yield from _rule(f"ingress[{index}].", rule, "protocol", _LISTS)
    for index, rule in enumerate(elements(peek(resource.props, "egress"))):
        yield from _outward(f"egress[{index}].", rule, "protocol", _LISTS)


def _outward(at: str, block: object, protocol_name: str, names: tuple[str, ...]) -> Iterator[Verdict]:
    protocol = peek(block, protocol_name)
    if protocol not in (UNKNOWN, "-1", "all"):
        return
    for name in names:
        value = peek(block, name)
        if is_world(elements(value) if is_list(value) else [value]):
            outcome = Outcome.UNKNOWN if protocol is UNKNOWN else Outcome.FAIL
            yield Verdict(outcome, f"{at}{name}", "lets everything out to the world", _NAME_PORTS)


def _rule(at: str, block: object, protocol_name: str, names: tuple[str, ...]) -> Iterator[Verdict]:
    if block is UNKNOWN:
        yield Verdict(Outcome.UNKNOWN, at[:-1], "is known only at deployment", _WAY_OUT, "EC2.18")
        return
    https = _only_https(block, protocol_name)
    if https is True:
        return
    for name in names:
        value = peek(block, name)
        ranges = elements(value) if is_list(value) else [value]
        if is_world(ranges):
            outcome = Outcome.UNKNOWN if https is UNKNOWN else Outcome.FAIL
            yield Verdict(outcome, f"{at}{name}", "opens more than port 443 to the world", _WAY_OUT, "EC2.18")
        elif UNKNOWN in ranges:
            reason = "is known only at deployment"
            yield Verdict(Outcome.UNKNOWN, f"{at}{name}", reason, _WAY_OUT, "EC2.18")


def _only_https(block: object, protocol_name: str) -> bool | Absent:
    protocol, first, last = (peek(block, name) for name in (protocol_name, "fromPort", "toPort"))
    if isinstance(protocol, str) and protocol.lower() not in _PROTOCOLS:
        return False
    ports = (first, last)
    if any(port not in (UNKNOWN, _HTTPS, str(_HTTPS)) for port in ports):
        return False
    return UNKNOWN if UNKNOWN in (protocol, *ports) else isinstance(protocol, str)


def _prefix_list(path: str, ranges: list[object]) -> Iterator[Verdict]:
    if is_world(ranges):
        yield Verdict(Outcome.FAIL, path, "of a prefix list is the whole world", _WAY_OUT, "EC2.18")
    elif UNKNOWN in ranges:
        yield Verdict(Outcome.UNKNOWN, path, "is known only at deployment", _WAY_OUT, "EC2.18")


RULE = ResourceRule(
    name="exposure-security-groups",
    group=GROUP,
    description="Security groups let the world in on port 443 only, and default ones let nothing in or out.",
    remediation=f"{_WAY_OUT}.",
    severity=Severity.CRITICAL,
    url="https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html",
    controls=("EC2.18", "EC2.19", "EC2.2"),
    types=frozenset(
        {
            SECURITY_GROUP,
            DEFAULT_GROUP,
            RULE_RESOURCE,
            INGRESS_RULE,
            EGRESS_RULE,
            PREFIX_LIST,
            PREFIX_LIST_ENTRY,
        }
    ),
    judge=judge,
)
