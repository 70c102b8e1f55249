"""The staff API: what the list of 1,000 cars costs and how large it is.

The list goes through the whole handler. A real botocore client's calls are answered at the last moment before
the socket, with the JSON that DynamoDB would send, so botocore's own work is in the figures and the network
is not. The first list of a moment reads the fleet, the others of the next two seconds share it.
"""

import gzip
import io
import json
import os
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from unittest.mock import patch

from botocore.awsrequest import AWSResponse
from botocore.session import get_session

from backoffice_store import connect
from ev_rental.rental.vehicle import RentalVehicle, state_shard
from ev_rental.rental.vocabulary import VehicleEvent
from ev_rental.vehicle import Vehicle
from ev_rental.vocabulary import RentalState
from rental_store.items import entity_attributes
from staff_api import handler as staff_api
from telemetry_processor.items import vehicle_attributes

CARS: Final = 1_000
LOOKS: Final = 12
POLLS: Final = 40
NOW: Final = 1_772_596_800_000
_ENVIRONMENT: Final = {
    "MARKET": "sg",
    "RENTAL_TABLE": "rental",
    "VEHICLE_STATE_TABLE": "vehicle-state",
    "ALERTS_TABLE": "alerts",
    "BACKOFFICE_TABLE": "backoffice",
    "RECENT_TELEMETRY_TABLE": "recent",
    "KPI_TABLE": "kpi",
    "TABLES_REGION": "ap-southeast-1",
    "IOT_REGION": "ap-southeast-1",
    "WRITES_ENABLED": "true",
    "WRITER_EPOCH": "1",
    "LOCALE": "en-SG",
    "ALLOWED_ORIGIN": "https://backoffice.sg.example.com",
}
_STATES: Final = (RentalState.AVAILABLE, RentalState.AVAILABLE, RentalState.ON_TRIP, RentalState.RESERVED)


class _Body(io.BytesIO):
    def stream(self) -> Iterator[bytes]:
        yield self.getvalue()


class _DynamoDB:
    """Answers the reads of a fleet whose every car has told all its leaves."""

    def __init__(self) -> None:
        names = [f"SG-EV-{number:06d}" for number in range(CARS)]
        by_shard: dict[str, list[Any]] = {}
        for number, name in enumerate(names):
            state = _STATES[number % len(_STATES)]
            vehicle = RentalVehicle(
                vehicle_id=name,
                vehicle_type_id="compact",
                public_id=f"0f0b6a5e-0000-4000-8000-{number:012d}",
                market="sg",
                state=state,
                version=number % 90 + 1,
                changed_at=NOW - number * 1_000,
                event_types=[VehicleEvent.TRIP_END],
                station_id="sg-marina-bay",
                bay_id="01",
            )
            by_shard.setdefault(state_shard(state, name), []).append(entity_attributes(vehicle))
        self.states = {name: json.dumps(self._state(number, name)) for number, name in enumerate(names)}
        self.shards = {
            shard: json.dumps({"Items": items, "Count": len(items)}) for shard, items in by_shard.items()
        }

    @staticmethod
    def _state(number: int, name: str) -> dict[str, Any]:
        told = {
            "speed": float(number % 60),
            "odometer": 10_000_000 + number,
            "latitude": 1.25 + number % 97 / 500,
            "longitude": 103.7 + number % 89 / 300,
            "heading": float(number % 360),
            "accuracy": 4.5,
            "fix_time": "2026-03-04T04:00:00Z",
            "soc": 20.0 + number % 80,
            "soh": 97.5,
            "range": 200_000 + number,
            "pack_voltage": 396.2,
            "pack_current": 12.5,
            "cell_min": 3.91,
            "cell_max": 3.93,
            "temperature_max": 31.0,
            "temperature_average": 29.5,
            "charging": number % 7 == 0,
            "cable_connected": number % 7 == 0,
            "low_voltage": 12.7,
            "locked_fd": True,
            "locked_fp": True,
            "locked_rd": True,
            "locked_rp": True,
            "tyre_fl": 250,
            "tyre_fr": 251,
            "tyre_rl": 249,
            "tyre_rr": 250,
        }
        vehicle = Vehicle(vehicle_id=name, ts=NOW, seq=number, last_seen=NOW - number, leaves=told)
        item: dict[str, Any] = {"vehicle_id": {"S": name}, **vehicle_attributes(vehicle)}
        return {name: value for name, value in item.items() if name not in ("memory", "revision", "seq")}

    def answer(self, request: Any, **_: Any) -> Any:  # noqa: ANN401 - botocore's prepared request
        asked = json.loads(request.body)
        if "RequestItems" in asked:
            keys = asked["RequestItems"]["vehicle-state"]["Keys"]
            found = ", ".join(self.states[key["vehicle_id"]["S"]] for key in keys)
            told = f'{{"Responses": {{"vehicle-state": [{found}]}}, "UnprocessedKeys": {{}}}}'
        else:
            told = self.shards.get(asked["ExpressionAttributeValues"][":hash"]["S"], '{"Items": []}')
        headers: Any = {"content-type": "application/x-amz-json-1.0"}
        return AWSResponse(request.url, 200, headers, _Body(told.encode()))


def _event(tag: str = "") -> dict[str, Any]:
    headers = {"Authorization": "Bearer " + "x" * 900} | ({"If-None-Match": tag} if tag else {})
    claims = {
        "sub": "sub",
        "token_use": "access",
        "scope": "openid backoffice/staff",
        "cognito:groups": "operations",
    }
    return {
        "resource": "/v1/vehicles",
        "path": "/v1/vehicles",
        "httpMethod": "GET",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {"limit": "1000"},
        "multiValueQueryStringParameters": {"limit": ["1000"]},
        "requestContext": {"requestId": "r", "stage": "live", "authorizer": {"claims": claims}},
        "body": None,
        "isBase64Encoded": False,
    }


def _milliseconds(event: dict[str, Any], status: int) -> tuple[float, str, str]:
    start = time.perf_counter()
    answer = staff_api.handler(event, None)  # type: ignore[arg-type]  # the context is not used
    spent = 1000 * (time.perf_counter() - start)
    if answer["statusCode"] != status:
        raise RuntimeError(f"{answer['statusCode']}: {answer['body']}")
    return spent, answer["body"] or "", answer["multiValueHeaders"]["ETag"][0]


def run() -> dict[str, Any]:
    """Measures, prints a line a figure and returns the same figures."""
    client: Any = get_session().create_client(
        "dynamodb",
        region_name="ap-southeast-1",
        aws_access_key_id="nobody",
        aws_secret_access_key="nothing",  # noqa: S106 - requests never leave the process
        config=connect.CALLS,
    )
    client.meta.events.register("before-send.dynamodb", _DynamoDB().answer)
    now = [NOW]

    class Session:
        def create_client(self, *_: object, **__: object) -> Any:  # noqa: ANN401 - a client
            return client

    with (
        patch.dict(os.environ, _ENVIRONMENT),
        patch.object(connect, "get_session", Session),
        patch.object(connect, "now_ms", lambda: now[0]),
        ThreadPoolExecutor(connect.READERS) as readers,
        patch.object(connect, "ThreadPoolExecutor", lambda *_, **__: readers),
    ):
        staff_api.router.cache_clear()
        staff_api.environment.cache_clear()
        looks, polls, unchanged = [], [], []
        text = ""
        for _ in range(LOOKS):
            now[0] += 2_001
            spent, text, _tag = _milliseconds(_event(), 200)
            looks.append(spent)
        for _ in range(POLLS):
            spent, text, tag = _milliseconds(_event(), 200)
            polls.append(spent)
            unchanged.append(_milliseconds(_event(tag), 304)[0])
        staff_api.router.cache_clear()
        staff_api.environment.cache_clear()
    body = text.encode()
    figures = {
        "cars": CARS,
        "first_look_milliseconds": round(statistics.median(looks[2:]), 1),
        "shared_look_milliseconds": round(statistics.median(polls), 1),
        "shared_look_milliseconds_p95": round(sorted(polls)[int(POLLS * 0.95)], 1),
        "unchanged_milliseconds": round(statistics.median(unchanged), 1),
        "bytes": len(body),
        "bytes_compressed": len(gzip.compress(body, 6)),
    }
    print(
        f"staff, list of {CARS} cars beside the network: {figures['first_look_milliseconds']} ms with the "
        f"reads, {figures['shared_look_milliseconds']} ms (p95 {figures['shared_look_milliseconds_p95']}) "
        f"within 2 s, {figures['unchanged_milliseconds']} ms unchanged"
    )
    print(
        f"staff, list of {CARS} cars: {len(body) / 1024:.0f} KiB, "
        f"{figures['bytes_compressed'] / 1024:.0f} KiB compressed"
    )
    return figures


if __name__ == "__main__":
    run()
