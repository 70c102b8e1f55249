"""What a rider would notice of the rider API, asked from outside. Python 3.12, the standard library only.

CloudWatch Synthetics runs `rider_api.handler`; a run that raises has failed:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Synthetics_Canaries_WritingCanary_Python.html
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

TIMEOUT_SECONDS = 10
MAX_AGE_SECONDS = 300
MAX_BYTES = 10_000_000

Answer = tuple[int, bytes]
Document = dict[str, Any]


class ProbeError(Exception):
    """The API does not do what riders need; the message names each path and what is wrong with it."""


@dataclass(frozen=True)
class Check:
    """Ask for `path` and expect `status`; `fault` then looks at the JSON and says what is wrong, or ""."""

    path: str
    status: int
    fault: Callable[[Document, datetime], str]


def _has_feeds(document: Document, _: datetime) -> str:
    return "" if document["data"]["feeds"] else "no feed is listed"


def _is_fresh(document: Document, now: datetime) -> str:
    age = (now - datetime.fromisoformat(document["last_updated"])).total_seconds()
    return "" if age <= MAX_AGE_SECONDS else f"last_updated is {age:.0f} s ago"


def _is_problem(document: Document, _: datetime) -> str:
    return "" if document.get("status") == 401 else "the refusal is no problem document of ours"


# Gateway, function and tables answer; nobody gets a rider's data without a token.
CHECKS = (
    Check("/gbfs/3/gbfs.json", 200, _has_feeds),
    Check("/gbfs/3/vehicle_status.json", 200, _is_fresh),
    Check("/v1/bookings", 401, _is_problem),
)


def probe(base_url: str, ask: Callable[[str], Answer], now: datetime) -> None:
    """Make every check. Raises ProbeError that names all that failed."""
    faults = [fault for check in CHECKS if (fault := _fault(check, base_url, ask, now))]
    if faults:
        raise ProbeError("; ".join(faults))


def _fault(check: Check, base_url: str, ask: Callable[[str], Answer], now: datetime) -> str:
    try:
        status, body = ask(base_url.rstrip("/") + check.path)
        if status != check.status:
            return f"{check.path}: status {status}, {check.status} is expected"
        fault = check.fault(json.loads(body), now)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return f"{check.path}: {type(error).__name__}: {error}"
    return f"{check.path}: {fault}" if fault else ""


def ask(url: str) -> Answer:
    """GET `url`; a refusal is an answer. Raises OSError when there is none, ValueError for plain HTTP."""
    if not url.startswith("https://"):
        raise ValueError(f"{url} is not HTTPS")
    request = Request(url, headers={"User-Agent": "blue-horizons-canary"})  # noqa: S310 - HTTPS, see above
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310 - HTTPS, see above
            return response.status, response.read(MAX_BYTES)
    except HTTPError as refusal:
        return refusal.code, refusal.read(MAX_BYTES)


def handler(_event: object, _context: object) -> str:
    """One run of the canary."""
    probe(os.environ["RIDER_API_URL"], ask, datetime.now(UTC))
    return "the rider API answers"
