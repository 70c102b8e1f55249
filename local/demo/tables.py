"""The tables that the back office works on; keys and indexes are those of the program's tables."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from backoffice_store.staff_store import Tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Keys = tuple[str, ...]
"""Hash key and, mostly, range key."""


class Table(NamedTuple):
    """A table's keys, and those of its global secondary indexes."""

    keys: Keys
    indexes: Mapping[str, Keys] = {}


NAMES: Final = Tables(
    rental="rental",
    vehicle_state="vehicle-state",
    alerts="alerts",
    backoffice="backoffice",
    recent_telemetry="recent-telemetry",
    kpi="kpi",
)

TABLES: Final[Mapping[str, Table]] = {
    NAMES.rental: Table(
        ("pk", "sk"),
        {
            "by_rider": ("rider_id", "created_at"),
            "due": ("due_kind", "due_at"),
            "by_station": ("station_id", "pk"),
            "by_state": ("state_shard", "pk"),
            "by_vehicle": ("vehicle_id", "created_at"),
            "by_entity": ("entity", "created_at"),
        },
    ),
    NAMES.vehicle_state: Table(("vehicle_id",)),
    NAMES.alerts: Table(
        ("vehicle_id", "alert_id"),
        {"open_by_severity": ("open_severity", "raised_at"), "by_status": ("status", "raised_at")},
    ),
    NAMES.backoffice: Table(
        ("pk", "sk"),
        {
            "by_subject": ("subject", "sk"),
            "by_status": ("work_order_status", "opened_at"),
            "by_vehicle": ("vehicle_id", "opened_at"),
        },
    ),
    NAMES.recent_telemetry: Table(("vehicle_id", "minute")),
    NAMES.kpi: Table(("pk", "sk")),
}

_NUMBERS: Final = frozenset({"created_at", "due_at", "raised_at", "opened_at", "minute"})
_BATCH_PUTS: Final = 25  # BatchWriteItem's limit


def create_tables(client: "DynamoDBClient") -> None:
    """All of them, empty."""
    for name, table in TABLES.items():
        names = sorted({*table.keys, *(key for keys in table.indexes.values() for key in keys)})
        request: dict[str, Any] = {
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": _schema(table.keys),
            "AttributeDefinitions": [
                {"AttributeName": key, "AttributeType": "N" if key in _NUMBERS else "S"} for key in names
            ],
        }
        if table.indexes:
            request["GlobalSecondaryIndexes"] = [
                {"IndexName": index, "KeySchema": _schema(keys), "Projection": {"ProjectionType": "ALL"}}
                for index, keys in table.indexes.items()
            ]
        client.create_table(**request)


def put_all(client: "DynamoDBClient", table: str, items: Sequence[Mapping[str, Any]]) -> None:
    """Puts items, whatever was there."""
    for start in range(0, len(items), _BATCH_PUTS):
        puts: Any = [{"PutRequest": {"Item": item}} for item in items[start : start + _BATCH_PUTS]]
        client.batch_write_item(RequestItems={table: puts})


def _schema(keys: Keys) -> list[dict[str, str]]:
    return [
        {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
    ]
