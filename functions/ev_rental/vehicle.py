"""A vehicle's state as telemetry knows it, and how messages and life-cycle events merge into it.

Every merge is by (timestamp, sequence), never by arrival, so any order of arrival ends in the same
values.
"""

from operator import attrgetter
from typing import Any, Final

from msgspec import Struct, field

from ev_rental.alerts import Progress
from ev_rental.rules import RULES_BY_NAME
from ev_rental.telemetry import LEAVES, Lifecycle, Telemetry
from ev_rental.vocabulary import Contact, RentalState

LEAF_NAMES: Final = tuple(leaf.stored_name for leaf in LEAVES)
_leaf_values: Final = attrgetter(*LEAF_NAMES)

MAX_PRESENCE: Final = 4
_NEW_COUNT_MS: Final = 3_600_000  # AWS IoT starts a client's version numbers anew after about an hour away


class Memory(Struct, kw_only=True, omit_defaults=True):
    """What the processor must remember beside the values.

    `older`: leaf -> [timestamp, sequence] where its newest message is older than the vehicle's newest.
    `rules`: rule -> Progress. `presence`: the newest life-cycle events, [timestamp, version, connected].
    """

    older: dict[str, tuple[int, int]] = field(default_factory=dict)
    rules: dict[str, Progress] = field(default_factory=dict)
    presence: list[tuple[int, int, bool]] = field(default_factory=list)


class Vehicle(Struct, kw_only=True):
    """One car. `revision`: of the stored item, 0 when there is none. `ts`, `seq`: its newest message.
    `last_seen`: ms, the broker's clock. `leaves`: stored name -> newest value. `rental_state`: read only."""

    vehicle_id: str
    revision: int = 0
    ts: int = 0
    seq: int = 0
    last_seen: int = 0
    leaves: dict[str, Any] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)
    rental_state: RentalState | None = None

    @property
    def blocking_alerts(self) -> set[str]:
        """Rules with an open alert that forbids booking."""
        return {
            name
            for name, progress in self.memory.rules.items()
            if progress.is_open and name in RULES_BY_NAME and RULES_BY_NAME[name].blocking
        }

    @property
    def contact(self) -> tuple[Contact, int] | None:
        """(state, ms since) by the newest life-cycle event, or None before the first.

        Events of one count of versions are ordered by version, a connection's end after its start; an
        event an hour after another belongs to a later count whatever its version.
        """
        presence = self.memory.presence
        if not presence:
            return None
        newest_ts = presence[-1][0]
        same_count = [event for event in presence if event[0] > newest_ts - _NEW_COUNT_MS]
        ts, _, connected = max(same_count, key=lambda event: (event[1], not event[2], event[0]))
        return (Contact.CONNECTED if connected else Contact.DISCONNECTED), ts


def merge_telemetry(vehicle: Vehicle, message: Telemetry) -> bool:
    """Takes over every leaf of which no newer message told; answers whether the message is the newest."""
    vehicle.last_seen = max(vehicle.last_seen, message.received_at)
    key = (message.timestamp, message.sequence)
    newest = (vehicle.ts, vehicle.seq)
    leaves, older = vehicle.leaves, vehicle.memory.older
    told = {
        name: value
        for name, value in zip(LEAF_NAMES, _leaf_values(message), strict=True)
        if value is not None
    }
    if key > newest:
        if not leaves.keys() <= told.keys():
            for name in leaves.keys() - told.keys() - older.keys():
                older[name] = newest
        for name in older.keys() & told.keys():
            del older[name]
        leaves.update(told)
        vehicle.ts, vehicle.seq = key
        return True
    for name, value in told.items():
        if name not in leaves or key > older.get(name, newest):
            leaves[name] = value
            if key == newest:
                older.pop(name, None)
            else:
                older[name] = key
    return False


def merge_lifecycle(vehicle: Vehicle, event: Lifecycle) -> bool:
    """Adds the event to the newest few; answers whether it was news."""
    connected = event.event_type == Contact.CONNECTED
    entry = (event.timestamp, event.version_number, connected)
    presence = vehicle.memory.presence
    if connected:
        vehicle.last_seen = max(vehicle.last_seen, event.timestamp)
    if entry in presence or (len(presence) == MAX_PRESENCE and entry < presence[0]):
        return False
    vehicle.memory.presence = sorted([*presence, entry])[-MAX_PRESENCE:]
    return True
