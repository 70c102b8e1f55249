"""The probe tells a Region that answers from one that does not, whatever the network does."""

import io
import json
import socket
from collections.abc import Iterator
from http.client import HTTPException, IncompleteRead
from typing import Any

import pytest

from region_probe import handler as lambda_handler
from region_probe.environment import ProbeEnvironment, SettingError
from region_probe.probe import Connection, Outcome, ask


class FakeAnswer:
    """An answer with a status and a body that may break off."""

    def __init__(self, status: int, fault: Exception | None) -> None:
        self.status = status
        self._fault = fault

    def read(self) -> bytes:
        if self._fault:
            raise self._fault
        return b"{}"


class FakeConnection:
    """A connection that fails where it is told to."""

    def __init__(self, status: int = 200, at: str = "", fault: Exception | None = None) -> None:
        self._status, self._at, self._fault = status, at, fault
        self.asked: list[tuple[str, str]] = []
        self.closed = False

    def request(self, method: str, url: str, *, headers: dict[str, str]) -> None:
        assert headers["User-Agent"]
        self.asked.append((method, url))
        if self._at == "request" and self._fault:
            raise self._fault

    def getresponse(self) -> FakeAnswer:
        if self._at == "answer" and self._fault:
            raise self._fault
        return FakeAnswer(self._status, self._fault if self._at == "body" else None)

    def close(self) -> None:
        self.closed = True


def asked(connection: FakeConnection) -> Outcome:
    times = iter([10.0, 10.25])

    def connect(host: str, timeout_seconds: float) -> Connection:
        assert (host, timeout_seconds) == ("api.example.com", 5)
        return connection

    return ask("api.example.com", "/health", 5, connect=connect, clock=lambda: next(times))


def test_a_region_that_answers_is_reachable() -> None:
    connection = FakeConnection()
    assert asked(connection) == Outcome(250, None)
    assert connection.asked == [("GET", "/health")]
    assert connection.closed


@pytest.mark.parametrize("status", [301, 403, 429, 500, 503])
def test_a_region_that_answers_anything_else_is_not(status: int) -> None:
    outcome = asked(FakeConnection(status))
    assert (outcome.reachable, outcome.fault) == (False, f"status {status}")


@pytest.mark.parametrize(
    ("at", "fault"),
    [
        ("request", socket.gaierror("no such name")),
        ("request", ConnectionRefusedError("refused")),
        ("answer", TimeoutError("timed out")),
        ("answer", HTTPException("garbage")),
        ("body", IncompleteRead(b"{")),
        ("body", ConnectionResetError("reset")),
    ],
)
def test_no_fault_of_the_network_is_a_fault_of_the_probe(at: str, fault: Exception) -> None:
    connection = FakeConnection(at=at, fault=fault)
    outcome = asked(connection)
    assert not outcome.reachable
    assert type(fault).__name__ in str(outcome.fault)
    assert connection.closed


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The function's environment."""
    monkeypatch.setenv("PROBE_HOST", "primary.api.example.com")
    monkeypatch.setenv("PROBE_PATH", "/gbfs/3/station_status.json")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "BlueHorizons/Edge")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "region-probe")
    lambda_handler._environment.cache_clear()
    yield monkeypatch
    lambda_handler._environment.cache_clear()


@pytest.mark.parametrize(("fault", "counted"), [(None, 1), ("status 503", 0)])
def test_the_handler_counts_the_region_by_the_dimension_of_the_alarm(
    deployed: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fault: str | None, counted: int
) -> None:
    def answers(host: str, path: str, timeout_seconds: float) -> Outcome:
        assert (host, path) == ("primary.api.example.com", "/gbfs/3/station_status.json")
        assert timeout_seconds < 15
        return Outcome(40, fault)

    deployed.setattr(lambda_handler, "ask", answers)
    context: Any = None
    answer = lambda_handler.handler({"task": "probe"}, context)
    assert answer == {"reachable": fault is None, "milliseconds": 40}
    lines = [json.loads(line) for line in io.StringIO(capsys.readouterr().out) if '"_aws"' in line]
    (metric,) = lines
    assert metric["Reachable"] == [counted]
    assert metric["service"] == "region-probe"
    (directive,) = metric["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("BlueHorizons/Edge", [["service"]])


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"PROBE_PATH": "/"}, "PROBE_HOST is ''"),
        ({"PROBE_HOST": "https://api.example.com", "PROBE_PATH": "/"}, "PROBE_HOST is 'https://"),
        ({"PROBE_HOST": "api.example.com", "PROBE_PATH": "health"}, "PROBE_PATH is 'health'"),
    ],
)
def test_a_probe_that_does_not_know_what_to_ask_says_so(variables: dict[str, str], problem: str) -> None:
    with pytest.raises(SettingError, match=problem):
        ProbeEnvironment.read(variables)
