"""Domain objects <-> DynamoDB items. No calls here.

Vehicle state: `vehicle_id`, `revision`, `ts`, `seq`, `last_seen`, `soc`, `contact`, `contact_at`, `leaves`
(JSON: stored leaf name -> value), `memory` (JSON, the processor's own), `blocking_alerts` (absent when
there is none), `expires_at`. Other attributes, `rental_state` among them, belong to others and are
left alone.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ev_rental.alerts import AlertChange
from ev_rental.rules import RULES_BY_NAME
from ev_rental.vehicle import Memory, Vehicle
from ev_rental.vocabulary import AlertStatus, RentalState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Attributes = dict[str, AttributeValueTypeDef]

KEEP_SECONDS: Final = 400 * 86_400
"""How long a silent car's state and a resolved alert are kept: a year and a month, for yearly reports."""

READ_ATTRIBUTES: Final = (
    "vehicle_id",
    "revision",
    "ts",
    "seq",
    "last_seen",
    "leaves",
    "memory",
    "rental_state",
)

_encode: Final = msgspec.json.Encoder(order="sorted").encode
_decode_leaves: Final = msgspec.json.Decoder(dict[str, Any]).decode
_decode_memory: Final = msgspec.json.Decoder(Memory).decode
_RENTAL_STATES: Final[Mapping[str, RentalState]] = {state.value: state for state in RentalState}


def vehicle_from(vehicle_id: str, item: Mapping[str, Any]) -> Vehicle:
    """The vehicle of a stored item; a new one when the item is empty or only holds what others wrote."""
    rental_state = _RENTAL_STATES.get(item.get("rental_state", {}).get("S", ""))
    if "revision" not in item:
        return Vehicle(vehicle_id=vehicle_id, rental_state=rental_state)
    return Vehicle(
        vehicle_id=vehicle_id,
        revision=int(item["revision"]["N"]),
        ts=int(item["ts"]["N"]),
        seq=int(item["seq"]["N"]),
        last_seen=int(item["last_seen"]["N"]),
        leaves=_decode_leaves(item["leaves"]["S"]),
        memory=_decode_memory(item["memory"]["S"]),
        rental_state=rental_state,
    )


def fingerprint(vehicle: Vehicle) -> tuple[bytes, bytes, int, int, int]:
    """Equal before and after a fold that changed nothing: then there is nothing to write."""
    leaves, memory = _encode(vehicle.leaves), _encode(vehicle.memory)
    return leaves, memory, vehicle.ts, vehicle.seq, vehicle.last_seen


def vehicle_attributes(vehicle: Vehicle) -> "Attributes":
    """What the processor owns of the item, for the next revision; without key and `blocking_alerts`."""
    attributes: Attributes = {
        "revision": {"N": str(vehicle.revision + 1)},
        "ts": {"N": str(vehicle.ts)},
        "seq": {"N": str(vehicle.seq)},
        "last_seen": {"N": str(vehicle.last_seen)},
        "leaves": {"S": _encode(vehicle.leaves).decode()},
        "memory": {"S": _encode(vehicle.memory).decode()},
        "expires_at": {"N": str(vehicle.last_seen // 1000 + KEEP_SECONDS)},
    }
    soc = vehicle.leaves.get("soc")
    if soc is not None:
        attributes["soc"] = {"N": repr(soc)}
    contact = vehicle.contact
    if contact is not None:
        attributes["contact"] = {"S": contact[0]}
        attributes["contact_at"] = {"N": str(contact[1])}
    return attributes


def new_alert(change: AlertChange, market: str) -> "Attributes":
    """The whole item of an alert that this fold opened (and perhaps already resolved)."""
    item: Attributes = {"vehicle_id": {"S": change.vehicle_id}, "alert_id": {"S": change.alert_id}}
    item |= _facts(change, market) | _occurrence(change)
    item["occurrences"] = {"N": str(change.occurrences)}
    if change.resolved_at is None:
        severity = RULES_BY_NAME[change.rule].severity
        return item | {"status": {"S": AlertStatus.OPEN}, "open_severity": {"S": severity}}
    return item | _resolution(change.resolved_at, change.resolved_by)


def alert_update(change: AlertChange, market: str) -> "Attributes":
    """What an existing alert's item gets; its counter is added to, not set.

    The facts are written again, so that an item deleted by hand does not come back as a fragment.
    """
    attributes = _facts(change, market)
    if change.occurrences:
        attributes |= _occurrence(change)
    if change.resolved_at is not None:
        attributes |= _resolution(change.resolved_at, change.resolved_by)
    return attributes


def _facts(change: AlertChange, market: str) -> "Attributes":
    rule = RULES_BY_NAME[change.rule]
    return {
        "rule": {"S": rule.name},
        "market": {"S": market},
        "severity": {"S": rule.severity},
        "blocking": {"BOOL": rule.blocking},
        "latched": {"BOOL": rule.latched},
        "rate_limited": {"BOOL": rule.rate_limited},
        "unit": {"S": rule.unit},
        "raised_at": {"N": str(change.raised_at)},
    }


def _occurrence(change: AlertChange) -> "Attributes":
    # Seven digits are more than any sensor has, and plain notation is what DynamoDB gives back.
    value = f"{change.value:.7f}".rstrip("0").rstrip(".")
    return {"last_occurred_at": {"N": str(change.last_occurred_at)}, "value": {"N": value}}


def _resolution(resolved_at: int, resolved_by: str) -> "Attributes":
    return {
        "status": {"S": AlertStatus.RESOLVED},
        "resolved_at": {"N": str(resolved_at)},
        "resolved_by": {"S": resolved_by},
        "expires_at": {"N": str(resolved_until(resolved_at))},
    }


def resolved_until(resolved_at: int) -> int:
    """Until when an alert that was resolved at ms `resolved_at` is kept, in s."""
    return resolved_at // 1000 + KEEP_SECONDS
