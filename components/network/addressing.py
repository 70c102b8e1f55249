"""Address plan: which ranges the company uses, and how a VPC's /16 is cut. Arithmetic only.

Every VPC is a /16 of `COMPANY`, so that one route and one rule say "ours". Depots number their networks
within `DEPOTS`, where no VPC is.
"""

from dataclasses import dataclass
from ipaddress import IPv4Network

COMPANY = IPv4Network("10.0.0.0/8")
DEPOTS = IPv4Network("10.64.0.0/10")
EVERYWHERE = IPv4Network("0.0.0.0/0")
ZONES = 3
"""Availability zones of every VPC: each Region that we use has at least as many."""
_PRIVATE_ASN_BASE = 4_200_000_000
DIRECT_CONNECT_ASN = _PRIVATE_ASN_BASE
"""The hub's Direct Connect gateway; no transit gateway has it, for 0.0.0.0/16 is no VPC."""


class AddressError(ValueError):
    """A range that cannot be a VPC of ours."""


@dataclass(frozen=True)
class Tier:
    """Subnets of one kind, one a zone; `range` holds them and nothing else of the VPC."""

    range: IPv4Network
    subnets: tuple[IPv4Network, ...]

    @property
    def cidrs(self) -> list[str]:
        """The subnets as CIDR text, in the order of the zones."""
        return [str(subnet) for subnet in self.subnets]


@dataclass(frozen=True)
class AddressPlan:
    """How a VPC is cut. Pinned: a subnet's range cannot change without replacing what is in it.

    `private` (3 x /19) is for workloads and interface endpoints; `public` (3 x /22) for NAT gateways and
    public load balancers; `transit` (3 x /28) for the transit gateway alone, as AWS advises:
    https://docs.aws.amazon.com/vpc/latest/tgw/tgw-best-design-practices.html. The rest is free.
    """

    vpc: IPv4Network
    private: Tier
    public: Tier
    transit: Tier


def address_plan(vpc: IPv4Network) -> AddressPlan:
    """Cut a VPC's range. Raises AddressError when it is no /16 of the company's, or is the depots'."""
    if vpc.prefixlen != 16:
        raise AddressError(f"VPC range {vpc} is a /{vpc.prefixlen}: the address plan cuts a /16")
    if not vpc.subnet_of(COMPANY):
        raise AddressError(
            f"VPC range {vpc} is outside of {COMPANY}: routes and rules know only that as ours"
        )
    if vpc.subnet_of(DEPOTS):
        raise AddressError(f"VPC range {vpc} is in {DEPOTS}, which depots use: choose one outside of it")
    base = int(vpc.network_address)
    return AddressPlan(
        vpc=vpc,
        private=_tier(base, 17, 19),
        public=_tier(base + (128 << 8), 20, 22),
        transit=_tier(base + (144 << 8), 24, 28),
    )


def gateway_asn(vpc: IPv4Network) -> int:
    """The private ASN (RFC 6996) of the transit gateway of a /16, 32 bits.

    Ranges do not overlap, so no two gateways share one, which Direct Connect requires. Depots use the 16-bit
    private range.
    """
    return _PRIVATE_ASN_BASE + (int(vpc.network_address) >> 16)


def _tier(base: int, range_prefix: int, subnet_prefix: int) -> Tier:
    whole = IPv4Network((base, range_prefix))
    return Tier(range=whole, subnets=tuple(whole.subnets(new_prefix=subnet_prefix))[:ZONES])
