"""Domain objects <-> items of the table `dispatch`. No calls here.

| item | pk | sk | index `due` |
| record | `ALERT#<vehicle>#<alert>` | `ALERT` | `look` while the alert may have to be told again |
| storm | `STATION#<id>`, `STATION#` for cars at none | `STORM` | `summary` while notices wait |
| task | `TASK#<id>` | `TASK` | `task` until it was handed on |
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ev_rental.dispatching.record import Alert, Record, Task
from ev_rental.dispatching.storm import Storm
from rental_store.items import attributes, plain

if TYPE_CHECKING:
    from rental_store.items import Attributes

KEEP_SECONDS: Final = 30 * 86_400
"""How long is kept what is over: longer than events are replayed, or a message lies in a queue."""


class Due(StrEnum):
    """What a sweep has to look at; the hash key of the table's index `due`."""

    LOOK = "look"
    SUMMARY = "summary"
    TASK = "task"


def record_key(vehicle_id: str, alert_id: str) -> "Attributes":
    """`ALERT#<vehicle>#<alert>` / `ALERT`."""
    return _key(f"ALERT#{vehicle_id}#{alert_id}", "ALERT")


def storm_key(station_id: str | None) -> "Attributes":
    """`STATION#<id>` / `STORM`."""
    return _key(f"STATION#{station_id or ''}", "STORM")


def task_key(task_id: str) -> "Attributes":
    """`TASK#<id>` / `TASK`."""
    return _key(f"TASK#{task_id}", "TASK")


def record_item(record: Record, now: int) -> "Attributes":
    """The whole item; one that is over expires."""
    due = {"due_kind": Due.LOOK.value, "due_at": record.look_at} if record.look_at else _expiry(now)
    return record_key(record.vehicle_id, record.alert_id) | attributes(msgspec.to_builtins(record) | due)


def storm_item(storm: Storm, now: int) -> "Attributes":
    """The whole item."""
    due: dict[str, Any] = _expiry(now)
    if storm.due_at is not None:
        due = {"due_kind": Due.SUMMARY.value, "due_at": storm.due_at}
    return storm_key(storm.station_id) | attributes(msgspec.to_builtins(storm) | due)


def task_item(task: Task) -> "Attributes":
    """The whole item of a task that is to be handed on. Its body is JSON text: a value may be a float."""
    fields = msgspec.to_builtins(task) | {"body": msgspec.json.encode(task.body, order="sorted").decode()}
    return task_key(task.task_id) | attributes(fields | {"due_kind": Due.TASK.value, "due_at": task.made_at})


def record_from(item: Mapping[str, Any]) -> Record:
    """Raises msgspec.ValidationError."""
    return msgspec.convert(plain(item), Record)


def storm_from(item: Mapping[str, Any]) -> Storm:
    """Raises msgspec.ValidationError."""
    return msgspec.convert(plain(item), Storm)


def task_from(item: Mapping[str, Any]) -> Task:
    """Raises msgspec.ValidationError."""
    found = plain(item)
    return msgspec.convert(found | {"body": msgspec.json.decode(found["body"])}, Task)


def alert_from(item: Mapping[str, Any]) -> Alert:
    """The alert of an item of the alerts table. Raises msgspec.ValidationError."""
    return msgspec.convert(plain(item), Alert)


def _key(pk: str, sk: str) -> "Attributes":
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _expiry(now: int) -> dict[str, Any]:
    return {"expires_at": now // 1000 + KEEP_SECONDS}
