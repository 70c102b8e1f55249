"""The platform on this machine under load: a thousand cars and a rush hour, every message accounted for.

    python -m bench.platform [--cars 100,1000] [--minutes 10] [--speed 4]

Each size has a platform of its own. The smaller one is the reference: figures are told with their growth from
it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final
from urllib.request import urlopen

from local.control import UpOptions, forget, stop, up
from local.deploy.clients import Clients
from local.deployment import Deployment
from local.endpoints import Endpoints
from local.folder import ROOT, Folder, python_environment
from local.supervisor import Options

CARS: Final = (100, 1_000)
RIDERS_PER_CAR: Final = 0.2
MINUTES: Final = 10.0
SPEED: Final = 4.0
_SAMPLE_SECONDS: Final = 2.0
_DRAIN_SECONDS: Final = 120.0


class NotAccountedError(Exception):
    """Something was lost or doubled; the message says what."""


def run(cars: Sequence[int] = CARS, minutes: float = MINUTES, speed: float = SPEED) -> dict[str, Any]:
    """The figures of each size, and the growth from the first to the last."""
    figures = {str(count): _measure(count, minutes, speed) for count in cars}
    first, last = figures[str(cars[0])], figures[str(cars[-1])]
    numbers = [name for name, value in first.items() if isinstance(value, int | float) and value]
    growth = {name: round(last[name] / first[name], 2) for name in numbers}
    width = max(map(len, first))
    print(f"platform: {minutes:g} minutes of simulated time, {speed:g} times as fast")
    for name in first:
        cells = "".join(f"{figures[str(count)][name]!s:>12}" for count in cars)
        print(f"  {name:<{width}}{cells}{growth.get(name, ''):>9}")
    return {"minutes": minutes, "speed": speed, "cars": figures, "growth": growth}


def _measure(cars: int, minutes: float, speed: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as place:
        folder = Folder(Path(place) / "dev")
        began = time.monotonic()
        up(folder, UpOptions(Options(cars=0), speed), lambda _: None)
        ready = time.monotonic() - began
        try:
            return {"ready_s": round(ready, 1), **_loaded(folder, cars, minutes)}
        finally:
            stop(folder)
            forget(folder)


def _loaded(folder: Folder, cars: int, minutes: float) -> dict[str, Any]:
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
                sample()

        thread = Thread(target=sampling, daemon=True)
        thread.start()
        output, _ = fleet.communicate()
        over.set()
        thread.join()
    account = json.loads(output)
    return {**_accounted(folder, account), "oldest_record_s": max(ages), "oldest_message_s": max(waits)}


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
            name
            for name, car in sent.items()
            if car["reports"] and int(known[name]["ts"]["N"]) < car["lastTimestamp"]
        ]

    return _waited(lambda: not behind(), began, "the state of every car")


def _waited(holds: Callable[[], bool], began: float, what: str) -> float:
    while not holds():
        _hold(time.monotonic() - began < _DRAIN_SECONDS, f"{what} is not there after {_DRAIN_SECONDS:g} s")
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
    given = parser.parse_args(arguments)
    figures = run([int(count) for count in given.cars.split(",")], given.minutes, given.speed)
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
