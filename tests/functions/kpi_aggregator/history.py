"""Histories of a market as its bus saw them: made by the rental's own state machine and event makers."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import strategies as st

from ev_rental.alerts import alert_id
from ev_rental.rental.booking import Booking
from ev_rental.rental.events import SOURCE, Event, alert_event, event_of
from ev_rental.rental.invoice import Invoice
from ev_rental.rental.pricing import Price
from ev_rental.rental.vehicle import TRANSITIONS, RentalVehicle, TransitionError, after
from ev_rental.rental.vocabulary import BookingState, VehicleEvent
from ev_rental.vocabulary import RentalState

MARKET = "au"  # with daylight saving time: days of 23 and 25 hours
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
BEGIN = 1_775_174_400_000
"""Friday, 3 April 2026, 11:00 in Sydney; that Sunday has 25 hours."""
STATIONS = ("au-one", "au-two", None)


class Step(msgspec.Struct, frozen=True):
    """`wait`: ms before it. `skew`: ms that this writer's clock is off."""

    car: int
    what: str
    pick: int
    wait: int
    skew: int = 0


STEPS = st.lists(
    st.builds(
        Step,
        car=st.integers(0, 2),
        what=st.sampled_from(["change", "change", "change", "raise", "resolve", "invoice"]),
        pick=st.integers(0, 60),
        wait=st.sampled_from([0, 1, 700, 5 * MINUTE, HOUR, 7 * HOUR, 11 * HOUR, DAY]),
        skew=st.sampled_from([0, 0, 0, -900, 1_500]),
    ),
    max_size=30,
)


class Bus:
    """What happened, as events in the order they were made."""

    def __init__(self) -> None:
        self.now = BEGIN
        self.events: list[Event] = []
        self._cars: dict[int, RentalVehicle] = {}
        self._open: dict[int, list[dict[str, Any]]] = {}
        self._unpaid: list[Booking] = []
        self._trips = 0

    def take(self, step: Step) -> None:
        self.now += step.wait
        at = self.now + step.skew
        match step.what:
            case "change":
                self._change(step.car, step.pick, at)
            case "raise":
                self._raise(step.car, step.pick, at)
            case "resolve":
                self._resolve(step.car, step.pick, at)
            case "invoice":
                self._invoice(at)

    def _change(self, number: int, pick: int, at: int) -> None:
        before = self._cars.get(number)
        if before is None:
            changed = _new_car(number, STATIONS[pick % 3], at)
        else:
            options = []
            for event in sorted({event for _, event in TRANSITIONS}):
                try:
                    options.append((event, after(before, [event], at, station_id=STATIONS[pick % 3])))
                except TransitionError:
                    continue
            event, changed = options[pick % len(options)]
            if event is VehicleEvent.TRIP_END:
                self._end_trip(number, pick, at)
        self._cars[number] = changed
        self._say(event_of(before, changed))

    def _end_trip(self, number: int, pick: int, at: int) -> None:
        self._trips += 1
        metres = None if pick % 5 == 0 else 1_000 * pick
        completed = Booking(
            booking_id=f"booking-{self._trips}",
            rider_id="rider",
            vehicle_id=f"AU-EV-{number:06d}",
            market=MARKET,
            plan_id="plan",
            tariff_id="tariff",
            state=BookingState.COMPLETED,
            created_at=at,
            hold_expires_at=at,
            version=3,
            changed_at=at + SECOND,
            started_at=at,
            ended_at=at,
            start_odometer=5_000_000,
            end_odometer=None if metres is None else 5_000_000 + metres,
            start_energy_wh=700_000,
            end_energy_wh=None if metres is None else 700_000 + metres // 6,
        )
        self._say(event_of(msgspec.structs.replace(completed, state=BookingState.ACTIVE), completed))
        self._unpaid.append(completed)

    def _invoice(self, at: int) -> None:
        if not self._unpaid:
            return
        trip = self._unpaid.pop(0)
        assert trip.ended_at is not None
        net = 1_234 + self._trips
        price = Price(
            currency="AUD",
            minor_digits=2,
            lines=[],
            net=net,
            tax=net // 10,
            gross=net + net // 10,
            tax_name="GST",
            tax_rate="0.10",
            tax_included=True,
            trip_minutes=1,
            billed_minutes=1,
        )
        issued = Invoice(
            invoice_id=f"invoice-of-{trip.booking_id}",
            booking_id=trip.booking_id,
            rider_id=trip.rider_id,
            vehicle_id=trip.vehicle_id,
            market=MARKET,
            plan_id="plan",
            tariff_id="tariff",
            created_at=at,
            started_at=trip.ended_at,
            ended_at=trip.ended_at,
            price=price,
            version=1,
            changed_at=at,
        )
        self._say(event_of(None, issued))

    def _raise(self, number: int, pick: int, at: int) -> None:
        vehicle_id = f"AU-EV-{number:06d}"
        rule = ("collision", "battery_hot", "battery_low")[pick % 3]
        if any(alert["rule"] == rule for alert in self._open.get(number, [])):
            return
        alert = {
            "vehicle_id": vehicle_id,
            "alert_id": alert_id(rule, at),
            "rule": rule,
            "market": MARKET,
            "status": "OPEN",
            "blocking": rule != "battery_low",
            "raised_at": at,
            "occurrences": 1,
        }
        self._open.setdefault(number, []).append(alert)
        self._say(alert_event(None, alert))

    def _resolve(self, number: int, pick: int, at: int) -> None:
        open_alerts = self._open.get(number, [])
        if open_alerts:
            alert = open_alerts.pop(pick % len(open_alerts))
            self._say(alert_event(alert, alert | {"status": "RESOLVED", "resolved_at": at}))

    def _say(self, event: Event | None) -> None:
        if event is not None:
            self.events.append(event)


def history(steps: Sequence[Step]) -> list[Event]:
    """The events of these steps."""
    bus = Bus()
    for step in steps:
        bus.take(step)
    return bus.events


def message(event: Event) -> str:
    """The event as EventBridge hands it to a queue."""
    detail = msgspec.to_builtins(event)
    envelope = {
        "version": "0",
        "id": event.event_id,
        "detail-type": event.event_type,
        "source": SOURCE,
        "account": "111122223333",
        "time": "2026-04-03T00:00:00Z",
        "region": "ap-southeast-2",
        "resources": [],
        "detail": detail,
    }
    return json.dumps(envelope)


def _new_car(number: int, station_id: str | None, at: int) -> RentalVehicle:
    return RentalVehicle(
        vehicle_id=f"AU-EV-{number:06d}",
        vehicle_type_id="compact",
        public_id=f"public-{number}",
        market=MARKET,
        state=RentalState.AVAILABLE,
        version=1,
        changed_at=at,
        event_types=[VehicleEvent.SERVICE_START],
        station_id=station_id,
        bay_id=None if station_id is None else "01",
    )
