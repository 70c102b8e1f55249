"""The fleet of the demonstration: who is where in which state, what is wrong with whom, and how it got there.

Everything follows from a seed.
"""

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Final

from ev_rental.rental.market import RentalMarket, stations
from ev_rental.rental.station import BayRef, Station
from ev_rental.vocabulary import RentalState
from local.fleet.car import Car, Fault, Point, somewhere

STATES: Final[Mapping[RentalState, float]] = {
    RentalState.AVAILABLE: 0.60,
    RentalState.ON_TRIP: 0.22,
    RentalState.RESERVED: 0.04,
    RentalState.NON_OPERATIONAL: 0.09,
    RentalState.NON_CONTACTABLE: 0.03,
    RentalState.REMOVED: 0.02,
}
"""Which share of the fleet is in which state."""

FAULTS: Final[Sequence[Fault]] = (
    Fault({"soc": 11.0}),
    Fault({"soc": 22.0}),
    Fault({"tyre_rl": 176}),
    Fault({"low_voltage": 11.4, "charging": False}),
    Fault({"cell_min": 3.41, "cell_max": 3.62, "pack_current": 0.4}),
    Fault({"temperature_max": 64.5}),
    Fault({"acceleration_x": -52.0}),
    Fault({"locked_rd": False}),
)
"""Each raises the alert of one rule of `ev_rental.rules`."""


def fleet(market: RentalMarket, size: int, seed: int) -> list[Car]:
    """That many cars of a market, the same for the same seed: some in bays, the rest around stations."""
    rng = Random(f"{seed}:{market.market}:fleet")  # noqa: S311 - a demonstration wants to be the same again
    places = list(stations(market.market).values())
    free = [BayRef(station_id=place.station_id, bay_id=bay) for place in places for bay in place.bays]
    rng.shuffle(free)
    del free[: len(free) // 5]
    faults = list(FAULTS) * max(1, size // 100)
    rng.shuffle(faults)
    cars = [_car(market, number, rng, places, free) for number in range(1, size + 1)]
    standing = [car for car in cars if car.state in (RentalState.AVAILABLE, RentalState.NON_OPERATIONAL)]
    for car, fault in zip(rng.sample(standing, min(len(faults), len(standing))), faults, strict=False):
        car.fault = fault
        car.soc = float(fault.leaves.get("soc", car.soc))
        if "soc" in fault.leaves or "charging" in fault.leaves:
            car.cable = False
    return cars


def _car(
    market: RentalMarket, number: int, rng: Random, places: Sequence[Station], free: list[BayRef]
) -> Car:
    state = rng.choices(list(STATES), list(STATES.values()))[0]
    parked = state in (RentalState.AVAILABLE, RentalState.RESERVED, RentalState.NON_OPERATIONAL)
    bay = free.pop() if parked and free else None
    station = next((place for place in places if bay and place.station_id == bay.station_id), None)
    if bay is not None and station is not None:
        position, cable = in_bay(station, bay.bay_id)
    else:
        position, cable = somewhere(market.market, places, rng), False
    car = Car(
        vehicle_id=f"{market.market.upper()}-EV-{number:06d}",
        kind=rng.choice(market.vehicle_types),
        state=state,
        position=position,
        soc=min(100.0, max(28.0, rng.gauss(68, 17))),
        odometer=rng.randrange(4_000_000, 61_000_000),
        bay=bay,
        cable=cable,
        locked=state is not RentalState.ON_TRIP,
        rng=Random(rng.random()),  # noqa: S311 - likewise
    )
    if state is RentalState.ON_TRIP:
        car.target = somewhere(market.market, places, rng)
        car.speed = 40.0
    return car


def in_bay(station: Station, bay_id: str) -> tuple[Point, bool]:
    """Where the bay is, side by side with the others, and whether a car is charged there."""
    order = station.bays.index(bay_id) - (len(station.bays) - 1) / 2
    return (station.latitude, station.longitude + order * 0.0004), bay_id in station.charging_bays


def past(car: Car, minutes: int) -> Iterator[Car]:
    """The car itself, minute by minute; whoever asks for the last one has it as it is now.

    A car that stands drove once and came back; one on a trip stood before.
    """
    home = car.position
    target = car.target
    trip = range(minutes - car.rng.randrange(5, 30), minutes)
    if target is None:
        begin = car.rng.randrange(0, max(1, minutes - 45))
        trip = range(begin, begin + car.rng.randrange(12, 40))
    cable, car.cable = car.cable, False
    for minute in range(minutes):
        car.target = (target or _beside(home, car.rng)) if minute in trip else None
        if target is None and minute == trip.stop:
            car.position = home
        car.cable = cable and minute >= trip.stop
        car.step(60)
        yield car
    car.target = target


def _beside(position: Point, rng: Random) -> Point:
    return position[0] + rng.gauss(0, 0.02), position[1] + rng.gauss(0, 0.03)
