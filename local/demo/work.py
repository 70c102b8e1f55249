"""What a demonstration's staff did in the last hours, by the platform's own service, at its own times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from ev_rental.staff.alert_acts import AcknowledgeRequest, ResolveRequest, SnoozeRequest
from ev_rental.staff.alerts import Alert
from ev_rental.staff.audit import Actor
from ev_rental.staff.service import StaffService
from ev_rental.staff.vehicles import ServiceRequest
from ev_rental.staff.work_order_acts import AssignRequest, EndRequest, NoteRequest, OpenRequest
from ev_rental.vocabulary import RentalState
from ev_rental.work_orders import Priority
from local.demo.history import MINUTE
from local.fleet.car import Car

_CHORES = ("Clean the inside", "Replace the wiper", "Check the charging port", "Seat belt is stuck")
_INSPECTIONS = 6


@dataclass(slots=True)
class Clock:
    """ms since the epoch; the demonstration's past is done with it set back."""

    now: int

    def __call__(self) -> int:
        return self.now


class StaffDay:
    """`staff`: an operator and a technician, first. `now`: ms; the clock is left at some time before."""

    def __init__(
        self, service: StaffService, clock: Clock, staff: Sequence[Actor], rng: Random, now: int
    ) -> None:
        self._service = service
        self._clock = clock
        self._operator, self._technician = staff[:2]
        self._rng = rng
        self._now = now

    def work(self, cars: Mapping[str, Car]) -> None:
        """Alerts are taken care of, work orders made and done, cars inspected."""
        alerts = self._service.store.unresolved_alerts()
        self._rng.shuffle(alerts)
        for number, alert in enumerate(alerts[: len(alerts) * 3 // 5]):
            self._work_alert(number, alert, cars[alert.vehicle_id])
        for number, name in enumerate(self._rng.sample(sorted(cars), len(_CHORES))):
            self._ago(30, 600)
            chore = OpenRequest(vehicle_id=name, title=_CHORES[number], priority=Priority.NORMAL)
            self._service.open_work_order(self._operator, f"chore-{number}", chore)
        available = [name for name, car in sorted(cars.items()) if car.state is RentalState.AVAILABLE]
        for number, name in enumerate(available[:_INSPECTIONS]):
            self._inspect(number, name)

    def _ago(self, least: int, most: int) -> None:
        self._clock.now = self._now - self._rng.randrange(least, most) * MINUTE

    def _work_alert(self, number: int, alert: Alert, car: Car) -> None:
        self._ago(5, 300)
        self._clock.now = max(self._clock.now, alert.raised_at + MINUTE)
        where = (alert.vehicle_id, alert.alert_id)
        note = AcknowledgeRequest(note="On it" if number % 2 else None)
        self._service.acknowledge(self._operator, f"seen-{number}", *where, note)
        if number % 3 == 0:
            self._repair(number, alert, car)
        elif number % 3 == 1 and alert.rate_limited:
            until = self._now + self._rng.randrange(120, 1_800) * MINUTE
            later = SnoozeRequest(until=until, note="Waits for the part")
            self._service.snooze(self._operator, f"later-{number}", *where, later)

    def _repair(self, number: int, alert: Alert, car: Car) -> None:
        who, service = self._technician, self._service
        title = alert.rule.replace("_", " ").capitalize()
        wanted = OpenRequest(
            vehicle_id=car.vehicle_id, title=title, priority=Priority.HIGH, alert_id=alert.alert_id
        )
        name = service.open_work_order(self._operator, f"open-{number}", wanted).work_order_id
        if number % 2:
            return
        self._clock.now += 5 * MINUTE
        service.assign_work_order(who, f"take-{number}", name, AssignRequest(assignee=who.name))
        seen = NoteRequest(text="Looked at it on site, the part is ordered.")
        service.note_work_order(who, f"note-{number}", name, seen)
        if number % 4:
            return
        self._clock.now += 40 * MINUTE
        service.finish_work_order(who, f"done-{number}", name, EndRequest(note="Replaced"))
        over = ResolveRequest(note="Replaced and tested", force=True)
        service.resolve(who, f"over-{number}", alert.vehicle_id, alert.alert_id, over)
        car.fault = None

    def _inspect(self, number: int, name: str) -> None:
        self._ago(30, 500)
        complaint = ServiceRequest(reason="Inspection after a complaint")
        self._service.take_out_of_service(self._operator, f"out-{number}", name, complaint)
        self._clock.now += 20 * MINUTE
        fine = ServiceRequest(reason="Nothing found")
        self._service.put_back_in_service(self._technician, f"back-{number}", name, fine)
