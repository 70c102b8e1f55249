"""How a rule turns samples into an alert, and an alert's life cycle.

Per vehicle and rule a `Progress` remembers the newest sample judged, so a sample that comes again changes
nothing. It lives in the vehicle-state item and is written in one transaction with the alert it opens,
counts up or resolves: neither can be ahead of the other.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct, field

from ev_rental.rules import Dwell, Rule, Zone
from ev_rental.vocabulary import AlertStatus

MAX_EPISODES: Final = 16
_BUCKET_MS: Final = 10_000

TRANSITIONS: Final[Mapping[AlertStatus, frozenset[AlertStatus]]] = {
    AlertStatus.OPEN: frozenset({AlertStatus.ACKED, AlertStatus.RESOLVED}),
    AlertStatus.ACKED: frozenset({AlertStatus.RESOLVED}),
    AlertStatus.RESOLVED: frozenset(),
}
"""Which status may follow which. Staff do both steps; the processor resolves what is not latched."""


class Outcome(IntEnum):
    """What one sample did to the alert of its rule."""

    NOTHING = 0
    RAISED = 1
    REPEATED = 2
    CLEARED = 3


class Progress(Struct, array_like=True):
    """Where one rule stands for one vehicle.

    `ts`, `seq`: the newest sample judged. `zone`, `count`, `since`, `settled`: the streak of equal zones it
    ends, its length, its first timestamp, and whether its dwell has had its effect. `raised_at`: ms, the
    newest alert's; `is_open`: whether that alert still is. `episodes`: closed intervals of timestamps
    [first, last] that asked to raise, for rules that judge late messages. `lows`: [bucket start, lowest
    value], for rules that judge a rise.
    """

    ts: int = -1
    seq: int = -1
    zone: int = Zone.BETWEEN
    count: int = 0
    since: int = 0
    settled: bool = False
    raised_at: int = -1
    is_open: bool = False
    episodes: list[list[int]] = field(default_factory=list)
    lows: list[tuple[int, float]] = field(default_factory=list)


def alert_id(rule: str, raised_at: int) -> str:
    """The range key of an alert: `<rule>#<raised_at, 13 digits>`, so a rule's alerts sort by time."""
    return f"{rule}#{raised_at:013d}"


def observe(rule: Rule, progress: Progress, ts: int, seq: int, value: float) -> Outcome:
    """Judges one sample (ms, sequence, signal value) and updates `progress`.

    A sample that is not newer than the newest judged one is let pass, except that a rule which one message
    decides still counts it when it asks to raise and belongs to no known episode.
    """
    if (ts, seq) <= (progress.ts, progress.seq):
        if rule.single_message and rule.zone(value) is Zone.RAISE and _begin_episode(progress, ts):
            return _raise(progress, ts)
        return Outcome.NOTHING
    zone = rule.zone(_rise(rule, progress, ts, value) if rule.rise_window else value)
    continues = zone == progress.zone and progress.count > 0
    if continues:
        progress.count += 1
    else:
        progress.zone, progress.count, progress.since, progress.settled = zone, 1, ts, False
    progress.ts, progress.seq = ts, seq
    if zone is Zone.BETWEEN or progress.settled:
        if continues and zone is Zone.RAISE and rule.single_message:
            progress.episodes[-1][1] = ts
        return Outcome.NOTHING
    if zone is Zone.RAISE:
        return _want_raise(rule, progress, ts)
    progress.settled = _held(progress, rule.clear_after)
    if progress.settled and progress.is_open and not rule.latched:
        progress.is_open = False
        return Outcome.CLEARED
    return Outcome.NOTHING


def _want_raise(rule: Rule, progress: Progress, ts: int) -> Outcome:
    if rule.single_message:
        progress.settled = True
        return _raise(progress, ts) if _begin_episode(progress, ts) else Outcome.NOTHING
    # Two alerts of a rule never share a millisecond: it is part of their key.
    progress.settled = _held(progress, rule.raise_after) and ts > progress.raised_at
    return _raise(progress, ts) if progress.settled else Outcome.NOTHING


def _held(progress: Progress, dwell: Dwell) -> bool:
    return progress.count >= dwell.samples and progress.ts - progress.since >= dwell.seconds * 1000


def _raise(progress: Progress, ts: int) -> Outcome:
    if progress.is_open:
        return Outcome.REPEATED
    progress.is_open = True
    progress.raised_at = ts
    return Outcome.RAISED


def _begin_episode(progress: Progress, ts: int) -> bool:
    """Whether `ts` begins an episode not seen before. The oldest two become one when there are too many."""
    episodes = progress.episodes
    if any(first <= ts <= last for first, last in episodes):
        return False
    episodes.append([ts, ts])
    episodes.sort()
    if len(episodes) > MAX_EPISODES:
        episodes[:2] = [[episodes[0][0], episodes[1][1]]]
    return True


def _rise(rule: Rule, progress: Progress, ts: int, value: float) -> float:
    """How far `value` is above the lowest value of the rule's window, kept as one low per 10 s."""
    oldest = ts - rule.rise_window * 1000
    lows = [low for low in progress.lows if low[0] + _BUCKET_MS > oldest]
    lowest = min((low for _, low in lows), default=value)
    bucket = ts - ts % _BUCKET_MS
    if lows and lows[-1][0] == bucket:
        lows[-1] = (bucket, min(lows[-1][1], value))
    else:
        lows.append((bucket, value))
    progress.lows = lows
    return value - lowest


class AlertChange(Struct, kw_only=True):
    """What one fold does to one alert: opens it, counts it up, resolves it, or several of these.

    `created`: the alert did not exist before. `occurrences`: how many times the rule raised it in this
    fold. `value`: the signal at the last of them. `resolved_at`: ms, or None while it stays open.
    """

    vehicle_id: str
    rule: str
    raised_at: int
    created: bool = False
    occurrences: int = 0
    last_occurred_at: int = 0
    value: float = 0.0
    resolved_at: int | None = None
    resolved_by: str = "system"

    @property
    def alert_id(self) -> str:
        """The range key."""
        return alert_id(self.rule, self.raised_at)


class NoOpenAlertError(Exception):
    """There is no open alert of that rule to act on."""


class StillActiveError(Exception):
    """The newest sample still asks to raise: resolving would hide it. Wait for a good sample, or force."""


def resolve(
    vehicle_id: str, rule: str, progress: Progress | None, *, at: int, by: str, force: bool = False
) -> AlertChange:
    """A human resolves the open alert of `rule`: updates `progress` and answers what to write with it.

    `at`: ms. `by`: who, as staff are named in the audit trail. `force`: although the newest sample still
    asks to raise; it raises again only after a sample that does not. Raises NoOpenAlertError and
    StillActiveError.
    """
    if progress is None or not progress.is_open:
        raise NoOpenAlertError(f"{vehicle_id} has no open alert {rule}")
    if progress.zone == Zone.RAISE and not force:
        raise StillActiveError(f"{vehicle_id} still reports {rule} as of {progress.ts}; force=True overrides")
    progress.is_open = False
    return AlertChange(
        vehicle_id=vehicle_id, rule=rule, raised_at=progress.raised_at, resolved_at=at, resolved_by=by
    )
