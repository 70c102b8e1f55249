"""Public exposure: networks, endpoints, buckets and policies that are open to everybody."""

from __future__ import annotations

from ..core.rule import Rule
from . import buckets, companions, endpoints, network_acls, policies, security_groups, vpc_endpoints

RULES: tuple[Rule, ...] = (
    security_groups.RULE,
    network_acls.RULE,
    endpoints.RULE,
    buckets.SETTINGS,
    policies.RULE,
    vpc_endpoints.RULE,
    buckets.RULE,
    companions.RULE,
)
"""Every rule of the group."""
