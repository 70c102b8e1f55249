"""A day's facts, folded into its totals: pure, and the same for any order of the facts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

import msgspec
from msgspec import Struct, field

from ev_rental.kpi.daily import DailyTotals
from ev_rental.kpi.facts import (
    AlertRaised,
    AlertResolved,
    CarFact,
    CarStood,
    Fact,
    Standing,
    TripEnded,
    TripInvoiced,
)
from ev_rental.kpi.local_days import LocalDays

_HOURS = 24
_RANK = {AlertRaised: 0, AlertResolved: 1, CarStood: 2}


class Car(Struct, kw_only=True):
    """A car at one moment. `version`: of the newest change known, -1 before the first. `alerts`: the open
    ones that keep it from being rented."""

    version: int = -1
    standing: Standing = Standing.REMOVED
    alerts: list[str] = field(default_factory=list)


class DayFacts(Struct, frozen=True, kw_only=True):
    """All that is known of a day. `openings`: vehicle id -> the car as the day begins."""

    day: date
    openings: Mapping[str, Car]
    facts: list[Fact]


class FoldedDay(Struct, frozen=True, kw_only=True):
    """`demand`: station id -> holds that began in each local hour. `closings`: vehicle id -> the car as the
    next day begins."""

    totals: DailyTotals
    demand: dict[str, list[int]]
    closings: dict[str, Car]


def fold_day(known: DayFacts, days: LocalDays, now: int) -> FoldedDay:
    """What a day comes to, until its end or until `now` (ms), whichever is earlier."""
    start, end = days.start(known.day), days.end(known.day)
    until = max(start, min(end, now))
    spent: dict[Standing, int] = dict.fromkeys(Standing, 0)
    closings = {}
    by_car = _by_car(known.facts)
    for vehicle_id in sorted(known.openings.keys() | by_car.keys()):
        car = msgspec.structs.replace(known.openings.get(vehicle_id, Car()))
        car = _follow(car, by_car.get(vehicle_id, ()), start, until, spent)
        if car != Car():
            closings[vehicle_id] = car
    trips = [fact for fact in known.facts if isinstance(fact, TripEnded)]
    repairs = [fact for fact in known.facts if isinstance(fact, AlertResolved)]
    totals = DailyTotals(
        day=known.day,
        as_of=until,
        trips=len(trips),
        metres=sum(trip.metres or 0 for trip in trips),
        energy_wh=sum(trip.energy_wh or 0 for trip in trips),
        revenue_minor=sum(fact.net for fact in known.facts if isinstance(fact, TripInvoiced)),
        repairs=len(repairs),
        repair_ms=sum(repair.at - repair.raised_at for repair in repairs),
        fleet_ms=spent[Standing.IN_USE] + spent[Standing.READY] + spent[Standing.DOWN],
        in_use_ms=spent[Standing.IN_USE],
        ready_ms=spent[Standing.READY],
    )
    return FoldedDay(totals=totals, demand=_demand(known.facts, days), closings=closings)


def _by_car(facts: Sequence[Fact]) -> dict[str, list[CarFact]]:
    found: defaultdict[str, list[CarFact]] = defaultdict(list)
    for fact in facts:
        if isinstance(fact, CarStood | AlertRaised | AlertResolved):
            found[fact.vehicle_id].append(fact)
    return found


def _follow(car: Car, facts: Sequence[CarFact], start: int, until: int, spent: dict[Standing, int]) -> Car:
    """Counts a car's time from `start` to `until`, into `spent`, and answers the car (changed) at the end."""
    since = start
    for fact in sorted(facts, key=_order):
        at = min(max(fact.at, since), until)
        spent[_counts_as(car)] += at - since
        since = at
        match fact:
            case CarStood():
                # Clocks differ a little: a change that the vehicle's version says is older is over already.
                if fact.version > car.version:
                    car.version, car.standing = fact.version, fact.standing
            case AlertRaised():
                car.alerts = sorted({*car.alerts, fact.alert_id})
            case AlertResolved():
                car.alerts = [alert for alert in car.alerts if alert != fact.alert_id]
    spent[_counts_as(car)] += until - since
    return car


def _order(fact: CarFact) -> tuple[int, int, int]:
    return fact.at, _RANK[type(fact)], fact.version if isinstance(fact, CarStood) else 0


def _counts_as(car: Car) -> Standing:
    return Standing.DOWN if car.alerts and car.standing is Standing.READY else car.standing


def _demand(facts: Sequence[Fact], days: LocalDays) -> dict[str, list[int]]:
    demand: dict[str, list[int]] = {}
    for fact in facts:
        if isinstance(fact, CarStood) and fact.held_at is not None:
            demand.setdefault(fact.held_at, [0] * _HOURS)[days.hour_of(fact.at)] += 1
    return demand
