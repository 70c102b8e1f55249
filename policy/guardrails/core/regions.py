"""The Region that a resource is in: its own `region`, else its provider's."""

from __future__ import annotations

from .peek import MISSING, UNKNOWN, Absent, peek
from .rule import Resource

GLOBAL_REGION = "us-east-1"
"""Where AWS keeps what serves all Regions: CloudFront's web ACLs and certificates, billing metrics."""

PROVIDER = "pulumi:providers:aws"


def effective_region(resource: Resource) -> str | Absent:
    """The Region, `UNKNOWN` before a deployment or when only the environment (`AWS_REGION`) tells it."""
    for block in (resource.props, resource.provider):
        region = peek(block, "region")
        if region is UNKNOWN:
            return UNKNOWN
        if isinstance(region, str) and region.strip():
            return region.strip()
    return UNKNOWN


def region_of_arn(value: object) -> str | Absent:
    """The Region in an ARN; `MISSING` when it names none or is no ARN."""
    if isinstance(value, Absent):
        return value
    parts = value.split(":") if isinstance(value, str) else []
    if len(parts) < 6 or parts[0] != "arn" or not parts[3]:
        return MISSING
    return parts[3]
