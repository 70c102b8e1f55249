"""The fence: which Region may write the market's tables, kept in the replicated rental table itself.

Replicas of a table settle on the last write of an item, so only one Region may write, and configuration
alone cannot keep a Region from it that comes back from a failure with what it was configured with before.
So every transaction also checks an item that says who writes, and since which epoch. A Region whose
configuration carries a higher epoch than the item claims it at its first write; one whose epoch is not the
item's is refused. Epochs only grow, so what was configured before a failover can never win again.

The item is there SHARDS times, all alike: DynamoDB cancels a transaction that meets another one on an item,
even when both only check it, so one item would put all bookings of a market in a queue.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

from msgspec import Struct

from ev_rental.rental.errors import ErrorCode, RentalError
from rental_store import items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from rental_store.items import Attributes

ENTITY: Final = "FENCE"
SHARDS: Final = 64
"""A transaction takes 100 items, and a claim writes all shards in one."""


class Writer(Struct, frozen=True):
    """A Region, and the epoch since which it writes; a later writer has a higher epoch."""

    region: str
    epoch: int


def fence_key(shard: int) -> "Attributes":
    """`FENCE#<shard>` / `FENCE`."""
    return items.key(ENTITY, str(shard))


def writer_from(item: Mapping[str, Any]) -> Writer | None:
    """Who writes, by a stored item; None when nobody has claimed it yet."""
    if "epoch" not in item:
        return None
    return Writer(region=item["writer_region"]["S"], epoch=int(item["epoch"]["N"]))


class Fence:
    """`mine`: the Region of the tables that are written, and the epoch that it is configured with."""

    def __init__(self, rental_table: str, mine: Writer) -> None:
        self._table = rental_table
        self.mine = mine

    def check(self, name: str) -> "TransactWriteItemTypeDef":
        """The action that refuses a transaction unless this Region writes. `name`: spreads the shards; what
        is written under one name meets itself anyway."""
        return {
            "ConditionCheck": {
                "TableName": self._table,
                "Key": fence_key(crc32(name.encode()) % SHARDS),
                "ConditionExpression": "#writer_region = :region AND #epoch = :epoch",
                "ExpressionAttributeNames": {"#writer_region": "writer_region", "#epoch": "epoch"},
                "ExpressionAttributeValues": self._values(),
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }

    def claim(self) -> "list[TransactWriteItemTypeDef]":
        """The transaction that makes this Region the writer, unless a later one is; it may be repeated."""
        return [
            {
                "Put": {
                    "TableName": self._table,
                    "Item": fence_key(shard)
                    | items.attributes(
                        {"entity": ENTITY, "writer_region": self.mine.region, "epoch": self.mine.epoch}
                    ),
                    "ConditionExpression": (
                        "attribute_not_exists(#pk) OR #epoch < :epoch "
                        "OR (#epoch = :epoch AND #writer_region = :region)"
                    ),
                    "ExpressionAttributeNames": {
                        "#pk": "pk",
                        "#writer_region": "writer_region",
                        "#epoch": "epoch",
                    },
                    "ExpressionAttributeValues": self._values(),
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                }
            }
            for shard in range(SHARDS)
        ]

    def expect_claimable(self, item: Mapping[str, Any]) -> None:
        """Raises RentalError(writes_disabled) when the writer of a fence item is not an earlier one."""
        writer = writer_from(item)
        if writer is None or writer.epoch < self.mine.epoch or writer == self.mine:
            return
        detail = f"{writer.region} writes since epoch {writer.epoch}, this is epoch {self.mine.epoch}"
        raise RentalError(
            ErrorCode.WRITES_DISABLED,
            f"{self.mine.region} takes no changes: {detail}; only a later epoch may",
        )

    def _values(self) -> "Attributes":
        return items.attributes({":region": self.mine.region, ":epoch": self.mine.epoch})
