"""One name in front of an API in two Regions: the primary one's while it is there, else the other's.

Stands for Route 53's failover records, of which the deployment says which Region each leads to.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from local.deployment import Deployment
from local.front.gateway import Gateway
from local.web import Request, Response

RECORD: Final = "aws:route53/record:Record"
_TARGET: Final = re.compile(r"\.execute-api\.([a-z0-9-]+)\.amazonaws\.com")


def primary_region(deployment: Deployment) -> str | None:
    """The Region that the PRIMARY failover record of an API leads to; None without one."""
    for record in deployment.all(RECORD):
        policies = record.inputs.get("failoverRoutingPolicies") or ()
        if any(policy.get("type") == "PRIMARY" for policy in policies):
            for alias in record.inputs.get("aliases") or ():
                if found := _TARGET.search(str(alias.get("name", ""))):
                    return found[1]
    return None


class Failover:
    """`gateways`: (Region, gateway), the primary one first. `lost`: Regions whose health checks fail."""

    def __init__(self, gateways: Sequence[tuple[str, Gateway]], lost: Callable[[], frozenset[str]]) -> None:
        self.gateways = tuple(gateways)
        self._lost = lost

    def _now(self) -> Gateway:
        lost = self._lost()
        there = [gateway for region, gateway in self.gateways if region not in lost]
        # With all checks failing, Route 53 answers as if none did.
        return there[0] if there else self.gateways[0][1]

    def app(self, request: Request) -> Response:
        """The answer of whichever is in front."""
        return self._now().app(request)

    def too_large(self, request: Request) -> Response:
        """Likewise, to what is too large."""
        return self._now().too_large(request)

    @property
    def counts(self) -> Counter[str]:
        """Of all of them."""
        return sum((gateway.counts for _, gateway in self.gateways), Counter())
