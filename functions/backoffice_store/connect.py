"""Puts store, clock and market together, as the staff API does at its cold start."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, cast

from botocore.config import Config
from botocore.session import get_session

from backoffice_store.environment import StaffEnvironment
from backoffice_store.staff_store import StaffStore, Tables
from ev_rental.rental.command import CommandSender
from ev_rental.rental.market import rental_market
from ev_rental.staff.service import StaffService
from rental_store.connect import new_id, now_ms
from rental_store.fence import Fence, Writer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

READERS: Final = 16
# One attempt: the store itself decides what to try again, and knows what a lost answer may have done.
CALLS: Final = Config(
    connect_timeout=1, read_timeout=2, max_pool_connections=READERS + 4, retries={"total_max_attempts": 1}
)


def connect(environment: StaffEnvironment, sender: CommandSender) -> StaffService:
    """The service over its tables."""
    rental = environment.rental
    # botocore, not boto3: the same client, without importing boto3's transfer manager at a cold start.
    client: Any = get_session().create_client("dynamodb", region_name=rental.tables_region, config=CALLS)
    store = StaffStore(
        cast("DynamoDBClient", client),
        Tables(
            rental=rental.rental_table,
            vehicle_state=rental.vehicle_state_table,
            alerts=environment.alerts_table,
            backoffice=environment.backoffice_table,
            recent_telemetry=environment.recent_telemetry_table,
            kpi=environment.kpi_table,
        ),
        fence=Fence(rental.rental_table, Writer(rental.tables_region, rental.writer_epoch)),
        readers=ThreadPoolExecutor(READERS, thread_name_prefix="fleet"),
        clock=now_ms,
    )
    return StaffService(
        market=rental_market(rental.market),
        store=store,
        sender=sender,
        clock=now_ms,
        new_id=new_id,
        locale=environment.locale,
        writes_enabled=rental.writes_enabled,
    )
