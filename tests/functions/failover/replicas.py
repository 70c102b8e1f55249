"""Two Regions with replicas of the same tables: asynchronous, item by item, the last writer of an item wins.

What one Region writes is on its way until it is delivered, in any order between items. A Region may be lost
(no call of it is answered, and what it had not sent stays there) and the two may not hear each other.
"""

import copy
from collections.abc import Callable
from itertools import count
from typing import Any, Final, cast

from ev_rental.rental.command import Ack, Command
from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.market import rental_market, stations
from ev_rental.rental.operations import RentalOperations
from ev_rental.rental.service import RentalService
from ev_rental.rental.station import BayRef
from ev_rental.rental.vocabulary import AckResult
from ev_rental.vocabulary import Market
from rental_store.fence import ENTITY, SHARDS, Fence, Writer, fence_key, writer_from
from rental_store.retries import Retries
from rental_store.store import DynamoDBStore
from tests.functions.rental.fake_dynamodb import RENTAL, VEHICLE_STATES, FakeDynamoDB, Item, Key
from tests.functions.rental.world import TYPE, Clock, Sender

HOME, AWAY = "ap-southeast-1", "ap-southeast-5"
REGIONS: Final = (HOME, AWAY)
Place = tuple[str, Key]


class FencedWriteError(AssertionError):
    """A Region wrote after its own replica had told it that another one is the writer."""


class Replica(FakeDynamoDB):
    """The tables of one Region. `stamps`: when each item was last written, anywhere."""

    def __init__(self, region: str, time: Callable[[], int]) -> None:
        super().__init__()
        self.region = region
        self.lost = False
        self.writer = Writer(region, 0)
        self.stamps: dict[Place, int] = {}
        self.outgoing: dict[Place, tuple[int, Item]] = {}
        self._time = time
        self.fault = lambda _: "timeout_before" if self.lost else None

    def put(self, table: str, key: Key, item: Item) -> None:
        if table == RENTAL and item["entity"]["S"] != ENTITY:
            self._expect_not_fenced()
        super().put(table, key, item)
        self.stamps[table, key] = self._time()
        # Only the newest state of an item is of interest to the other Region.
        self.outgoing[table, key] = (self.stamps[table, key], copy.deepcopy(item))

    def receive(self, place: Place, stamp: int, item: Item) -> None:
        """A write of the other Region arrives."""
        if stamp > self.stamps.get(place, -1):
            table, key = place
            super().put(table, key, item)
            self.stamps[place] = stamp

    def writers_seen(self) -> list[Writer | None]:
        """What each shard of the fence says here."""
        keys = [tuple(part["S"] for part in fence_key(shard).values()) for shard in range(SHARDS)]
        return [writer_from(self.tables[RENTAL].get(key, {})) for key in keys]

    def _expect_not_fenced(self) -> None:
        later = [seen for seen in self.writers_seen() if seen and seen.epoch > self.writer.epoch]
        if len(later) == SHARDS:
            raise FencedWriteError(f"{self.writer} wrote although {later[0]} does")


class Site:
    """What is deployed in one Region. A Region that is lost keeps what it was deployed with."""

    def __init__(self, region: str, time: Callable[[], int], clock: Clock, sender: Sender) -> None:
        self.region = region
        self.db = Replica(region, time)
        self._clock, self._sender = clock, sender
        self.deploy(epoch=1, writes=False)

    def deploy(self, *, epoch: int, writes: bool) -> None:
        """`pulumi up` with this configuration."""
        self.writes, self.db.writer = writes, Writer(self.region, epoch)
        ids = count()
        self.store = DynamoDBStore(
            cast("Any", self.db),
            rental_table=RENTAL,
            vehicle_state_table=VEHICLE_STATES,
            fence=Fence(RENTAL, self.db.writer),
            retries=Retries(pause=lambda _: None, chance=lambda: 0.5),
        )
        parts: dict[str, Any] = {
            "market": rental_market(Market.SINGAPORE),
            "store": self.store,
            "sender": self._sender,
            "clock": self._clock,
            "new_id": lambda: f"public-{self.region}-{epoch}-{next(ids)}",
            "writes_enabled": writes,
        }
        self.service = RentalService(**parts)
        self.operations = RentalOperations(**parts)


class TwoRegions:
    """A market in two Regions, with cars, riders and bays that both know."""

    def __init__(self, *, cars: int = 2, riders: int = 2) -> None:
        ticks = count()
        self.clock, self.sender = Clock(), Sender()
        self.home, self.away = (
            Site(region, lambda: next(ticks), self.clock, self.sender) for region in REGIONS
        )
        self.sites = {HOME: self.home, AWAY: self.away}
        self.epoch = 1
        self.cut = False
        self.home.deploy(epoch=1, writes=True)
        self.cars = [f"SG-EV-{number:06d}" for number in range(1, cars + 1)]
        self.riders = [f"rider-{number}" for number in range(1, riders + 1)]
        self.station = next(iter(stations(Market.SINGAPORE).values()))
        for number in range(4):
            self.home.operations.register_bay(self.bay(number))
        for number, car in enumerate(self.cars):
            self.home.operations.register_vehicle(car, TYPE, self.bay(number))
        for rider in self.riders:
            self.home.operations.register_rider(rider, verified=True)
        self.cars_report()
        self.deliver()

    def bay(self, number: int) -> BayRef:
        return BayRef(station_id=self.station.station_id, bay_id=self.station.bays[number])

    def other(self, site: Site) -> Site:
        return self.away if site is self.home else self.home

    def cars_report(self) -> None:
        """Telemetry: written, as the processor does, where the latest fence says."""
        answering = [one for one in self.sites.values() if not one.db.lost]
        if not answering:
            return
        writer = max(
            (seen for one in answering for seen in one.db.writers_seen() if seen),
            key=lambda seen: seen.epoch,
        )
        site = self.sites[writer.region]
        if site.db.lost:
            return
        for car in self.cars:
            old = site.db.tables[VEHICLE_STATES].get((car,), {})
            item = {
                "vehicle_id": {"S": car},
                "last_seen": {"N": str(self.clock.now)},
                "leaves": {"S": '{"odometer": 1000000}'},
                "soc": {"N": "80.0"},
            }
            site.db.put(VEHICLE_STATES, (car,), {**old, **item})

    def deliver(self, choose: Callable[[Place], bool] = lambda _: True) -> None:
        """What is on its way arrives, as far as the Regions hear each other."""
        if self.cut or any(site.db.lost for site in self.sites.values()):
            return
        for site in self.sites.values():
            target = self.other(site).db
            for place in [place for place in site.db.outgoing if choose(place)]:
                target.receive(place, *site.db.outgoing.pop(place))

    def promote(self, site: Site, *, planned: bool) -> None:
        """The runbook: planned, both are told and the last write arrives first; else only one is touched."""
        self.epoch += 1
        if planned:
            for one in self.sites.values():
                one.deploy(epoch=self.epoch - 1, writes=False)
            self.deliver()
        site.deploy(epoch=self.epoch, writes=True)

    def answer(self, site: Site, command: Command) -> Any:
        """The car's answer reaches a Region."""
        ack = Ack(
            command_id=command.command_id,
            vehicle_id=command.vehicle_id,
            result=AckResult.DONE,
            received_at=self.clock.now,
        )
        return site.operations.acknowledge(ack)

    def settle(self, site: Site) -> int:
        """Reconciles until there is nothing left to do; the number of runs that did something."""
        for runs in range(5):
            swept = site.operations.reconcile()
            assert not swept.failed, swept.failed
            if not swept.done:
                return runs
        raise AssertionError("reconciling does not come to an end")


def refusal(call: Callable[[], object]) -> ErrorCode | None:
    """Why a Region says no."""
    try:
        call()
    except RentalError as error:
        return error.code
    return None
