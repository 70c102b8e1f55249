"""Key figures the plain way: from a whole event history at once, moment by moment, sharing no code with the
aggregator but the record of a day's totals."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from ev_rental.kpi import DailyTotals
from ev_rental.rental.events import Event

Days = dict[date, DailyTotals]
Demand = dict[date, dict[str, list[int]]]


class Recomputation:
    """Of all events ever sent, as seen at `now`."""

    def __init__(self, events: Iterable[Event], time_zone: str, now: int) -> None:
        self._zone = ZoneInfo(time_zone)
        self._now = now
        unique = {event.event_id: event for event in events}
        self._said: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for event in unique.values():
            kind = event.event_type.partition(".")[0]
            self._said[kind].append({"type": event.event_type, **msgspec.to_builtins(event.data)})
        self._alerts: dict[tuple[str, str], dict[str, Any]] = {}
        for alert in sorted(self._said["alert"], key=lambda said: "resolved_at" in said):
            if alert["blocking"]:
                self._alerts[alert["vehicle_id"], alert["alert_id"]] = alert

    def result(self) -> tuple[Days, Demand]:
        """Every day from the first that anything is known of to today."""
        moments = [vehicle["changed_at"] for vehicle in self._said["vehicle"]]
        moments += [trip["ended_at"] for trip in self._said["trip"] + self._said["invoice"]]
        moments += [alert["raised_at"] for alert in self._alerts.values()]
        if not moments:
            return {}, {}
        day, today = self._day(min(moments)), self._day(self._now)
        days: Days = {}
        while day <= today:
            days[day] = self._totals(day)
            day += timedelta(days=1)
        demand: Demand = {day: {} for day in days}
        for vehicle in self._said["vehicle"]:
            held = vehicle["state"] == "reserved" and "reservation_start" in vehicle["event_types"]
            local = datetime.fromtimestamp(vehicle["changed_at"] / 1000, self._zone)
            if held and local.date() in demand:
                station = vehicle["station_id"] or "free-floating"
                demand[local.date()].setdefault(station, [0] * 24)[local.hour] += 1
        return days, demand

    def _totals(self, day: date) -> DailyTotals:
        start, end = self._midnight(day), self._midnight(day + timedelta(days=1))
        until = min(end, self._now)
        trips = [trip for trip in self._said["trip"] if self._day(trip["ended_at"]) == day]
        invoices = [invoice for invoice in self._said["invoice"] if self._day(invoice["ended_at"]) == day]
        repaired = [
            (max(alert["resolved_at"], alert["raised_at"]), alert["raised_at"])
            for alert in self._alerts.values()
            if "resolved_at" in alert
        ]
        repaired = [(at, raised) for at, raised in repaired if self._day(at) == day]
        spent = self._spent(start, until)
        return DailyTotals(
            day=day,
            as_of=until,
            trips=len(trips),
            metres=sum(_grown(trip, "odometer") for trip in trips),
            energy_wh=sum(_grown(trip, "energy_wh") for trip in trips),
            revenue_minor=sum(invoice["price"]["net"] for invoice in invoices),
            repairs=len(repaired),
            repair_ms=sum(at - raised for at, raised in repaired),
            fleet_ms=sum(spent.values()),
            in_use_ms=spent["in use"],
            ready_ms=spent["ready"],
        )

    def _spent(self, start: int, until: int) -> dict[str, int]:
        spent = {"in use": 0, "ready": 0, "down": 0}
        for vehicle_id in {vehicle["vehicle_id"] for vehicle in self._said["vehicle"]}:
            changes = [vehicle for vehicle in self._said["vehicle"] if vehicle["vehicle_id"] == vehicle_id]
            alerts = [alert for (of, _), alert in self._alerts.items() if of == vehicle_id]
            moments = {start, until}
            moments |= {change["changed_at"] for change in changes}
            moments |= {alert["raised_at"] for alert in alerts}
            moments |= {alert["resolved_at"] for alert in alerts if "resolved_at" in alert}
            within = sorted(moment for moment in moments if start <= moment <= until)
            for begin, stop in pairwise(within):
                what = _standing(changes, alerts, begin)
                if what is not None:
                    spent[what] += stop - begin
        return spent

    def _day(self, at: int) -> date:
        return datetime.fromtimestamp(at / 1000, self._zone).date()

    def _midnight(self, day: date) -> int:
        return int(datetime(day.year, day.month, day.day, tzinfo=self._zone).timestamp()) * 1000


def _standing(changes: list[dict[str, Any]], alerts: list[dict[str, Any]], at: int) -> str | None:
    """What a car's time counts as at a moment: of all changes until then, the newest version rules."""
    past = [change for change in changes if change["changed_at"] <= at]
    if not past:
        return None
    car = max(past, key=lambda change: change["version"])
    beneath = car["state"]
    if beneath == "non_contactable":
        beneath = car["state_before_contact_loss"]
    if beneath == "elsewhere":
        beneath = car["state_before_leaving"]
    if beneath == "removed":
        return None
    if beneath in ("on_trip", "stopped"):
        return "in use"
    blocked = any(
        alert["raised_at"] <= at and ("resolved_at" not in alert or at < alert["resolved_at"])
        for alert in alerts
    )
    return "ready" if car["state"] in ("available", "reserved") and not blocked else "down"


def _grown(trip: dict[str, Any], what: str) -> int:
    start, end = trip[f"start_{what}"], trip[f"end_{what}"]
    return 0 if start is None or end is None else end - start
