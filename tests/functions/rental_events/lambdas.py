"""A world whose rental the functions find when they are invoked, and Lambda's part of an invocation."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ev_rental.rental.booking import Booking
from ev_rental.rental.command import Command
from ev_rental.rental.service import EndRequest, HoldRequest
from rental_events import connection
from tests.functions.rental.world import MINUTE, World

METRICS = "BlueHorizons/Rental"


class Context:
    """Lambda's context: `times` are the answers to how many ms are left, the last one for ever."""

    def __init__(self, *times: int) -> None:
        self._times = list(times) or [60_000]

    def get_remaining_time_in_millis(self) -> int:
        return self._times.pop(0) if len(self._times) > 1 else self._times[0]


@contextmanager
def deployed(world: World, *, writes_enabled: bool = True) -> Iterator[None]:
    """Functions that are invoked meanwhile work on this world."""
    ids = count()
    parts = {
        "market": world.market,
        "store": world.store,
        "clock": world.clock,
        "new_id": lambda: f"new-{next(ids)}",
        "writes_enabled": writes_enabled,
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "parts", lambda: parts)
        patch.setenv("POWERTOOLS_METRICS_NAMESPACE", METRICS)
        yield


def stored(test_file: str, name: str) -> dict[str, Any]:
    """A stored AWS event beside a test."""
    event: dict[str, Any] = json.loads((Path(test_file).parent / "events" / name).read_text(encoding="utf-8"))
    return event


def sqs_event(*bodies: Any) -> dict[str, Any]:
    """An SQS event; a body is text, or anything that becomes JSON. Message ids are `message-0` and on."""
    return {
        "Records": [
            {
                "messageId": f"message-{number}",
                "body": body if isinstance(body, str) else json.dumps(body),
                "eventSource": "aws:sqs",
            }
            for number, body in enumerate(bodies)
        ]
    }


def metrics(printed: str) -> dict[str, float]:
    """Metric (with its dimensions beyond the service) -> sum, of what was printed as EMF."""
    found: dict[str, float] = {}
    for line in printed.splitlines():
        if '"_aws"' not in line:
            continue
        emitted = json.loads(line)
        block = emitted["_aws"]["CloudWatchMetrics"][0]
        assert block["Namespace"] == METRICS
        dimensions = [emitted[name] for name in block["Dimensions"][0] if name != "service"]
        for metric in block["Metrics"]:
            name = " ".join([metric["Name"], *dimensions])
            found[name] = found.get(name, 0) + sum(emitted[metric["Name"]])
    return found


def held(world: World, number: int = 0, key: str = "hold") -> Booking:
    """The n-th rider holds the n-th car, of which telemetry has just heard."""
    world.see(world.cars[number])
    request = HoldRequest(vehicle_id=world.cars[number])
    return world.service.hold(world.riders[number], f"{key}-{number}", request)


def asked_to_start(world: World, number: int = 0, key: str = "hold") -> Command:
    booking = held(world, number, key)
    return world.service.start(booking.rider_id, f"{key}-start", booking.booking_id)


def driving(world: World, number: int = 0, key: str = "hold") -> Booking:
    command = asked_to_start(world, number, key)
    world.operations.acknowledge(world.answer(command))
    return booking_of(world, command.booking_id)


def asked_to_end(world: World, number: int = 0, key: str = "hold") -> Command:
    booking = driving(world, number, key)
    world.clock.now += 17 * MINUTE
    request = EndRequest(booking_id=booking.booking_id, bay=world.bay(number))
    return world.service.end(booking.rider_id, f"{key}-end", request)


def completed(world: World, number: int = 0, key: str = "hold") -> Booking:
    """A trip of 17 minutes that has ended."""
    command = asked_to_end(world, number, key)
    world.operations.acknowledge(world.answer(command))
    return booking_of(world, command.booking_id)


def booking_of(world: World, booking_id: str) -> Booking:
    booking = world.store.booking(booking_id)
    assert booking is not None
    return booking
