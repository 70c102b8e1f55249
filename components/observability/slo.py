"""Service-level objectives as data, and the arithmetic of their error budgets.

An objective is a share of good events over 30 days; its error budget is the rest. A burn rate says how many
times as fast as that the budget is spent. The method, with its factors and windows, is "multiwindow,
multi-burn-rate alerts" of the Google SRE workbook, chapter 5: https://sre.google/workbook/alerting-on-slos/
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

PERIOD_MINUTES = 30 * 24 * 60
_DIGITS = 9  # of a share; keeps 14.4 * 0.001 from becoming 0.014400000000000013


class Surface(StrEnum):
    """What people notice as one thing: whatever fails in it, they are told once."""

    RIDER_API = "rider-api"
    TELEMETRY = "telemetry"
    ALERTS = "alerts"


class Urgency(StrEnum):
    """Whether somebody is woken, or finds it in the morning."""

    PAGE = "page"
    TICKET = "ticket"


@dataclass(frozen=True)
class BurnRate:
    """Tell when the budget is spent `factor` times too fast in both windows, which are in minutes.

    The long window says that it matters, the short one that it is still going on.
    """

    name: str
    factor: float
    long: int
    short: int
    urgency: Urgency

    @property
    def budget_spent(self) -> float:
        """The share of the period's budget that is gone when this fires, if it burns at just `factor`."""
        return round(self.factor * self.long / PERIOD_MINUTES, _DIGITS)


BURN_RATES = (
    BurnRate("fast", 14.4, 60, 5, Urgency.PAGE),
    BurnRate("steady", 6, 6 * 60, 30, Urgency.PAGE),
    BurnRate("slow", 1, 3 * 24 * 60, 6 * 60, Urgency.TICKET),
)


@dataclass(frozen=True)
class Slo:
    """`objective` is the share of events that are good, 0 to 1; a good one takes `limit_ms` at most."""

    name: str
    surface: Surface
    promise: str
    objective: float
    limit_ms: int | None = None

    def __post_init__(self) -> None:
        if not 0 < self.objective < 1:
            raise ValueError(f"objective of {self.name} is {self.objective}: use a share between 0 and 1")
        for rate in BURN_RATES:
            if self.threshold(rate) >= 1:
                raise ValueError(
                    f"objective of {self.name} is {self.objective}: {rate.factor} times its budget is "
                    f"{self.threshold(rate):.0%} of all events, which can never fire; promise more"
                )

    @property
    def budget(self) -> float:
        """The share of events that may be bad."""
        return round(1 - self.objective, _DIGITS)

    def threshold(self, rate: BurnRate) -> float:
        """The share of bad events in a window above which the budget is spent too fast."""
        return round(rate.factor * self.budget, _DIGITS)


AVAILABILITY = Slo(
    "availability",
    Surface.RIDER_API,
    "Probes from outside that the rider API answers as it should",
    0.995,
)
ERROR_RATE = Slo("error-rate", Surface.RIDER_API, "Requests that are not answered with a 5xx", 0.999)
LATENCY = Slo("latency", Surface.RIDER_API, "Requests that are answered in time", 0.99, limit_ms=1_000)
THROUGHPUT = Slo("throughput", Surface.RIDER_API, "Requests that find a function free to serve them", 0.999)
FRESHNESS = Slo(
    "telemetry-freshness",
    Surface.TELEMETRY,
    "Telemetry that is in vehicle state in time after it reached the stream",
    0.99,
    limit_ms=60_000,
)
ALERT_DELAY = Slo(
    "alert-delay",
    Surface.ALERTS,
    "Alerts that staff are told of in time after the car's message came",
    0.99,
    limit_ms=120_000,
)
SLOS = (AVAILABILITY, ERROR_RATE, LATENCY, THROUGHPUT, FRESHNESS, ALERT_DELAY)


@dataclass(frozen=True)
class Minute:
    """What happened in one minute: all events, and the bad ones among them."""

    total: int
    bad: int

    def __post_init__(self) -> None:
        if not 0 <= self.bad <= self.total:
            raise ValueError(f"{self.bad} of {self.total} events are bad: use 0 to the total")


def bad_share(minutes: Sequence[Minute]) -> float:
    """The share of bad events, 0 when nothing happened."""
    total = sum(minute.total for minute in minutes)
    return sum(minute.bad for minute in minutes) / total if total else 0.0


def firing(slo: Slo, history: Sequence[Minute]) -> list[BurnRate]:
    """The burn rates that fire after `history`, a minute each, the newest last.

    A window that is longer than the history is as long as the history: nothing happened before.
    """
    return [
        rate
        for rate in BURN_RATES
        if all(bad_share(history[-window:]) > slo.threshold(rate) for window in (rate.long, rate.short))
    ]


def verdict(slo: Slo, history: Sequence[Minute]) -> Urgency | None:
    """What people are told after `history`: the most urgent of what fires."""
    urgencies = {rate.urgency for rate in firing(slo, history)}
    return next((urgency for urgency in Urgency if urgency in urgencies), None)
