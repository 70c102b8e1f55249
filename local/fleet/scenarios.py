"""What can go wrong with a fleet, by name."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from local.fleet.car import Fault
from local.fleet.driver import Driver
from local.fleet.rider import Rider

STORM_SHARE: Final = 0.3
STORM_SECONDS: Final = 900.0


@dataclass
class Scene:
    """Who takes part. `say`: tells what happens."""

    drivers: Sequence[Driver]
    riders: Sequence[Rider]
    rng: Random
    say: Callable[[str], None]

    def parked(self) -> Driver:
        """A car that stands and is well."""
        well = [one for one in self.drivers if not one.driving and one.car.fault is None]
        return self.rng.choice(well or list(self.drivers))


async def thermal_runaway(scene: Scene) -> None:
    """A parked car's battery gets hot: one alert, and nobody can book the car."""
    await _break(
        scene, "its battery is at 68 degrees", {"temperature_max": 68.0, "temperature_average": 60.0}
    )


async def tyre(scene: Scene) -> None:
    """A tyre loses pressure."""
    await _break(scene, "a tyre is at 170 kPa", {"tyre_rl": 170})


async def collision(scene: Scene) -> None:
    """A car is hit, hard enough that its airbags would open."""
    driver = await _break(scene, "it was hit with 5 g", {"acceleration_x": -52.0})
    driver.mend()  # it is over, but the alert stays until somebody has looked


async def offline_storm(scene: Scene) -> None:
    """A third of the fleet loses contact at once, for a quarter of an hour."""
    gone = scene.rng.sample(list(scene.drivers), max(1, round(len(scene.drivers) * STORM_SHARE)))
    scene.say(f"offline-storm: {len(gone)} cars lose contact")
    for driver in gone:
        driver.vanish(STORM_SECONDS)


async def rush_hour(scene: Scene) -> None:
    """Every rider wants a car now."""
    scene.say(f"rush-hour: {len(scene.riders)} riders set out")
    async with asyncio.TaskGroup() as tasks:
        for rider in scene.riders:
            tasks.create_task(rider.insist())


async def _break(scene: Scene, what: str, leaves: Mapping[str, object]) -> Driver:
    driver = scene.parked()
    scene.say(f"{driver.car.vehicle_id}: {what}")
    driver.break_down(Fault(leaves))
    return driver


SCENARIOS: Final[Mapping[str, Callable[[Scene], Awaitable[None]]]] = {
    "thermal-runaway": thermal_runaway,
    "tyre": tyre,
    "collision": collision,
    "offline-storm": offline_storm,
    "rush-hour": rush_hour,
}
