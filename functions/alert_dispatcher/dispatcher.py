"""From news of an alert to people who know: look, decide, commit, hand on.

A decision and its tasks are one transaction, so none is lost and none is decided twice. A task is handed on
by whoever took it, and again by the sweep when that one died. So a task goes out once, unless its answer was
lost or its worker died between handing on and noting it: then again, under the same id.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError
from msgspec import Struct, field

from alert_dispatcher import items
from alert_dispatcher.channels import Hand
from alert_dispatcher.items import Due
from alert_dispatcher.store import DispatchStore, OvertakenError
from ev_rental.dispatching.decide import look, summarise
from ev_rental.dispatching.record import STATUSES, Alert, Channel, Reason, Task
from ev_rental.rental.errors import ErrorCode, RentalError

DECISIONS: Final = 8
"""How often a look is decided, because others changed the same station."""
RESERVE_MS: Final = 5_000
"""No step of a sweep begins with less time than this left."""

Problem = Callable[[str, Exception], None]
"""Told (the task's id or the alert's name, the error)."""
_FAULTS: Final = (ClientError, BotoCoreError, RentalError)


class Report(Struct, kw_only=True):
    """`delays`: ms from an alert's raise until somebody was told. `oldest`: ms that the longest waiting task
    has waited. `finished`: False when there was no time for all that is due."""

    handed_on: Counter[str] = field(default_factory=Counter)
    held: int = 0
    failed: int = 0
    delays: list[int] = field(default_factory=list)
    oldest: int = 0
    finished: bool = True


class Dispatcher:
    """`clock`: ms since the epoch. `report` is of all that was done with this dispatcher."""

    def __init__(
        self,
        store: DispatchStore,
        channels: Mapping[Channel, Hand],
        *,
        clock: Callable[[], int],
        on_problem: Problem,
    ) -> None:
        self._store = store
        self._channels = channels
        self._now = clock
        self._on_problem = on_problem
        self.report = Report()

    def news(self, told: Alert) -> None:
        """Something happened to an alert. `told`: as the event has it; the alert's item is read, and may be
        ahead of it, or behind in a replica that lags.

        Raises RentalError(try_again): hand the event in again. What was decided before is not lost.
        """
        stored = self._store.alert(told.vehicle_id, told.alert_id)
        newest = told if stored is None else max(stored, told, key=lambda one: STATUSES.index(one.status))
        for task in self._decide(newest):
            self._hand_on(task.task_id)

    def sweep(self, time_left: Callable[[], int]) -> None:
        """Looks at what no event tells of: reminders, summaries, and tasks that were not handed on."""
        self._each(Due.LOOK, self._look_again, time_left)
        self._each(Due.SUMMARY, self._summarise, time_left)
        self._each(Due.TASK, self._follow_up, time_left)

    def _decide(self, alert: Alert) -> list[Task]:
        for _ in range(DECISIONS):
            known = self._store.record(alert.vehicle_id, alert.alert_id)
            station = self._store.station_of(alert.vehicle_id) if known is None else known.station_id
            storm = self._store.storm(station)
            now = self._now()
            decision = look(known, alert, storm, now)
            if decision is None:
                return []
            try:
                self._store.commit(decision, now)
            except OvertakenError:
                continue
            self.report.held += decision.storm is not None and not any(
                task.channel is Channel.NOTICE for task in decision.tasks
            )
            return decision.tasks
        raise RentalError(ErrorCode.TRY_AGAIN, f"others kept changing what {alert.name} depends on")

    def _look_again(self, item: Mapping[str, object]) -> None:
        record = items.record_from(item)
        alert = self._store.alert(record.vehicle_id, record.alert_id)
        if alert is not None:
            for task in self._decide(alert):
                self._hand_on(task.task_id)

    def _summarise(self, item: Mapping[str, object]) -> None:
        storm = self._store.storm(items.storm_from(item).station_id)
        now = self._now()
        made = summarise(storm, now)
        if made is None:
            return
        try:
            self._store.commit_summary(*made, now)
        except OvertakenError:
            return  # the storm goes on, or another sweep told of it
        self._hand_on(made[1].task_id)

    def _follow_up(self, item: Mapping[str, object]) -> None:
        self._hand_on(items.task_from(item).task_id)

    def _hand_on(self, task_id: str) -> None:
        """Hands a task on unless somebody has it; a fault leaves it to a later sweep."""
        task = self._store.take(task_id, self._now())
        if task is None:
            return
        try:
            self._channels[task.channel](task)
            self._store.done(task_id, self._now())
        except _FAULTS as error:
            self.report.failed += 1
            self.report.oldest = max(self.report.oldest, self._now() - task.made_at)
            self._on_problem(task_id, error)
            return
        self.report.handed_on[task.channel] += 1
        if task.body.get("reason") == Reason.RAISED:
            self.report.delays.append(max(0, self._now() - task.body["raised_at"]))

    def _each(
        self, kind: Due, step: Callable[[Mapping[str, object]], None], time_left: Callable[[], int]
    ) -> None:
        for item in self._store.due(kind, self._now()):
            if time_left() < RESERVE_MS:
                self.report.finished = False
                return
            try:
                step(item)
            except Exception as error:  # reason: the longest due is first, so a broken item would stop all
                self.report.failed += 1
                self._on_problem(str(item.get("pk", "")), error)
