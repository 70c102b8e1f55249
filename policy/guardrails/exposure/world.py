"""Is a set of addresses the whole world, or so much of it that nobody means only a few?"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

_PRIVATE_V6 = IPv6Network("fc00::/7")
_WIDEST_V4, _WIDEST_V6 = 8, 16
"""Prefix lengths: nobody owns more than a /8 of IPv4 or a /16 of IPv6, so a wider block is the world's."""


def is_world(ranges: Iterable[object]) -> bool:
    """Whether the address ranges together, as CIDR texts, hold a block that is wider than anybody's own.

    `0.0.0.0/1` and `128.0.0.0/1` are the world as much as `0.0.0.0/0`. What is no CIDR counts for nothing:
    AWS refuses it.
    """
    v4: list[IPv4Network] = []
    v6: list[IPv6Network] = []
    for text in ranges:
        try:
            network = ip_network(text, strict=False) if isinstance(text, str) else None
        except ValueError:
            continue
        if isinstance(network, IPv4Network):
            v4.append(network)
        elif isinstance(network, IPv6Network) and not network.subnet_of(_PRIVATE_V6):
            v6.append(network)
    return any(found.prefixlen < _WIDEST_V4 for found in collapse_addresses(v4)) or any(
        found.prefixlen < _WIDEST_V6 for found in collapse_addresses(v6)
    )
