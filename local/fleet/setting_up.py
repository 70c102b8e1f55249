"""Before the fleet drives: bays and cars as staff register them, things as a workshop enrols them, riders as
they sign up and staff verify them. Whoever is there already stays as they are."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any, Final

from ev_rental.rental.market import rental_market, stations
from ev_rental.rental.station import BayRef
from ev_rental.vocabulary import Market, RentalState
from local.endpoints import Endpoints
from local.fleet.api import Api, ApiError
from local.fleet.car import Car, somewhere
from local.folder import Folder
from local.iot.enrol import enrol

ADMIN: Final = "jonas.weber"
PAGE: Final = 200


class SettingUp:
    """`threads`: for calls."""

    def __init__(self, folder: Folder, endpoints: Endpoints, threads: ThreadPoolExecutor) -> None:
        self._folder = folder
        self._endpoints = endpoints
        self._threads = threads
        self._staff = Api(endpoints.url("staff_api"), endpoints.url("staff_login"), ADMIN, threads)

    async def cars(self, market: Market, count: int, seed: int) -> list[Car]:
        """That many cars, registered and enrolled. The first stand in bays, the rest at the kerb."""
        known = await self._known()
        rng = Random(f"{seed}:{market}:fleet")  # noqa: S311 - the same again for the same seed
        rental = rental_market(market)
        places = list(stations(market).values())
        bays = [
            BayRef(station_id=place.station_id, bay_id=bay)
            for place in places
            for bay in place.bays[: max(1, len(place.bays) * 2 // 3)]
        ]
        rng.shuffle(bays)
        await self._register_bays()
        made = []
        for number in range(1, count + 1):
            name = f"{market.upper()}-EV-{number:06d}"
            row = known.get(name)
            bay = bays[number - 1] if number <= len(bays) else None
            car = Car(
                vehicle_id=name,
                kind=rng.choice(rental.vehicle_types),
                state=RentalState(row["state"]) if row else RentalState.AVAILABLE,
                position=somewhere(market, places, rng),
                soc=min(100.0, max(35.0, rng.gauss(72, 15))),
                odometer=rng.randrange(4_000_000, 61_000_000),
                bay=bay,
                rng=Random(f"{seed}:{name}"),  # noqa: S311 - likewise
            )
            car.locked = car.state not in (RentalState.ON_TRIP, RentalState.STOPPED)
            if bay is not None and car.locked:
                station = next(place for place in places if place.station_id == bay.station_id)
                car.position = (station.latitude, station.longitude)
                car.cable = bay.bay_id in station.charging_bays
            made.append(car)
        new = [car for car in made if car.vehicle_id not in known]
        await asyncio.to_thread(enrol, self._folder, [car.vehicle_id for car in made])
        await _each(new, self._register)
        return made

    async def _known(self) -> dict[str, Any]:
        rows: dict[str, Any] = {}
        path = f"/v1/vehicles?limit={PAGE}"
        while path:
            page = await self._staff.call("GET", path)
            rows |= {row["vehicleId"]: row for row in page["vehicles"]}
            cursor = page.get("cursor")
            path = f"/v1/vehicles?limit={PAGE}&cursor={cursor}" if cursor else ""
        return rows

    async def _register_bays(self) -> None:
        listed = (await self._staff.call("GET", "/v1/stations"))["stations"]
        missing = [
            (station["stationId"], bay["bayId"])
            for station in listed
            for bay in station["bays"]
            if not bay["registered"]
        ]

        async def register(place: tuple[str, str]) -> None:
            await self._staff.call("PUT", f"/v1/stations/{place[0]}/bays/{place[1]}")

        await _each(missing, register)

    async def _register(self, car: Car) -> None:
        body: dict[str, Any] = {"vehicleId": car.vehicle_id, "vehicleTypeId": car.kind.vehicle_type_id}
        if car.bay is not None:
            body["bay"] = {"stationId": car.bay.station_id, "bayId": car.bay.bay_id}
        try:
            await self._staff.call("POST", "/v1/vehicles", body)
        except ApiError as error:
            if error.status != 409:
                raise
            body.pop("bay", None)  # another car stands there since
            await self._staff.call("POST", "/v1/vehicles", body)
        back = f"/v1/vehicles/{car.vehicle_id}/back-in-service"
        await self._staff.call("POST", back, {"reason": "new"})

    async def riders(self, count: int) -> list[Api]:
        """That many riders who are signed in and verified."""
        made = [
            Api(
                self._endpoints.url("rider_api"),
                self._endpoints.url("rider_login"),
                f"rider{number:03d}@example.com",
                self._threads,
            )
            for number in range(1, count + 1)
        ]

        async def verify(rider: Api) -> None:
            await rider.call("GET", "/v1/bookings")
            person = f"/v1/riders/{rider.subject}"
            if not (await self._staff.call("GET", person)).get("verified"):
                checked = {"verified": True, "reason": "licence seen"}
                await self._staff.call("POST", f"{person}/verification", checked)

        await _each(made, verify)
        return made


async def _each(things: Sequence[Any], do: Any, at_once: int = 8) -> None:  # noqa: ANN401 - a coroutine function
    """Do something with each, several at a time."""
    room = asyncio.Semaphore(at_once)

    async def one(thing: Any) -> None:  # noqa: ANN401 - whatever it is
        async with room:
            await do(thing)

    async with asyncio.TaskGroup() as tasks:
        for thing in things:
            tasks.create_task(one(thing))
