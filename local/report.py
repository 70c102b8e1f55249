"""What a platform is doing, gathered from its processes: for `ev status`."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.error import URLError
from urllib.request import urlopen

from botocore.exceptions import BotoCoreError, ClientError

from local.clock import Clock
from local.deploy.clients import Clients
from local.deployment import Deployment
from local.endpoints import Endpoints
from local.folder import Folder
from local.supervisor import Phase, Status, is_running

_SOURCES: Final = {"aws": "aws", "functions": "functions", "iot": "iot", "front": "rider_login"}
"""Which port of which process tells."""
TABLE: Final = "aws:dynamodb/table:Table"
_SECONDS: Final = 5.0


def gather(folder: Folder) -> dict[str, Any]:
    """Everything, as JSON: `phase`, `processes`, and what each room tells; None where it does not answer."""
    status = Status.load(folder)
    running = is_running(folder)
    if status is None:
        return {"stack": folder.stack, "phase": "absent", "processes": {}}
    # Who was killed had no time to say so.
    phase = status.phase if running or status.phase in (Phase.STOPPED, Phase.FAILED) else Phase.STOPPED
    told: dict[str, Any] = {
        "stack": folder.stack,
        "phase": phase.value,
        "words": status.words,
        "processes": status.processes if running else {},
    }
    if running:
        ports = Endpoints.load(folder.endpoints)
        clock = Clock.load(folder.clock)
        told |= {"clock": {"ms": clock.ms(), "speed": clock.speed}, "endpoints": vars(ports)}
        told |= {room: _asked(f"{ports.url(port)}/_local/status") for room, port in _SOURCES.items()}
        aws = ports.url("aws")
        told["events"] = (_asked(f"{aws}/_local/events?after=0") or {}).get("next")
        told["notices"] = len(_asked(f"{aws}/_local/inbox") or [])
        told["alerts"] = _alerts(folder, aws)
    return told


def _asked(url: str) -> Any:  # noqa: ANN401 - JSON
    try:
        with urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310 - an origin of ours
            return json.load(answer)
    except (URLError, OSError, ValueError):
        return None


def _alerts(folder: Folder, aws: str) -> dict[str, int] | None:
    """How many alerts are open, by severity; None when nothing can be asked."""
    if not folder.deployment.is_file():
        return None
    deployment = Deployment.load(folder.deployment)
    name = deployment.exports.get("alertsTable")
    table = next((one for one in deployment.all(TABLE) if one.outputs.get("name") == name), None)
    if table is None:
        return None
    asked = {"TableName": name, "IndexName": "open_by_severity"}
    try:
        pages = Clients(aws)("dynamodb", table.region).get_paginator("scan").paginate(**asked)
        return dict(Counter(item["severity"]["S"] for page in pages for item in page["Items"]))
    except (BotoCoreError, ClientError):
        return None


def render(told: Mapping[str, Any]) -> str:
    """The same for a person, in 80 columns."""
    if told["phase"] == "absent":
        return f"{told['stack']}: nothing runs, and nothing is kept. `ev up {told['stack']}` brings it up."
    clock = told.get("clock")
    speed = f", {clock['speed']:g} times as fast as time" if clock and clock["speed"] != 1 else ""
    parts = [f"{told['stack']}: {told['phase']}{speed}"]
    if told.get("words"):
        parts.append(told["words"])
    parts += _processes(told)
    aws = told.get("aws") or {}
    parts += _queues(aws) + _functions(told.get("functions") or {})
    iot = told.get("iot")
    if iot:
        parts.append(f"Cars connected: {iot.get('connections')}, messages: {iot.get('received')}")
    if told.get("alerts") is not None:
        alerts = ", ".join(f"{count} {severity}" for severity, count in sorted(told["alerts"].items()))
        parts.append(f"Open alerts: {alerts or 'none'}")
    if aws:
        parts.append(f"Events: {told['events']}, notices to people: {told['notices']}")
    return "\n".join(parts)


def _processes(told: Mapping[str, Any]) -> list[str]:
    return _table(
        "Processes",
        ("", "pid", "state", "restarts"),
        ((name, one["pid"], one["state"], one["restarts"]) for name, one in told["processes"].items()),
        "none runs",
    )


def _queues(aws: Mapping[str, Any]) -> list[str]:
    return [
        *_table(
            "Queues",
            ("", "visible", "hidden", "oldest s"),
            (
                (_short(one["name"]), one["visible"], one["hidden"], _whole(one["oldestAgeSeconds"]))
                for one in aws.get("queues", ())
                if one["visible"] or one["hidden"] or one["delayed"]
            ),
            "all empty",
        ),
        *_table(
            "Dead letters",
            ("", "messages"),
            (
                (_short(one["name"]), one["visible"] + one["hidden"])
                for one in aws.get("queues", ())
                if one["deadLetters"] and one["visible"] + one["hidden"]
            ),
            "none",
        ),
        *_table(
            "Streams",
            ("", "records", "oldest s"),
            (
                (_short(one["name"]), one["records"], _whole(one["oldestAgeSeconds"]))
                for one in aws.get("streams", ())
            ),
            "none",
        ),
    ]


def _functions(functions: Mapping[str, Any]) -> list[str]:
    return _table(
        "Functions",
        ("", "running", "calls", "errors", "throttled"),
        (
            (_short(one["name"]), one["running"], one["invocations"], one["errors"], one["throttles"])
            for one in functions.get("functions", ())
            if one["invocations"] or one["running"]
        ),
        "none was called",
    )


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[Any]], nothing: str) -> list[str]:
    lines = [[str(cell) for cell in row] for row in rows]
    if not lines:
        return [f"{title}: {nothing}"]
    table = [[title, *head[1:]], *lines]
    widths = [max(len(row[i]) for row in table) for i in range(len(head))]
    widths[0] = min(widths[0], 78 - sum(width + 2 for width in widths[1:]))
    return [
        "  ".join(
            [_cut(row[0], widths[0]).ljust(widths[0])]
            + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        )
        for row in table
    ]


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."


def _short(name: str) -> str:
    """A physical name without what all of a stack have in common, and without Pulumi's random end."""
    return re.sub(r"^bluehorizons-[a-z]+-[a-z]{2}-|-[0-9a-f]{7}$", "", name)


def _whole(seconds: float | None) -> str:
    return "" if seconds is None else str(round(seconds))
