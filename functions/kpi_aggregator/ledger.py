"""What the aggregator keeps in the table `kpi`, beside the rows that others read (`kpi_store.items`).

| pk | sk | holds |
| --- | --- | --- |
| `DAY#<yyyy-mm-dd>` | `FACT#<name>` | `fact`: JSON, one of `ev_rental.kpi.facts` |
| `DAY#<yyyy-mm-dd>` | `OPENING#<vehicle id>` | `car`: JSON, the car as the day begins |
| `STALE` | `<yyyy-mm-dd>` | a day that must be folded (again); `marks` counts why |
| `PROGRESS` | `FOLD` | `first`: the first day folded; `next`: the first that may not be folded to its end |
| `LEASE` | `FOLD` | `holder` folds until `until` (ms) and nobody else does |

A day's facts and openings are kept KEEP_DAYS, rows for ever.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec
from botocore.exceptions import ClientError
from msgspec import Struct

from ev_rental.kpi import DailyTotals
from ev_rental.kpi.facts import Fact
from ev_rental.kpi.fold import Car, DayFacts
from ev_rental.kpi.local_days import LocalDays
from kpi_store.items import DEMAND, KPI, Demand, demand_from, demand_row, key, totals_from, totals_row
from rental_store.items import attributes, plain
from rental_store.pages import every_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import WriteRequestTypeDef

KEEP_DAYS: Final = 400
_A_BATCH: Final = 25  # BatchWriteItem's limit
_FOLD: Final = {"S": "FOLD"}

_encode: Final = msgspec.json.Encoder(order="sorted").encode
_decode_fact: Final = msgspec.json.Decoder(Fact).decode
_decode_car: Final = msgspec.json.Decoder(Car).decode


class Progress(Struct, frozen=True, kw_only=True):
    """`first`: the first day folded. `next`: the first day that may not be folded to its end."""

    first: date
    next: date


class Ledger:
    """Every write here may be done twice. Errors of the client are raised as they are."""

    def __init__(self, client: "DynamoDBClient", table: str, days: LocalDays) -> None:
        self._client = client
        self._table = table
        self._days = days

    def keep(self, day: date, fact: Fact) -> None:
        """Adds a fact to a day; that it is there already is fine."""
        row = {"pk": f"DAY#{day}", "sk": f"FACT#{fact.name}", "fact": _encode(fact).decode()}
        self._put(row | {"expires_at": self._forget_at(day)})

    def mark_stale(self, day: date) -> int:
        """Says that a day must be folded; answers how often that was said."""
        answer = self._client.update_item(
            TableName=self._table,
            Key=key("STALE", day),
            UpdateExpression="ADD marks :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
            ReturnValues="UPDATED_NEW",
        )
        return int(answer["Attributes"]["marks"]["N"])

    def stale(self) -> dict[date, int]:
        """The days that must be folded -> how often that was said."""
        rows = self._partition("STALE")
        return {date.fromisoformat(row["sk"]): row["marks"] for row in rows}

    def settle(self, day: date, marks: int) -> None:
        """The day is folded, unless somebody said again that it must be."""
        try:
            self._client.delete_item(
                TableName=self._table,
                Key=key("STALE", day),
                ConditionExpression="marks = :seen",
                ExpressionAttributeValues={":seen": {"N": str(marks)}},
            )
        except ClientError as error:
            if not _refused(error):
                raise

    def facts(self, day: date) -> DayFacts:
        """All that is known of a day."""
        openings: dict[str, Car] = {}
        facts: list[Fact] = []
        for row in self._partition(f"DAY#{day}"):
            kind, _, name = row["sk"].partition("#")
            if kind == "OPENING":
                openings[name] = _decode_car(row["car"])
            else:
                facts.append(_decode_fact(row["fact"]))
        return DayFacts(day=day, openings=openings, facts=facts)

    def openings(self, day: date) -> dict[str, Car]:
        """Vehicle id -> the car as the day begins, as far as that was written."""
        rows = self._partition(f"DAY#{day}", "OPENING#")
        return {row["sk"].partition("#")[2]: _decode_car(row["car"]) for row in rows}

    def open(self, day: date, before: Mapping[str, Car], after: Mapping[str, Car]) -> None:
        """Replaces a day's openings `before` by those `after`."""
        pk, forget_at = f"DAY#{day}", self._forget_at(day)
        requests: list[WriteRequestTypeDef] = []
        for vehicle_id, car in after.items():
            if before.get(vehicle_id) != car:
                row = {"pk": pk, "sk": f"OPENING#{vehicle_id}", "car": _encode(car).decode()}
                requests.append({"PutRequest": {"Item": attributes(row | {"expires_at": forget_at})}})
        for vehicle_id in before.keys() - after.keys():
            gone = attributes({"pk": pk, "sk": f"OPENING#{vehicle_id}"})
            requests.append({"DeleteRequest": {"Key": gone}})
        self._write(requests)

    def publish(self, totals: DailyTotals, demand: Demand) -> None:
        """Writes the rows of a day that others read."""
        self._client.put_item(TableName=self._table, Item=totals_row(totals))
        self._client.put_item(TableName=self._table, Item=demand_row(totals.day, demand))

    def published(self, day: date) -> tuple[DailyTotals, Demand] | None:
        """A day's totals and demand as they were last published."""
        totals, demand = self._get(key(KPI, day)), self._get(key(DEMAND, day))
        if totals is None or demand is None:
            return None
        return totals_from(totals), demand_from(demand)[1]

    def progress(self) -> Progress | None:
        """None before the first fold."""
        found = self._get({"pk": {"S": "PROGRESS"}, "sk": _FOLD})
        return None if found is None else msgspec.convert(plain(found), Progress)

    def advance(self, progress: Progress) -> None:
        """Writes down how far folding is."""
        self._put({"pk": "PROGRESS", "sk": "FOLD"} | msgspec.to_builtins(progress))

    def lease(self, holder: str, now: int, until: int) -> bool:
        """Whether `holder` may fold from ms `now` until ms `until`."""
        try:
            self._client.put_item(
                TableName=self._table,
                Item=attributes({"pk": "LEASE", "sk": "FOLD", "holder": holder, "until": until}),
                ConditionExpression="attribute_not_exists(pk) OR #until < :now",
                ExpressionAttributeNames={"#until": "until"},
                ExpressionAttributeValues={":now": {"N": str(now)}},
            )
        except ClientError as error:
            if not _refused(error):
                raise
            return False
        return True

    def release(self, holder: str) -> None:
        """Ends the holder's lease; that it is over already is fine."""
        try:
            self._client.delete_item(
                TableName=self._table,
                Key={"pk": {"S": "LEASE"}, "sk": _FOLD},
                ConditionExpression="holder = :me",
                ExpressionAttributeValues={":me": {"S": holder}},
            )
        except ClientError as error:
            if not _refused(error):
                raise

    def _forget_at(self, day: date) -> int:
        return self._days.end(day + timedelta(days=KEEP_DAYS)) // 1000

    def _put(self, row: Mapping[str, Any]) -> None:
        self._client.put_item(TableName=self._table, Item=attributes(row))

    def _get(self, row_key: dict[str, Any]) -> Mapping[str, Any] | None:
        return self._client.get_item(TableName=self._table, Key=row_key, ConsistentRead=True).get("Item")

    def _partition(self, pk: str, begins_with: str = "") -> Iterator[dict[str, Any]]:
        request: dict[str, Any] = {
            "TableName": self._table,
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": pk}},
        }
        if begins_with:
            request["KeyConditionExpression"] += " AND begins_with(sk, :sk)"
            request["ExpressionAttributeValues"][":sk"] = {"S": begins_with}
        return map(plain, every_item(self._client.query, request))

    def _write(self, requests: "Sequence[WriteRequestTypeDef]") -> None:
        for first in range(0, len(requests), _A_BATCH):
            left: Any = {self._table: list(requests[first : first + _A_BATCH])}
            while left:
                left = self._client.batch_write_item(RequestItems=left).get("UnprocessedItems")


def _refused(error: ClientError) -> bool:
    return error.response.get("Error", {}).get("Code") == "ConditionalCheckFailedException"
