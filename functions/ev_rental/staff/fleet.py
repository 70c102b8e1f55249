"""A car as staff see it: what the rental, telemetry and the alerts say of it, together."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from ev_rental.rental.reading import Reading, lost_before
from ev_rental.rental.vehicle import RentalVehicle
from ev_rental.staff.alerts import Alert
from ev_rental.vocabulary import RentalState, Severity

LOUDNESS: Final[Mapping[Severity, int]] = {severity: number for number, severity in enumerate(Severity)}
"""Severities by how loud they are."""


class LiveState(Struct, frozen=True, kw_only=True):
    """`reading`: what the rental goes by. `leaves`: stored name -> newest value. `at`: ms by the car's clock,
    its newest message's, 0 before the first."""

    reading: Reading
    leaves: Mapping[str, Any] = {}
    at: int = 0


class Car(Struct, frozen=True, kw_only=True):
    """`alerts`: those that are not resolved, the loudest first."""

    vehicle: RentalVehicle
    live: LiveState
    alerts: tuple[Alert, ...] = ()

    @property
    def worst(self) -> Severity | None:
        """The loudest severity among its alerts."""
        return max((alert.severity for alert in self.alerts), key=LOUDNESS.__getitem__, default=None)


def by_loudness(alerts: Iterable[Alert]) -> list[Alert]:
    """The loudest first, of one loudness the newest."""
    return sorted(
        alerts,
        key=lambda alert: (
            -LOUDNESS[alert.severity],
            -alert.raised_at,
            f"{alert.vehicle_id}/{alert.alert_id}",
        ),
    )


def is_offline(vehicle: RentalVehicle, reading: Reading, now: int) -> bool:
    """Whether the car has been silent for too long, by the same rule that makes it non-contactable; a sweep
    that has not come by yet makes no difference."""
    silent = vehicle.state is RentalState.NON_CONTACTABLE
    state = vehicle.state_before_contact_loss if silent else vehicle.state
    limit = None if state is None else lost_before(state, reading)
    if limit is None:
        return silent
    return (reading.last_seen or vehicle.changed_at) <= now - limit
