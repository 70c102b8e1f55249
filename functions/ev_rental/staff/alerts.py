"""An alert as staff work it: acknowledged, snoozed, resolved. What raised it is in `ev_rental.alerts`."""

import re
from typing import Final

from msgspec import Struct

from ev_rental import alerts
from ev_rental.alerts import StillActiveError
from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.writes import Write
from ev_rental.staff.writes import ChangeAlert, SaveVehicleState
from ev_rental.vehicle import Vehicle
from ev_rental.vocabulary import AlertStatus, Severity

MAX_SNOOZE_MS: Final = 7 * 86_400_000
"""A week: what may wait longer is no alert."""

UNRESOLVED: Final = (AlertStatus.OPEN, AlertStatus.ACKED)
_WIRE: Final = re.compile("([a-z0-9-]+)-([0-9]{13})")


class Alert(Struct, frozen=True, kw_only=True):
    """Times in ms. `value`: the signal, in `unit`, when it was last raised. `snoozed_until`: nobody is told
    again before. `note`: of whoever last acknowledged, snoozed or resolved it."""

    vehicle_id: str
    alert_id: str
    rule: str
    market: str
    severity: Severity
    status: AlertStatus
    blocking: bool
    latched: bool
    raised_at: int
    last_occurred_at: int
    occurrences: int
    value: float
    unit: str = ""
    rate_limited: bool = True
    acked_at: int | None = None
    acked_by: str | None = None
    resolved_at: int | None = None
    resolved_by: str | None = None
    snoozed_until: int | None = None
    snoozed_by: str | None = None
    note: str | None = None


def wire_id(alert_id: str) -> str:
    """The range key in letters that a path may hold: `battery_hot#1772...` -> `battery-hot-1772...`."""
    return alert_id.replace("_", "-").replace("#", "-")


def stored_id(name: str) -> str:
    """The range key of a `wire_id`. Raises RentalError(alert_not_found)."""
    found = _WIRE.fullmatch(name)
    if found is None:
        raise RentalError(ErrorCode.ALERT_NOT_FOUND, f"there is no alert {name!r}: take the id of a list")
    return f"{found[1].replace('-', '_')}#{found[2]}"


def acknowledge(alert: Alert, *, at: int, by: str, note: str | None) -> list[Write]:
    """Somebody has seen it and takes care. Raises RentalError(wrong_state)."""
    if alert.status is not AlertStatus.OPEN:
        raise _wrong_state(alert, "acknowledged")
    values = _with_note(note, {"acked_at": at, "acked_by": by})
    return [ChangeAlert(alert.vehicle_id, alert.alert_id, (AlertStatus.OPEN,), AlertStatus.ACKED, values)]


def snooze(alert: Alert, *, until: int, at: int, by: str, note: str | None) -> list[Write]:
    """Nobody is told of it again before ms `until`.

    Raises RentalError: wrong_state, alert_not_snoozable for one of which every occurrence must be told,
    invalid_request for a time that is not within the next week.
    """
    if alert.status not in UNRESOLVED:
        raise _wrong_state(alert, "snoozed")
    if not alert.rate_limited:
        raise RentalError(
            ErrorCode.ALERT_NOT_SNOOZABLE,
            f"every occurrence of {alert.rule} must be told: acknowledge it, or resolve it",
        )
    if not at < until <= at + MAX_SNOOZE_MS:
        raise RentalError(
            ErrorCode.INVALID_REQUEST, f"until is {until}, it is {at} now: at most a week ahead is expected"
        )
    values = _with_note(note, {"snoozed_until": until, "snoozed_by": by})
    return [ChangeAlert(alert.vehicle_id, alert.alert_id, (alert.status,), alert.status, values)]


def resolve(
    alert: Alert, vehicle: Vehicle, *, at: int, by: str, note: str | None, force: bool
) -> list[Write]:
    """It is over: state and alert are written together, so that the car may be booked at once.

    `vehicle`: its state as telemetry knows it, changed in place. Raises RentalError: wrong_state,
    alert_still_active unless `force`.
    """
    if alert.status not in UNRESOLVED:
        raise _wrong_state(alert, "resolved")
    writes: list[Write] = []
    progress = vehicle.memory.rules.get(alert.rule)
    # The rule may know nothing of it any more: then there is only the alert to end.
    if progress is not None and progress.is_open and progress.raised_at == alert.raised_at:
        try:
            alerts.resolve(alert.vehicle_id, alert.rule, progress, at=at, by=by, force=force)
        except StillActiveError as error:
            raise RentalError(
                ErrorCode.ALERT_STILL_ACTIVE,
                f"{alert.vehicle_id} still reports {alert.rule}: wait for a good sample, or force it",
            ) from error
        writes.append(SaveVehicleState(vehicle))
    values = _with_note(note, {"resolved_at": at, "resolved_by": by})
    writes.append(ChangeAlert(alert.vehicle_id, alert.alert_id, UNRESOLVED, AlertStatus.RESOLVED, values))
    return writes


def _with_note(note: str | None, values: dict[str, str | int]) -> dict[str, str | int]:
    return values if note is None else {**values, "note": note}


def _wrong_state(alert: Alert, verb: str) -> RentalError:
    return RentalError(
        ErrorCode.WRONG_STATE,
        f"alert {wire_id(alert.alert_id)} of {alert.vehicle_id} is {alert.status} and cannot be {verb}",
    )
