"""What is to be done about an alert as it is now: the same for one look or many, in whatever order news come.

The alert's item is the truth and is read at each look; events only say that it is worth a look. So an event
that comes twice, late, or after its successor changes nothing.
"""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ev_rental.dispatching import storm as storms
from ev_rental.dispatching.policy import ESCALATE_MS, LOOK_MS, REMIND_MS, WORK
from ev_rental.dispatching.record import STATUSES, Alert, Channel, Reason, Record, Task, task_id
from ev_rental.dispatching.storm import Storm
from ev_rental.vocabulary import AlertStatus, Severity


class Decision(Struct, kw_only=True):
    """What to write in one transaction. `storm`: None when it is as it was."""

    record: Record
    storm: Storm | None = None
    tasks: list[Task] = []


def look(known: Record | None, alert: Alert, storm: Storm, now: int) -> Decision | None:
    """What one look at an alert leads to; None when there is nothing to do. `storm`: of the station that the
    record names, or that the car is at when there is no record yet."""
    before = known or Record(
        vehicle_id=alert.vehicle_id,
        alert_id=alert.alert_id,
        status=AlertStatus.OPEN,
        raised_at=alert.raised_at,
        known_since=now,
        version=0,
        station_id=storm.station_id,
    )
    status = max(before.status, alert.status, key=STATUSES.index)
    decision = Decision(record=replace(before, status=status), tasks=[])
    if known is None:
        _open(decision, alert, now)
    _tickets(decision, alert, None if known is None else known.status, now)
    reason = _reason(known, decision.record, alert, now)
    if reason is not None:
        _tell(decision, alert, storm, reason, now)
    if _is_neglected(decision.record, alert, now):
        decision.tasks.append(_notice(decision.record, alert, Channel.ESCALATION, Reason.ESCALATED, now))
        decision.record = replace(decision.record, escalated_at=now)
    look_at = _look_at(decision.record, alert, now)
    if known and known.look_at and look_at and now < known.look_at < look_at and not decision.tasks:
        look_at = known.look_at  # it was to be looked at before anyway
    decision.record = replace(decision.record, look_at=look_at)
    if known is not None and not decision.tasks and decision.storm is None and decision.record == known:
        return None
    decision.record = replace(decision.record, version=before.version + 1)
    return decision


def summarise(storm: Storm, now: int) -> tuple[Storm, Task] | None:
    """The summary of a storm and what is left of it; None when it is not due."""
    if storm.due_at is None or now < storm.due_at:
        return None
    body: dict[str, Any] = {
        "reason": Reason.SUMMARY.value,
        "station_id": storm.station_id,
        "alerts": storm.held_total,
        "by_rule": dict(sorted(storm.held.items())),
        "vehicles": list(storm.vehicles),
        "since": storm.first_held_at,
    }
    task = Task(
        task_id=task_id("summary", storm.station_id or "", storm.first_held_at),
        channel=Channel.NOTICE,
        severity=storm.loudest,
        made_at=now,
        body=body,
    )
    return replace(storms.calm(storm, now), version=storm.version + 1), task


def _open(decision: Decision, alert: Alert, now: int) -> None:
    title = WORK.get(alert.rule)
    if title is not None and alert.status is not AlertStatus.RESOLVED:
        decision.tasks.append(
            Task(
                task_id=task_id("work-order", alert.name),
                channel=Channel.WORK_ORDER,
                severity=alert.severity,
                made_at=now,
                body={
                    "vehicle_id": alert.vehicle_id,
                    "alert_id": alert.alert_id,
                    "market": alert.market,
                    "title": title,
                },
            )
        )


def _tickets(decision: Decision, alert: Alert, seen: AlertStatus | None, now: int) -> None:
    """One a status, each with its number, so that whoever gets them in another order can sort them."""
    first = 0 if seen is None else STATUSES.index(seen) + 1
    for number in range(first, STATUSES.index(decision.record.status) + 1):
        status = STATUSES[number]
        if status is AlertStatus.ACKED and alert.acked_at is None:
            continue  # it was resolved straight away
        decision.tasks.append(
            Task(
                task_id=task_id("ticket", alert.name, status),
                channel=Channel.TICKET,
                severity=alert.severity,
                made_at=now,
                body={**_facts(alert, decision.record), "status": status.value, "sequence": number + 1},
            )
        )


def _reason(known: Record | None, record: Record, alert: Alert, now: int) -> Reason | None:
    """Why somebody is told now, if anybody is."""
    if known is None:
        return Reason.RAISED
    if not alert.rate_limited and alert.occurrences > record.occurrences:
        return Reason.OCCURRED_AGAIN
    due = record.remind_at is not None and now >= record.remind_at
    return Reason.REMINDER if due and _is_loud(record, alert, now) else None


def _tell(decision: Decision, alert: Alert, storm: Storm, reason: Reason, now: int) -> None:
    record = replace(
        decision.record,
        told=decision.record.told + 1,
        occurrences=max(decision.record.occurrences, alert.occurrences),
        remind_at=now + REMIND_MS[alert.severity] if alert.severity in REMIND_MS else None,
    )
    decision.record = record
    at_once = True
    if alert.rate_limited:
        after, at_once = storms.admit(storm, alert, now)
        decision.storm = replace(after, version=storm.version + 1)
    if at_once:
        decision.tasks.append(_notice(record, alert, Channel.NOTICE, reason, now))


def _notice(record: Record, alert: Alert, channel: Channel, reason: Reason, now: int) -> Task:
    cause = (alert.name, record.told) if channel is Channel.NOTICE else (alert.name,)
    return Task(
        task_id=task_id(channel, *cause),
        channel=channel,
        severity=alert.severity,
        made_at=now,
        body={**_facts(alert, record), "reason": reason.value},
    )


def _facts(alert: Alert, record: Record) -> dict[str, Any]:
    return {
        "vehicle_id": alert.vehicle_id,
        "alert_id": alert.alert_id,
        "market": alert.market,
        "rule": alert.rule,
        "severity": alert.severity.value,
        "status": record.status.value,
        "blocking": alert.blocking,
        "value": alert.value,
        "unit": alert.unit,
        "occurrences": alert.occurrences,
        "raised_at": alert.raised_at,
        "station_id": record.station_id,
    }


def _is_loud(record: Record, alert: Alert, now: int) -> bool:
    """Whether an alert that nobody has taken over may be told again."""
    return record.status is AlertStatus.OPEN and (alert.snoozed_until or 0) <= now


def _is_neglected(record: Record, alert: Alert, now: int) -> bool:
    return (
        alert.severity is Severity.CRITICAL
        and record.escalated_at is None
        and now >= record.known_since + ESCALATE_MS
        and _is_loud(record, alert, now)
    )


def _look_at(record: Record, alert: Alert, now: int) -> int | None:
    """When the next look may find something that no event tells of."""
    if record.status is AlertStatus.RESOLVED:
        return None
    times = [] if alert.rate_limited else [now + LOOK_MS]
    if record.status is AlertStatus.OPEN:
        if record.remind_at is not None:
            times.append(record.remind_at)
        if alert.severity is Severity.CRITICAL and record.escalated_at is None:
            times.append(record.known_since + ESCALATE_MS)
        quiet_until = alert.snoozed_until or 0
        times = [max(time, quiet_until) for time in times]
    return min(times, default=None)
