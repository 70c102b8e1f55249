"""The canary's script: what it asks, what it takes for a fault, and that it says all of them."""

import json
from datetime import UTC, datetime

import pytest

from components.observability.canary_script.rider_api import CHECKS, Answer, ProbeError, ask, probe

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BASE = "https://api.sg.bluehorizons.example"


def healthy() -> dict[str, Answer]:
    """What a healthy API answers, by path."""
    refusal = {"type": "about:blank", "title": "Unauthorized", "status": 401, "instance": "urn:request:1"}
    return {
        "/gbfs/3/gbfs.json": (200, b'{"data": {"feeds": [{"name": "vehicle_status"}]}}'),
        "/gbfs/3/vehicle_status.json": (200, b'{"last_updated": "2026-11-22T11:58:00Z"}'),
        "/v1/bookings": (401, json.dumps(refusal).encode()),
    }


def run(answers: dict[str, Answer], base: str = BASE) -> list[str]:
    """Probe an API that answers so; what was asked for."""
    asked: list[str] = []

    def answer(url: str) -> Answer:
        assert url.startswith(f"{BASE}/")
        asked.append(url.removeprefix(BASE))
        return answers[asked[-1]]

    probe(base, answer, NOW)
    return asked


def test_a_healthy_api_passes_and_every_check_was_made() -> None:
    assert run(healthy()) == [check.path for check in CHECKS]
    assert run(healthy(), BASE + "/") == [check.path for check in CHECKS]


@pytest.mark.parametrize(
    ("path", "answer", "fault"),
    [
        ("/gbfs/3/gbfs.json", (502, b"{}"), "status 502, 200 is expected"),
        ("/gbfs/3/gbfs.json", (200, b"<html>"), "JSONDecodeError"),
        ("/gbfs/3/gbfs.json", (200, b'{"data": {"feeds": []}}'), "no feed is listed"),
        ("/gbfs/3/gbfs.json", (200, b'{"data": null}'), "TypeError"),
        ("/gbfs/3/vehicle_status.json", (200, b'{"last_updated": "2026-11-22T11:00:00Z"}'), "3600 s ago"),
        ("/gbfs/3/vehicle_status.json", (200, b"{}"), "KeyError"),
        ("/v1/bookings", (200, b"[]"), "status 200, 401 is expected"),
        ("/v1/bookings", (401, b'{"message": "Unauthorized"}'), "no problem document"),
        ("/v1/bookings", (401, b"[]"), "AttributeError"),
    ],
)
def test_a_fault_is_named_with_its_path(path: str, answer: Answer, fault: str) -> None:
    with pytest.raises(ProbeError) as caught:
        run({**healthy(), path: answer})
    assert str(caught.value).startswith(f"{path}: ")
    assert fault in str(caught.value)


def test_all_faults_are_named_together() -> None:
    down = dict.fromkeys(healthy(), (503, b""))
    with pytest.raises(ProbeError) as caught:
        run(down)
    assert len(str(caught.value).split("; ")) == 3


def test_no_answer_is_a_fault() -> None:
    def nobody(url: str) -> Answer:
        raise TimeoutError(f"{url} does not answer")

    with pytest.raises(ProbeError, match="TimeoutError"):
        probe(BASE, nobody, NOW)


def test_nothing_but_https_is_asked() -> None:
    with pytest.raises(ValueError, match="http://api is not HTTPS"):
        ask("http://api")
