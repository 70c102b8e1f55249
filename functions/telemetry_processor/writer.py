"""Which Region's tables are written: the one that the market's fence names.

Replicas settle on the last write of an item, and rental and telemetry share the vehicle's. So wherever cars
connect, their state is written where bookings are. After a failover the stream of a Region that comes back
is read on, hours late: every Region is asked, and the highest epoch is believed, so that Region need not
have caught up itself.
"""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from rental_store.fence import Writer, fence_key, writer_from

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEEP_SECONDS: Final = 20.0
"""How long an answer is believed: a look at each batch would be a call more for each."""

# A Region that does not answer at once may be the one that was lost; the others decide.
CALLS: Final = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1})

Problem = Callable[[str, str, Exception], None]
"""Told (what failed, in which Region, the error)."""


class UnknownWriterError(Exception):
    """No Region answered who writes; the batch is to come again."""


class WriterRegion:
    """`clients`: of each Region that may write. `default`: who writes when nobody has claimed it yet."""

    def __init__(
        self,
        clients: "Mapping[str, DynamoDBClient]",
        *,
        rental_table: str,
        default: str,
        on_problem: Problem,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clients = clients
        self._table = rental_table
        self._on_problem = on_problem
        self._clock = clock
        self._known = Writer(region=default, epoch=0)
        self._asked = False
        self._good_until = clock()

    def region(self) -> str:
        """The Region to write. Raises UnknownWriterError while no Region has ever answered."""
        if self._clock() >= self._good_until:
            self._ask()
        return self._known.region

    def _ask(self) -> None:
        for region, client in self._clients.items():
            try:
                answer = client.get_item(TableName=self._table, Key=fence_key(0), ConsistentRead=True)
            except (ClientError, BotoCoreError) as error:
                self._on_problem("fence was not read", region, error)
                continue
            self._asked = True
            found = writer_from(answer.get("Item", {}))
            # An epoch never comes back: an older answer is a Region that has not heard yet.
            if found is not None and found.epoch > self._known.epoch:
                self._known = found
        if not self._asked:
            raise UnknownWriterError(f"none of {', '.join(self._clients)} answered")
        self._good_until = self._clock() + KEEP_SECONDS
