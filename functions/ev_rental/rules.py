"""The alert rules, as data. Adding a rule is adding a row; how a row is judged is in `alerts.py`."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Literal

from ev_rental import signals
from ev_rental.signals import Surroundings
from ev_rental.telemetry import Telemetry
from ev_rental.vocabulary import Severity

Comparison = Literal["<", "<=", ">", ">="]
_COMPARE: Final[Mapping[Comparison, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Zone(IntEnum):
    """Where a value lies: it asks to raise, to clear, or (between the two thresholds) neither."""

    CLEAR = -1
    BETWEEN = 0
    RAISE = 1


@dataclass(frozen=True, slots=True)
class Dwell:
    """How long a zone must hold, at every sample of it, before it counts: both parts must be met."""

    samples: int = 1
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """One row.

    `rise_window`: seconds; when set, thresholds are on the rise of the signal over the window's lowest
    value. `latched`: only a human clears. `single_message`: one message alone decides, so late and
    superseded messages are judged too. `rate_limited`: False obliges the dispatcher to pass on every
    occurrence. `blocking`: the car cannot be booked while the alert is not resolved.
    """

    name: str
    signal: Callable[[Telemetry, Surroundings], float | None]
    unit: str
    raise_when: tuple[Comparison, float]
    clear_when: tuple[Comparison, float]
    severity: Severity
    blocking: bool
    raise_after: Dwell = Dwell()
    clear_after: Dwell = Dwell()
    latched: bool = False
    single_message: bool = False
    rate_limited: bool = True
    rise_window: int = 0

    def __post_init__(self) -> None:
        raises, clears = self.raise_when, self.clear_when
        between = (raises[1], clears[1], (raises[1] + clears[1]) / 2)
        if raises[0][0] == clears[0][0] or any(_holds(raises, v) and _holds(clears, v) for v in between):
            raise ValueError(f"rule {self.name}: raise when {raises} and clear when {clears} overlap")
        if self.single_message and (self.raise_after != Dwell() or self.rise_window):
            raise ValueError(f"rule {self.name}: one message cannot decide a dwell or a rise")
        if self.single_message and not self.latched:
            raise ValueError(f"rule {self.name}: a late message can raise, so only a human may clear")

    def zone(self, value: float) -> Zone:
        """Where `value` lies for this rule."""
        if _holds(self.raise_when, value):
            return Zone.RAISE
        return Zone.CLEAR if _holds(self.clear_when, value) else Zone.BETWEEN


def _holds(threshold: tuple[Comparison, float], value: float) -> bool:
    comparison, limit = threshold
    return _COMPARE[comparison](value, limit)


RULES: Final = (
    Rule(
        name="battery_low",
        signal=signals.state_of_charge,
        unit="percent",
        raise_when=("<=", 25),
        clear_when=(">=", 30),
        clear_after=Dwell(samples=2),
        severity=Severity.WARNING,
        blocking=False,
    ),
    Rule(
        name="battery_unrentable",
        signal=signals.state_of_charge,
        unit="percent",
        raise_when=("<=", 15),
        clear_when=(">=", 20),
        clear_after=Dwell(samples=2),
        severity=Severity.CRITICAL,
        blocking=True,
    ),
    Rule(
        name="battery_hot",
        signal=signals.battery_temperature,
        unit="Celsius",
        raise_when=(">", 60),
        clear_when=("<", 55),
        latched=True,
        single_message=True,
        severity=Severity.CRITICAL,
        blocking=True,
    ),
    Rule(
        name="battery_heating",
        signal=signals.battery_temperature,
        unit="Celsius in 60 s",
        rise_window=60,
        raise_when=(">=", 10),
        clear_when=("<", 5),
        latched=True,
        severity=Severity.CRITICAL,
        blocking=True,
    ),
    Rule(
        name="cell_imbalance",
        signal=signals.cell_spread,
        unit="V",
        raise_when=(">", 0.1),
        clear_when=("<", 0.08),
        raise_after=Dwell(samples=2),
        clear_after=Dwell(samples=2),
        severity=Severity.WARNING,
        blocking=False,
    ),
    Rule(
        name="over_current",
        signal=signals.pack_current,
        unit="A",
        raise_when=(">", 450),
        clear_when=("<", 430),
        raise_after=Dwell(seconds=5),
        clear_after=Dwell(seconds=5),
        severity=Severity.WARNING,
        blocking=False,
    ),
    Rule(
        name="tyre_pressure",
        signal=signals.tyre_share,
        unit="share of placard",
        raise_when=("<", signals.SOFT_TYRE),
        clear_when=(">", 0.9),
        severity=Severity.WARNING,
        blocking=True,
    ),
    Rule(
        name="low_voltage_battery",
        signal=signals.low_voltage,
        unit="V",
        raise_when=("<", 11.8),
        clear_when=(">", 12.4),
        severity=Severity.WARNING,
        blocking=True,
    ),
    Rule(
        name="collision",
        signal=signals.impact,
        unit="g",
        raise_when=(">", 4),
        clear_when=("<=", 4),
        latched=True,
        single_message=True,
        rate_limited=False,
        severity=Severity.CRITICAL,
        blocking=True,
    ),
    Rule(
        name="geofence",
        signal=signals.metres_outside,
        unit="m",
        raise_when=(">", 0),
        clear_when=("<", 0),
        raise_after=Dwell(samples=3),
        clear_after=Dwell(samples=2),
        severity=Severity.WARNING,
        blocking=False,
    ),
    Rule(
        name="charge_fault",
        signal=signals.charge_refused,
        unit="flag",
        raise_when=(">=", 1),
        clear_when=("<", 1),
        raise_after=Dwell(seconds=300),
        severity=Severity.WARNING,
        blocking=False,
    ),
    Rule(
        name="moving_without_trip",
        signal=signals.speed_without_trip,
        unit="km/h",
        raise_when=(">", 5),
        clear_when=("<=", 5),
        raise_after=Dwell(samples=2),
        clear_after=Dwell(samples=2),
        severity=Severity.CRITICAL,
        blocking=True,
    ),
    Rule(
        name="unlocked_while_available",
        signal=signals.unlocked_while_available,
        unit="flag",
        raise_when=(">=", 1),
        clear_when=("<", 1),
        raise_after=Dwell(samples=2),
        severity=Severity.WARNING,
        blocking=False,
    ),
)

RULES_BY_NAME: Final[Mapping[str, Rule]] = {rule.name: rule for rule in RULES}
