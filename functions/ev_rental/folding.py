"""A batch of one vehicle's messages, folded into its state and the changes of its alerts."""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct, field

from ev_rental.alerts import AlertChange, Outcome, Progress, alert_id, observe
from ev_rental.rules import RULES, Rule
from ev_rental.sampling import Sample, new_sample
from ev_rental.signals import Surroundings
from ev_rental.telemetry import Lifecycle, Telemetry
from ev_rental.vehicle import Vehicle, merge_lifecycle, merge_telemetry

MAX_ALERT_CHANGES: Final = 50
"""A fold stops after this many: a transaction holds 100 actions."""

Message = Telemetry | Lifecycle


class Fold(Struct):
    """What folding did. `taken`: how many messages; the rest waits for the next fold. `applied` of them
    were news, `superseded` were not. `changes`: alert id -> change. `samples`: one of each minute that the
    vehicle's newest message entered."""

    taken: int = 0
    applied: int = 0
    superseded: int = 0
    changes: dict[str, AlertChange] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)


def in_order(messages: Sequence[Message]) -> list[Message]:
    """By (timestamp, sequence); a life-cycle event has none of a car's sequences and goes by its version."""
    return sorted(messages, key=_order)


def _order(message: Message) -> tuple[int, int]:
    if isinstance(message, Telemetry):
        return message.timestamp, message.sequence
    return message.timestamp, message.version_number


def fold(
    vehicle: Vehicle, messages: Sequence[Message], surroundings: Surroundings, rules: Sequence[Rule] = RULES
) -> Fold:
    """Folds `messages`, which are in order, into `vehicle` (changed in place)."""
    done = Fold()
    for message in messages:
        if len(done.changes) >= MAX_ALERT_CHANGES:
            break
        if isinstance(message, Telemetry):
            ts_before = vehicle.ts
            news = merge_telemetry(vehicle, message)
            sample = new_sample(vehicle, ts_before) if news else None
            if sample is not None:
                done.samples.append(sample)
            _judge(vehicle, message, surroundings, rules, done.changes)
        else:
            news = merge_lifecycle(vehicle, message)
        done.taken += 1
        done.applied += news
    done.superseded = done.taken - done.applied
    return done


def _judge(
    vehicle: Vehicle,
    message: Telemetry,
    surroundings: Surroundings,
    rules: Sequence[Rule],
    changes: dict[str, AlertChange],
) -> None:
    known = vehicle.memory.rules
    ts, seq = message.timestamp, message.sequence
    for rule in rules:
        value = rule.signal(message, surroundings)
        if value is None:
            continue
        progress = known.get(rule.name)
        if progress is None:
            progress = known[rule.name] = Progress()
        outcome = observe(rule, progress, ts, seq, value)
        if outcome is Outcome.NOTHING:
            continue
        name = alert_id(rule.name, progress.raised_at)
        change = changes.get(name)
        if change is None:
            change = changes[name] = AlertChange(
                vehicle_id=vehicle.vehicle_id, rule=rule.name, raised_at=progress.raised_at
            )
        if outcome is Outcome.CLEARED:
            change.resolved_at = ts
            continue
        change.created |= outcome is Outcome.RAISED
        change.occurrences += 1
        change.last_occurred_at = ts
        change.value = value
