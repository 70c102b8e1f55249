"""Data stays in the Regions that the stack's configuration allows.

A resource's Region is its own `region`, else its provider's. The list is the rule's setting
`allowedRegions`; `networkRegions` may name others for network plumbing that holds no data.

PASS     the Region is allowed; or the resource has none (IAM, CloudFront, Route 53...) and is on us-east-1;
         or it is one of the few that AWS keeps in us-east-1, such as CloudFront's web ACL
FAIL     the Region, or the one that a replica or copy goes to, is not allowed; or no list is configured
UNKNOWN  the Region is known only at deployment, or only the environment of the deployment tells it
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_policy import Severity

from ..core.peek import MISSING, UNKNOWN, Absent, elements, is_list, peek, places
from ..core.regions import GLOBAL_REGION, PROVIDER, effective_region, region_of_arn
from ..core.related import STACK
from ..core.rule import Outcome, Resource, ResourceRule, Verdict
from .copies import ARN_PATHS, REGION_PATHS
from .exceptions import GLOBAL_SERVICES, IN_GLOBAL_REGION, NETWORK_SERVICES

ALLOWED, NETWORK = "allowedRegions", "networkRegions"
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-[0-9]+")
_LIST = {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": f"^{_REGION.pattern}$"}}

_CONFIGURE = f'Set "{ALLOWED}" of this rule to a list of Regions in the pack\'s configuration'
_MOVE = f"Use a Region of the stack's {ALLOWED}, or add it there if data may be kept in it"


def judge(resource: Resource) -> Iterator[Verdict]:
    """The verdicts on one resource, or on the configuration when it is the stack."""
    allowed = _names(peek(resource.config, ALLOWED))
    if resource.type == STACK:
        if not allowed:
            yield Verdict(Outcome.FAIL, ALLOWED, "is not a list of Regions", _CONFIGURE)
        return
    if not allowed:  # told once, at the stack
        return
    network = _names(peek(resource.config, NETWORK))
    yield from _own_region(resource, allowed, network)
    region = effective_region(resource)
    if isinstance(region, str) and _is_excepted(resource, region, network):
        allowed |= {region}  # what may be in a Region sends no further what it sends there
    if resource.type.split(":")[1].partition("/")[0] in NETWORK_SERVICES:
        allowed |= network
    for path in REGION_PATHS.get(resource.type, ()):
        for at, value in places(resource.props, path):
            yield from _copy(at, value, allowed)
    for path in ARN_PATHS.get(resource.type, ()):
        for at, value in places(resource.props, path):
            yield from _copy(at, region_of_arn(value), allowed)


def _own_region(resource: Resource, allowed: frozenset[str], network: frozenset[str]) -> Iterator[Verdict]:
    region = effective_region(resource)
    if region is UNKNOWN:
        yield Verdict(Outcome.UNKNOWN, "region", "is known only at deployment", _MOVE)
    elif region not in allowed and not _is_excepted(resource, region, network):
        reason = (
            "of the provider is not allowed"
            if peek(resource.props, "region") is MISSING
            else "is not allowed"
        )
        yield Verdict(Outcome.FAIL, "region", reason, _MOVE)


def _is_excepted(resource: Resource, region: str | Absent, network: frozenset[str]) -> bool:
    module = resource.type.split(":")[1].partition("/")[0]
    if region in network and (module in NETWORK_SERVICES or resource.type == PROVIDER):
        return True
    if region in network and module in GLOBAL_SERVICES:
        return True
    if region != GLOBAL_REGION:
        return False
    if resource.type == PROVIDER or module in GLOBAL_SERVICES:
        return True
    return resource.type in IN_GLOBAL_REGION and IN_GLOBAL_REGION[resource.type].holds(resource.props)


def _copy(path: str, region: object, allowed: frozenset[str]) -> Iterator[Verdict]:
    if region is UNKNOWN:
        yield Verdict(Outcome.UNKNOWN, path, "is known only at deployment", _MOVE)
    elif isinstance(region, str) and region not in allowed:
        yield Verdict(Outcome.FAIL, path, "sends data to a Region that is not allowed", _MOVE)


def _names(value: object) -> frozenset[str]:
    """The Regions of a list; none of them when one is no name of a Region."""
    names = elements(value) if is_list(value) else []
    known = {name for name in names if isinstance(name, str) and _REGION.fullmatch(name)}
    return frozenset(known) if len(known) == len(names) else frozenset()


_SETTINGS: Mapping[str, Mapping[str, Any]] = {
    ALLOWED: {**_LIST, "description": "The Regions that may hold data."},
    NETWORK: {**_LIST, "description": "Further Regions, for network plumbing that holds no data."},
}

RULE = ResourceRule(
    name="residency-regions",
    group="data residency",
    description="Resources, replicas and copies are in the Regions that the stack's configuration allows.",
    remediation=f"{_MOVE}.",
    severity=Severity.CRITICAL,
    url="https://docs.aws.amazon.com/prescriptive-guidance/latest/strategy-aws-data-residency/welcome.html",
    types=frozenset({STACK, PROVIDER}),
    every_aws_type=True,
    settings=_SETTINGS,
    judge=judge,
)
