"""Markets, environments and Regions: one row holds all facts of a market.

Money has an ISO 4217 currency with its number of minor units; a tax rate is the standard rate on a car
rental. An AWS Region's row says which of the services we use it lacks and its IoT Core publish quota.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from ipaddress import IPv4Network
from types import MappingProxyType


class Environment(StrEnum):
    """How serious a stack is: `dev` is small and cheap, `prod` carries riders."""

    DEV = "dev"
    PROD = "prod"


class Market(StrEnum):
    """A country that we rent cars in (ISO 3166-1 alpha-2, lower case)."""

    SINGAPORE = "sg"
    MALAYSIA = "my"
    INDONESIA = "id"
    VIETNAM = "vn"
    JAPAN = "jp"
    KOREA = "kr"
    AUSTRALIA = "au"


HOME_MARKET = Market.SINGAPORE
"""The market whose stack is the hub of its environment."""


class Region(StrEnum):
    """An AWS Region that a market may use."""

    SINGAPORE = "ap-southeast-1"
    SYDNEY = "ap-southeast-2"
    JAKARTA = "ap-southeast-3"
    MALAYSIA = "ap-southeast-5"
    TOKYO = "ap-northeast-1"
    SEOUL = "ap-northeast-2"
    NORTHERN_VIRGINIA = "us-east-1"


GLOBAL_REGION = Region.NORTHERN_VIRGINIA
"""Where AWS keeps what belongs to no Region: CloudFront's certificates and web ACLs, Route 53's health
metrics, billing. No market keeps its data there."""


class Service(StrEnum):
    """A service that not every Region has (botocore's endpoint names)."""

    IOT_CORE = "iot"
    SIGNER = "signer"


@dataclass(frozen=True)
class RegionFacts:
    """What differs between Regions.

    `iot_publishes_per_second` is the account's default quota of inbound publishes in AWS IoT Core, and of
    rule evaluations, which Basic Ingest counts as; 0 where there is no IoT Core. It is a soft limit, a tenth
    in "select AWS Regions": https://docs.aws.amazon.com/general/latest/gr/iot-core.html
    """

    lacks: frozenset[Service]
    iot_publishes_per_second: int


REGIONS: Mapping[Region, RegionFacts] = MappingProxyType(
    {
        Region.SINGAPORE: RegionFacts(frozenset(), 20_000),
        Region.SYDNEY: RegionFacts(frozenset(), 20_000),
        Region.JAKARTA: RegionFacts(frozenset({Service.IOT_CORE, Service.SIGNER}), 0),
        Region.MALAYSIA: RegionFacts(frozenset({Service.SIGNER}), 2_000),
        Region.TOKYO: RegionFacts(frozenset(), 20_000),
        Region.SEOUL: RegionFacts(frozenset(), 20_000),
        Region.NORTHERN_VIRGINIA: RegionFacts(frozenset(), 20_000),
    }
)


class UnavailableServiceError(ValueError):
    """A market's row puts a service into a Region that does not have it."""


@dataclass(frozen=True)
class Currency:
    """ISO 4217: the code, and how many decimal digits its minor unit has (0 for JPY, KRW and VND)."""

    code: str
    minor_units: int


@dataclass(frozen=True)
class MarketFacts:
    """All facts of a market.

    `primary` holds bookings and vehicle state; `telemetry_ingest` is where cars connect (AWS IoT Core and the
    stream); `standby` takes over when `primary` is lost. `opening_hours` is an OpenStreetMap opening_hours
    value, as GBFS 3.0 system_information wants it. Tariff and geofence are data files of the functions.
    """

    country: str
    primary: Region
    telemetry_ingest: Region
    standby: Region
    currency: Currency
    tax_name: str
    tax_rate: Decimal
    locale: str
    time_zone: str
    opening_hours: str
    vpc_cidr: IPv4Network
    standby_vpc_cidr: IPv4Network

    def __post_init__(self) -> None:
        with_iot = ", ".join(r for r, facts in REGIONS.items() if Service.IOT_CORE not in facts.lacks)
        for use, region in (("telemetry_ingest", self.telemetry_ingest), ("standby", self.standby)):
            if Service.IOT_CORE in REGIONS[region].lacks:
                raise UnavailableServiceError(
                    f"{self.country}: {use} is {region}, which has no AWS IoT Core; choose one of {with_iot}"
                )
        if self.standby is self.primary:
            raise ValueError(f"{self.country}: standby and primary are both {self.primary}; choose another")


# Pinned: a VPC's CIDR cannot be changed without replacing the VPC.
MARKETS: Mapping[Market, MarketFacts] = MappingProxyType(
    {
        Market.SINGAPORE: MarketFacts(
            country="Singapore",
            primary=Region.SINGAPORE,
            telemetry_ingest=Region.SINGAPORE,
            standby=Region.MALAYSIA,
            currency=Currency("SGD", 2),
            tax_name="GST",
            tax_rate=Decimal("0.09"),
            locale="en-SG",
            time_zone="Asia/Singapore",
            opening_hours="24/7",
            vpc_cidr=IPv4Network("10.10.0.0/16"),
            standby_vpc_cidr=IPv4Network("10.30.0.0/16"),
        ),
        Market.MALAYSIA: MarketFacts(
            country="Malaysia",
            primary=Region.MALAYSIA,
            telemetry_ingest=Region.MALAYSIA,
            standby=Region.SINGAPORE,
            currency=Currency("MYR", 2),
            tax_name="SST",
            tax_rate=Decimal("0.08"),
            locale="ms-MY",
            time_zone="Asia/Kuala_Lumpur",
            opening_hours="24/7",
            vpc_cidr=IPv4Network("10.11.0.0/16"),
            standby_vpc_cidr=IPv4Network("10.31.0.0/16"),
        ),
        # Jakarta has no AWS IoT Core: the cars connect to Singapore.
        Market.INDONESIA: MarketFacts(
            country="Indonesia",
            primary=Region.JAKARTA,
            telemetry_ingest=Region.SINGAPORE,
            standby=Region.SINGAPORE,
            currency=Currency("IDR", 2),
            tax_name="PPN",
            tax_rate=Decimal("0.11"),
            locale="id-ID",
            time_zone="Asia/Jakarta",
            opening_hours="24/7",
            vpc_cidr=IPv4Network("10.12.0.0/16"),
            standby_vpc_cidr=IPv4Network("10.32.0.0/16"),
        ),
        # There is no AWS Region in Vietnam.
        Market.VIETNAM: MarketFacts(
            country="Vietnam",
            primary=Region.SINGAPORE,
            telemetry_ingest=Region.SINGAPORE,
            standby=Region.MALAYSIA,
            currency=Currency("VND", 0),
            tax_name="VAT",
            tax_rate=Decimal("0.10"),
            locale="vi-VN",
            time_zone="Asia/Ho_Chi_Minh",
            opening_hours="24/7",
            vpc_cidr=IPv4Network("10.13.0.0/16"),
            standby_vpc_cidr=IPv4Network("10.33.0.0/16"),
        ),
        Market.JAPAN: MarketFacts(
            country="Japan",
            primary=Region.TOKYO,
            telemetry_ingest=Region.TOKYO,
            standby=Region.SEOUL,
            currency=Currency("JPY", 0),
            tax_name="Consumption tax",
            tax_rate=Decimal("0.10"),
            locale="ja-JP",
            time_zone="Asia/Tokyo",
            opening_hours="24/7",
            vpc_cidr=IPv4Network("10.14.0.0/16"),
            standby_vpc_cidr=IPv4Network("10.34.0.0/16"),
        ),
        Market.KOREA: MarketFacts(
            country="Korea",
            primary=Region.SEOUL,
            telemetry_ingest=Region.SEOUL,
            standby=Region.TOKYO,
            currency=Currency("KRW", 0),
            tax_name="VAT",
            tax_rate=Decimal("0.10"),
            locale="ko-KR",
            time_zone="Asia/Seoul",
            opening_hours="24/7",
            vpc_cidr=IPv4Network("10.15.0.0/16"),
            standby_vpc_cidr=IPv4Network("10.35.0.0/16"),
        ),
        Market.AUSTRALIA: MarketFacts(
            country="Australia",
            primary=Region.SYDNEY,
            telemetry_ingest=Region.SYDNEY,
            standby=Region.SINGAPORE,
            currency=Currency("AUD", 2),
            tax_name="GST",
            tax_rate=Decimal("0.10"),
            locale="en-AU",
            time_zone="Australia/Sydney",
            opening_hours="24/7",
            vpc_cidr=IPv4Network("10.16.0.0/16"),
            standby_vpc_cidr=IPv4Network("10.36.0.0/16"),
        ),
    }
)

DEV_VPC_CIDR = IPv4Network("10.200.0.0/16")
DEV_STANDBY_VPC_CIDR = IPv4Network("10.220.0.0/16")


def stack_name(environment: Environment, market: Market) -> str:
    """The name of the one stack of a market in an environment: `dev`, `prod`, `prod-my`..."""
    return str(environment) if market is HOME_MARKET else f"{environment}-{market}"


def answers_nearest(market: Market) -> bool:
    """Whether the market answers riders who ask for the nearest one.

    Route 53 takes one latency record a Region, so of markets with one primary Region the first does.
    """
    primary = MARKETS[market].primary
    return next(other for other, facts in MARKETS.items() if facts.primary is primary) is market
