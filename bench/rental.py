"""The rental's functions: what a booking costs beside its AWS calls, cold starts, and what is uploaded.

A booking goes through the whole handler, from the proxy event to the response. Its calls are answered twice:
at once in place of boto's client, which leaves our own work, and by a real botocore client whose requests
are answered at the last moment before the socket, which adds botocore's.
"""

import io
import json
import os
import statistics
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, Final
from unittest.mock import patch

from botocore.awsrequest import AWSResponse
from botocore.session import get_session

from bench import FUNCTIONS
from rental_store import connect
from rider_api import handler as rider_api

BOOKINGS: Final = 300
IMPORTS: Final = 7
FLOOR: Final = (
    "import botocore.session, botocore.config, msgspec; "
    "from aws_lambda_powertools.logging import Logger; "
    "from aws_lambda_powertools.event_handler import APIGatewayRestResolver"
)
"""What any function of this kind imports: the AWS SDK, Powertools with its router, a decoder."""
_ENVIRONMENT: Final = {
    "MARKET": "sg",
    "RENTAL_TABLE": "rental",
    "VEHICLE_STATE_TABLE": "vehicle-state",
    "TABLES_REGION": "ap-southeast-1",
    "IOT_REGION": "ap-southeast-1",
    "WRITES_ENABLED": "true",
    "WRITER_EPOCH": "1",
}


class _Body(io.BytesIO):
    def stream(self) -> Iterator[bytes]:
        yield self.getvalue()


class _AtOnce:
    """Takes the place of boto's client: every call succeeds and is counted."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        def call(**request: Any) -> dict[str, Any]:  # noqa: ANN401 - any call's parameters
            self.calls.append((name, request))
            return {}

        return call


def _answer(request: Any, **_: Any) -> Any:  # noqa: ANN401 - botocore's prepared request
    headers: Any = {"content-type": "application/x-amz-json-1.0"}
    return AWSResponse(request.url, 200, headers, _Body(b"{}"))


def _real_client() -> Any:  # noqa: ANN401 - a botocore client
    client: Any = get_session().create_client(
        "dynamodb",
        region_name="ap-southeast-1",
        aws_access_key_id="nobody",
        aws_secret_access_key="nothing",  # noqa: S106 - requests never leave the process
        config=connect.CALLS,
    )
    client.meta.events.register("before-send.dynamodb", _answer)
    return client


def _booking(number: int) -> dict[str, Any]:
    """API Gateway's event of a booking with a bay to keep, as it comes: with all that surrounds it."""
    headers = {
        "Accept": "application/json",
        "Authorization": "Bearer " + "x" * 900,
        "Content-Type": "application/json",
        "Host": "api.example.com",
        "Idempotency-Key": f"5a1c2f0e-0000-4000-8000-{number:012d}",
        "User-Agent": "rider-app/3.2 (iOS 18.1)",
        "X-Amzn-Trace-Id": "Root=1-67891233-abcdef012345678912345678",
        "X-Forwarded-For": "203.0.113.7",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
    }
    claims = {
        "sub": f"0f0b6a5e-0000-4000-8000-{number:012d}",
        "token_use": "access",
        "scope": "openid rental/ride",
        "client_id": "4h57kmo2r2hd3v4hnqq1abcdef",
    }
    body = {
        "vehicleId": f"SG-EV-{number % 1000:06d}",
        "planId": "pay-as-you-go",
        "destination": {"stationId": "sg-marina-bay", "bayId": "03"},
    }
    return {
        "resource": "/v1/bookings",
        "path": "/v1/bookings",
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "stage": "live",
            "path": "/live/v1/bookings",
            "domainName": "api.example.com",
            "authorizer": {"claims": claims},
        },
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }


def _bookings(client: Any) -> tuple[float, float]:  # noqa: ANN401 - a botocore client, or what stands for it
    """(median, 99th percentile) of the handler's milliseconds for a booking whose calls `client` answers."""

    class Session:
        def create_client(self, *_: object, **__: object) -> Any:  # noqa: ANN401 - a client
            return client

    with patch.dict(os.environ, _ENVIRONMENT), patch.object(connect, "get_session", Session):
        rider_api.router.cache_clear()
        times = []
        for number in range(BOOKINGS + 20):
            event = _booking(number)
            start = time.perf_counter()
            answer = rider_api.handler(event, None)  # type: ignore[arg-type]  # the context is not used
            times.append(1000 * (time.perf_counter() - start))
            if answer["statusCode"] != 201:
                raise RuntimeError(f"the booking was refused: {answer['body']}")
        rider_api.router.cache_clear()
    measured = sorted(times[20:])
    return statistics.median(measured), measured[int(len(measured) * 0.99)]


def _import_milliseconds(code: str) -> float:
    # Processor time: importing waits for nothing, and the machine may be busy with other things.
    measured = f"import time; s = time.process_time(); {code}; print(time.process_time() - s)"
    runs = [
        subprocess.run([sys.executable, "-c", measured], cwd=FUNCTIONS, capture_output=True, check=True)  # noqa: S603 - fixed
        for _ in range(IMPORTS)
    ]
    return 1000 * min(float(run.stdout) for run in runs)


def _packages(function: str) -> list[str]:
    """The folders whose modules a function imports: what its archive must hold."""
    code = f"import sys, {function}.handler; print(*sorted({{m.partition('.')[0] for m in sys.modules}}))"
    run = subprocess.run([sys.executable, "-c", code], cwd=FUNCTIONS, capture_output=True, check=True)  # noqa: S603 - fixed
    return [name for name in run.stdout.decode().split() if (FUNCTIONS / name).is_dir()]


def _archive_bytes(packages: list[str]) -> int:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for package in packages:
            for path in sorted((FUNCTIONS / package).rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts:
                    archive.write(path, path.relative_to(FUNCTIONS))
    return len(packed.getvalue())


def run() -> dict[str, Any]:
    """Measures, prints a line a figure and returns the same figures."""
    stub = _AtOnce()
    ours, ours_worst = _bookings(stub)
    calls = [name for name, _ in stub.calls[-1:]]
    per_booking = len(stub.calls) / (BOOKINGS + 20)
    actions = len(stub.calls[-1][1]["TransactItems"])
    whole, _ = _bookings(_real_client())
    figures: dict[str, Any] = {
        "booking_overhead_milliseconds": round(ours, 3),
        "booking_overhead_milliseconds_p99": round(ours_worst, 3),
        "booking_with_botocore_milliseconds": round(whole, 3),
        "booking_aws_calls": per_booking,
        "booking_actions": actions,
    }
    print(f"rental, a booking beside its AWS calls: {ours:.2f} ms, p99 {ours_worst:.2f} ms")
    print(f"rental, a booking with botocore's own work: {whole:.2f} ms")
    # One is the least there is: what must hold together is one transaction, and every rule is its condition.
    print(f"rental, AWS calls a booking: {per_booking:g} ({', '.join(calls)} of {actions} actions)")
    floor = _import_milliseconds(FLOOR)
    figures["import_floor_milliseconds"] = round(floor)
    print(f"rental, import of botocore, Powertools and msgspec alone: {floor:.0f} ms")
    functions = sorted(path.parent.name for path in FUNCTIONS.glob("*/handler.py"))
    for function in functions:
        milliseconds = _import_milliseconds(f"import {function}.handler")
        size = _archive_bytes(_packages(function))
        figures[function] = {
            "import_milliseconds": round(milliseconds),
            "import_ratio_to_floor": round(milliseconds / floor, 2),
            "archive_bytes": size,
        }
        print(
            f"rental, {function}: import {milliseconds:.0f} ms ({milliseconds / floor:.2f} x the floor), "
            f"archive {size / 1024:.0f} KiB"
        )
    return figures


if __name__ == "__main__":
    run()
