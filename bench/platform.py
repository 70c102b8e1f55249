"""The platform on this machine under load: a thousand cars and a rush hour, every message accounted for.

    python -m bench.platform [--cars 100,1000] [--minutes 10] [--speed 4] [--kill aws,functions,iot,front]

Each size has a platform of its own. The smaller one is the reference: figures are told with their growth from
it. With `--kill` these processes are killed with SIGKILL one after another, spread over the run, and all must
be accounted for as without.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any, Final
from urllib.request import urlopen

from local.control import UpOptions, forget, stop, up
from local.deploy.clients import Clients
from local.deployment import Deployment
from local.endpoints import Endpoints
from local.folder import ROOT, Folder, python_environment
from local.supervisor import Options, Status

CARS: Final = (100, 1_000)
RIDERS_PER_CAR: Final = 0.2
MINUTES: Final = 10.0
SPEED: Final = 4.0
_SAMPLE_SECONDS: Final = 2.0
_DRAIN_SECONDS: Final = 120.0


class NotAccountedError(Exception):
    """Something was lost or doubled; the message says what."""


def run(
    cars: Sequence[int] = CARS, minutes: float = MINUTES, speed: float = SPEED, kills: Sequence[str] = ()
) -> dict[str, Any]:
    """The figures of each size, and the growth from the first to the last."""
    figures = {str(count): _measure(count, minutes, speed, kills) for count in cars}
    first, last = figures[str(cars[0])], figures[str(cars[-1])]
    numbers = [name for name, value in first.items() if isinstance(value, int | float) and value]
    growth = {name: round(last[name] / first[name], 2) for name in numbers}
    width = max(map(len, first))
    print(f"platform: {minutes:g} minutes of simulated time, {speed:g} times as fast")
    for name in first:
        cells = "".join(f"{figures[str(count)][name]!s:>12}" for count in cars)
        print(f"  {name:<{width}}{cells}{growth.get(name, ''):>9}")
    return {"minutes": minutes, "speed": speed, "killed": list(kills), "cars": figures, "growth": growth}


def _measure(cars: int, minutes: float, speed: float, kills: Sequence[str]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as place:
        folder = Folder(Path(place) / "dev")
        began = time.monotonic()
        lifeline, held = os.pipe()  # the platform ends with this process, however that ends
        up(folder, UpOptions(Options(cars=0), speed, lifeline=lifeline), lambda _: None)
        ready = time.monotonic() - began
        try:
            return {
                "ready_s": round(ready, 1),
                **_loaded(folder, cars, minutes, _Kills(folder, kills, minutes * 60 / speed)),
            }
        finally:
            stop(folder)
            forget(folder)
            os.close(lifeline)
            os.close(held)


class _Kills:
    """Processes that are killed one after another, spread over the seconds of a run."""

    def __init__(self, folder: Folder, processes: Sequence[str], seconds: float) -> None:
        self._folder, self._processes = folder, processes
        for name in processes:  # a wrong name is told before the load, not after half of it
            self._of(name)
        self._pause = seconds / (len(processes) + 1)
        self.back_after = [0.0]
        """Seconds until each was running again."""

    def run(self, over: Event) -> None:
        for name in self._processes:
            if over.wait(self._pause):
                return
            before = self._of(name)
            os.kill(before["pid"], signal.SIGKILL)
            began = time.monotonic()
            _waited(partial(self._came_back, name, before), began, partial("{}, killed,".format, name))
            self.back_after.append(time.monotonic() - began)

    def _came_back(self, name: str, before: Mapping[str, Any]) -> bool:
        now = self._of(name)
        return bool(now["restarts"] > before["restarts"] and now["state"] == "running")

    def _of(self, name: str) -> Mapping[str, Any]:
        status = Status.load(self._folder)
        processes: Mapping[str, Mapping[str, Any]] = status.processes if status else {}
        if name not in processes:
            raise SystemExit(f"--kill {name!r}: the processes are {', '.join(processes) or 'gone'}")
        return processes[name]


def _loaded(folder: Folder, cars: int, minutes: float, kills: _Kills) -> dict[str, Any]:
    ports = Endpoints.load(folder.endpoints)
    riders = round(cars * RIDERS_PER_CAR)
    numbers = [f"--cars={cars}", f"--riders={riders}", f"--minutes={minutes}"]
    ages: list[float] = [0.0]
    waits: list[float] = [0.0]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "local.fleet", str(folder.path), *numbers, "--scenario=rush-hour", "--json"],
        cwd=ROOT,
        env=python_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as fleet:
        over = Event()

        def sample() -> None:
            told = _json(f"{ports.url('functions')}/_local/status")
            ages.extend(one["ageSeconds"] or 0.0 for one in told["mappings"])
            queues = _json(f"{ports.url('aws')}/_local/status")["queues"]
            waits.extend(one["oldestAgeSeconds"] or 0.0 for one in queues if not one["deadLetters"])

        def sampling() -> None:
            while not over.wait(_SAMPLE_SECONDS):
                with suppress(OSError):  # who is killed does not answer
                    sample()

        with ThreadPoolExecutor() as pool:
            watching = [pool.submit(sampling), pool.submit(kills.run, over)]
            output, _ = fleet.communicate()
            over.set()
        for one in watching:
            one.result()
    account = json.loads(output)
    return {
        **_accounted(folder, account),
        "oldest_record_s": max(ages),
        "oldest_message_s": max(waits),
        "kills": len(kills.back_after) - 1,
        "back_after_s": round(max(kills.back_after), 1),
    }


def _accounted(folder: Folder, account: Mapping[str, Any]) -> dict[str, Any]:
    """What became of all that was sent and booked. Raises NotAccountedError for what was lost or doubled."""
    ports, deployment = Endpoints.load(folder.endpoints), Deployment.load(folder.deployment)
    aws = Clients(ports.url("aws"))
    stream = next(deployment.all("aws:kinesis/stream:Stream"))
    sent = account["cars"]
    records = Counter(
        (message["topicVehicleId"], message["sequence"])
        for message in _records(aws("kinesis", stream.region), str(stream["name"]))
        if message["recordType"] == "telemetry"
    )
    streamed = Counter(vehicle_id for vehicle_id, _ in records)
    missing = {name: car["reports"] - streamed[name] for name, car in sent.items()}
    lost = sum(max(0, count) for count in missing.values())
    drained = _drained(aws, deployment, sent)
    rides = account["rides"]
    bookings = [ride["booking_id"] for ride in rides if ride["booking_id"]]
    overlaps = _overlaps(aws, deployment)
    ended = [ride for ride in rides if ride["outcome"] in ("returned", "invoiced")]
    queues = _json(f"{ports.url('aws')}/_local/status")["queues"]
    dead = sum(one["visible"] + one["hidden"] for one in queues if one["deadLetters"])
    _hold(lost == 0, f"{lost} acknowledged messages are not in the stream")
    _hold(len(set(bookings)) == len(bookings), "a booking was answered twice")
    _hold(overlaps == 0, f"{overlaps} cars were booked twice at a time")
    _hold(dead == 0, f"{dead} dead letters")
    return {
        "messages": sum(car["acknowledged"] for car in sent.values()),
        "reports": sum(car["reports"] for car in sent.values()),
        "in_stream": len(records),
        "came_twice": records.total() - len(records),
        "lost": lost,
        "drained_s": drained,
        "rides": len(rides),
        "booked": len(bookings),
        "returned": len(ended),
        "invoiced": sum(bool(ride["invoice_id"]) for ride in rides),
        "double_booked": overlaps,
        "dead_letters": dead,
    }


def _records(kinesis: Any, name: str) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - a botocore client
    for shard in kinesis.list_shards(StreamName=name)["Shards"]:
        asked = {"StreamName": name, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = kinesis.get_shard_iterator(**asked)["ShardIterator"]
        while True:
            page = kinesis.get_records(ShardIterator=iterator, Limit=5_000)
            if not page["Records"]:
                break
            for record in page["Records"]:
                yield json.loads(record["Data"])
            iterator = page["NextShardIterator"]


def _drained(aws: Clients, deployment: Deployment, sent: Mapping[str, Any]) -> float:
    """Seconds until the state of every car is that of its last message. Raises NotAccountedError."""
    table = next(
        one
        for one in deployment.all("aws:dynamodb/table:Table")
        if one.outputs.get("name") == deployment.exports["vehicleStateTable"]
    )
    began = time.monotonic()

    def behind() -> list[str]:
        pages = aws("dynamodb", table.region).get_paginator("scan").paginate(TableName=table["name"])
        known = {item["vehicle_id"]["S"]: item for page in pages for item in page["Items"]}
        return [
            f"{name} at {car['lastTimestamp']} (it is at {known[name]['ts']['N']})"
            for name, car in sent.items()
            if car["reports"] and int(known[name]["ts"]["N"]) < car["lastTimestamp"]
        ]

    return _waited(lambda: not behind(), began, lambda: f"the state of {', '.join(behind())}")


def _waited(holds: Callable[[], bool], began: float, what: Callable[[], str]) -> float:
    while not holds():
        if time.monotonic() - began > _DRAIN_SECONDS:
            raise NotAccountedError(f"{what()} is not there after {_DRAIN_SECONDS:g} s")
        Event().wait(0.5)
    return round(time.monotonic() - began, 1)


def _overlaps(aws: Clients, deployment: Deployment) -> int:
    """How many bookings of a car begin before the one before it has ended."""
    table = next(
        one
        for one in deployment.all("aws:dynamodb/table:Table")
        if one.outputs.get("name") == deployment.exports["rentalTable"]
    )
    pages = (
        aws("dynamodb", table.region)
        .get_paginator("query")
        .paginate(
            TableName=table["name"],
            IndexName="by_entity",
            KeyConditionExpression="entity = :e",
            ExpressionAttributeValues={":e": {"S": "BOOKING"}},
        )
    )
    by_car: dict[str, list[tuple[int, int]]] = {}
    for page in pages:
        for item in page["Items"]:
            end = item.get("ended_at") or item.get("changed_at") or {"N": "0"}
            if item["state"]["S"] in ("HELD", "ACTIVE"):
                end = {"N": str(2**60)}
            span = int(item["created_at"]["N"]), int(end["N"])
            by_car.setdefault(item["vehicle_id"]["S"], []).append(span)
    return sum(
        later[0] < earlier[1]
        for spans in by_car.values()
        for earlier, later in zip(sorted(spans), sorted(spans)[1:], strict=False)
    )


def _hold(holds: bool, otherwise: str) -> None:
    if not holds:
        raise NotAccountedError(otherwise)


def _json(url: str) -> Any:  # noqa: ANN401 - JSON
    with urlopen(url, timeout=30) as answer:  # noqa: S310 - an origin of ours
        return json.load(answer)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when everything is accounted for."""
    parser = argparse.ArgumentParser(prog="python -m bench.platform")
    parser.add_argument("--cars", default=",".join(map(str, CARS)), metavar="N,N")
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--speed", type=float, default=SPEED)
    parser.add_argument("--kill", default="", metavar="NAME,NAME", help="processes to kill during the run")
    given = parser.parse_args(arguments)
    kills = [name for name in given.kill.split(",") if name]
    figures = run([int(count) for count in given.cars.split(",")], given.minutes, given.speed, kills)
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
