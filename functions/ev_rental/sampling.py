"""One sample a vehicle and minute, for charts of the last day.

The sample of a minute is the vehicle as its first newest message of that minute left it. Whether there is one
to keep follows from the state alone, so a batch that comes again, and a message that comes late, keeps none
twice: what is kept never depends on the order of arrival within what was already folded.
"""

from typing import Final

from msgspec import Struct

from ev_rental.vehicle import Vehicle

MINUTE_MS: Final = 60_000
KEEP_SECONDS: Final = 86_400
"""How long a sample is kept, from its minute on."""


class Sample(Struct, frozen=True, kw_only=True):
    """`minute`: whole minutes since the epoch. `at`: ms, of the message. Units are those of the leaves:
    percent, km/h, degrees, metres, V, A, kW, Celsius. None: the car has never told."""

    vehicle_id: str
    minute: int
    at: int
    soc: float | None = None
    speed: float | None = None
    latitude: float | None = None
    longitude: float | None = None
    odometer: int | None = None
    pack_voltage: float | None = None
    pack_current: float | None = None
    charge_power: float | None = None
    temperature_max: float | None = None
    low_voltage: float | None = None
    charging: bool | None = None
    cable_connected: bool | None = None


SAMPLED: Final = tuple(
    name for name in Sample.__struct_fields__ if name not in ("vehicle_id", "minute", "at")
)
"""The leaves of a sample, by their stored names."""


def new_sample(vehicle: Vehicle, ts_before: int) -> Sample | None:
    """The sample of the vehicle's newest minute, when `ts_before` (ms) was in an earlier one."""
    minute = vehicle.ts // MINUTE_MS
    if minute <= ts_before // MINUTE_MS:
        return None
    leaves = vehicle.leaves
    return Sample(
        vehicle_id=vehicle.vehicle_id,
        minute=minute,
        at=vehicle.ts,
        **{name: leaves[name] for name in SAMPLED if name in leaves},
    )
