"""What a platform is doing, gathered from its processes: for `ev status`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.error import URLError
from urllib.request import urlopen

from local.clock import Clock
from local.endpoints import Endpoints
from local.folder import Folder
from local.supervisor import Phase, Status, is_running

_SOURCES: Final = {"aws": "aws", "functions": "functions", "iot": "iot", "front": "rider_login"}
"""Which port of which process tells."""
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
        told |= {room: _asked(ports.url(port)) for room, port in _SOURCES.items()}
    return told


def _asked(origin: str) -> Any:  # noqa: ANN401 - JSON
    try:
        with urlopen(f"{origin}/_local/status", timeout=_SECONDS) as answer:  # noqa: S310 - an origin of ours
            return json.load(answer)
    except (URLError, OSError, ValueError):
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
    parts += _table(
        "Queues",
        ("", "visible", "hidden", "oldest s"),
        (
            (one["name"], one["visible"], one["hidden"], _whole(one["oldestAgeSeconds"]))
            for one in aws.get("queues", ())
            if one["visible"] or one["hidden"] or one["delayed"]
        ),
        "all empty",
    )
    parts += _table(
        "Dead letters",
        ("", "messages"),
        (
            (one["name"], one["visible"] + one["hidden"])
            for one in aws.get("queues", ())
            if one["deadLetters"] and one["visible"] + one["hidden"]
        ),
        "none",
    )
    parts += _table(
        "Streams",
        ("", "records", "oldest s"),
        ((one["name"], one["records"], _whole(one["oldestAgeSeconds"])) for one in aws.get("streams", ())),
        "none",
    )
    functions = told.get("functions") or {}
    parts += _table(
        "Functions",
        ("", "running", "calls", "errors", "throttled"),
        (
            (one["name"], one["running"], one["invocations"], one["errors"], one["throttles"])
            for one in functions.get("functions", ())
            if one["invocations"] or one["running"]
        ),
        "none was called",
    )
    iot = told.get("iot")
    if iot:
        parts.append(f"Cars connected: {iot.get('connections')}, messages: {iot.get('received')}")
    if aws:
        parts.append(f"Events: {aws.get('events')}, notices to people: {aws.get('inbox')}")
    return "\n".join(parts)


def _processes(told: Mapping[str, Any]) -> list[str]:
    return _table(
        "Processes",
        ("", "pid", "state", "restarts"),
        ((name, one["pid"], one["state"], one["restarts"]) for name, one in told["processes"].items()),
        "none runs",
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
    return text if len(text) <= width else f"{text[: width - 12]}...{text[-9:]}"


def _whole(seconds: float | None) -> str:
    return "" if seconds is None else str(round(seconds))
