"""Any sequence of requests, answers, sweeps, faults and retries, against a plain model of the rental."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ev_rental.rental.booking import Booking
from ev_rental.rental.command import Command
from ev_rental.rental.errors import ErrorCode as E, RentalError
from ev_rental.rental.reading import SILENCE
from ev_rental.rental.service import EndRequest, HoldRequest
from ev_rental.rental.station import BayRef
from ev_rental.rental.vocabulary import (
    AckOutcome,
    AckResult,
    BookingState as B,
    CommandPurpose as P,
    CommandState as C,
    VehicleEvent,
)
from ev_rental.vocabulary import RentalState as V
from tests.functions.rental.fake_dynamodb import FAULTS
from tests.functions.rental.invariants import check, check_history
from tests.functions.rental.world import MINUTE, World

CARS, RIDERS, KEYS, BAYS = 3, 4, 5, 3
HOLD, SILENT, FLOOR = 15 * MINUTE, 300_000, 20
GIVE_UP, LIFETIME = 60_000, 30_000
UNAVAILABLE = {E.TRY_AGAIN, E.COMMAND_NOT_SENT}

cars = st.integers(0, CARS - 1)
riders = st.integers(0, RIDERS - 1)
keys = st.integers(0, KEYS - 1).map("key-{}".format)
bays = st.none() | st.integers(0, BAYS - 1)
faults = st.lists(st.none() | st.sampled_from(FAULTS), max_size=4)
times = st.integers(0, 4)


class Refused(Exception):  # noqa: N818 - the model's answer
    def __init__(self, code: E) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Car:
    """`state`: what the rental goes by. `lost`: whether it is hidden by a loss of contact."""

    state: V = V.AVAILABLE
    lost: bool = False
    seen: int = 0
    soc: float | None = 80.0
    blocked: bool = False
    bay: int | None = None
    changed: int = 0


@dataclass
class Ride:
    rider: int
    car: int
    state: B
    hold_until: int
    bay: int | None
    command: str | None = None
    started: int = 0
    ended: int = 0


@dataclass
class Told:
    """A command. `state` as the model knows it."""

    ride: str
    purpose: P
    issued: int
    state: C = C.SENT


@dataclass
class Model:
    cars: list[Car]
    rides: dict[str, Ride] = field(default_factory=dict)
    commands: dict[str, Told] = field(default_factory=dict)
    answers: dict[tuple[int, str], tuple[Any, int, E | Any]] = field(default_factory=dict)
    minted: set[tuple[int, str, str]] = field(default_factory=set)

    def live(self) -> list[Ride]:
        return [ride for ride in self.rides.values() if ride.state in (B.HELD, B.ACTIVE)]

    def hold(self, rider: int, car: int, bay: int | None, now: int) -> None:
        known = self.cars[car]
        if any(ride.rider == rider for ride in self.live()):
            raise Refused(E.RIDER_HAS_LIVE_BOOKING)
        if known.state is not V.AVAILABLE or known.lost:
            raise Refused(E.VEHICLE_NOT_AVAILABLE)
        if known.seen < now - SILENT:
            raise Refused(E.VEHICLE_SILENT)
        if known.blocked:
            raise Refused(E.VEHICLE_BLOCKED_BY_ALERT)
        if known.soc is None or known.soc < FLOOR:
            raise Refused(E.VEHICLE_BATTERY_LOW)
        self.take(bay, car)

    def take(self, bay: int | None, car: int) -> None:
        if bay is None:
            return
        others = [number for number, known in enumerate(self.cars) if known.bay == bay and number != car]
        if others or any(ride.bay == bay for ride in self.live()):
            raise Refused(E.BAY_TAKEN)

    def ride(self, name: str, rider: int, state: B) -> Ride:
        ride = self.rides.get(name)
        if ride is None or ride.rider != rider:
            raise Refused(E.BOOKING_NOT_FOUND)
        if ride.state is not state:
            raise Refused(E.WRONG_STATE)
        if ride.command:
            raise Refused(E.COMMAND_PENDING)
        return ride

    def start(self, name: str, rider: int, now: int) -> None:
        if now >= self.ride(name, rider, B.HELD).hold_until:
            raise Refused(E.HOLD_EXPIRED)

    def end(self, name: str, rider: int, bay: int | None) -> None:
        ride = self.ride(name, rider, B.ACTIVE)
        if bay is None and ride.bay is None:
            raise Refused(E.RETURN_BAY_REQUIRED)
        if bay is not None and bay != ride.bay:
            self.take(bay, ride.car)

    def give_back(self, name: str, state: B, now: int) -> None:
        ride = self.rides[name]
        ride.state = state
        self.cars[ride.car].state = V.AVAILABLE
        self.cars[ride.car].changed = now


def refusal_of(expect: Any) -> E | None:
    try:
        expect()
    except Refused as refused:
        return refused.code
    return None


class Rental(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.world = World(cars=CARS, riders=RIDERS)
        self.model = Model([Car(seen=self.now, changed=self.now) for _ in range(CARS)])
        self.stream = len(self.world.db.stream)
        self.sent: list[Command] = []

    @property
    def now(self) -> int:
        return self.world.clock.now

    def bay(self, number: int | None) -> BayRef | None:
        return None if number is None else self.world.bay(number)

    def attempt(self, script: list[str | None], call: Any) -> Any:
        """Calls under faults and, while that leaves the outcome open, again as a client would."""
        self.world.play(script)
        for _ in range(3):
            try:
                return call()
            except RentalError as error:
                if error.code not in UNAVAILABLE:
                    return error.code
                self.world.play([])
                self.world.sender.broken = False
        raise AssertionError("no definite answer")

    def keyed(
        self, rider: int, key: str, request: Any, script: list[str | None], call: Any, expect: Any
    ) -> Any:
        """One keyed request: `expect` asks the model and raises Refused. Answers a new result, else None."""
        answer = self.attempt(script, call)
        again = self.attempt([], call)
        assert again == answer, "a retry got another answer"
        known = self.model.answers.get((rider, key))
        if known is not None and self.now - known[1] < 86_400_000:
            assert answer == (known[2] if known[0] == request else E.IDEMPOTENCY_KEY_REUSED)
            return None
        refused = refusal_of(expect)
        if refused is not None:
            assert answer is refused
            self.model.answers[rider, key] = (request, self.now, refused)
            return None
        kind = {"hold": "booking", "cancel": "nothing"}.get(request[0], "command")
        if (rider, key, kind) in self.model.minted:
            # The key is forgotten, but not what it made: it cannot make a second one.
            assert answer is E.IDEMPOTENCY_KEY_REUSED
            self.model.answers[rider, key] = (request, self.now, answer)
            return None
        assert not isinstance(answer, E), answer
        if request[0] != "cancel":
            self.model.minted.add((rider, key, kind))
        self.model.answers[rider, key] = (request, self.now, answer)
        return answer

    @rule(rider=riders, car=cars, key=keys, bay=bays, script=faults)
    def hold(self, rider: int, car: int, key: str, bay: int | None, script: list[str | None]) -> None:
        request = HoldRequest(vehicle_id=self.world.cars[car], destination=self.bay(bay))
        name = self.world.riders[rider]
        made = self.keyed(
            rider,
            key,
            ("hold", car, bay),
            script,
            lambda: self.world.service.hold(name, key, request),
            lambda: self.model.hold(rider, car, bay, self.now),
        )
        if made is not None:
            assert isinstance(made, Booking)
            self.model.rides[made.booking_id] = Ride(rider, car, B.HELD, self.now + HOLD, bay)
            self.model.cars[car].state = V.RESERVED
            self.model.cars[car].changed = self.now

    @precondition(lambda self: self.model.live())
    @rule(data=st.data(), bay=st.integers(0, BAYS - 1), script=faults)
    def ride_on(self, data: Any, bay: int, script: list[str | None]) -> None:
        """The next step of a ride that goes well, so that deep states are met."""
        live = [name for name, ride in self.model.rides.items() if ride in self.model.live()]
        self.go_on(data.draw(st.sampled_from(live)), bay, script)

    @precondition(lambda self: self.model.live())
    @rule(data=st.data(), bay=st.integers(0, BAYS - 1), script=faults, steps=st.integers(2, 4))
    def ride_far(self, data: Any, bay: int, script: list[str | None], steps: int) -> None:
        """Several steps of it."""
        live = [name for name, ride in self.model.rides.items() if ride in self.model.live()]
        name = data.draw(st.sampled_from(live))
        for _ in range(steps):
            self.go_on(name, bay, script)

    def go_on(self, name: str, bay: int, script: list[str | None]) -> None:
        ride = self.model.rides[name]
        key = f"fresh-{len(self.model.answers)}"
        if ride.command:
            self.reply(ride.command, AckResult.DONE, script)
        elif ride.state is B.HELD:
            self.ask_start(name, ride.rider, key, script)
        elif ride.state is B.ACTIVE:
            self.ask_end(name, ride.rider, key, bay, script)

    @precondition(lambda self: self.model.rides)
    @rule(data=st.data(), key=keys, script=faults, broken=st.booleans(), by=riders, own=times)
    def start(self, data: Any, key: str, script: list[str | None], broken: bool, by: int, own: int) -> None:
        name, rider = self.pick(data, by, own)
        self.world.sender.broken = broken
        self.ask_start(name, rider, key, script)
        self.world.sender.broken = False

    def ask_start(self, name: str, rider: int, key: str, script: list[str | None]) -> None:
        made = self.keyed(
            rider,
            key,
            ("start", name),
            script,
            lambda: self.world.service.start(self.world.riders[rider], key, name),
            lambda: self.model.start(name, rider, self.now),
        )
        if made is not None:
            self.told(made, name, P.START_TRIP)

    @precondition(lambda self: self.model.rides)
    @rule(data=st.data(), key=keys, bay=bays, script=faults, by=riders, own=times)
    def end(self, data: Any, key: str, bay: int | None, script: list[str | None], by: int, own: int) -> None:
        name, rider = self.pick(data, by, own)
        self.ask_end(name, rider, key, bay, script)

    def ask_end(self, name: str, rider: int, key: str, bay: int | None, script: list[str | None]) -> None:
        request = EndRequest(booking_id=name, bay=self.bay(bay))
        made = self.keyed(
            rider,
            key,
            ("end", name, bay),
            script,
            lambda: self.world.service.end(self.world.riders[rider], key, request),
            lambda: self.model.end(name, rider, bay),
        )
        if made is not None:
            self.told(made, name, P.END_TRIP)
            if bay is not None:
                self.model.rides[name].bay = bay

    @precondition(lambda self: self.model.rides)
    @rule(data=st.data(), key=keys, script=faults, by=riders, own=times)
    def cancel(self, data: Any, key: str, script: list[str | None], by: int, own: int) -> None:
        name, rider = self.pick(data, by, own)
        made = self.keyed(
            rider,
            key,
            ("cancel", name),
            script,
            lambda: self.world.service.cancel(self.world.riders[rider], key, name),
            lambda: self.model.ride(name, rider, B.HELD),
        )
        if made is not None:
            self.model.give_back(name, B.CANCELLED, self.now)

    @precondition(lambda self: self.model.commands)
    @rule(data=st.data(), refused=st.booleans(), script=faults, times=st.integers(1, 2), stranger=times)
    def answer(self, data: Any, refused: bool, script: list[str | None], times: int, stranger: int) -> None:
        sent = [name for name, told in self.model.commands.items() if told.state is C.SENT]
        name = data.draw(st.sampled_from(sent or list(self.model.commands)))
        command = self.world.store.command(name)
        assert command is not None
        ack = self.world.answer(command, AckResult.REFUSED if refused else AckResult.DONE)
        if stranger == 0:
            other = next(car for car in self.world.cars if car != command.vehicle_id)
            ack = self.world.answer(command)
            ack = type(ack)(**{**{f: getattr(ack, f) for f in ack.__struct_fields__}, "vehicle_id": other})
        for _ in range(times):
            self.reply(name, ack.result, script, ack)

    def reply(self, name: str, result: AckResult, script: list[str | None], ack: Any = None) -> None:
        if ack is None:
            command = self.world.store.command(name)
            assert command is not None
            ack = self.world.answer(command, result)
        outcome = self.attempt(script, lambda: self.world.operations.acknowledge(ack))
        told = self.model.commands[name]
        if ack.vehicle_id != self.world.cars[self.model.rides[told.ride].car]:
            assert outcome is AckOutcome.WRONG_VEHICLE
        elif told.state is C.EXPIRED and result is AckResult.DONE:
            assert outcome is AckOutcome.LATE
        elif told.state is C.SENT:
            # DUPLICATE when the answer of our own write was lost.
            assert outcome in (AckOutcome.APPLIED, AckOutcome.DUPLICATE)
            self.answered(name, result is AckResult.REFUSED)
        else:
            assert outcome is AckOutcome.DUPLICATE

    def answered(self, name: str, refused: bool) -> None:
        told = self.model.commands[name]
        ride = self.model.rides[told.ride]
        told.state = C.REFUSED if refused else C.ACKNOWLEDGED
        ride.command = None
        if refused:
            return
        car = self.model.cars[ride.car]
        car.lost = False
        car.changed = self.now
        if told.purpose is P.START_TRIP:
            ride.state, ride.started, car.state, car.bay = B.ACTIVE, self.now, V.ON_TRIP, None
        else:
            ride.state, ride.ended, car.state, car.bay = B.COMPLETED, told.issued, V.AVAILABLE, ride.bay

    @rule(minutes=st.sampled_from([0.2, 0.5, 1, 4, 6, 16, 31, 1441]))
    def time_passes(self, minutes: float) -> None:
        self.world.clock.now += int(minutes * MINUTE)

    @rule(script=faults)
    def sweep_holds(self, script: list[str | None]) -> None:
        self.world.play(script)
        self.tolerant(self.world.operations.expire_holds)
        self.world.play([])
        assert not self.world.operations.expire_holds().failed
        for name, ride in self.model.rides.items():
            if ride.state is B.HELD and self.now >= ride.hold_until and not ride.command:
                self.model.give_back(name, B.EXPIRED, self.now)

    @rule(script=faults)
    def sweep_commands(self, script: list[str | None]) -> None:
        self.world.play(script)
        self.tolerant(self.world.operations.expire_commands)
        self.world.play([])
        assert not self.world.operations.expire_commands().failed
        for told in self.model.commands.values():
            if told.state is C.SENT and self.now >= told.issued + GIVE_UP:
                told.state = C.EXPIRED
                self.model.rides[told.ride].command = None

    @rule(script=faults)
    def sweep_invoices(self, script: list[str | None]) -> None:
        self.world.play(script)
        self.tolerant(self.world.operations.issue_due_invoices)
        self.world.play([])
        assert not self.world.operations.issue_due_invoices().failed
        for name, ride in self.model.rides.items():
            if ride.state is B.COMPLETED:
                ride.state = B.INVOICED
                invoice = self.world.service.invoice(self.world.riders[ride.rider], name)
                assert invoice.price.trip_minutes == -(-(ride.ended - ride.started) // MINUTE)

    @rule(script=faults)
    def sweep_contact(self, script: list[str | None]) -> None:
        self.world.play(script)
        self.tolerant(self.world.operations.detect_lost_contact)
        self.world.play([])
        assert not self.world.operations.detect_lost_contact().failed
        for car in self.model.cars:
            lost = car.seen <= self.now - SILENCE[car.state].connected * 1000
            if lost != car.lost:
                car.lost, car.changed = lost, self.now

    @rule(
        car=cars,
        soc=st.sampled_from([None, 5.0, 19.9, 20.0, 88.0]),
        blocked=st.booleans(),
        odometer=st.none() | st.integers(0, 2_000_000),
    )
    def telemetry(self, car: int, soc: float | None, blocked: bool, odometer: int | None) -> None:
        known = self.model.cars[car]
        known.seen, known.soc, known.blocked = self.now, soc, blocked
        blocking = ("collision",) if blocked else ()
        self.world.see(self.world.cars[car], soc=soc, blocking=blocking, odometer=odometer)

    @rule()
    def every_car_reports(self) -> None:
        for number in range(CARS):
            self.telemetry(number, 90.0, False, 1_000_000)

    @rule(car=cars, event=st.sampled_from([VehicleEvent.SERVICE_END, VehicleEvent.SERVICE_START]))
    def staff(self, car: int, event: VehicleEvent) -> None:
        known = self.model.cars[car]
        source, target = (V.AVAILABLE, V.NON_OPERATIONAL)
        if event is VehicleEvent.SERVICE_START:
            source, target = target, source
        if known.state is source:
            self.world.operations.change_vehicle(self.world.cars[car], event)
            known.state, known.changed = target, self.now

    def tolerant(self, sweep: Any) -> None:
        """A sweep whose own reading fails is run again by its schedule."""
        try:
            sweep()
        except RentalError as error:
            if error.code not in UNAVAILABLE:
                raise

    def pick(self, data: Any, by: int, own: int) -> tuple[str, int]:
        """A booking, most often with its own rider."""
        live = [name for name, ride in self.model.rides.items() if ride in self.model.live()]
        names = live if live and data.draw(times) else list(self.model.rides)
        name = data.draw(st.sampled_from(names))
        return name, self.model.rides[name].rider if own else by

    def told(self, command: Command, ride: str, purpose: P) -> None:
        assert command.purpose is purpose
        assert command.expires_at_ms == self.now + LIFETIME
        self.model.commands[command.command_id] = Told(ride, purpose, self.now)
        self.model.rides[ride].command = command.command_id
        assert command in self.world.sender.sent

    @invariant()
    def the_store_agrees_with_the_model(self) -> None:
        if not hasattr(self, "world"):
            return
        self.world.play([])
        check(self.world.db)
        self.stream = check_history(self.world.db, self.stream)
        for name, ride in self.model.rides.items():
            booking = self.world.store.booking(name)
            assert booking is not None
            assert (booking.state, booking.command_id) == (ride.state, ride.command)
        for name, told in self.model.commands.items():
            command = self.world.store.command(name)
            assert command is not None
            assert command.state is told.state
        for number, car in enumerate(self.model.cars):
            vehicle = self.world.store.vehicle(self.world.cars[number])
            assert vehicle is not None
            assert vehicle.state_beneath is car.state
            assert (vehicle.state is V.NON_CONTACTABLE) == car.lost
            assert vehicle.bay == self.bay(car.bay)


TestRental = Rental.TestCase
TestRental.settings = settings(
    max_examples=120,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
