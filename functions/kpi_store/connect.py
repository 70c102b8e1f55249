"""The clients of the functions that keep key figures."""

from typing import Any, Final, NamedTuple

from botocore.config import Config
from botocore.session import get_session

from ev_rental.kpi.local_days import LocalDays
from ev_rental.rental.market import RentalMarket, rental_market
from kpi_store.environment import KpiEnvironment
from kpi_store.lake import Lake

# Every call may be repeated, so the client may try again by itself.
CALLS: Final = Config(
    connect_timeout=1, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 5}
)


class KpiParts(NamedTuple):
    """What these functions work with. `dynamodb`: botocore's client; `table`: the name of the table `kpi`."""

    market: RentalMarket
    days: LocalDays
    dynamodb: Any
    table: str
    lake: Lake


def connect(environment: KpiEnvironment) -> KpiParts:
    """Made once at a cold start."""
    # botocore, not boto3: the same clients, without importing boto3's transfer manager.
    session, region = get_session(), environment.kpi_region
    s3: Any = session.create_client("s3", region_name=region, config=CALLS)
    market = rental_market(environment.market)
    return KpiParts(
        market=market,
        days=LocalDays(market.time_zone),
        dynamodb=session.create_client("dynamodb", region_name=region, config=CALLS),
        table=environment.kpi_table,
        lake=Lake(s3, environment.lake_bucket),
    )
