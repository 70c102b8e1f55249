"""Fills the tables with a fleet that does not exist, the same for the same seed and time.

Cars, bookings and figures are put as the platform's own items; what telemetry and staff did is done by the
platform's own processor and services, so that it looks as it would.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar, cast

import msgspec
from botocore.session import get_session

from backoffice_store.staff_store import StaffStore
from ev_rental.geofence import market_fence
from ev_rental.rental.command import CommandSender
from ev_rental.rental.market import RentalMarket, rental_market, stations
from ev_rental.rental.rider import Rider
from ev_rental.rental.station import Bay, BayRef
from ev_rental.rental.vehicle import RentalVehicle
from ev_rental.rental.vocabulary import VehicleEvent
from ev_rental.sampling import Sample
from ev_rental.staff.audit import Actor
from ev_rental.staff.service import StaffService
from ev_rental.vocabulary import Market, RentalState
from kpi_store.items import totals_row
from local.demo import history
from local.demo.fleet import fleet, past
from local.demo.history import DAY, MINUTE
from local.demo.stream import Stream
from local.demo.tables import NAMES, create_tables, put_all
from local.demo.work import Clock, StaffDay
from local.fleet.car import Car
from rental_store.fence import Fence, Writer
from rental_store.items import entity_attributes
from telemetry_processor.samples import sample_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

EPOCH: Final = 1
HISTORY_MINUTES: Final = 360
_LIVE: Final = (RentalState.RESERVED, RentalState.ON_TRIP)
_P = ParamSpec("_P")
_T = TypeVar("_T")


class Inline(Executor):
    """Does at once what it is given: moto's transactions are not safe between threads."""

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> "Future[_T]":
        """As the base class says."""
        future: Future[_T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # as the base class says
            future.set_exception(error)
        return future


@dataclass
class Demo:
    """A market with a fleet. `staff`: who did the past, an operator and a technician. `sender`: tells cars
    what staff and riders say."""

    market: Market
    size: int
    seed: int
    region: str
    locale: str
    staff: Sequence[Actor]
    sender: CommandSender
    clock: Clock
    client: "DynamoDBClient" = field(init=False)
    rental: RentalMarket = field(init=False)
    store: StaffStore = field(init=False)
    service: StaffService = field(init=False)
    stream: Stream = field(init=False)
    cars: dict[str, Car] = field(init=False)
    riders: list[Rider] = field(init=False)
    _untold: dict[str, int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        made: Any = get_session().create_client("dynamodb", region_name=self.region)
        self.client = cast("DynamoDBClient", made)
        self.rental = rental_market(self.market)
        self.store = StaffStore(
            self.client,
            NAMES,
            fence=Fence(NAMES.rental, Writer(self.region, EPOCH)),
            readers=Inline(),
            clock=self.clock,
        )
        self.service = StaffService(
            market=self.rental,
            store=self.store,
            sender=self.sender,
            clock=self.clock,
            new_id=lambda: f"public-{self.clock.now}",
            locale=self.locale,
        )
        self.stream = Stream(self.market, market_fence(self.market), self.client, Inline())

    def fill(self) -> None:
        """Makes the tables and everything in them."""
        now = self.clock.now
        rng = Random(f"{self.seed}:{self.market}:data")  # noqa: S311 - a demonstration wants to be the same again
        create_tables(self.client)
        cars = fleet(self.rental, self.size, self.seed)
        self.cars = {car.vehicle_id: car for car in cars}
        self.riders = history.riders(max(40, self.size))
        self._put_rental(cars, now, rng)
        figures = history.key_figures(self.rental, self.size, days=200, now=now, rng=rng)
        put_all(self.client, NAMES.kpi, [totals_row(totals) for totals in figures])
        self._tell(cars, now, rng)
        StaffDay(self.service, self.clock, self.staff, rng, now).work(self.cars)
        self.clock.now = now
        self._untold = dict.fromkeys(self.cars, now)

    def remember(self, vehicle_id: str) -> None:
        """Puts the car's telemetry of the last hours: not before somebody looks, for there is a lot of it."""
        filled_at = self._untold.pop(vehicle_id, None)
        if filled_at is None:
            return
        # A twin of its own, so that the past does not move the car that drives on.
        twin = next(
            twin for twin in fleet(self.rental, self.size, self.seed) if twin.vehicle_id == vehicle_id
        )
        minute = filled_at // MINUTE - HISTORY_MINUTES
        samples = [
            sample_of(moment, (minute + number) * MINUTE + 7_000)
            for number, moment in enumerate(past(twin, HISTORY_MINUTES))
        ]
        put_all(
            self.client,
            NAMES.recent_telemetry,
            [sample_attributes(sample) for sample in _ending_at(samples, self.cars[vehicle_id].soc)],
        )

    def _put_rental(self, cars: Sequence[Car], now: int, rng: Random) -> None:
        free = iter(self.riders)
        entities: list[Any] = []
        states: list[dict[str, Any]] = []
        standing = {car.bay: car.vehicle_id for car in cars if car.bay is not None}
        kept: dict[str, str] = {}
        for car in cars:
            booking_id = None
            if car.state in _LIVE:
                rider = next(free)
                booking = history.live_booking(
                    self.rental, car, rider, active=car.state is RentalState.ON_TRIP, now=now
                )
                booking_id = kept[rider.rider_id] = booking.booking_id
                entities.append(booking)
            entities.append(_vehicle(self.market, car, booking_id, now - rng.randrange(DAY)))
            states.append({"vehicle_id": {"S": car.vehicle_id}, "rental_state": {"S": car.state.value}})
        for station in stations(self.market).values():
            for bay_id in station.bays:
                ref = BayRef(station_id=station.station_id, bay_id=bay_id)
                entities.append(
                    Bay(
                        station_id=ref.station_id,
                        bay_id=ref.bay_id,
                        version=1,
                        changed_at=1,
                        occupied_by=standing.get(ref),
                    )
                )
        entities += [
            msgspec.structs.replace(rider, live_booking_id=kept.get(rider.rider_id)) for rider in self.riders
        ]
        over, invoices = history.bookings(self.rental, cars, self.riders[-20:], days=7, now=now, rng=rng)
        entities += [*over, *invoices]
        put_all(self.client, NAMES.rental, [entity_attributes(entity) for entity in entities])
        put_all(self.client, NAMES.vehicle_state, states)

    def _tell(self, cars: Iterable[Car], now: int, rng: Random) -> None:
        """What cars said until now: those with a fault said so some time ago, and again."""
        for car in cars:
            if car.state is RentalState.REMOVED:
                continue
            silent = 45 * MINUTE if car.state is RentalState.NON_CONTACTABLE else rng.randrange(1_000, 9_000)
            last = now - silent
            if car.fault is not None:
                first = now - rng.randrange(12, 600) * MINUTE
                self.stream.put(car, first)
                self.stream.put(car, first + 6 * MINUTE)
            self.stream.put(car, last)
        self.stream.process()


def sample_of(car: Car, at: int) -> Sample:
    """The sample of the minute of ms `at`."""
    leaves = car.leaves()
    names = set(Sample.__struct_fields__) & set(leaves)
    return Sample(
        vehicle_id=car.vehicle_id, minute=at // MINUTE, at=at, **{name: leaves[name] for name in names}
    )


def _ending_at(samples: Sequence[Sample], soc: float) -> list[Sample]:
    """The samples, their charge moved so that the last one's is `soc`."""
    last = samples[-1].soc
    shift = 0.0 if last is None else soc - last
    return [
        msgspec.structs.replace(
            sample, soc=None if sample.soc is None else round(min(100.0, max(3.0, sample.soc + shift)), 1)
        )
        for sample in samples
    ]


def _vehicle(market: Market, car: Car, booking_id: str | None, at: int) -> RentalVehicle:
    lost = car.state is RentalState.NON_CONTACTABLE
    return RentalVehicle(
        vehicle_id=car.vehicle_id,
        vehicle_type_id=car.kind.vehicle_type_id,
        public_id=f"public-{car.vehicle_id}",
        market=market,
        state=car.state,
        version=3,
        changed_at=at,
        event_types=[VehicleEvent.COMMS_LOST if lost else VehicleEvent.SERVICE_START],
        state_before_contact_loss=RentalState.AVAILABLE if lost else None,
        booking_id=booking_id,
        station_id=None if car.bay is None else car.bay.station_id,
        bay_id=None if car.bay is None else car.bay.bay_id,
    )
