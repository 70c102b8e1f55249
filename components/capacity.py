"""How near a market's fleet comes to each limit of its account: pure arithmetic, from cars to what bites.

One account is one market, so each quota is one market's own. Every load grows with the cars, by the
assumptions that are the constants here. A quota is AWS's default: those marked soft are raised on request.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from components.markets import MARKETS, REGIONS, Market, Region
from components.sizing import (
    MESSAGE_BYTES,
    PEAK_SHARE,
    SECONDS_BETWEEN_REQUESTS,
    telemetry_sizing,
)

RIDERS_PER_CAR: Final = 10
"""The first market plans for 1,000 cars and 10,000 riders."""
RENTALS_PER_CAR_DAY: Final = 2.8
"""What a station-based electric car-share in Singapore reached."""
PEAK: Final = 4
"""The busiest hour to the mean of a day."""
TRANSACTIONS_PER_RENTAL: Final = 6
"""Hold, unlock and its answer, lock and its answer, invoice."""
EVENTS_PER_RENTAL: Final = 12
"""Of booking, vehicle, commands and invoice: docs/events.md."""
STATE_UNITS: Final = 2
"""Write units of a car's state, an item of up to 2 KB: docs/telemetry.md lists its leaves."""
BOOKING_UNITS: Final = 2
"""Write units of a booking in an index, an item of up to 2 KB."""
REQUEST_SECONDS: Final = 0.1
"""How long the rider API works on a request, at the mean."""
TRANSACTION_SECONDS: Final = 0.03
"""How long a transaction holds its items."""
ALERTS_PER_CAR_DAY: Final = 0.05
"""Alerts that somebody gets a mail for, before storms are summarised."""
SIGNED_IN_SHARE: Final = 0.1
"""Of a market's riders, those whose app renews its token in the busiest hour."""
LOG_BYTES_PER_REQUEST: Final = 1_500

OTHER_RESERVED: Final = 134
"""Of every function of a stack but the telemetry processor; a test holds it to the graph."""
RIDER_API_CONCURRENCY: Final = 50
FENCE_ITEMS: Final = 64
FENCE_CONFLICTS: Final = 0.1
"""More than every tenth transaction tried again is felt by riders."""
RULES_PER_EVENT: Final = 3
"""As many rules as take one event from the bus, at most; a test holds it to the graph."""
_DOCS: Final = "https://docs.aws.amazon.com"


@dataclass(frozen=True)
class Quota:
    """AWS's default for an account in a Region, and the page that says it. `but`: Regions that differ."""

    default: int
    source: str
    but: Mapping[Region, int] = field(default_factory=dict)

    def of(self, region: Region) -> int:
        """Of an account in that Region."""
        return self.but.get(region, self.default)


IOT_CONNECTIONS: Final = Quota(
    500_000, f"{_DOCS}/general/latest/gr/iot-core.html#message-broker-limits", {Region.MALAYSIA: 100_000}
)
STREAM_MEGABYTES_PER_SECOND: Final = Quota(
    200, f"{_DOCS}/streams/latest/dev/service-sizes-and-limits.html", {Region.NORTHERN_VIRGINIA: 10_000}
)
LAMBDA_CONCURRENCY: Final = Quota(1_000, f"{_DOCS}/lambda/latest/dg/gettingstarted-limits.html")
LAMBDA_UNRESERVED: Final = 100
"""What must be left for functions that reserve nothing:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"""
TABLE_WRITE_UNITS: Final = Quota(40_000, f"{_DOCS}/amazondynamodb/latest/developerguide/ServiceQuotas.html")
PARTITION_WRITE_UNITS: Final = Quota(
    1_000, f"{_DOCS}/amazondynamodb/latest/developerguide/bp-partition-key-design.html"
)
API_REQUESTS_PER_SECOND: Final = Quota(
    10_000,
    f"{_DOCS}/apigateway/latest/developerguide/limits.html",
    {Region.JAKARTA: 2_500, Region.MALAYSIA: 2_500},
)
PUT_EVENTS_PER_SECOND: Final = Quota(
    400,
    f"{_DOCS}/eventbridge/latest/userguide/eb-quota.html",
    {
        Region.SINGAPORE: 1_200,
        Region.SYDNEY: 1_200,
        Region.TOKYO: 1_200,
        Region.SEOUL: 600,
        Region.NORTHERN_VIRGINIA: 10_000,
    },
)
INVOCATIONS_PER_SECOND: Final = Quota(
    750,
    f"{_DOCS}/eventbridge/latest/userguide/eb-quota.html",
    {
        Region.SINGAPORE: 2_250,
        Region.SYDNEY: 2_250,
        Region.TOKYO: 2_250,
        Region.SEOUL: 1_100,
        Region.NORTHERN_VIRGINIA: 18_750,
    },
)
SQS_IN_FLIGHT: Final = Quota(
    120_000, f"{_DOCS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html"
)
SNS_MAILS_PER_SECOND: Final = Quota(10, f"{_DOCS}/general/latest/gr/sns.html")
COGNITO_REQUESTS_PER_SECOND: Final = Quota(120, f"{_DOCS}/cognito/latest/developerguide/quotas.html")


@dataclass(frozen=True)
class Limit:
    """One limit at one fleet. `allowed` is None for what has no limit and is shown for its size alone.

    `then` is what changes when it bites; `source` is where the limit is written down.
    """

    name: str
    load: float
    allowed: float | None
    unit: str
    then: str
    source: str

    @property
    def used(self) -> float | None:
        """The part of the limit that is used, 1 when all of it is."""
        return None if self.allowed is None else self.load / self.allowed


@dataclass(frozen=True)
class Bite:
    """A limit, and the smallest fleet that reaches it."""

    limit: Limit
    cars: int


def limits(cars: int, interval_seconds: int, market: Market) -> list[Limit]:
    """Every limit at a fleet of `cars`, each of which publishes once in `interval_seconds`.

    Quotas are those of the Region that bears the load: where cars connect, or the market's primary one.
    """
    facts = MARKETS[market]
    ingest, primary = facts.telemetry_ingest, facts.primary
    messages = cars / interval_seconds
    rentals = cars * RENTALS_PER_CAR_DAY * PEAK / 86_400
    requests = cars * RIDERS_PER_CAR * PEAK_SHARE / SECONDS_BETWEEN_REQUESTS
    transactions = rentals * TRANSACTIONS_PER_RENTAL
    events = rentals * EVENTS_PER_RENTAL
    processor = telemetry_sizing(cars, interval_seconds, math.ceil(messages) or 1).reserved_concurrency
    return [
        Limit(
            "rider API at once",
            requests * REQUEST_SECONDS,
            RIDER_API_CONCURRENCY,
            "invocations",
            "Raise the function's reserved concurrency (ours, in components/rental/service.py).",
            "components/rental/service.py",
        ),
        Limit(
            "IoT Core publishes",
            messages,
            REGIONS[ingest].iot_publishes_per_second,  # by Basic Ingest each is a rule's evaluation: as many
            "/s",
            "Have the quota raised (soft), or publish less often while parked: a longer "
            "telemetryIntervalSeconds.",
            f"{_DOCS}/general/latest/gr/iot-core.html#rules-limits",
        ),
        Limit(
            "IoT Core connections",
            cars,
            IOT_CONNECTIONS.of(ingest),
            "cars",
            "Have the quota raised (soft), or split the market into two accounts.",
            IOT_CONNECTIONS.source,
        ),
        Limit(
            "Kinesis on demand",
            messages * MESSAGE_BYTES / 1e6,
            STREAM_MEGABYTES_PER_SECOND.of(ingest),
            "MB/s",
            "Have the stream's ceiling raised (soft, to 10 GB/s), or use a stream for each half of the cars.",
            STREAM_MEGABYTES_PER_SECOND.source,
        ),
        Limit(
            "Lambda concurrency",
            processor + OTHER_RESERVED + LAMBDA_UNRESERVED,
            LAMBDA_CONCURRENCY.of(ingest),
            "at once",
            "Have the account's concurrency raised (soft): the processor reserves a place for each batch "
            "that can be in flight.",
            LAMBDA_CONCURRENCY.source,
        ),
        Limit(
            "vehicle state writes",
            messages * STATE_UNITS,
            TABLE_WRITE_UNITS.of(primary),
            "WCU",
            "Have the table's quota raised (soft); or let the processor write a parked car's state only "
            "when it changes.",
            TABLE_WRITE_UNITS.source,
        ),
        Limit(
            "one car's item",
            STATE_UNITS / interval_seconds,
            PARTITION_WRITE_UNITS.of(primary),
            "WCU",
            "Never: a car has its own partition key.",
            PARTITION_WRITE_UNITS.source,
        ),
        Limit(
            "bookings of by_entity",
            rentals * TRANSACTIONS_PER_RENTAL * BOOKING_UNITS,
            PARTITION_WRITE_UNITS.of(primary),
            "WCU",
            "All bookings are one item collection of the index by_entity: shard its key by day or hash, as "
            "by_state already is.",
            PARTITION_WRITE_UNITS.source,
        ),
        Limit(
            "fence conflicts",
            transactions * TRANSACTION_SECONDS / FENCE_ITEMS,
            FENCE_CONFLICTS,
            "of all",
            "64 items are as many as one claim can write (100 actions): claim in two transactions, or split "
            "the market's table.",
            "docs/decisions/0006-fence-in-the-table.md",
        ),
        Limit(
            "API Gateway requests",
            requests,
            API_REQUESTS_PER_SECOND.of(primary),
            "/s",
            "Have the account's rate raised (soft), or let apps ask less often: the map from a cached feed.",
            API_REQUESTS_PER_SECOND.source,
        ),
        Limit(
            "EventBridge PutEvents",
            events,  # a call takes up to 10, and may have only one
            PUT_EVENTS_PER_SECOND.of(primary),
            "/s",
            "Have the quota raised (soft): its default differs by Region, from 400 to 10,000.",
            PUT_EVENTS_PER_SECOND.source,
        ),
        Limit(
            "EventBridge targets",
            events * RULES_PER_EVENT,
            INVOCATIONS_PER_SECOND.of(primary),
            "/s",
            "Have the quota of invocations raised (soft): until then what is above it comes late.",
            INVOCATIONS_PER_SECOND.source,
        ),
        Limit(
            "SQS in flight",
            events,
            SQS_IN_FLIGHT.of(primary),
            "messages",
            "More consumers: a queue's throughput has no limit, only what is in work at once.",
            SQS_IN_FLIGHT.source,
        ),
        Limit(
            "SNS mails",
            cars * ALERTS_PER_CAR_DAY * PEAK / 86_400,
            SNS_MAILS_PER_SECOND.of(primary),
            "/s",
            "Hard, for each mailbox. Nobody reads so many: summarise more (storm.LIMIT), page by the ticket "
            "webhook instead.",
            SNS_MAILS_PER_SECOND.source,
        ),
        Limit(
            "Cognito renewals",
            cars * RIDERS_PER_CAR * SIGNED_IN_SHARE / 3_600,
            COGNITO_REQUESTS_PER_SECOND.of(primary),
            "/s",
            "Have the rate of UserAuthentication raised (soft, billed), or let tokens live longer.",
            COGNITO_REQUESTS_PER_SECOND.source,
        ),
        Limit(
            "Firehose to the lake",
            messages * MESSAGE_BYTES / 1e6,
            None,
            "MB/s",
            "It reads the stream's shards, and has no limit of its own.",
            f"{_DOCS}/firehose/latest/dev/limits.html",
        ),
        Limit(
            "NAT gateways",
            0,
            None,
            "MB/s",
            "No function is in the VPC; only containers and the search of logs pass them.",
            f"{_DOCS}/vpc/latest/userguide/vpc-nat-gateway.html",
        ),
        Limit(
            "logs",
            requests / PEAK * 86_400 * LOG_BYTES_PER_REQUEST / 1e9,
            None,
            "GB/day",
            "No limit bites, the bill does: sample what succeeds.",
            f"{_DOCS}/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html",
        ),
    ]


def shards(cars: int, interval_seconds: int) -> int | None:
    """Shards that the stream has; None: it is on demand."""
    return telemetry_sizing(cars, interval_seconds, cars).shard_count


def bites(interval_seconds: int, market: Market, up_to: int) -> list[Bite]:
    """The limits that fleets of `up_to` cars or fewer reach, the first to bite first."""
    found = []
    for index, at_most in enumerate(limits(up_to, interval_seconds, market)):
        if (at_most.used or 0) < 1:
            continue
        low, high = 1, up_to
        while low < high:  # no load falls when cars are added
            middle = (low + high) // 2
            if (limits(middle, interval_seconds, market)[index].used or 0) >= 1:
                high = middle
            else:
                low = middle + 1
        found.append(Bite(at_most, low))
    return sorted(found, key=lambda bite: (bite.cars, bite.limit.name))


def first_new(found: Sequence[Bite], above: int, up_to: int) -> list[Bite]:
    """Those that bite on the way from one fleet to another."""
    return [bite for bite in found if above < bite.cars <= up_to]
