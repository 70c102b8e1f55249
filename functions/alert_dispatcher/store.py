"""What the dispatcher remembers, and what it reads of others' tables."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from alert_dispatcher import items
from alert_dispatcher.items import Due
from ev_rental.dispatching.decide import Decision
from ev_rental.dispatching.record import Alert, Record, Task
from ev_rental.dispatching.storm import Storm
from rental_store.items import key as rental_key
from rental_store.pages import every_item
from rental_store.retries import Retries, cancellation_reasons

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from rental_store.items import Attributes

LEASE_MS: Final = 60_000
"""How long a task that somebody works on is left alone; who dies meanwhile is followed by the sweep."""


class OvertakenError(Exception):
    """Somebody else has written what was read: read again, decide anew."""


class DispatchStore:
    """Reads of one item are consistent. Every method raises RentalError(try_again) when the store does not
    answer after a few attempts."""

    def __init__(
        self,
        client: "DynamoDBClient",
        *,
        dispatch_table: str,
        alerts_table: str,
        rental_table: str,
        retries: Retries | None = None,
    ) -> None:
        self._client = client
        self._dispatch = dispatch_table
        self._alerts = alerts_table
        self._rental = rental_table
        self._retries = retries or Retries()

    def alert(self, vehicle_id: str, alert_id: str) -> Alert | None:
        """The alert as it is now."""
        item = self._get(self._alerts, {"vehicle_id": {"S": vehicle_id}, "alert_id": {"S": alert_id}})
        return None if item is None else items.alert_from(item)

    def station_of(self, vehicle_id: str) -> str | None:
        """Where the car stands."""
        item = self._get(self._rental, rental_key("VEHICLE", vehicle_id)) or {}
        found: str | None = item.get("station_id", {}).get("S")
        return found

    def record(self, vehicle_id: str, alert_id: str) -> Record | None:
        """What is remembered of an alert."""
        item = self._get(self._dispatch, items.record_key(vehicle_id, alert_id))
        return None if item is None else items.record_from(item)

    def storm(self, station_id: str | None) -> Storm:
        """Of a station; a new one when there was none."""
        item = self._get(self._dispatch, items.storm_key(station_id))
        return Storm(station_id=station_id) if item is None else items.storm_from(item)

    def commit(self, decision: Decision, now: int) -> None:
        """Record, storm and tasks, whole or not at all. Raises OvertakenError."""
        record, storm = decision.record, decision.storm
        actions = [self._put(items.record_item(record, now), record.version - 1)]
        if storm is not None:
            actions.append(self._put(items.storm_item(storm, now), storm.version - 1))
        self._transact([*actions, *(self._put(items.task_item(task), 0) for task in decision.tasks)])

    def commit_summary(self, storm: Storm, task: Task, now: int) -> None:
        """Raises OvertakenError."""
        self._transact(
            [self._put(items.storm_item(storm, now), storm.version - 1), self._put(items.task_item(task), 0)]
        )

    def take(self, task_id: str, now: int) -> Task | None:
        """The task, for LEASE_MS nobody else's; None when it was handed on or somebody else has it."""
        try:
            answer = self._retries.call(
                "take",
                lambda: self._client.update_item(
                    TableName=self._dispatch,
                    Key=items.task_key(task_id),
                    UpdateExpression="SET #due_at = :until",
                    ConditionExpression="#due_kind = :task AND #due_at <= :now",
                    ExpressionAttributeNames={"#due_kind": "due_kind", "#due_at": "due_at"},
                    ExpressionAttributeValues={
                        ":task": {"S": Due.TASK.value},
                        ":now": {"N": str(now)},
                        ":until": {"N": str(now + LEASE_MS)},
                    },
                    ReturnValues="ALL_NEW",
                ),
            )
        except ClientError as error:
            if _code(error) != "ConditionalCheckFailedException":
                raise
            return None
        return items.task_from(answer["Attributes"])

    def done(self, task_id: str, now: int) -> None:
        """The task was handed on."""
        self._retries.call(
            "done",
            lambda: self._client.update_item(
                TableName=self._dispatch,
                Key=items.task_key(task_id),
                UpdateExpression="SET #expires_at = :end REMOVE #due_kind, #due_at",
                ExpressionAttributeNames={
                    "#expires_at": "expires_at",
                    "#due_kind": "due_kind",
                    "#due_at": "due_at",
                },
                ExpressionAttributeValues={":end": {"N": str(now // 1000 + items.KEEP_SECONDS)}},
            ),
        )

    def due(self, kind: Due, now: int) -> Iterator[Mapping[str, Any]]:
        """Items that are due, the longest due first, eventually consistent."""
        request: dict[str, Any] = {
            "TableName": self._dispatch,
            "IndexName": "due",
            "KeyConditionExpression": "#due_kind = :kind AND #due_at <= :now",
            "ExpressionAttributeNames": {"#due_kind": "due_kind", "#due_at": "due_at"},
            "ExpressionAttributeValues": {":kind": {"S": kind.value}, ":now": {"N": str(now)}},
        }
        return every_item(partial(self._retries.query, self._client), request)

    def _get(self, table: str, key: "Attributes") -> Mapping[str, Any] | None:
        answer = self._retries.call(
            "get", lambda: self._client.get_item(TableName=table, Key=key, ConsistentRead=True)
        )
        return answer.get("Item")

    def _put(self, item: "Attributes", read_version: int) -> "TransactWriteItemTypeDef":
        put: TransactWriteItemTypeDef = {
            "Put": {
                "TableName": self._dispatch,
                "Item": item,
                "ConditionExpression": "attribute_not_exists(#pk)",
                "ExpressionAttributeNames": {"#pk": "pk"},
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }
        if read_version:
            put["Put"]["ConditionExpression"] = "#version = :read"
            put["Put"]["ExpressionAttributeNames"] = {"#version": "version"}
            put["Put"]["ExpressionAttributeValues"] = {":read": {"N": str(read_version)}}
        return put

    def _transact(self, actions: "list[TransactWriteItemTypeDef]") -> None:
        try:
            self._retries.call("commit", lambda: self._client.transact_write_items(TransactItems=actions))
        except ClientError as error:
            reasons = cancellation_reasons(error) or []
            if any(reason.get("Code") == "ConditionalCheckFailed" for reason in reasons):
                raise OvertakenError from error
            raise


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
