"""`ev status`, `events`, `inbox` and `logs` of a platform that runs, into a pipe."""

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from local.deploy.clients import Clients
from local.folder import ROOT, python_environment
from tests.local.platform.world import Bus, World

# `ev`, but for where the stack's platform is.
EV = """
import sys
from pathlib import Path
from local.folder import Folder
there = Folder(Path(sys.argv[1]))
Folder.of = staticmethod(lambda _stack: there)
from cli.main import main
sys.exit(main(sys.argv[2:]))
"""
TOPIC = "aws:sns/topic:Topic"


def ev(world: World, *arguments: str, code: int = 0) -> str:
    """What it prints: text without colours, cursors or carriage returns."""
    ran = subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-c", EV, str(world.folder.path), *arguments],
        cwd=ROOT,
        env={**python_environment(), "TERM": "xterm-256color", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == code, ran
    printed = ran.stderr if code else ran.stdout
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", printed), printed
    return printed


@pytest.fixture
def bus(world: World, vehicle_id: str) -> Bus:
    """On which a car was seen, and held for a moment."""
    bus = world.listening()
    rider = world.rider("quinn@example.com")
    with world.car(vehicle_id) as car:
        car.send()
        bus.wait_for("vehicle.contact_changed", vehicle_id=vehicle_id)
        held = rider.post("/v1/bookings", {"vehicleId": vehicle_id}, status=201)
        rider.post(f"/v1/bookings/{held['bookingId']}/cancel")
        bus.wait_for("booking.cancelled", booking_id=held["bookingId"])
    return bus


@pytest.mark.usefixtures("bus")
def test_status_is_a_table_and_a_document(world: World) -> None:
    text = ev(world, "status")
    assert text.startswith("dev: ready\n")
    assert max(map(len, text.splitlines())) <= 80
    told: dict[str, Any] = json.loads(ev(world, "status", "--json"))
    assert (told["stack"], told["phase"], told["clock"]["speed"]) == ("dev", "ready", 1)
    assert set(told["processes"]) == {"aws", "deploy", "functions", "iot", "front"}  # no fleet: no cars
    assert {"state", "pid", "restarts"} <= set(told["processes"]["aws"])
    for name in ("queues", "streams", "topics"):
        assert {"name"} <= set(told["aws"][name][0]), name
    assert {"name", "invocations", "errors"} <= set(told["functions"]["functions"][0])
    assert told["endpoints"]["aws"] == world.endpoints.aws
    assert told["events"] > 0


def test_events_are_a_line_each(world: World, bus: Bus, vehicle_id: str) -> None:
    text = ev(world, "events")
    assert max(map(len, text.splitlines())) <= 80
    (line, *_) = [one for one in text.splitlines() if "vehicle.contact_changed" in one and vehicle_id in one]
    assert re.match(r"\d\d:\d\d:\d\d  vehicle\.contact_changed +", line)
    events = [json.loads(one) for one in ev(world, "events", "--json").splitlines()]
    assert [one["id"] for one in bus.seen if one not in events] == []
    assert len(events) >= len(text.splitlines())


def test_the_inbox_has_what_people_would_have_got(world: World) -> None:
    topic = next(made for made in world.deployment.all(TOPIC) if made.name.endswith("topics-critical"))
    sns = Clients(world.endpoints.url("aws"))("sns", topic.region)
    sns.publish(TopicArn=topic.id, Subject="A drill", Message="Nothing is wrong.")
    text = ev(world, "inbox")
    assert re.search(r"^\d\d:\d\d:\d\d  email to \S+@\S+: A drill\nNothing is wrong\.\n$", text, re.MULTILINE)
    drill = [one for one in json.loads(ev(world, "inbox", "--json")) if one["subject"] == "A drill"]
    assert {(one["protocol"], one["message"], one["topicArn"]) for one in drill} == {
        ("email", "Nothing is wrong.", topic.id)
    }


@pytest.mark.usefixtures("bus")
def test_logs_are_what_a_process_and_a_function_said(world: World) -> None:
    names = ev(world, "logs").splitlines()
    assert {"aws", "supervisor", "front"} <= set(names)
    processor = next(name for name in names if "telemetry-processor" in name)
    said = ev(world, "logs", "telemetry-processor")
    assert "START RequestId: " in said
    assert "REPORT RequestId: " in said
    wrong = ev(world, "logs", "telemetry-procesor", code=2)
    assert f"near it: {processor}; `ev logs` lists all {len(names)}" in wrong
    assert "give more of it" in ev(world, "logs", "function", code=2)


def test_a_region_that_the_platform_has_not_is_named(world: World) -> None:
    wrong = ev(world, "region", "lose", "eu-west-1", code=2)
    assert wrong.startswith("ev: 'eu-west-1' has nothing of dev: its Regions are ap-southeast-1")
    assert world.status()["topics"]
