"""What staff do about alerts."""

from collections.abc import Callable

import msgspec
from msgspec import Struct

from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.writes import Write
from ev_rental.staff import alerts
from ev_rental.staff.acts import Act, Acts
from ev_rental.staff.alerts import Alert
from ev_rental.staff.audit import Actor
from ev_rental.staff.writes import ChangeAlert


class AcknowledgeRequest(Struct, frozen=True, kw_only=True):
    """`note`: what whoever comes next should know."""

    note: str | None = None


class ResolveRequest(Struct, frozen=True, kw_only=True):
    """`force`: although the car still reports what raised the alert."""

    note: str | None = None
    force: bool = False


class SnoozeRequest(Struct, frozen=True, kw_only=True):
    """`until`: ms."""

    until: int
    note: str | None = None


class AlertActs(Acts):
    """`alert_id`: the range key. Each raises RentalError as it says, alert_not_found, and what every keyed
    request may."""

    def alert(self, vehicle_id: str, alert_id: str) -> Alert:
        """Raises RentalError(alert_not_found)."""
        alert = self.store.alert(vehicle_id, alert_id)
        if alert is None:
            raise RentalError(
                ErrorCode.ALERT_NOT_FOUND,
                f"vehicle {vehicle_id} has no alert {alerts.wire_id(alert_id)!r}",
            )
        return alert

    def acknowledge(
        self, actor: Actor, key: str, vehicle_id: str, alert_id: str, request: AcknowledgeRequest
    ) -> Alert:
        """Takes an alert over. Raises RentalError(wrong_state)."""

        def decide(alert: Alert, now: int) -> list[Write]:
            return alerts.acknowledge(alert, at=now, by=actor.name, note=request.note)

        return self._work_alert(
            actor, key, "acknowledgeAlert", vehicle_id, alert_id, request, request.note, decide
        )

    def snooze(self, actor: Actor, key: str, vehicle_id: str, alert_id: str, request: SnoozeRequest) -> Alert:
        """Keeps an alert quiet for a time. Raises RentalError(wrong_state, alert_not_snoozable,
        invalid_request)."""

        def decide(alert: Alert, now: int) -> list[Write]:
            return alerts.snooze(alert, until=request.until, at=now, by=actor.name, note=request.note)

        return self._work_alert(
            actor, key, "snoozeAlert", vehicle_id, alert_id, request, request.note, decide
        )

    def resolve(
        self, actor: Actor, key: str, vehicle_id: str, alert_id: str, request: ResolveRequest
    ) -> Alert:
        """Ends an alert; when it was the last that blocked the car, the car may be booked again.

        Raises RentalError(wrong_state, alert_still_active).
        """

        def decide(alert: Alert, now: int) -> list[Write]:
            vehicle = self.store.telemetry_state(vehicle_id)
            return alerts.resolve(
                alert, vehicle, at=now, by=actor.name, note=request.note, force=request.force
            )

        return self._work_alert(
            actor, key, "resolveAlert", vehicle_id, alert_id, request, request.note, decide
        )

    def _work_alert(
        self,
        actor: Actor,
        key: str,
        action: str,
        vehicle_id: str,
        alert_id: str,
        request: Struct,
        note: str | None,
        decide: Callable[[Alert, int], list[Write]],
    ) -> Alert:
        act = Act(
            actor=actor,
            key=key,
            action=action,
            subject=f"vehicle/{vehicle_id}",
            reason=note,
            detail={"alertId": alerts.wire_id(alert_id)},
        )

        def changed(now: int) -> tuple[Alert, list[Write]]:
            alert = self.alert(vehicle_id, alert_id)
            writes = decide(alert, now)
            change = next(write for write in writes if isinstance(write, ChangeAlert))
            return msgspec.structs.replace(alert, status=change.status, **change.values), writes

        asked = _AboutAlert(alert_id, request)
        return self.carry_out(act, asked, changed, Alert)[0]


class _AboutAlert(Struct, frozen=True):
    alert_id: str
    request: Struct
