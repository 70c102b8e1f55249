"""`ev_rental.rental.store.Store` over DynamoDB."""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from botocore.exceptions import ClientError

from ev_rental.rental.booking import Booking
from ev_rental.rental.command import Command
from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.idempotency import IdempotencyRecord
from ev_rental.rental.invoice import Invoice
from ev_rental.rental.reading import Reading
from ev_rental.rental.rider import Rider
from ev_rental.rental.station import Bay, BayRef
from ev_rental.rental.store import Page, StationContent, TripContext
from ev_rental.rental.vehicle import STATE_SHARDS, RentalVehicle
from ev_rental.rental.vocabulary import DueKind
from ev_rental.rental.writes import CommitRefused, Write
from ev_rental.vocabulary import RentalState
from rental_store import items
from rental_store.expressions import Actions
from rental_store.fence import Fence
from rental_store.pages import every_item
from rental_store.retries import ATTEMPTS, Retries, cancellation_reasons

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from rental_store.items import Attributes

_T = TypeVar("_T")
_Listed = TypeVar("_Listed", Booking, Invoice)

MAX_PAGE: Final = 100
_BATCH_KEYS: Final = 100  # BatchGetItem's limit
_READING_ATTRIBUTES: Final = (
    "vehicle_id",
    "last_seen",
    "soc",
    "blocking_alerts",
    "contact",
    "contact_at",
    "leaves",
    "rental_state",
)
_CONDITION_FAILED: Final = "ConditionalCheckFailed"
_MILLISECONDS: Final = re.compile("[0-9]{1,16}")


class DynamoDBStore:
    """Two tables of one Region: the rental's own, and what telemetry said of each vehicle."""

    def __init__(
        self,
        client: "DynamoDBClient",
        *,
        rental_table: str,
        vehicle_state_table: str,
        fence: Fence,
        retries: Retries | None = None,
        actions: Actions | None = None,
    ) -> None:
        """`actions`: of a store that makes writes of other parts too; the rental's own by default."""
        self._client = client
        self._fence = fence
        self._rental = rental_table
        self._vehicle_states = vehicle_state_table
        self._actions = actions or Actions(rental_table=rental_table, vehicle_state_table=vehicle_state_table)
        self._retries = retries or Retries()

    def commit(self, writes: Sequence[Write]) -> None:
        """One TransactWriteItems, behind the fence; the first of an epoch claims the fence and comes again.

        Raises CommitRefused and RentalError(try_again, writes_disabled). When an answer was lost the
        transaction is sent again as it is: if the first one was done, the conditions refuse the second, and
        the caller finds its own work.
        """
        actions = [self._actions.action(write) for write in writes]
        reasons = self._behind_fence(_name(actions[0]), actions)
        failed: list[tuple[Write, Mapping[str, Any] | None]] = [
            (write, items.plain(reason["Item"]) if reason.get("Item") else None)
            for write, reason in zip(writes, reasons, strict=False)
            if reason.get("Code") == _CONDITION_FAILED
        ]
        if failed:
            raise CommitRefused(failed)

    def claim(self) -> None:
        """Makes sure, with nothing to write, that this Region is the writer; the shards are alike."""
        self._behind_fence("", [])

    def _behind_fence(
        self, name: str, actions: "Sequence[TransactWriteItemTypeDef]"
    ) -> list[Mapping[str, Any]]:
        """The reasons why the actions were refused, one each; none when they were done."""
        transaction = [self._fence.check(name), *actions]
        reasons = self._transact(transaction)
        if _fenced(reasons):
            self._claim(reasons[0])
            reasons = self._transact(transaction)
        if _fenced(reasons):
            self._fence.expect_claimable(reasons[0].get("Item", {}))
            raise RentalError(ErrorCode.TRY_AGAIN, "the fence is being moved: try again")
        return reasons[1:]

    def _claim(self, met: Mapping[str, Any]) -> None:
        """Makes this Region the writer. `met`: why the fence refused. Raises
        RentalError(writes_disabled, try_again)."""
        self._fence.expect_claimable(met.get("Item", {}))
        for reason in self._transact(self._fence.claim()):
            self._fence.expect_claimable(reason.get("Item", {}))

    def _transact(self, actions: "Sequence[TransactWriteItemTypeDef]") -> list[Mapping[str, Any]]:
        """The reasons, one an action, when a condition did not hold; none when all was done.

        Raises RentalError(try_again), and botocore's errors for what is wrong with the request itself.
        """

        def transact() -> None:
            self._client.transact_write_items(TransactItems=actions)

        try:
            self._retries.call("commit", transact)
        except ClientError as error:
            reasons = cancellation_reasons(error) or []
            if not any(reason.get("Code") == _CONDITION_FAILED for reason in reasons):
                raise
            return reasons
        return []

    def bay(self, bay: BayRef) -> Bay | None:
        """One bay, consistent."""
        return self._one(items.bay_key(bay), Bay)

    def booking(self, booking_id: str) -> Booking | None:
        """By id, consistent."""
        return self._one(items.key("BOOKING", booking_id), Booking)

    def command(self, command_id: str) -> Command | None:
        """By id, consistent."""
        return self._one(items.key("COMMAND", command_id), Command)

    def invoice(self, booking_id: str) -> Invoice | None:
        """Of a booking, consistent."""
        return self._one(items.key("INVOICE", booking_id), Invoice)

    def rider(self, rider_id: str) -> Rider | None:
        """By id, consistent."""
        return self._one(items.key("RIDER", rider_id), Rider)

    def vehicle(self, vehicle_id: str) -> RentalVehicle | None:
        """By id, consistent."""
        return self._one(items.key("VEHICLE", vehicle_id), RentalVehicle)

    def remembered(self, rider_id: str, key: str) -> IdempotencyRecord | None:
        """The record of a key, consistent; one that is 24 hours old may still be there."""
        return self._one(items.idempotency_key(rider_id, key), IdempotencyRecord)

    def trip(self, booking_id: str, vehicle_id: str) -> TripContext:
        """One BatchGetItem over both tables, each item consistent."""
        booking_key, vehicle_key = items.key("BOOKING", booking_id), items.key("VEHICLE", vehicle_id)
        found = self._batch(
            {
                self._rental: [booking_key, vehicle_key],
                self._vehicle_states: [{"vehicle_id": {"S": vehicle_id}}],
            }
        )
        entities = [items.entity_from(item) for item in found[self._rental]]
        states = found[self._vehicle_states]
        return TripContext(
            booking=next((entity for entity in entities if isinstance(entity, Booking)), None),
            vehicle=next((entity for entity in entities if isinstance(entity, RentalVehicle)), None),
            reading=items.reading_from(vehicle_id, states[0] if states else {}),
        )

    def readings(self, vehicle_ids: Iterable[str]) -> Mapping[str, Reading]:
        """By vehicle id, consistent; a car that was never heard of has an empty reading."""
        wanted = list(dict.fromkeys(vehicle_ids))
        found = {vehicle_id: Reading(vehicle_id=vehicle_id) for vehicle_id in wanted}
        for start in range(0, len(wanted), _BATCH_KEYS):
            part = wanted[start : start + _BATCH_KEYS]
            answer = self._batch({self._vehicle_states: [{"vehicle_id": {"S": name}} for name in part]})
            for item in answer[self._vehicle_states]:
                name = item["vehicle_id"]["S"]
                found[name] = items.reading_from(name, item)
        return found

    def bookings_of(self, rider_id: str, *, limit: int, cursor: str | None) -> Page[Booking]:
        """Newest first, eventually consistent. Raises RentalError(invalid_cursor, invalid_request)."""
        return self._of_rider(rider_id, "BOOKING", Booking, limit, cursor)

    def invoices_of(self, rider_id: str, *, limit: int, cursor: str | None) -> Page[Invoice]:
        """Newest first, eventually consistent. Raises RentalError(invalid_cursor, invalid_request)."""
        return self._of_rider(rider_id, "INVOICE", Invoice, limit, cursor)

    def invoices_since(self, at: int) -> Iterator[Invoice]:
        """Those issued at ms `at` or later, the oldest first, eventually consistent."""
        values: Attributes = {":entity": {"S": "INVOICE"}, ":at": {"N": str(at)}}
        for item in self._query("by_entity", "#entity = :entity AND #created_at >= :at", values):
            yield msgspec.convert(items.plain(item), Invoice)

    def vehicles(self, states: Iterable[RentalState]) -> Iterator[RentalVehicle]:
        """Eventually consistent, page by page; a vehicle that changes state meanwhile may come twice."""
        for state in states:
            for shard in range(STATE_SHARDS):
                values: Attributes = {":shard": {"S": f"{state}#{shard}"}}
                for item in self._query("by_state", "#state_shard = :shard", values):
                    yield msgspec.convert(items.plain(item), RentalVehicle)

    def station(self, station_id: str) -> StationContent:
        """One query a page, eventually consistent."""
        found = [
            items.entity_from(item)
            for item in self._query("by_station", "#station_id = :id", {":id": {"S": station_id}})
        ]
        return StationContent(
            bays=[entity for entity in found if isinstance(entity, Bay)],
            vehicles=[entity for entity in found if isinstance(entity, RentalVehicle)],
        )

    def due(self, kind: DueKind, now: int) -> Iterator[str]:
        """Ids, the longest due first, eventually consistent."""
        values: Attributes = {":kind": {"S": kind.value}, ":now": {"N": str(now)}}
        for item in self._query("due", "#due_kind = :kind AND #due_at <= :now", values):
            yield item["pk"]["S"].partition("#")[2]

    def _one(self, key: "Attributes", kind: type[_T]) -> _T | None:
        answer = self._retries.call(
            "get", lambda: self._client.get_item(TableName=self._rental, Key=key, ConsistentRead=True)
        )
        item = answer.get("Item")
        return None if item is None else msgspec.convert(items.plain(item), kind)

    def _batch(self, wanted: Mapping[str, list["Attributes"]]) -> dict[str, list[Mapping[str, Any]]]:
        """The items there are, by table. Raises RentalError(try_again) when keys stay unprocessed."""
        found: dict[str, list[Mapping[str, Any]]] = {table: [] for table in wanted}
        request: dict[str, Any] = {
            table: {"Keys": keys, "ConsistentRead": True} for table, keys in wanted.items()
        }
        if self._vehicle_states in request:
            request[self._vehicle_states] |= {
                "ProjectionExpression": ", ".join(f"#{name}" for name in _READING_ATTRIBUTES),
                "ExpressionAttributeNames": {f"#{name}": name for name in _READING_ATTRIBUTES},
            }
        for attempt in range(ATTEMPTS):
            if attempt:
                self._retries.wait(attempt)
            answer = self._retries.call(
                "batch get", partial(self._client.batch_get_item, RequestItems=request)
            )
            for table, part in answer["Responses"].items():
                found[table] += part
            request = dict(answer.get("UnprocessedKeys", {}))
            if not request:
                return found
        raise RentalError(ErrorCode.TRY_AGAIN, "the store did not get to all keys: try again")

    def _query(self, index: str, condition: str, values: "Attributes") -> Iterator[Mapping[str, Any]]:
        """All items of an index' partition, page by page."""
        names = {word: word[1:] for word in condition.split() if word.startswith("#")}
        request: dict[str, Any] = {
            "TableName": self._rental,
            "IndexName": index,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }
        return every_item(partial(self._retries.query, self._client), request)

    def _of_rider(
        self, rider_id: str, entity: str, kind: type[_Listed], limit: int, cursor: str | None
    ) -> Page[_Listed]:
        if not 1 <= limit <= MAX_PAGE:
            raise RentalError(
                ErrorCode.INVALID_REQUEST, f"a page of {limit} cannot be had: 1 to {MAX_PAGE} can"
            )
        request: dict[str, Any] = {
            "TableName": self._rental,
            "IndexName": "by_rider",
            "KeyConditionExpression": "#rider_id = :rider",
            "FilterExpression": "#entity = :entity",
            "ExpressionAttributeNames": {"#rider_id": "rider_id", "#entity": "entity"},
            "ExpressionAttributeValues": {":rider": {"S": rider_id}, ":entity": {"S": entity}},
            "ScanIndexForward": False,
        }
        if cursor is not None:
            request["ExclusiveStartKey"] = _start_key(rider_id, cursor)
        found: list[_Listed] = []
        last: Any = None
        while len(found) < limit:
            # Bookings and invoices share the index and the filter comes after the limit: ask for the rest.
            request["Limit"] = limit - len(found)
            answer = self._retries.query(self._client, **request)
            found += [msgspec.convert(items.plain(item), kind) for item in answer["Items"]]
            last = answer.get("LastEvaluatedKey")
            if not last:
                break
            request["ExclusiveStartKey"] = last
        return Page(items=found, cursor=_cursor(last) if last else None)


def _name(action: "TransactWriteItemTypeDef") -> str:
    """The hash key of the item that an action is about."""
    body: Any = next(iter(action.values()))
    item = body.get("Key") or body["Item"]
    return str((item.get("pk") or item["vehicle_id"])["S"])


def _fenced(reasons: Sequence[Mapping[str, Any]]) -> bool:
    return bool(reasons) and reasons[0].get("Code") == _CONDITION_FAILED


def _cursor(last: Mapping[str, Any]) -> str:
    text = f"{last['created_at']['N']} {last['pk']['S']} {last['sk']['S']}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _start_key(rider_id: str, cursor: str) -> "Attributes":
    """The rider is never taken from a cursor: it leads to the same rider's lists only."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        created_at, pk, sk = text.split(" ")
        if (
            not _MILLISECONDS.fullmatch(created_at)
            or sk not in ("BOOKING", "INVOICE")
            or not pk.startswith(f"{sk}#")
        ):
            raise ValueError(text)
    except (binascii.Error, ValueError):
        raise RentalError(
            ErrorCode.INVALID_CURSOR, f"{cursor[:80]!r} is no cursor of this list: take the one of a page"
        ) from None
    return {
        "rider_id": {"S": rider_id},
        "created_at": {"N": created_at},
        "pk": {"S": pk},
        "sk": {"S": sk},
    }
