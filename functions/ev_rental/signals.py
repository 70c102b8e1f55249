"""What alert rules look at: pure functions of one message and its surroundings.

A signal answers a number, or None when the message does not decide it: a leaf is missing, or the
situation is not one in which the rule speaks. Leaves that a signal reads together must come in the same
message; values of different messages are never mixed, so that the order of arrival cannot matter.
"""

from dataclasses import dataclass
from math import hypot
from typing import Final

from ev_rental.geofence import Geofence
from ev_rental.telemetry import Telemetry
from ev_rental.vocabulary import RentalState

STANDARD_GRAVITY: Final = 9.80665  # m/s^2
REST_CURRENT: Final = 5.0  # A: below it the cells' voltages are comparable
AIRBAG_IMPACT: Final = 40.0  # g: what a fired airbag counts as, whatever the accelerometer sampled
DEFAULT_ACCURACY: Final = 50.0  # m: when the car does not say; urban errors reach tens of metres
SOFT_TYRE: Final = 0.8  # of the placard pressure: softer than this one tyre alone decides
CHARGE_MARGIN: Final = 1.0  # percent below the limit at which a charger may already hold


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a message is judged against and does not carry itself.

    `rental_state`: as the rental service last wrote it; None keeps the rules that need it silent.
    `placard_kpa`: the tyre pressure on the car's placard.
    """

    fence: Geofence
    rental_state: RentalState | None = None
    placard_kpa: float = 250.0


def state_of_charge(message: Telemetry, _: Surroundings) -> float | None:
    """Percent."""
    return message.soc


def battery_temperature(message: Telemetry, _: Surroundings) -> float | None:
    """Degrees Celsius of the hottest cell."""
    return message.temperature_max


def cell_spread(message: Telemetry, _: Surroundings) -> float | None:
    """Volts between the highest and the lowest cell, at rest only."""
    low, high, current = message.cell_min, message.cell_max, message.pack_current
    if low is None or high is None or current is None or abs(current) > REST_CURRENT:
        return None
    return high - low


def pack_current(message: Telemetry, _: Surroundings) -> float | None:
    """Amperes into or out of the traction battery."""
    return None if message.pack_current is None else abs(message.pack_current)


def tyre_share(message: Telemetry, surroundings: Surroundings) -> float | None:
    """The softest tyre's pressure as a share of the placard's; 0 when a wheel's own warning is on.

    One soft tyre decides; that all are well needs all four.
    """
    m = message
    if m.tyre_low_fl or m.tyre_low_fr or m.tyre_low_rl or m.tyre_low_rr:
        return 0.0
    pressures = [p for p in (m.tyre_fl, m.tyre_fr, m.tyre_rl, m.tyre_rr) if p is not None]
    if not pressures:
        return None
    share = min(pressures) / surroundings.placard_kpa
    return share if share < SOFT_TYRE or len(pressures) == 4 else None


def low_voltage(message: Telemetry, _: Surroundings) -> float | None:
    """Volts of the 12 V battery while nothing charges it."""
    return message.low_voltage if message.charging is False else None


def impact(message: Telemetry, _: Surroundings) -> float | None:
    """Horizontal acceleration in g, or AIRBAG_IMPACT at least when an airbag is out."""
    x, y = message.acceleration_x, message.acceleration_y
    if message.airbag_driver or message.airbag_passenger:
        return max(AIRBAG_IMPACT, hypot(x or 0.0, y or 0.0) / STANDARD_GRAVITY)
    if x is None and y is None:
        return None if message.airbag_driver is None and message.airbag_passenger is None else 0.0
    return hypot(x or 0.0, y or 0.0) / STANDARD_GRAVITY


def metres_outside(message: Telemetry, surroundings: Surroundings) -> float | None:
    """Metres that the car is outside of the fence for sure, less the fix's accuracy; negative when it is
    inside for sure; 0 when the accuracy leaves it open."""
    if message.latitude is None or message.longitude is None:
        return None
    accuracy = DEFAULT_ACCURACY if message.accuracy is None else message.accuracy
    outside = surroundings.fence.metres_outside(message.latitude, message.longitude)
    return max(outside - accuracy, 0.0) if outside > 0 else min(outside + accuracy, 0.0)


def charge_refused(message: Telemetry, _: Surroundings) -> float | None:
    """1 when the cable is in and the battery below its limit but nothing flows, else 0."""
    if message.cable_connected is None or message.charging is None or message.soc is None:
        return None
    limit = 100 if message.charge_limit is None else message.charge_limit  # VSS: default 100
    return float(message.cable_connected and not message.charging and message.soc < limit - CHARGE_MARGIN)


def speed_without_trip(message: Telemetry, surroundings: Surroundings) -> float | None:
    """km/h while the car stands to be rented; 0 in every other rental state."""
    if message.speed is None or surroundings.rental_state is None:
        return None
    idle = surroundings.rental_state in (RentalState.AVAILABLE, RentalState.RESERVED)
    return abs(message.speed) if idle else 0.0


def unlocked_while_available(message: Telemetry, surroundings: Surroundings) -> float | None:
    """1 when a door is not locked though the car is available, else 0."""
    if surroundings.rental_state is None:
        return None
    doors = (message.locked_fd, message.locked_fp, message.locked_rd, message.locked_rp)
    if all(door is None for door in doors):
        return None
    return float(surroundings.rental_state == RentalState.AVAILABLE and False in doors)
