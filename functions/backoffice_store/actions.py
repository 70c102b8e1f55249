"""Each write of staff's acts as one action of the rental's transactions."""

from typing import TYPE_CHECKING, Any, Final

from backoffice_store import items
from ev_rental.rental.writes import Companion
from ev_rental.staff.writes import (
    AppendAudit,
    ChangeAlert,
    OpenWorkOrder,
    ReplaceWorkOrder,
    SaveVehicleState,
)
from ev_rental.vocabulary import AlertStatus
from rental_store.expressions import Actions
from rental_store.items import attributes
from telemetry_processor.items import resolved_until
from telemetry_processor.store import vehicle_update

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from rental_store.items import Attributes

_NEW: Final = "attribute_not_exists(#pk)"


class StaffActions(Actions):
    """The rental's writes, and those beside them on alerts, vehicle state and the back office's table."""

    def __init__(
        self, *, rental_table: str, vehicle_state_table: str, alerts_table: str, backoffice_table: str
    ) -> None:
        super().__init__(rental_table=rental_table, vehicle_state_table=vehicle_state_table)
        self._states = vehicle_state_table
        self._alerts = alerts_table
        self._backoffice = backoffice_table

    def companion(self, write: Companion) -> "TransactWriteItemTypeDef":
        """The action of a write of `ev_rental.staff.writes`."""
        match write:
            case AppendAudit():
                return self._put_new(items.audit_attributes(write.record))
            case OpenWorkOrder():
                return self._put_new(items.work_order_attributes(write.order))
            case ReplaceWorkOrder():
                return self._replace_order(write)
            case ChangeAlert():
                return self._change_alert(write)
            case SaveVehicleState():
                update = vehicle_update(self._states, write.vehicle, with_alerts=True)
                update["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
                return {"Update": update}
            case _:
                return super().companion(write)

    def _put_new(self, item: "Attributes") -> "TransactWriteItemTypeDef":
        return {
            "Put": {
                "TableName": self._backoffice,
                "Item": item,
                "ConditionExpression": _NEW,
                "ExpressionAttributeNames": {"#pk": "pk"},
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }

    def _replace_order(self, write: ReplaceWorkOrder) -> "TransactWriteItemTypeDef":
        return {
            "Put": {
                "TableName": self._backoffice,
                "Item": items.work_order_attributes(write.after),
                "ConditionExpression": "#version = :read",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": {":read": {"N": str(write.before.version)}},
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }

    def _change_alert(self, write: ChangeAlert) -> "TransactWriteItemTypeDef":
        values: dict[str, Any] = {**write.values, "status": write.status.value}
        resolved = write.status is AlertStatus.RESOLVED
        if resolved:
            values["expires_at"] = resolved_until(int(write.values["resolved_at"]))
        expected = [f":expected_{number}" for number in range(len(write.expected))]
        update = "SET " + ", ".join(f"#{name} = :{name}" for name in values)
        names = {f"#{name}": name for name in values}
        if resolved:
            update += " REMOVE #open_severity"
            names["#open_severity"] = "open_severity"
        return {
            "Update": {
                "TableName": self._alerts,
                "Key": attributes({"vehicle_id": write.vehicle_id, "alert_id": write.alert_id}),
                "UpdateExpression": update,
                "ConditionExpression": f"#status IN ({', '.join(expected)})",
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": {
                    **attributes({f":{name}": value for name, value in values.items()}),
                    **{
                        mark: {"S": status.value}
                        for mark, status in zip(expected, write.expected, strict=True)
                    },
                },
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }
