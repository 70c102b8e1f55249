"""How a function shows, before it gets any traffic, that its new version works.

`functions/pretraffic_hook/checks.py` reads these lines, sends the event and looks at the answer.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

_ERROR = re.compile(r"[A-Z][A-Za-z0-9]{0,63}")
_TASK = re.compile(r"[a-z][a-z0-9-]{0,63}")
_PATH = re.compile(r"/[\w./-]{0,200}", re.ASCII)


@dataclass(frozen=True)
class HealthCheck:
    """One line, "<kind> <argument>": make it with the methods below."""

    line: str

    @classmethod
    def get(cls, path: str) -> Self:
        """A function behind a REST API: GET `path` without a token is answered, with no 5xx."""
        if not _PATH.fullmatch(path):
            raise ValueError(f"path is {path!r}: use /, letters, digits and ._-")
        return cls(f"get {path}")

    @classmethod
    def records(cls) -> Self:
        """A function on a stream or queue: a batch with nothing in it fails nothing."""
        return cls("records")

    @classmethod
    def task(cls, name: str) -> Self:
        """A scheduled function: a task that it may do at any time, because its schedule repeats it anyway."""
        if not _TASK.fullmatch(name):
            raise ValueError(f"task is {name!r}: use small letters, digits and -")
        return cls(f"task {name}")

    @classmethod
    def refusal(cls, error_type: str) -> Self:
        """A scheduled function whose task is too much for a trial: it refuses one that it does not have."""
        if not _ERROR.fullmatch(error_type):
            raise ValueError(f"error_type is {error_type!r}: use the name of an exception's class")
        return cls(f"refusal {error_type}")

    @classmethod
    def trigger(cls) -> Self:
        """A Cognito trigger: an event of a kind that it does not act on comes back."""
        return cls("trigger")

    @classmethod
    def empty(cls) -> Self:
        """A function that does nothing when it is sent nothing."""
        return cls("empty")


CHECKS: Mapping[str, HealthCheck] = MappingProxyType(
    {
        "alert_dispatcher": HealthCheck.records(),
        "booking_expirer": HealthCheck.task("expire"),
        "command_acks": HealthCheck.records(),
        "demand_forecaster": HealthCheck.refusal("UnknownTaskError"),
        "event_publisher": HealthCheck.records(),
        "gbfs_feed": HealthCheck.get("/gbfs/3/gbfs.json"),
        "invoicer": HealthCheck.records(),
        "kpi_aggregator": HealthCheck.records(),
        "log_forwarder": HealthCheck.empty(),
        "log_search_security": HealthCheck.empty(),
        "offline_detector": HealthCheck.task("detect"),
        "reconciler": HealthCheck.task("reconcile"),
        "region_probe": HealthCheck.empty(),
        "rider_api": HealthCheck.get("/v1/bookings"),
        "rider_signup": HealthCheck.trigger(),
        "staff_api": HealthCheck.get("/v1/bookings"),
        "telemetry_processor": HealthCheck.records(),
        "ticket_webhook": HealthCheck.records(),
    }
)
"""A function's folder -> how its new version is tried. Each must be harmless at any time, in any Region."""


def check_of(source: str) -> HealthCheck:
    """The check of a function by its folder. Raises ValueError when there is none yet."""
    try:
        return CHECKS[source]
    except KeyError:
        raise ValueError(
            f"function {source!r} has no health check: add a row to CHECKS in components/delivery/checks.py"
        ) from None
