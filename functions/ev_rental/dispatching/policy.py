"""What each kind of alert asks for, as data."""

from collections.abc import Mapping
from typing import Final

from ev_rental.vocabulary import Severity

MINUTE: Final = 60_000

REMIND_MS: Final[Mapping[Severity, int]] = {
    Severity.CRITICAL: 15 * MINUTE,
    Severity.WARNING: 4 * 60 * MINUTE,
}
"""How long an open alert stays quiet before it is told again, until somebody acknowledges or snoozes it.
`info` is told once."""

ESCALATE_MS: Final = 10 * MINUTE
"""A critical alert that nobody has acknowledged for so long is escalated, once."""

LOOK_MS: Final = MINUTE
"""How often an alert is looked at of which every occurrence must be told: counting up makes no event."""

WORK: Final[Mapping[str, str]] = {
    "battery_unrentable": "Charge the car, or fetch it",
    "battery_hot": "Isolate the car and inspect its battery: it was too hot",
    "battery_heating": "Isolate the car and inspect its battery: it heated up too fast",
    "cell_imbalance": "Balance or replace battery cells",
    "over_current": "Inspect the high-voltage circuit",
    "tyre_pressure": "Check and inflate the tyres",
    "low_voltage_battery": "Charge or replace the 12 V battery",
    "collision": "Inspect the car after a collision",
    "charge_fault": "Find out why the car does not charge, at car and charger",
}
"""Rule -> the title of the work order that it opens. Rules that are not here are for operations to judge: a
car outside its area, moving or unlocked without a rider."""
