"""The fleet as a whole: set up, let loose, and accounted for."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any, Final

from ev_rental.rental.market import stations
from ev_rental.vocabulary import Market
from local.clock import Clock
from local.deployment import Deployment
from local.endpoints import Endpoints
from local.fleet.car import Car
from local.fleet.connection import Address, CarConnection
from local.fleet.driver import Driver, Topics, Weather
from local.fleet.rider import Rider
from local.fleet.scenarios import SCENARIOS, Scene
from local.fleet.setting_up import SettingUp
from local.folder import ROOT, Folder
from local.iot.credentials import token
from local.listener import HOST
from offline.config import Project, load_config

RULE: Final = "aws:iot/topicRule:TopicRule"
_THREADS: Final = 32
_TELL_SECONDS: Final = 5.0
_SETTLE_SECONDS: Final = 30.0
Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """`minutes`: of the platform's clock; None for without end. `interval`: s; None for the stack's own."""

    cars: int = 60
    riders: int = 8
    seed: int = 7
    minutes: float | None = None
    interval: float | None = None
    scenarios: Sequence[str] = ()
    weather: Weather = field(default_factory=Weather)


class Fleet:
    """`run` it; `account` tells what it sent and booked."""

    def __init__(self, folder: Folder, plan: Plan, say: Say) -> None:
        self._folder = folder
        self._plan = plan
        self._say = say
        self._ports = Endpoints.load(folder.endpoints)
        self._clock = Clock.load(folder.clock)
        deployment = Deployment.load(folder.deployment)
        self._market = Market(str(deployment.exports["market"]))
        self._topics = _topics(deployment, self._market)
        self._places = list(stations(self._market).values())
        self.drivers: list[Driver] = []
        self.riders: list[Rider] = []

    async def run(self) -> None:
        """Until the minutes are over, or it is cancelled."""
        plan = self._plan
        with ThreadPoolExecutor(_THREADS, "calls") as threads:
            setting_up = SettingUp(self._folder, self._ports, threads)
            self._say(f"setting up {plan.cars} cars and {plan.riders} riders")
            cars = await setting_up.cars(self._market, plan.cars, plan.seed)
            people = await setting_up.riders(plan.riders)
            interval = plan.interval or _interval(self._folder.stack)
            self.drivers = [self._driver(car, interval) for car in cars]
            by_id = {driver.car.vehicle_id: driver for driver in self.drivers}
            spots = [(place.station_id, place.latitude, place.longitude) for place in self._places]
            self.riders = [
                Rider(
                    person.username,
                    person,
                    clock=self._clock,
                    rng=Random(f"{plan.seed}:{person.username}"),  # noqa: S311 - the same again
                    places=spots,
                    returned=lambda car, station, bay: self._park(by_id[car], station, bay),
                )
                for person in people
            ]
            await self._let_loose()

    async def _let_loose(self) -> None:
        plan = self._plan
        cars = [asyncio.create_task(driver.run()) for driver in self.drivers]
        others = [asyncio.create_task(self._tell())]
        rush = "rush-hour" in plan.scenarios
        others += [asyncio.create_task(self._play(name)) for name in plan.scenarios]
        others += [asyncio.create_task(rider.run()) for rider in self.riders if not rush]
        try:
            if plan.minutes is None:
                await asyncio.gather(*cars, *others)
            else:
                await asyncio.sleep(self._clock.real_seconds(plan.minutes * 60))
        finally:
            await _ended(others)
            for driver in self.drivers:
                driver.finish()
            # What was sent is only sent when it is acknowledged.
            with suppress(TimeoutError):
                waits = [driver.connection.settled.wait() for driver in self.drivers]
                await asyncio.wait_for(asyncio.gather(*waits), _SETTLE_SECONDS)
            await _ended(cars)

    def _driver(self, car: Car, interval: float) -> Driver:
        car.sequence = int(self._clock())  # above those of a fleet before this one
        driver = Driver(
            car,
            self._topics,
            market=self._market,
            clock=self._clock,
            interval=interval,
            weather=self._plan.weather,
            places=self._places,
            connect=self._connect,
            seed=self._plan.seed,
        )
        driver.driving = not car.locked
        return driver

    def _connect(self, car: Car, heard: Callable[[bytes], None]) -> CarConnection:
        name = car.vehicle_id
        address = Address(HOST, self._ports.mqtt, name, token(self._folder, name))
        return CarConnection(address, self._topics.commands.format(name), heard)

    def _park(self, driver: Driver, station_id: str, bay_id: str) -> None:
        station = next(place for place in self._places if place.station_id == station_id)
        driver.park(station, bay_id in station.charging_bays)

    async def _play(self, name: str) -> None:
        rng = Random(f"{self._plan.seed}:{name}")  # noqa: S311 - likewise
        await asyncio.gather(*(driver.connection.up.wait() for driver in self.drivers))
        await SCENARIOS[name](Scene(self.drivers, self.riders, rng, self._say))

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(_TELL_SECONDS)
            self._say(self.words())

    def words(self) -> str:
        """How it stands, in a line."""
        up = sum(driver.connection.up.is_set() for driver in self.drivers)
        sent = sum(driver.connection.sent for driver in self.drivers)
        acknowledged = sum(driver.connection.acknowledged for driver in self.drivers)
        driving = sum(driver.driving for driver in self.drivers)
        outcomes = Counter(ride.outcome for rider in self.riders for ride in rider.rides)
        rides = ", ".join(f"{count} {name}" for name, count in sorted(outcomes.items())) or "none"
        return f"{up} cars connected, {driving} driving, {acknowledged}/{sent} messages; rides: {rides}"

    def account(self) -> dict[str, Any]:
        """Everything that was sent and booked, to hold against the platform."""
        return {
            "cars": {
                driver.car.vehicle_id: {
                    "reports": driver.reports,
                    "duplicates": driver.duplicates,
                    "firstSequence": driver.first_sequence,
                    "lastSequence": driver.car.sequence,
                    "lastTimestamp": driver.last_report,
                    "sent": driver.connection.sent,
                    "acknowledged": driver.connection.acknowledged,
                    "connects": driver.connection.connects,
                }
                for driver in self.drivers
            },
            "rides": [asdict(ride) for rider in self.riders for ride in rider.rides],
        }


async def _ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _topics(deployment: Deployment, market: Market) -> Topics:
    names = [str(made.inputs["name"]) for made in deployment.all(RULE)]
    telemetry = next(name for name in names if name.endswith("_telemetry"))
    acks = next(name for name in names if name.endswith("_command_acks"))
    return Topics(
        telemetry=f"$aws/rules/{telemetry}/bh/{market}/{{}}/telemetry",
        acks=f"$aws/rules/{acks}/bh/{market}/{{}}/command-acks",
        commands=f"bh/{market}/{{}}/commands",
    )


def _interval(stack: str) -> float:
    """How often the stack's cars report, as its configuration says."""
    config = load_config(Project.find(ROOT), stack, {}).values
    named = (value for key, value in config.items() if key.endswith(":telemetryIntervalSeconds"))
    return float(next(named, 30))
