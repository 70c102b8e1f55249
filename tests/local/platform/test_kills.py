"""Whatever process is killed in the middle of things: it comes back, and nothing promised is lost."""

import json
import os
import signal
from collections.abc import Callable
from itertools import count
from threading import Event, Thread
from typing import Any

import psutil
import pytest

from local.control import stop
from local.deploy.clients import Clients
from local.folder import Folder
from local.supervisor import Status, is_running
from tests.local.platform.world import Api, DrivenCar, World, eventually

ROOMS = ["aws", "functions", "iot", "front"]


def processes(folder: Folder) -> dict[str, Any]:
    status = Status.load(folder)
    assert status is not None
    return status.processes


def kill(folder: Folder, room: str) -> Callable[[], bool]:
    """Kill a process; what is returned tells whether another one has taken its place."""
    before = processes(folder)[room]
    os.kill(before["pid"], signal.SIGKILL)
    return lambda: (
        processes(folder)[room]["restarts"] > before["restarts"]
        and processes(folder)[room]["state"] == "running"
    )


def told(world: World, vehicle_id: str) -> set[int]:
    """The sequences of a car that are in the stream."""
    stream = next(world.deployment.all("aws:kinesis/stream:Stream"))
    kinesis = Clients(world.endpoints.url("aws"))("kinesis", stream.region)
    asked = {"ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    iterator = kinesis.get_shard_iterator(StreamName=stream["name"], **asked)["ShardIterator"]
    found = set()
    while records := (page := kinesis.get_records(ShardIterator=iterator))["Records"]:
        for record in records:
            message = json.loads(record["Data"])
            if message["recordType"] == "telemetry" and message["topicVehicleId"] == vehicle_id:
                found.add(message["sequence"])
        iterator = page["NextShardIterator"]
    return found


class Chatter:
    """A car that reports all the time, in a thread; `acknowledged`: what the broker said it has."""

    def __init__(self, car: DrivenCar) -> None:
        self._car = car
        self._over = Event()
        self._thread = Thread(target=self._run)
        self.acknowledged: set[int] = set()

    def _run(self) -> None:
        for _ in count():
            if self._over.wait(0.02):
                return
            # Returns when it is acknowledged, over however many connections.
            self.acknowledged.add(self._car.send()["sequence"])

    def __enter__(self) -> "Chatter":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def bookable(rider: Api, vehicle_id: str) -> bool:
    near = rider.get("/v1/vehicles?latitude=1.2834&longitude=103.8607")["vehicles"]
    return vehicle_id in [one["vehicleId"] for one in near]


def insist(rider: Api, path: str, body: Any, key: str, status: int) -> Any:
    """As an app does: the same request with the same key, until the platform answers."""

    def asked() -> Any:
        try:
            answer = rider.call("POST", path, body, key=key)
        except OSError:
            return None
        return answer.body if answer.status == status else None

    return eventually(asked, f"{path} answered with {status}")


@pytest.mark.parametrize("room", ROOMS)
def test_a_ride_and_every_message_outlive_the_kill_of(room: str, world: World, vehicle_id: str) -> None:
    bus = world.listening()
    rider = world.rider(f"{room}@example.com")
    with world.car(vehicle_id) as car, Chatter(car) as chatter:
        eventually(lambda: len(chatter.acknowledged) > 20, "some messages")
        # A refusal would be remembered with its key.
        eventually(lambda: bookable(rider, vehicle_id), "a car to book")
        back = kill(world.folder, room)
        body = {"vehicleId": vehicle_id}
        booking = insist(rider, "/v1/bookings", body, f"{room}-book", 201)
        assert insist(rider, "/v1/bookings", body, f"{room}-book", 201) == booking
        path = f"/v1/bookings/{booking['bookingId']}"
        eventually(back, f"{room} again")
        began = len(chatter.acknowledged)
        eventually(lambda: len(chatter.acknowledged) > began + 20, "messages after that")
        insist(rider, f"{path}/start", None, f"{room}-start", 202)
        assert car.obey()["action"] == "unlock"
        bus.wait_for("trip.started", booking_id=booking["bookingId"])
        vehicle = world.staff().get(f"/v1/vehicles/{vehicle_id}")["vehicle"]
        bay = world.bays[vehicle_id]
        assert vehicle["state"] == "on_trip"
        insist(rider, f"{path}/end", {"bay": bay}, f"{room}-end", 202)
        assert car.obey()["action"] == "lock"
    bus.wait_for("invoice.issued", booking_id=booking["bookingId"])
    mine = [one["bookingId"] for one in rider.get("/v1/bookings")["bookings"]]
    assert mine == [booking["bookingId"]]
    assert len(rider.get("/v1/invoices")["invoices"]) == 1
    assert chatter.acknowledged <= told(world, vehicle_id)


def test_a_platform_whose_supervisor_is_killed_ends_by_itself_and_goes_on_when_it_is_brought_up(
    world: World, vehicle_id: str, bring_up: Callable[..., None]
) -> None:
    rider = world.rider("grace@example.com")
    with world.car(vehicle_id) as car:
        car.send()
        eventually(lambda: bookable(rider, vehicle_id), "a car to book")
        booking = insist(rider, "/v1/bookings", {"vehicleId": vehicle_id}, "grace-book", 201)
    status = Status.load(world.folder)
    assert status is not None
    ours = [psutil.Process(one["pid"]) for one in status.processes.values() if one["state"] == "running"]
    ours += [child for one in ours for child in one.children(recursive=True)]
    os.kill(status.pid, signal.SIGKILL)
    _, alive = psutil.wait_procs(ours, timeout=20)
    assert [one for one in alive if one.is_running() and one.status() != psutil.STATUS_ZOMBIE] == []
    assert not is_running(world.folder)
    bring_up(world.folder)
    again = World(world.folder)
    mine = again.rider("grace@example.com").get("/v1/bookings")["bookings"]
    assert [one["bookingId"] for one in mine] == [booking["bookingId"]]


def test_what_a_stopped_platform_knows_is_there_when_it_is_brought_up_again(
    world: World, bring_up: Callable[..., None]
) -> None:
    before = len(World(world.folder).staff().get("/v1/vehicles")["vehicles"])
    assert stop(world.folder)
    assert not stop(world.folder)
    bring_up(world.folder)
    assert len(World(world.folder).staff().get("/v1/vehicles")["vehicles"]) == before
