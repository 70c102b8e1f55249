"""What goes on in a demonstration while somebody looks: cars drive, report and answer, riders come and go."""

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from random import Random
from typing import Any, Final

from ev_rental.rental.command import Ack
from ev_rental.rental.errors import RentalError
from ev_rental.rental.market import stations
from ev_rental.rental.operations import RentalOperations
from ev_rental.rental.service import EndRequest, HoldRequest, RentalService
from ev_rental.rental.station import BayRef
from ev_rental.rental.vocabulary import AckResult, BookingState, CommandAction
from ev_rental.vocabulary import RentalState
from local.demo.broker import Broker
from local.demo.data import Demo, sample_of
from local.demo.fleet import FAULTS, in_bay
from local.demo.history import MINUTE
from local.demo.tables import NAMES, put_all
from local.fleet.car import Car, somewhere
from telemetry_processor.samples import sample_attributes

REPORTS: Final = 40
"""How many cars report a tick: so much, and no more, that pages are still answered quickly."""
_SILENT: Final = (RentalState.NON_CONTACTABLE, RentalState.REMOVED)


class Life:
    """`tick` moves everything on; the caller keeps others from the tables meanwhile."""

    def __init__(self, demo: Demo, broker: Broker, *, seed: int) -> None:
        self._demo = demo
        self._broker = broker
        self._rng = Random(f"{seed}:life")  # noqa: S311 - a demonstration wants to be the same again
        parts: Mapping[str, Any] = {
            "market": demo.rental,
            "store": demo.store,
            "sender": demo.sender,
            "clock": demo.clock,
            "new_id": lambda: f"public-{demo.clock.now}",
        }
        self._riders = RentalService(**parts)
        self.operations = RentalOperations(**parts)
        self._reporting = deque(car for car in demo.cars.values() if car.state not in _SILENT)
        self._minutes: dict[str, int] = {}
        self._places = list(stations(demo.market).values())

    def tick(self, now: int) -> None:
        """Up to ms `now`."""
        elapsed = max(0.0, (now - self._demo.clock.now) / 1000)
        self._demo.clock.now = now
        self._answer(now)
        for car in self._demo.cars.values():
            if car.target is not None or car.cable:
                car.step(elapsed)
        # What a rider may not do, because somebody else was faster, is no news here.
        with suppress(RentalError):
            self._ride()
        if self._rng.random() < 0.02:
            self._break()
        self._report(now)

    def _answer(self, now: int) -> None:
        """Cars do what they were told."""
        for topic, message in self._broker.take():
            vehicle_id = topic.split("/")[2]
            car = self._demo.cars[vehicle_id]
            car.locked = message["action"] == CommandAction.LOCK
            ack = Ack(
                command_id=message["commandId"],
                vehicle_id=vehicle_id,
                result=AckResult.DONE,
                received_at=now,
            )
            self.operations.acknowledge(ack)
            self._follow(car)

    def _follow(self, car: Car) -> None:
        """The car is in the state that its answer has led to."""
        vehicle = self._demo.store.vehicle(car.vehicle_id)
        if vehicle is None:
            return
        began = vehicle.state is RentalState.ON_TRIP and car.state is not RentalState.ON_TRIP
        ended = vehicle.state is RentalState.AVAILABLE and car.state is RentalState.ON_TRIP
        car.state, car.bay = vehicle.state, vehicle.bay
        if began:
            car.cable, car.target = False, somewhere(self._demo.market, self._places, self._rng)
        if ended:
            car.target, car.speed = None, 0.0
            self._park(car, vehicle.bay)

    def _park(self, car: Car, bay: BayRef | None) -> None:
        for place in self._places:
            if bay is not None and place.station_id == bay.station_id:
                car.position, car.cable = in_bay(place, bay.bay_id)

    def _ride(self) -> None:
        """Now and then a rider holds a car, sets off, or returns it."""
        chance = self._rng.random()
        key = f"life-{self._demo.clock.now}"
        if chance < 0.06:
            rider = self._rng.choice(self._demo.riders)
            cars = [car for car in self._reporting if car.state is RentalState.AVAILABLE]
            car = self._rng.choice(cars)
            self._riders.hold(rider.rider_id, key, HoldRequest(vehicle_id=car.vehicle_id))
            car.state = RentalState.RESERVED
            return
        state = RentalState.RESERVED if chance < 0.14 else RentalState.ON_TRIP
        cars = [car for car in self._reporting if car.state is state]
        if chance > 0.25 or not cars:
            return
        car = self._rng.choice(cars)
        vehicle = self._demo.store.vehicle(car.vehicle_id)
        booking = None if vehicle is None else self._demo.store.booking(vehicle.booking_id or "none")
        if booking is None:
            return
        if booking.state is BookingState.HELD:
            self._riders.start(booking.rider_id, key, booking.booking_id)
        elif (bay := next(self._free_bays(), None)) is not None:
            self._riders.end(booking.rider_id, key, EndRequest(booking_id=booking.booking_id, bay=bay))

    def _free_bays(self) -> Iterator[BayRef]:
        for place in self._rng.sample(self._places, len(self._places)):
            for bay in self._demo.store.station(place.station_id).bays:
                if bay.occupied_by is None and bay.reserved_by is None:
                    yield BayRef(station_id=bay.station_id, bay_id=bay.bay_id)

    def _break(self) -> None:
        well = [car for car in self._reporting if car.fault is None and car.state is RentalState.AVAILABLE]
        if well:
            self._rng.choice(well).fault = self._rng.choice(FAULTS)

    def _report(self, now: int) -> None:
        samples = []
        for _ in range(min(REPORTS, len(self._reporting))):
            car = self._reporting[0]
            self._reporting.rotate(-1)
            if car.target is None and car.state is RentalState.ON_TRIP:
                car.target = somewhere(self._demo.market, self._places, self._rng)
            self._demo.stream.put(car, now)
            if self._minutes.get(car.vehicle_id) != now // MINUTE:
                self._minutes[car.vehicle_id] = now // MINUTE
                samples.append(sample_attributes(sample_of(car, now)))
        self._demo.stream.process()
        put_all(self._demo.client, NAMES.recent_telemetry, samples)
