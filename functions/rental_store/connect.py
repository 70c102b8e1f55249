"""Puts store, clock and market together, as every rental function does at its cold start."""

import time
from typing import TYPE_CHECKING, Any, Final, TypedDict, cast
from uuid import uuid4

from botocore.config import Config
from botocore.session import get_session

from ev_rental.rental.market import RentalMarket, rental_market
from rental_store.environment import RentalEnvironment
from rental_store.fence import Fence, Writer
from rental_store.store import DynamoDBStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient

# One attempt: the store itself decides what to try again, and knows what a lost answer may have done.
CALLS: Final = Config(
    connect_timeout=1, read_timeout=2, max_pool_connections=10, retries={"total_max_attempts": 1}
)


class Parts(TypedDict):
    """What RentalService and RentalOperations are made of, but for the sender of commands."""

    market: RentalMarket
    store: DynamoDBStore
    clock: "Callable[[], int]"
    new_id: "Callable[[], str]"
    writes_enabled: bool


def connect(environment: RentalEnvironment) -> Parts:
    """`RentalService(sender=sender, **connect(RentalEnvironment.read(os.environ)))`."""
    # botocore, not boto3: the same client, without importing boto3's transfer manager at a cold start.
    client: Any = get_session().create_client("dynamodb", region_name=environment.tables_region, config=CALLS)
    return {
        "market": rental_market(environment.market),
        "store": DynamoDBStore(
            cast("DynamoDBClient", client),
            rental_table=environment.rental_table,
            vehicle_state_table=environment.vehicle_state_table,
            fence=Fence(
                environment.rental_table, Writer(environment.tables_region, environment.writer_epoch)
            ),
        ),
        "clock": now_ms,
        "new_id": new_id,
        "writes_enabled": environment.writes_enabled,
    }


def now_ms() -> int:
    """ms since the epoch."""
    return time.time_ns() // 1_000_000


def new_id() -> str:
    """Unguessable: a public id must not tell which car it is."""
    return str(uuid4())
