"""Network ACLs do not let the world reach SSH or remote desktop.

PASS     such traffic from named networks; the wide range of ephemeral ports, which answers come back to
FAIL     an allow rule from the world for all traffic, or for ports among which is 22, or 3389 in a range that
         is narrower than the ephemeral ports
UNKNOWN  the range or the ports are known only at deployment
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import Severity

from ..core.peek import UNKNOWN, Absent, elements, peek, text_of
from ..core.rule import Outcome, Resource, ResourceRule, Verdict
from .security_groups import GROUP
from .world import is_world

ACL = "aws:ec2/networkAcl:NetworkAcl"
DEFAULT_ACL = "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl"
ACL_RULE = "aws:ec2/networkAclRule:NetworkAclRule"

_SSH, _REMOTE_DESKTOP = 22, 3389
_EPHEMERAL_PORTS = 10_000
_WAY_OUT = "Allow administration from named networks only; let the world reach 443 and the ephemeral ports"


def judge(resource: Resource) -> Iterator[Verdict]:
    """The verdicts on one network ACL or rule."""
    if resource.type == ACL_RULE:
        if text_of(peek(resource.props, "egress")) != "true":
            yield from _entry("", resource.props, "ruleAction")
        return
    for index, entry in enumerate(elements(peek(resource.props, "ingress"))):
        yield from _entry(f"ingress[{index}].", entry, "action")


def _entry(at: str, entry: object, action: str) -> Iterator[Verdict]:
    if peek(entry, action) == "deny":
        return
    dangerous = _is_dangerous(entry)
    for name in ("cidrBlock", "ipv6CidrBlock"):
        cidr = peek(entry, name)
        if dangerous is False or not (cidr is UNKNOWN or is_world([cidr])):
            continue
        outcome = Outcome.UNKNOWN if UNKNOWN in (cidr, dangerous) else Outcome.FAIL
        yield Verdict(outcome, f"{at}{name}", "lets the world reach ports 22 or 3389", _WAY_OUT, "EC2.21")


def _is_dangerous(entry: object) -> bool | Absent:
    protocol = text_of(peek(entry, "protocol"))
    if protocol in ("-1", "all"):
        return True
    if isinstance(protocol, str) and protocol not in ("tcp", "6", ""):
        return False
    first, last = peek(entry, "fromPort"), peek(entry, "toPort")
    if UNKNOWN in (first, last, protocol):
        return UNKNOWN
    if not (isinstance(first, int | float) and isinstance(last, int | float)):
        return False
    if first <= _SSH <= last:
        return True
    return first <= _REMOTE_DESKTOP <= last and last - first < _EPHEMERAL_PORTS


RULE = ResourceRule(
    name="exposure-network-acls",
    group=GROUP,
    description="Network ACLs do not let the world reach SSH or remote desktop.",
    remediation=f"{_WAY_OUT}.",
    severity=Severity.MEDIUM,
    url="https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html",
    controls=("EC2.21",),
    types=frozenset({ACL, DEFAULT_ACL, ACL_RULE}),
    judge=judge,
)
