"""One market with cars, bays and riders over the in-memory store, with a clock that tests turn."""

import json
from collections.abc import Callable
from itertools import count
from typing import Any, Final, cast

from ev_rental.rental.command import Ack, Command, CommandNotSentError
from ev_rental.rental.market import RentalMarket, rental_market, stations
from ev_rental.rental.operations import RentalOperations
from ev_rental.rental.service import RentalService
from ev_rental.rental.station import BayRef
from ev_rental.rental.vocabulary import AckResult
from ev_rental.vocabulary import Market
from rental_store.fence import Fence, Writer
from rental_store.retries import Retries
from rental_store.store import DynamoDBStore
from tests.functions.rental.fake_dynamodb import RENTAL, VEHICLE_STATES, FakeDynamoDB

NOON: Final = 1_772_596_800_000  # Wednesday 2026-03-04 12:00:00 in Singapore
MINUTE: Final = 60_000
TYPE: Final = "compact"
REGION: Final = "ap-southeast-1"


class Clock:
    def __init__(self, now: int = NOON) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


class Sender:
    """Keeps what cars are sent; the broker is down while `broken`."""

    def __init__(self) -> None:
        self.sent: list[Command] = []
        self.broken = False

    def send(self, command: Command) -> None:
        if self.broken:
            raise CommandNotSentError(command.command_id)
        self.sent.append(command)


class World:
    """`bay(n)`: the n-th bay of the market's first station."""

    def __init__(
        self,
        market: Market = Market.SINGAPORE,
        *,
        cars: int = 1,
        riders: int = 1,
        parked: bool = False,
        client: Any = None,
        at: int = NOON,
    ) -> None:
        self.market: RentalMarket = rental_market(market)
        self.db = client or FakeDynamoDB()
        self.clock = Clock(at)
        self.sender = Sender()
        self.pauses: list[float] = []
        ids = count()
        self.store = DynamoDBStore(
            cast("Any", self.db),
            rental_table=RENTAL,
            vehicle_state_table=VEHICLE_STATES,
            fence=Fence(RENTAL, Writer(REGION, 1)),
            retries=Retries(pause=self.pauses.append, chance=lambda: 0.5),
        )
        parts: dict[str, Any] = {
            "market": self.market,
            "store": self.store,
            "sender": self.sender,
            "clock": self.clock,
            "new_id": lambda: f"public-{next(ids)}",
        }
        self.service = RentalService(**parts)
        self.operations = RentalOperations(**parts)
        self.standby = RentalService(**parts, writes_enabled=False)
        self.standby_operations = RentalOperations(**parts, writes_enabled=False)
        self.cars = [f"SG-EV-{number:06d}" for number in range(1, cars + 1)]
        self.riders = [f"rider-{number}" for number in range(1, riders + 1)]
        self.station = next(iter(stations(market).values()))
        for bay_id in self.station.bays:
            self.operations.register_bay(BayRef(station_id=self.station.station_id, bay_id=bay_id))
        for number, car in enumerate(self.cars):
            self.operations.register_vehicle(car, TYPE, self.bay(number) if parked else None)
            self.see(car)
        for rider in self.riders:
            self.operations.register_rider(rider, verified=True)

    def bay(self, number: int) -> BayRef:
        return BayRef(station_id=self.station.station_id, bay_id=self.station.bays[number])

    def see(
        self,
        car: str,
        *,
        soc: float | None = 80.0,
        seen: int | None = None,
        odometer: int | None = 1_000_000,
        blocking: tuple[str, ...] = (),
        position: tuple[float, float] | None = (1.30, 103.85),
        contact: tuple[str, int] | None = None,
    ) -> None:
        """Telemetry reports: writes the car's item as the processor does, and leaves the rental's part."""
        leaves: dict[str, Any] = {} if odometer is None else {"odometer": odometer}
        if position is not None:
            leaves |= {"latitude": position[0], "longitude": position[1]}
        item: dict[str, Any] = {
            "vehicle_id": {"S": car},
            "revision": {"N": "7"},
            "last_seen": {"N": str(self.clock.now if seen is None else seen)},
            "leaves": {"S": json.dumps(leaves)},
        }
        if soc is not None:
            item["soc"] = {"N": repr(soc)}
        if blocking:
            item["blocking_alerts"] = {"SS": list(blocking)}
        if contact is not None:
            item["contact"], item["contact_at"] = {"S": contact[0]}, {"N": str(contact[1])}
        old = self.db.tables[VEHICLE_STATES].get((car,), {})
        if "rental_state" in old:
            item["rental_state"] = old["rental_state"]
        self.db.put(VEHICLE_STATES, (car,), item)

    def answer(self, command: Command, result: AckResult = AckResult.DONE, *, at: int | None = None) -> Ack:
        """What the car says to a command, by default now."""
        received = self.clock.now if at is None else at
        return Ack(
            command_id=command.command_id,
            vehicle_id=command.vehicle_id,
            result=result,
            received_at=received,
            reason="door open" if result is AckResult.REFUSED else None,
        )

    def play(self, faults: list[str | None]) -> None:
        """The next calls meet these faults, one each."""
        script = iter(faults)
        self.db.fault = lambda _: next(script, None)

    def calls(self, step: Callable[[], object]) -> list[str]:
        """The AWS calls that a step makes."""
        before = len(self.db.calls)
        step()
        return list(self.db.calls[before:])
