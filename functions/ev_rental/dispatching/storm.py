"""How many notices a station may cause: the first ones go out at once, the rest of a storm as one summary.

Counted by severity, so that a storm of warnings does not keep a critical alert waiting.
"""

from collections import Counter
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from ev_rental.dispatching.policy import MINUTE
from ev_rental.dispatching.record import Alert
from ev_rental.vocabulary import Severity

WINDOW_MS: Final = 10 * MINUTE
LIMIT: Final = 5
"""Notices of one severity at a station within the window."""
ELSEWHERE_LIMIT: Final = 20
"""The same, for all cars together that stand at no station."""
QUIET_MS: Final = MINUTE
"""A summary waits until nothing was added for so long..."""
LONGEST_MS: Final = 10 * MINUTE
"""...but not longer than this."""
_SAMPLE: Final = 10

_LOUDNESS: Final = list(Severity)


class Storm(Struct, frozen=True, kw_only=True):
    """`station_id`: None for cars at no station. `told`: notices of the window by severity. `held`: rule ->
    how many notices wait for the summary; `vehicles`: some of their cars; `loudest`: of them."""

    station_id: str | None = None
    version: int = 0
    since: int = 0
    told: dict[str, int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    vehicles: list[str] = field(default_factory=list)
    loudest: Severity = Severity.INFO
    first_held_at: int = 0
    last_held_at: int = 0

    @property
    def held_total(self) -> int:
        """How many notices wait."""
        return sum(self.held.values())

    @property
    def due_at(self) -> int | None:
        """ms, when the summary is to go out; None when nothing waits."""
        if not self.held:
            return None
        return min(self.last_held_at + QUIET_MS, self.first_held_at + LONGEST_MS)


def admit(storm: Storm, alert: Alert, now: int) -> tuple[Storm, bool]:
    """The storm after one more notice, and whether it may go out at once; else it waits for the summary."""
    if not storm.held and now - storm.since >= WINDOW_MS:
        storm = replace(storm, since=now, told={})
    told = storm.told.get(alert.severity, 0)
    limit = ELSEWHERE_LIMIT if storm.station_id is None else LIMIT
    if told < limit:
        return replace(storm, told={**storm.told, alert.severity.value: told + 1}), True
    held = Counter(storm.held)
    held[alert.rule] += 1
    vehicles = storm.vehicles
    if alert.vehicle_id not in vehicles and len(vehicles) < _SAMPLE:
        vehicles = [*vehicles, alert.vehicle_id]
    return replace(
        storm,
        held=dict(held),
        vehicles=vehicles,
        loudest=max(storm.loudest, alert.severity, key=_LOUDNESS.index),
        first_held_at=storm.first_held_at if storm.held else now,
        last_held_at=now,
    ), False


def calm(storm: Storm, now: int) -> Storm:
    """The storm after its summary: the window begins anew, and with it nothing may go out at once but what
    is not in the storm."""
    return replace(storm, since=now, held={}, vehicles=[], loudest=Severity.INFO)
