"""Folds the days that need it, oldest first, and carries each day's end over to the next day's beginning.

Two folds at once could write a day's openings over newer ones, so there is one at a time, by lease. A fold
that dies is begun anew by the next: a day stays stale until all that follows from it is written.
"""

import heapq
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final, Protocol

from msgspec import Struct, field

from ev_rental.kpi import DailyTotals
from ev_rental.kpi.fold import FoldedDay, fold_day
from ev_rental.kpi.local_days import LocalDays, days_from
from kpi_aggregator.ledger import KEEP_DAYS, Ledger, Progress

RESERVE_MS: Final = 20_000
"""No day is begun with less time than this left: a day of a large fleet is many pages."""
_DAY: Final = timedelta(days=1)
_CLOCK_SKEW_MS: Final = 5_000


class Export(Protocol):
    """Takes a day that is over to where it is kept for SQL; called again when the day changes."""

    def __call__(self, totals: DailyTotals, demand: dict[str, list[int]]) -> None: ...


class Folded(Struct, kw_only=True):
    """`days`: those that were folded, in order. `finished`: False when time was up before the list was.
    `leased`: False when somebody else folds; then nothing was done."""

    days: list[date] = field(default_factory=list)
    finished: bool = True
    leased: bool = True


def fold_stale_days(
    ledger: Ledger,
    days: LocalDays,
    export: Export,
    *,
    holder: str,
    now: int,
    time_left: Callable[[], int],
) -> Folded:
    """Folds every day that is stale, and those from the last one folded to today's (`now`: ms).

    `holder`: names this invocation; `time_left`: ms.
    """
    if not ledger.lease(holder, now, now + time_left() + _CLOCK_SKEW_MS):
        return Folded(leased=False)
    try:
        return _Fold(ledger, days, export, now).run(time_left)
    finally:
        ledger.release(holder)


class _Fold:
    def __init__(self, ledger: Ledger, days: LocalDays, export: Export, now: int) -> None:
        self._ledger = ledger
        self._days = days
        self._export = export
        self._now = now
        self._today = days.day_of(now)
        self._marks = ledger.stale()
        self._waiting: list[date] = []

    def run(self, time_left: Callable[[], int]) -> Folded:
        progress = self._plan()
        done = Folded()
        if progress is None:
            return done
        while self._waiting:
            if time_left() < RESERVE_MS:
                done.finished = False
                break
            day = heapq.heappop(self._waiting)
            self._fold(day)
            done.days.append(day)
        reached = self._today if done.finished else max(progress.next, self._waiting[0])
        self._ledger.advance(Progress(first=progress.first, next=reached))
        return done

    def _plan(self) -> Progress | None:
        """Fills the list of days to fold; answers where folding stands, None when there is nothing yet."""
        oldest = self._today - KEEP_DAYS * _DAY
        for day in self._marks:
            if day < oldest:  # its facts are gone or about to go: what was published stays as it is
                self._ledger.settle(day, self._marks[day])
        stale = {day for day in self._marks if oldest <= day <= self._today}
        progress = self._ledger.progress()
        if stale and (progress is None or min(stale) < progress.first):
            # Every day from the first on has a row: a first day earlier than was known begins all anew.
            progress = Progress(first=min(stale), next=min(stale))
            self._ledger.advance(progress)
        if progress is None:
            return None
        self._waiting = sorted(stale | set(days_from(max(progress.next, oldest), self._today)))
        return progress

    def _fold(self, day: date) -> None:
        folded = fold_day(self._ledger.facts(day), self._days, self._now)
        if day < self._today:
            self._hand_over(day + _DAY, folded)
            if self._ledger.published(day) != (folded.totals, folded.demand):
                self._export(folded.totals, folded.demand)
        self._ledger.publish(folded.totals, folded.demand)
        if day in self._marks:
            self._ledger.settle(day, self._marks[day])

    def _hand_over(self, following: date, folded: FoldedDay) -> None:
        before = self._ledger.openings(following)
        if before == folded.closings:
            return
        # Marked first: whoever comes after a crash folds it.
        self._marks[following] = self._ledger.mark_stale(following)
        self._ledger.open(following, before, folded.closings)
        if following not in self._waiting:
            heapq.heappush(self._waiting, following)
