"""What a car does: it measures, reports, drives, loses contact, and obeys."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from ev_rental.rental.station import Station
from ev_rental.vocabulary import Market
from local.clock import Clock
from local.fleet.car import METRES_A_DEGREE, Car, Fault, somewhere
from local.fleet.connection import CarConnection


@dataclass(frozen=True)
class Weather:
    """How imperfect the world is: shares of messages, and of reports at which a car loses contact."""

    duplicate: float = 0.01
    reorder: float = 0.01
    lost_contact: float = 0.001
    lost_seconds: float = 240.0
    noise_metres: float = 6.0


@dataclass(frozen=True)
class Topics:
    """What a car publishes to and hears, of one vehicle id; {} stands for it."""

    telemetry: str
    acks: str
    commands: str


class Driver:
    """Drives one car. `interval`: s of the platform's clock between two reports."""

    def __init__(
        self,
        car: Car,
        topics: Topics,
        *,
        market: Market,
        clock: Clock,
        interval: float,
        weather: Weather,
        places: Sequence[Station],
        connect: Callable[[Car, Callable[[bytes], None]], CarConnection],
        seed: int,
    ) -> None:
        self.car = car
        self._topics = topics
        self._market = market
        self._clock = clock
        self._interval = interval
        self._weather = weather
        self._places = places
        self._rng = Random(f"{seed}:{car.vehicle_id}")  # noqa: S311 - the same again for the same seed
        self._commands: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.connection = connect(car, self._told)
        self._held_back: bytes | None = None
        self._back_at = 0.0
        self.reports = 0
        self.duplicates = 0
        self.first_sequence = car.sequence + 1
        self.last_report = 0
        self.driving = False
        self._over = False

    async def run(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.connection.run())
            tasks.create_task(self._obey())
            tasks.create_task(self._report())

    async def _report(self) -> None:
        await self.connection.up.wait()
        # Cars do not all report at the same moment.
        await self._pause(self._rng.random() * self._interval)
        last = self._clock()
        while True:
            now = self._clock()
            self._move(now - last)
            last = now
            self._keep_contact(now)
            if not self.connection.away:
                self.say()
            await self._pause(self._interval)

    def say(self) -> None:
        """Report what it measures now; sometimes twice, sometimes after the next report."""
        if self._over:
            return
        message = json.dumps(self.measured(), separators=(",", ":")).encode()
        self.reports += 1
        if self._held_back is not None:
            self._send(message)
            self._send(self._held_back)
            self._held_back = None
        elif self._rng.random() < self._weather.reorder:
            self._held_back = message
        else:
            self._send(message)
            if self._rng.random() < self._weather.duplicate:
                self.duplicates += 1
                self._send(message)

    def finish(self) -> None:
        """Come into contact, and report what was held back: the last of all."""
        self._over = True
        self.connection.come_back()
        if self._held_back is not None:
            self._send(self._held_back)
            self._held_back = None

    def measured(self) -> dict[str, Any]:
        """The next message, with a receiver's noise on its position; inside of the market's fence."""
        self.last_report = self._clock.ms()
        message = self.car.telemetry(self.last_report, market=self._market)
        spread = self._weather.noise_metres / METRES_A_DEGREE
        for name in ("Latitude", "Longitude"):
            path = f"Vehicle.CurrentLocation.{name}"
            message[path] = round(message[path] + self._rng.gauss(0, spread), 6)
        return message

    def break_down(self, fault: Fault) -> None:
        """From now on, something is wrong with it."""
        self.car.fault = fault
        if self.connection.up.is_set():
            self.say()

    def mend(self) -> None:
        """Nothing is wrong with it any more."""
        self.car.fault = None

    def vanish(self, seconds: float) -> None:
        """Lose contact for s of the platform's clock."""
        self._back_at = self._clock() + seconds
        self.connection.leave()

    def _keep_contact(self, now: float) -> None:
        if self.connection.away and now >= self._back_at:
            self.connection.come_back()
        elif not self.connection.away and self._rng.random() < self._weather.lost_contact:
            self.vanish(self._weather.lost_seconds)

    def _move(self, seconds: float) -> None:
        car = self.car
        if self.driving and car.target is None:
            car.target = self._somewhere()
        car.step(seconds)

    def _somewhere(self) -> tuple[float, float]:
        return somewhere(self._market, self._places, self._rng)

    def _send(self, message: bytes) -> None:
        self.connection.publish(self._topics.telemetry.format(self.car.vehicle_id), message)

    # Commands

    def _told(self, payload: bytes) -> None:
        self._commands.put_nowait(json.loads(payload))

    async def _obey(self) -> None:
        done: dict[str, str] = {}
        while True:
            command = await self._commands.get()
            name = command["commandId"]
            if name not in done:  # QoS 1 may tell twice; doors move once
                await self._pause(0.3 + self._rng.random())
                done[name] = "done" if self._clock.ms() <= command["expiresAt"] else "refused"
                if done[name] == "done":
                    self._turn(locked=command["action"] == "lock")
            answer = {"commandId": name, "result": done[name], "at": self._clock.ms()}
            topic = self._topics.acks.format(self.car.vehicle_id)
            self.connection.publish(topic, json.dumps(answer).encode())
            self.say()

    def _turn(self, *, locked: bool) -> None:
        car = self.car
        car.locked, self.driving = locked, not locked
        if locked:
            car.target, car.speed = None, 0.0
        else:
            car.cable, car.target = False, self._somewhere()

    def park(self, station: Station, charging: bool) -> None:
        """Stand at a station, where it was returned."""
        self.car.position = (station.latitude, station.longitude)
        self.car.cable = charging and not self.driving

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(self._clock.real_seconds(seconds))
