"""Each write of the domain as one action of a transaction: which item, under which condition, what it sets.

Every name is behind a placeholder, many of ours (`state`) being reserved words, and every action asks for
the item it failed on, so that one call tells why.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from ev_rental.rental.vehicle import state_shard
from ev_rental.rental.vocabulary import DueKind, VehicleEvent
from ev_rental.rental.writes import (
    Companion,
    Entity,
    Insert,
    LockRider,
    MirrorState,
    OccupyBay,
    ParkInBay,
    ReleaseBay,
    ReleaseRider,
    Remember,
    Replace,
    ReserveBay,
    ReserveVehicle,
    Unchanged,
    VacateBay,
    Write,
)
from ev_rental.vocabulary import RentalState
from rental_store import items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import (
        PutTypeDef,
        TransactWriteItemTypeDef,
        UpdateTypeDef,
    )

    from rental_store.items import Attributes

# Two Regions may have counted to the same version, each on its own, while they could not hear each other.
_AS_READ: Final = "#version = :read AND #changed_at = :read_at"
_NEXT_VERSION: Final = "#version = #version + :one"


class Actions:
    """Writes -> actions on the two tables."""

    def __init__(self, *, rental_table: str, vehicle_state_table: str) -> None:
        self._rental = rental_table
        self._vehicle_states = vehicle_state_table

    def action(self, write: Write) -> "TransactWriteItemTypeDef":
        """The action of a write."""
        match write:
            case Insert() | Remember():
                action = self._put(write)
            case Replace():
                action = self._replace(write)
            case Unchanged():
                action = self._unchanged(write)
            case ReserveVehicle():
                action = self._reserve_vehicle(write)
            case LockRider() | ReleaseRider():
                action = self._rider(write)
            case MirrorState():
                action = self._mirror(write)
            case Companion():
                action = self.companion(write)
            case _:
                action = self._bay(write)
        return action

    def companion(self, write: Companion) -> "TransactWriteItemTypeDef":
        """The action of another part's write; a store that has such parts says which.

        Raises TypeError: this one has none.
        """
        raise TypeError(f"{type(write).__name__} is a write of another part: its own store must commit it")

    def _put(self, write: Insert | Remember) -> "TransactWriteItemTypeDef":
        put: PutTypeDef = {
            "TableName": self._rental,
            "Item": {},
            "ConditionExpression": "attribute_not_exists(#pk)",
            "ExpressionAttributeNames": {"#pk": "pk"},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if isinstance(write, Insert):
            put["Item"] = items.entity_attributes(write.entity)
            return {"Put": put}
        # DynamoDB deletes a record some time after its end, not at it.
        put["Item"] = items.record_attributes(write.record)
        put["ConditionExpression"] += " OR #expires_at <= :now"
        put["ExpressionAttributeNames"] = {"#pk": "pk", "#expires_at": "expires_at"}
        put["ExpressionAttributeValues"] = items.attributes({":now": write.record.recorded_at // 1000})
        return {"Put": put}

    def _update(
        self,
        key: "Attributes",
        update: str,
        condition: str,
        values: Mapping[str, Any],
        table: str | None = None,
    ) -> "TransactWriteItemTypeDef":
        words = f"{update} {condition}".replace("(", " ").replace(")", " ").replace(",", " ").split()
        body: UpdateTypeDef = {
            "TableName": table or self._rental,
            "Key": key,
            "UpdateExpression": update,
            "ExpressionAttributeNames": {word: word[1:] for word in words if word.startswith("#")},
            "ExpressionAttributeValues": items.attributes(values),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if condition:
            body["ConditionExpression"] = condition
        return {"Update": body}

    def _replace(self, write: Replace) -> "TransactWriteItemTypeDef":
        """Sets what differs only: an attribute that a newer release added is left alone by an older one."""
        before, after = items.entity_attributes(write.before), items.entity_attributes(write.after)
        if items.entity_key(write.before) != items.entity_key(write.after):
            raise ValueError(f"{write.after} does not replace {write.before}")
        changed = {name: value for name, value in after.items() if before.get(name) != value}
        gone = [name for name in before if name not in after]
        update = "SET " + ", ".join(f"#{name} = :{name}" for name in changed)
        if gone:
            update += " REMOVE " + ", ".join(f"#{name}" for name in gone)
        action = self._update(items.entity_key(write.before), update, _AS_READ, _read(write.before))
        values = action["Update"].get("ExpressionAttributeValues", {})
        action["Update"]["ExpressionAttributeValues"] = {
            **values,
            **{f":{name}": value for name, value in changed.items()},
        }
        return action

    def _unchanged(self, write: Unchanged) -> "TransactWriteItemTypeDef":
        return {
            "ConditionCheck": {
                "TableName": self._rental,
                "Key": items.entity_key(write.entity),
                "ConditionExpression": _AS_READ,
                "ExpressionAttributeNames": {"#version": "version", "#changed_at": "changed_at"},
                "ExpressionAttributeValues": items.attributes(_read(write.entity)),
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }

    def _reserve_vehicle(self, write: ReserveVehicle) -> "TransactWriteItemTypeDef":
        return self._update(
            items.key("VEHICLE", write.vehicle_id),
            "SET #state = :reserved, #state_shard = :shard, #booking_id = :booking, "
            f"#event_types = :events, #changed_at = :at, {_NEXT_VERSION}",
            "#state = :available AND attribute_not_exists(#booking_id)",
            {
                ":reserved": RentalState.RESERVED.value,
                ":available": RentalState.AVAILABLE.value,
                ":shard": state_shard(RentalState.RESERVED, write.vehicle_id),
                ":booking": write.booking_id,
                ":events": [VehicleEvent.RESERVATION_START.value],
                ":at": write.at,
                ":one": 1,
            },
        )

    def _rider(self, write: LockRider | ReleaseRider) -> "TransactWriteItemTypeDef":
        values: dict[str, Any] = {":booking": write.booking_id, ":at": write.at, ":one": 1}
        stamp = f"#changed_at = :at, {_NEXT_VERSION}"
        if isinstance(write, ReleaseRider):
            update = f"SET {stamp} REMOVE #live_booking_id, #due_kind, #due_at"
            condition = "#live_booking_id = :booking"
        else:
            update = f"SET #live_booking_id = :booking, #due_kind = :due, #due_at = :at, {stamp}"
            values[":due"] = DueKind.RIDER_LOCK.value
            condition = "#verified = :true AND attribute_not_exists(#live_booking_id)"
            values[":true"] = True
            if write.plan_id is not None:
                condition += " AND #plan_id = :plan"
                values[":plan"] = write.plan_id
        return self._update(items.key("RIDER", write.rider_id), update, condition, values)

    def _mirror(self, write: MirrorState) -> "TransactWriteItemTypeDef":
        conditions: list[str] = []
        values: dict[str, Any] = {":state": write.state.value}
        if write.min_soc is not None:
            conditions += ["#soc >= :min_soc", "attribute_not_exists(#blocking_alerts)"]
            values[":min_soc"] = write.min_soc
        if write.seen_since is not None:
            conditions.append("#last_seen >= :seen_since")
            values[":seen_since"] = write.seen_since
        if write.seen_before is not None:
            conditions.append("(attribute_not_exists(#last_seen) OR #last_seen <= :seen_before)")
            values[":seen_before"] = write.seen_before
        return self._update(
            {"vehicle_id": {"S": write.vehicle_id}},
            "SET #rental_state = :state",
            " AND ".join(conditions),
            values,
            self._vehicle_states,
        )

    def _bay(
        self, write: ReserveBay | ReleaseBay | OccupyBay | ParkInBay | VacateBay
    ) -> "TransactWriteItemTypeDef":
        values: dict[str, Any] = {":at": write.at, ":one": 1}
        if not isinstance(write, ReleaseBay):
            values[":vehicle"] = write.vehicle_id
        if not isinstance(write, ParkInBay | VacateBay):
            values[":booking"] = write.booking_id
        sets, removes = "", ""
        match write:
            case ReserveBay():
                sets = "#reserved_by = :booking, "
                condition = (
                    "attribute_exists(#pk) AND attribute_not_exists(#reserved_by) "
                    "AND (attribute_not_exists(#occupied_by) OR #occupied_by = :vehicle)"
                )
            case ReleaseBay():
                removes, condition = " REMOVE #reserved_by", "#reserved_by = :booking"
            case OccupyBay():
                sets, removes = "#occupied_by = :vehicle, ", " REMOVE #reserved_by"
                condition = "#reserved_by = :booking AND attribute_not_exists(#occupied_by)"
            case ParkInBay():
                sets = "#occupied_by = :vehicle, "
                condition = (
                    "attribute_exists(#pk) AND attribute_not_exists(#reserved_by) "
                    "AND attribute_not_exists(#occupied_by)"
                )
            case VacateBay():
                removes, condition = " REMOVE #occupied_by", "#occupied_by = :vehicle"
        update = f"SET {sets}#changed_at = :at, {_NEXT_VERSION}{removes}"
        return self._update(items.bay_key(write.bay), update, condition, values)


def _read(entity: Entity) -> dict[str, Any]:
    return {":read": entity.version, ":read_at": entity.changed_at}
