"""The address plan: no range twice, no VPC that the plan cannot cut."""

from ipaddress import IPv4Network
from itertools import combinations

import pytest
from hypothesis import given, strategies as st

from components.markets import DEV_STANDBY_VPC_CIDR, DEV_VPC_CIDR, MARKETS
from components.network.addressing import (
    COMPANY,
    DEPOTS,
    DIRECT_CONNECT_ASN,
    AddressError,
    address_plan,
    gateway_asn,
)

VPCS = [DEV_VPC_CIDR, DEV_STANDBY_VPC_CIDR] + [
    cidr for facts in MARKETS.values() for cidr in (facts.vpc_cidr, facts.standby_vpc_cidr)
]
ours = st.integers(0, 255).map(lambda second: IPv4Network(f"10.{second}.0.0/16"))


def test_no_two_vpcs_of_all_markets_overlap_nor_any_with_the_depots() -> None:
    assert len(VPCS) == 2 + 2 * len(MARKETS)
    ranges = [*VPCS, DEPOTS]
    assert [(a, b) for a, b in combinations(ranges, 2) if a.overlaps(b)] == []


def test_every_markets_vpc_can_be_cut() -> None:
    for cidr in VPCS:
        assert address_plan(cidr).vpc == cidr


def test_the_cut_is_pinned() -> None:
    plan = address_plan(IPv4Network("10.10.0.0/16"))
    assert plan.private.cidrs == ["10.10.0.0/19", "10.10.32.0/19", "10.10.64.0/19"]
    assert plan.public.cidrs == ["10.10.128.0/22", "10.10.132.0/22", "10.10.136.0/22"]
    assert plan.transit.cidrs == ["10.10.144.0/28", "10.10.144.16/28", "10.10.144.32/28"]


@given(ours.filter(lambda vpc: not vpc.subnet_of(DEPOTS)))
def test_subnets_of_a_vpc_are_its_own_and_no_two_overlap(vpc: IPv4Network) -> None:
    plan = address_plan(vpc)
    tiers = (plan.private, plan.public, plan.transit)
    subnets = [subnet for tier in tiers for subnet in tier.subnets]
    assert all(subnet.subnet_of(vpc) for subnet in subnets)
    assert all(subnet.subnet_of(tier.range) for tier in tiers for subnet in tier.subnets)
    assert not any(a.overlaps(b) for a, b in combinations(subnets, 2))
    assert not any(a.range.overlaps(b.range) for a, b in combinations(tiers, 2))


@given(ours, ours)
def test_gateways_of_two_vpcs_never_share_an_asn(one: IPv4Network, other: IPv4Network) -> None:
    assert (gateway_asn(one) == gateway_asn(other)) is (one == other)
    assert 4_200_000_000 <= gateway_asn(one) <= 4_294_967_294
    assert gateway_asn(one) != DIRECT_CONNECT_ASN


@pytest.mark.parametrize(
    ("cidr", "reason"),
    [
        ("10.10.0.0/17", "is a /17"),
        ("10.0.0.0/8", "is a /8"),
        ("172.16.0.0/16", "outside of 10.0.0.0/8"),
        ("8.8.0.0/16", "outside of 10.0.0.0/8"),
        ("10.70.0.0/16", "which depots use"),
    ],
)
def test_a_range_that_cannot_be_a_vpc_is_refused_with_the_reason(cidr: str, reason: str) -> None:
    with pytest.raises(AddressError, match=reason):
        address_plan(IPv4Network(cidr))


def test_depots_are_of_the_company() -> None:
    assert DEPOTS.subnet_of(COMPANY)
