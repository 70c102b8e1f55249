"""A rider: finds a car, holds it, opens it, drives, gives it back, and gets an invoice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from local.clock import Clock
from local.fleet.api import Api, ApiError

RIDE_MINUTES: Final = (2.0, 8.0)
PAUSE_MINUTES: Final = (0.5, 4.0)
INSISTS: Final = 12
_POLL_SECONDS: Final = 1.0
_POLLS: Final = 90
_INVOICE_POLLS: Final = 120


@dataclass
class Ride:
    """What became of one attempt. `outcome`: `invoiced`, `cancelled`, or the problem's code."""

    rider: str
    booking_id: str = ""
    vehicle_id: str = ""
    outcome: str = "begun"
    invoice_id: str = ""


class Rider:
    """`returned`: told of the car and the station where it was given back."""

    def __init__(
        self,
        name: str,
        api: Api,
        *,
        clock: Clock,
        rng: Random,
        places: list[tuple[str, float, float]],
        returned: Callable[[str, str, str], None],
    ) -> None:
        self.name = name
        self._api = api
        self._clock = clock
        self._rng = rng
        self._places = places
        self._returned = returned
        self.rides: list[Ride] = []

    async def run(self, *, at_once: bool = False) -> None:
        """Ride after ride, until it is cancelled."""
        if not at_once:
            await self._pause(self._rng.uniform(0, PAUSE_MINUTES[1]) * 60)
        while True:
            await self.ride()
            await self._pause(self._rng.uniform(*PAUSE_MINUTES) * 60)

    async def insist(self) -> None:
        """Try until there is a car, for some minutes."""
        for _ in range(INSISTS):
            if (await self.ride()).booking_id:
                return
            await self._pause(20)

    async def ride(self) -> Ride:
        """One ride, to whatever end."""
        ride = Ride(self.name)
        self.rides.append(ride)
        try:
            await self._ride(ride)
        except ApiError as error:
            ride.outcome = error.code
        except OSError:
            ride.outcome = "platform_away"
        return ride

    async def _ride(self, ride: Ride) -> None:
        _, latitude, longitude = self._rng.choice(self._places)
        around = f"/v1/vehicles?latitude={latitude}&longitude={longitude}"
        cars = (await self._api.call("GET", around))["vehicles"]
        if not cars:
            ride.outcome = "no_car"
            return
        ride.vehicle_id = self._rng.choice(cars[:8])["vehicleId"]
        booking = await self._api.call("POST", "/v1/bookings", {"vehicleId": ride.vehicle_id})
        ride.booking_id, ride.outcome = booking["bookingId"], "held"
        path = f"/v1/bookings/{ride.booking_id}"
        started = await self._api.call("POST", f"{path}/start")
        if await self._answered(started) != "ACKNOWLEDGED":
            await self._api.call("POST", f"{path}/cancel")
            ride.outcome = "cancelled"
            return
        ride.outcome = "driving"
        await self._pause(self._rng.uniform(*RIDE_MINUTES) * 60)
        await self._give_back(ride, path)
        for _ in range(_INVOICE_POLLS):
            try:
                ride.invoice_id = (await self._api.call("GET", f"{path}/invoice"))["invoiceId"]
            except ApiError as error:
                if error.status != 404:
                    raise
                await asyncio.sleep(_POLL_SECONDS)
            else:
                ride.outcome = "invoiced"
                return

    async def _give_back(self, ride: Ride, path: str) -> None:
        """Try bays until one takes the car."""
        for _ in range(_POLLS):
            station = self._rng.choice(self._places)[0]
            detail = await self._api.call("GET", f"/v1/stations/{station}")
            free = [bay["bayId"] for bay in detail["bays"] if bay["free"]]
            if not free:
                await self._pause(20)
                continue
            bay = {"stationId": station, "bayId": self._rng.choice(free)}
            try:
                ended = await self._api.call("POST", f"{path}/end", {"bay": bay})
            except ApiError as error:
                if error.code in ("bay_taken", "bay_not_found", "command_pending"):
                    await self._pause(10)
                    continue
                raise
            if await self._answered(ended) == "ACKNOWLEDGED":
                self._returned(ride.vehicle_id, station, bay["bayId"])
                ride.outcome = "returned"
                return

    async def _answered(self, command: dict[str, Any]) -> str:
        """What became of a command."""
        for _ in range(_POLLS):
            told = await self._api.call("GET", f"/v1/commands/{command['commandId']}")
            if told["state"] != "SENT":
                return str(told["state"])
            await asyncio.sleep(min(_POLL_SECONDS, self._clock.real_seconds(2)))
        return "SENT"

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(self._clock.real_seconds(seconds))
