"""Harmless events by which a function shows that it starts and answers, and what it must answer.

A check is one line, "<kind> <argument>", as components/delivery/checks.py writes it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

Event = dict[str, Any]
HEALTH_CHECK: Final = "HealthCheck"
"""What an event of ours is called where it needs a name; no function of ours has a task of this name."""


class CheckError(Exception):
    """A check is not one that this function knows, or the tried function did not pass it; it says why."""


@dataclass(frozen=True, slots=True)
class Check:
    """What to send, and what is wrong with the answer: "" when nothing is.

    `refusal`: the type of the error that is expected instead of an answer, "" for none.
    """

    event: Event
    fault: Callable[[Any], str]
    refusal: str = ""


def parse(line: str) -> Check:
    """The check of a line. Raises CheckError."""
    kind, _, argument = line.partition(" ")
    try:
        make = _KINDS[kind]
    except KeyError:
        raise CheckError(f"{line!r} is no check: use one of {', '.join(_KINDS)}") from None
    return make(argument)


def _get(path: str) -> Check:
    """A REST API's proxy event without a token: any definite answer will do, but for the function's fault."""
    if not path.startswith("/"):
        raise CheckError(f"{path!r} is no path: begin it with /")
    event: Event = {
        "resource": path,
        "path": path,
        "httpMethod": "GET",
        "headers": {"Accept": "application/json"},
        "multiValueHeaders": {"Accept": ["application/json"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "requestId": HEALTH_CHECK,
            "stage": "live",
            "path": path,
            "resourcePath": path,
            "httpMethod": "GET",
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": None,
        "isBase64Encoded": False,
    }
    return Check(event, _answered)


def _records(_: str) -> Check:
    """A batch of a stream or a queue, with nothing in it."""
    return Check({"Records": []}, lambda answer: "" if _no_failures(answer) else f"it answered {answer!r}")


def _task(name: str) -> Check:
    """A scheduled task that may run at any time: it is repeat-safe, the schedule repeats it too."""
    return Check({"task": name}, lambda _: "")


def _refusal(error_type: str) -> Check:
    """A task that no function has: refusing it shows that the code loads and runs, and does nothing."""
    return Check({"task": HEALTH_CHECK}, lambda answer: f"it answered {answer!r}", error_type)


def _trigger(_: str) -> Check:
    """A Cognito trigger of a kind that registers nobody: a trigger answers its own event."""
    event: Event = {
        "version": "1",
        "triggerSource": HEALTH_CHECK,
        "request": {"userAttributes": {}},
        "response": {},
    }
    return Check(event, lambda answer: "" if answer == event else f"it answered {answer!r}")


def _empty(_: str) -> Check:
    """An event without anything, for functions that do nothing then."""
    return Check({}, lambda _: "")


_KINDS: Final[Mapping[str, Callable[[str], Check]]] = {
    "get": _get,
    "records": _records,
    "task": _task,
    "refusal": _refusal,
    "trigger": _trigger,
    "empty": _empty,
}


def _answered(answer: Any) -> str:  # noqa: ANN401 - any JSON value
    status = answer.get("statusCode") if isinstance(answer, dict) else None
    if not isinstance(status, int):
        return f"it answered {answer!r}, which has no statusCode"
    return "" if 200 <= status < 500 else f"it answered with status {status}"


def _no_failures(answer: Any) -> bool:  # noqa: ANN401 - any JSON value
    return isinstance(answer, dict) and answer.get("batchItemFailures") == []
