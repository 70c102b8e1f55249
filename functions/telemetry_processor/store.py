"""The two tables, behind the few calls the processor makes.

A vehicle's state is written on condition of the revision it was folded from, so a write of somebody else
in between, or our own that was committed although its answer was lost, is noticed and folded upon.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from ev_rental.alerts import AlertChange
from ev_rental.vehicle import Vehicle
from telemetry_processor import items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        KeysAndAttributesTypeDef,
        TransactWriteItemTypeDef,
        UpdateTypeDef,
    )

    from telemetry_processor.items import Attributes

_BATCH_KEYS: Final = 100  # BatchGetItem's limit
_BATCH_ATTEMPTS: Final = 4
_FIRST_PAUSE: Final = 0.05  # seconds, doubled at each attempt
# Somebody else wrote in between: read again, fold again.
_OVERTAKEN: Final = frozenset({"ConditionalCheckFailed", "TransactionConflict"})


class OvertakenError(Exception):
    """The stored item is not the revision that was folded from."""


class Store:
    """Vehicle states and alerts in DynamoDB."""

    def __init__(
        self,
        client: "DynamoDBClient",
        *,
        vehicle_state_table: str,
        alerts_table: str,
        market: str,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._vehicles = vehicle_state_table
        self._alerts = alerts_table
        self._market = market
        self._pause = pause
        self._projection = ", ".join(items.READ_ATTRIBUTES)

    def load_many(self, vehicle_ids: Iterable[str]) -> dict[str, Mapping[str, Any]]:
        """The vehicles' items, read eventually consistent, empty where there is none; vehicles that could
        not be read are absent.

        A read that lags behind costs a second fold, never a wrong write. Raises botocore's errors.
        """
        wanted = list(vehicle_ids)
        found: dict[str, Mapping[str, Any]] = {}
        for start in range(0, len(wanted), _BATCH_KEYS):
            part = wanted[start : start + _BATCH_KEYS]
            stored, unread = self._batch_get(part)
            found |= {name: stored.get(name, {}) for name in part if name not in unread}
        return found

    def _batch_get(self, vehicle_ids: list[str]) -> tuple[dict[str, Mapping[str, Any]], set[str]]:
        """The items there are, and the ids that DynamoDB did not get to in all attempts."""
        stored: dict[str, Mapping[str, Any]] = {}
        keys: list[Any] = [{"vehicle_id": {"S": name}} for name in vehicle_ids]
        for attempt in range(_BATCH_ATTEMPTS):
            if attempt:
                self._pause(_FIRST_PAUSE * 2 ** (attempt - 1))
            request: KeysAndAttributesTypeDef = {
                "Keys": keys,
                "ProjectionExpression": self._projection,
            }
            answer = self._client.batch_get_item(RequestItems={self._vehicles: request})
            for item in answer["Responses"].get(self._vehicles, []):
                stored[item["vehicle_id"]["S"]] = item
            left = answer.get("UnprocessedKeys", {})
            keys = list(left[self._vehicles]["Keys"]) if self._vehicles in left else []
            if not keys:
                break
        return stored, {key["vehicle_id"]["S"] for key in keys}

    def load(self, vehicle_id: str) -> Vehicle:
        """One vehicle's state, read consistently. Raises botocore's errors."""
        answer = self._client.get_item(
            TableName=self._vehicles,
            Key={"vehicle_id": {"S": vehicle_id}},
            ConsistentRead=True,
            ProjectionExpression=self._projection,
        )
        return items.vehicle_from(vehicle_id, answer.get("Item", {}))

    def save(self, vehicle: Vehicle, changes: Iterable[AlertChange]) -> None:
        """Writes the state, and with it the changes of alerts, whole or not at all.

        Raises OvertakenError when the stored revision is not `vehicle.revision`, and botocore's errors.
        """
        actions = [self._alert_action(change) for change in changes]
        update = vehicle_update(self._vehicles, vehicle, with_alerts=bool(actions))
        try:
            if actions:
                self._client.transact_write_items(TransactItems=[{"Update": update}, *actions])
            else:
                self._client.update_item(**update)
        except ClientError as error:
            if _is_overtaken(error):
                raise OvertakenError(vehicle.vehicle_id) from error
            raise

    def _alert_action(self, change: AlertChange) -> "TransactWriteItemTypeDef":
        # No condition of their own: the vehicle's revision, in the same transaction, guards them.
        if change.created:
            return {"Put": {"TableName": self._alerts, "Item": items.new_alert(change, self._market)}}
        attributes = items.alert_update(change, self._market)
        names = {f"#{name}": name for name in attributes}  # value, status and others are reserved words
        values = _values(attributes)
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in attributes)
        if change.resolved_at is not None:
            expression += " REMOVE open_severity"
        if change.occurrences:
            expression += " ADD occurrences :occurrences"
            values[":occurrences"] = {"N": str(change.occurrences)}
        return {
            "Update": {
                "TableName": self._alerts,
                "Key": {"vehicle_id": {"S": change.vehicle_id}, "alert_id": {"S": change.alert_id}},
                "UpdateExpression": expression,
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": values,
            }
        }


def vehicle_update(table: str, vehicle: Vehicle, *, with_alerts: bool) -> "UpdateTypeDef":
    """The update of a vehicle's item, on condition of the revision it was folded from. `with_alerts`: an
    alert of it changes in the same transaction, so which ones block may have changed too."""
    attributes = items.vehicle_attributes(vehicle)
    remove = ""
    if with_alerts:
        blocking = vehicle.blocking_alerts
        if blocking:
            attributes["blocking_alerts"] = {"SS": sorted(blocking)}
        else:
            remove = " REMOVE blocking_alerts"
    values = _values(attributes)
    condition = "attribute_not_exists(revision)"
    if vehicle.revision:
        condition = "revision = :read"
        values[":read"] = {"N": str(vehicle.revision)}
    # None of these names is a reserved word, so none needs a placeholder: it is the call made most.
    return {
        "TableName": table,
        "Key": {"vehicle_id": {"S": vehicle.vehicle_id}},
        "UpdateExpression": "SET " + ", ".join([f"{name} = :{name}" for name in attributes]) + remove,
        "ConditionExpression": condition,
        "ExpressionAttributeValues": values,
    }


def _values(attributes: "Attributes") -> "Attributes":
    """Attribute name -> value, as placeholder -> value."""
    return {f":{name}": value for name, value in attributes.items()}


def _is_overtaken(error: ClientError) -> bool:
    code = error.response.get("Error", {}).get("Code", "")
    if code == "TransactionCanceledException":
        reasons = error.response.get("CancellationReasons", [])
        codes = {reason.get("Code") for reason in reasons} - {None, "None"}
        return bool(codes) and codes <= _OVERTAKEN
    return code in ("ConditionalCheckFailedException", "TransactionConflictException")
