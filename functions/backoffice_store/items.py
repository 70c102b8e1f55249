"""Domain objects <-> items of the table `backoffice`. No calls here.

| item | pk | sk | index |
| work order | `WORKORDER#<id>` | `WORKORDER` | `by_status`, `by_vehicle` |
| audit record | `AUDIT#<yyyy-mm-dd>` | `<13-digit ms>#<id>` | `by_subject` |
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ev_rental.staff.audit import AuditRecord
from ev_rental.work_orders import UNFINISHED, WorkOrder
from rental_store.items import attributes, plain

if TYPE_CHECKING:
    from rental_store.items import Attributes

KEEP_FINISHED_SECONDS: Final = 400 * 86_400
"""How long a finished work order is kept: a year and a month, for yearly reports. Audit records stay."""


def work_order_key(name: str) -> "Attributes":
    """`WORKORDER#<id>` / `WORKORDER`."""
    return {"pk": {"S": f"WORKORDER#{name}"}, "sk": {"S": "WORKORDER"}}


def work_order_attributes(order: WorkOrder) -> "Attributes":
    """The whole item. `work_order_status` is the index's, so that an audit record never has it."""
    fields = msgspec.to_builtins(order) | {"work_order_status": order.status.value}
    if order.status not in UNFINISHED:
        fields["expires_at"] = order.updated_at // 1000 + KEEP_FINISHED_SECONDS
    return work_order_key(order.work_order_id) | attributes(fields)


def work_order_from(item: Mapping[str, Any]) -> WorkOrder:
    """The work order of a stored item. Raises msgspec.ValidationError."""
    return msgspec.convert(plain(item), WorkOrder)


def audit_partition(day: str) -> str:
    """The hash key of a day's records."""
    return f"AUDIT#{day}"


def audit_sort_key(at: int, name: str = "") -> str:
    """`<13-digit ms>#<id>`: records of a day, or of a subject, sort by time."""
    return f"{at:013d}#{name}"


def audit_attributes(record: AuditRecord) -> "Attributes":
    """The whole item."""
    key: Attributes = {
        "pk": {"S": audit_partition(record.day)},
        "sk": {"S": audit_sort_key(record.at, record.audit_id)},
    }
    return key | attributes(msgspec.to_builtins(record))


def audit_record_from(item: Mapping[str, Any]) -> AuditRecord:
    """The record of a stored item. Raises msgspec.ValidationError."""
    return msgspec.convert(plain(item), AuditRecord)
