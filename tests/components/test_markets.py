"""The market table: what must hold for every row, and what a live account pins."""

import dataclasses
from itertools import combinations

import boto3
import pytest

from components.markets import (
    DEV_STANDBY_VPC_CIDR,
    DEV_VPC_CIDR,
    MARKETS,
    REGIONS,
    Environment,
    Market,
    Region,
    Service,
    UnavailableServiceError,
    stack_name,
)


def test_no_two_vpcs_overlap_standby_and_dev_included() -> None:
    networks = [DEV_VPC_CIDR, DEV_STANDBY_VPC_CIDR]
    for facts in MARKETS.values():
        networks += [facts.vpc_cidr, facts.standby_vpc_cidr]
    assert not [(a, b) for a, b in combinations(networks, 2) if a.overlaps(b)]


def test_the_cidrs_and_regions_of_live_markets_are_pinned() -> None:
    rows = {
        market: (facts.primary, facts.telemetry_ingest, facts.standby, str(facts.vpc_cidr))
        for market, facts in MARKETS.items()
    }
    assert rows == {
        "sg": ("ap-southeast-1", "ap-southeast-1", "ap-southeast-5", "10.10.0.0/16"),
        "my": ("ap-southeast-5", "ap-southeast-5", "ap-southeast-1", "10.11.0.0/16"),
        "id": ("ap-southeast-3", "ap-southeast-1", "ap-southeast-1", "10.12.0.0/16"),
        "vn": ("ap-southeast-1", "ap-southeast-1", "ap-southeast-5", "10.13.0.0/16"),
        "jp": ("ap-northeast-1", "ap-northeast-1", "ap-northeast-2", "10.14.0.0/16"),
        "kr": ("ap-northeast-2", "ap-northeast-2", "ap-northeast-1", "10.15.0.0/16"),
        "au": ("ap-southeast-2", "ap-southeast-2", "ap-southeast-1", "10.16.0.0/16"),
    }


def test_every_market_has_a_row() -> None:
    assert set(MARKETS) == set(Market)


@pytest.mark.parametrize("region", Region)
def test_what_a_region_lacks_is_what_botocore_says(region: Region) -> None:
    session = boto3.session.Session()
    lacks = {s for s in Service if region not in session.get_available_regions(s)}
    assert REGIONS[region].lacks == lacks


# The names that botocore gives the services that the program builds on; global services have no Regions.
_REGIONAL_SERVICES = (
    "cloudwatch",
    "dynamodb",
    "firehose",
    "glue",
    "kinesis",
    "kms",
    "lambda",
    "logs",
    "sns",
    "sqs",
)


@pytest.mark.parametrize("service", _REGIONAL_SERVICES)
def test_every_region_has_the_services_that_no_row_can_switch_off(service: str) -> None:
    available = boto3.session.Session().get_available_regions(service)
    assert [region for region in Region if region not in available] == []


def test_a_market_cannot_ingest_where_there_is_no_iot_core() -> None:
    with pytest.raises(UnavailableServiceError, match=r"telemetry_ingest is ap-southeast-3.*ap-southeast-1"):
        dataclasses.replace(MARKETS[Market.INDONESIA], telemetry_ingest=Region.JAKARTA)


def test_a_market_cannot_fail_over_to_where_it_already_is() -> None:
    with pytest.raises(ValueError, match="standby and primary are both ap-southeast-1"):
        dataclasses.replace(MARKETS[Market.SINGAPORE], standby=Region.SINGAPORE)


def test_money_without_minor_units_is_known_as_such() -> None:
    without = {facts.currency.code for facts in MARKETS.values() if facts.currency.minor_units == 0}
    assert without == {"JPY", "KRW", "VND"}


def test_stacks_are_named_after_environment_and_market_and_the_home_market_after_the_environment() -> None:
    names = [stack_name(Environment.PROD, market) for market in Market]
    assert names == ["prod", "prod-my", "prod-id", "prod-vn", "prod-jp", "prod-kr", "prod-au"]
    assert stack_name(Environment.DEV, Market.SINGAPORE) == "dev"
