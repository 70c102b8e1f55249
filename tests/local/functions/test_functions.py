"""Real processes of tiny functions, called through boto3."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from threading import Event
from time import perf_counter
from typing import Any

import psutil
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from local.aws.store import Store
from local.clock import Clock
from local.deployment import Deployed, Deployment
from local.endpoints import Endpoints
from local.folder import ROOT, Folder
from local.functions import pool as pools
from local.functions.server import LambdaApi
from local.functions.service import Lambda
from local.web import Server
from offline.values import ARCHIVE, ASSET, SIGNATURE
from tests.local.aws.calls import client as aws_client

ARN = "arn:aws:lambda:ap-southeast-1:111122223333:function:f"
CODE = """
import json, os, sys, time
def handler(event, context):
    if event.get("die"): os._exit(3)
    if event.get("late"): time.sleep(60)
    if event.get("raise"): raise ValueError("no such car")
    if name := event.get("import"): __import__(name)
    print("a car came by")
    return {"event": event, "pid": os.getpid(), "now": time.time(), "env": dict(os.environ), "answer": 1}
"""


class Room:
    """The room in this process, its function's source and a client."""

    def __init__(self, path: Path, speed: float) -> None:
        self.source = path / "code.py"
        self.source.write_text(CODE)
        self.folder = Folder(path / "dev")
        self.folder.create()
        Endpoints.choose().save(self.folder.endpoints)
        Clock.starting(speed).save(self.folder.clock)
        self.deploy()
        self.open()

    def open(self) -> None:
        self.functions = Lambda(
            self.folder,
            self.source.parent,
            clock=Clock.load(self.folder.clock),
            endpoints=Endpoints.load(self.folder.endpoints),
        )
        self.functions.start()

    def deploy(self, **inputs: Any) -> None:
        code = {
            SIGNATURE: ARCHIVE,
            "assets": {"app/handler.py": {SIGNATURE: ASSET, "path": str(self.source)}},
        }
        made = Deployed(
            urn="urn:f",
            type="aws:lambda/function:Function",
            name="f",
            id="f",
            created=False,
            region="ap-southeast-1",
            inputs={"handler": "app.handler.handler", "timeout": 1, "code": code, **inputs},
            outputs={
                "name": "f",
                "version": "1",
                "arn": "arn:aws:lambda:ap-southeast-1:111122223333:function:f",
            },
        )
        Deployment("p", "dev", "111122223333", {"urn:f": made}).save(self.folder.deployment)


@pytest.fixture
def speed() -> float:
    return 1.0


@pytest.fixture
def room(tmp_path: Path, speed: float) -> Iterator[Room]:
    made = Room(tmp_path, speed)
    yield made
    made.functions.stop()


@pytest.fixture
def client(room: Room) -> Iterator[Any]:
    with Server(LambdaApi(room.functions).serve) as server:
        yield aws_client(server.origin, "lambda")


def call(client: Any, name: str = "f", /, **event: Any) -> tuple[Any, str | None]:
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event))
    return json.loads(answer["Payload"].read()), answer.get("FunctionError")


def test_a_function_answers_by_its_name_its_arn_and_its_alias(client: Any) -> None:
    arn = "arn:aws:lambda:ap-southeast-1:111122223333:function:f"
    answers = [call(client, name, car=7) for name in ("f", arn, f"{arn}:live")]
    assert [(answer["event"], error) for answer, error in answers] == [({"car": 7}, None)] * 3
    assert len({answer["pid"] for answer, _ in answers}) == 1


def test_nothing_of_the_parents_environment_is_the_functions(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_SECRET", "hidden")
    environment = call(client)[0]["env"]
    assert "A_SECRET" not in environment
    assert environment["AWS_REGION"] == "ap-southeast-1"


@pytest.mark.parametrize("package", ["local", "components", "offline", "no_such_package"])
def test_a_package_that_the_archive_lacks_cannot_be_imported(client: Any, package: str) -> None:
    answer, error = call(client, **{"import": package})
    assert error == "Unhandled"
    assert answer["errorMessage"] == f"No module named '{package}'"


def test_an_exception_is_answered_and_its_traceback_is_logged_in_lines(client: Any, room: Room) -> None:
    answer, error = call(client, **{"raise": True})
    assert (error, answer["errorType"], answer["errorMessage"]) == ("Unhandled", "ValueError", "no such car")
    call(client)  # its lines come after those
    lines = (room.folder.logs / "functions" / "f.log").read_text().splitlines()
    assert any(line.startswith('  File "') for line in lines)
    assert any(line.startswith("REPORT RequestId: ") and "Init Duration" in line for line in lines)


def test_a_process_that_dies_is_an_exit_error_and_the_next_call_has_another(client: Any) -> None:
    first = call(client)[0]["pid"]
    answer, error = call(client, die=True)
    assert (error, answer["errorType"]) == ("Unhandled", "Runtime.ExitError")
    assert call(client)[0]["pid"] != first


def test_a_late_function_is_timed_out_and_its_process_ended(client: Any) -> None:
    first = call(client)[0]["pid"]
    answer, error = call(client, late=True)
    assert (error, answer["errorMessage"].endswith("Task timed out after 1.00 seconds")) == (
        "Unhandled",
        True,
    )
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)


def test_an_edit_is_seen_by_the_next_call(client: Any, room: Room) -> None:
    assert call(client)[0]["answer"] == 1
    room.source.write_text(CODE.replace('"answer": 1', '"answer": 22'))
    room.functions.look()
    assert call(client)[0]["answer"] == 22


def test_a_changed_variable_is_seen_by_the_next_call(client: Any, room: Room) -> None:
    call(client)
    room.deploy(environment={"variables": {"MARKET": "sg"}})
    room.functions.look()
    assert call(client)[0]["env"]["MARKET"] == "sg"


def test_code_that_cannot_be_imported_is_an_init_error(client: Any, room: Room) -> None:
    room.source.write_text("import nothing_of_that_name\n")
    answer, error = call(client)
    assert error == "Unhandled"
    assert "nothing_of_that_name" in answer["errorMessage"]


def test_a_function_with_no_concurrency_is_throttled(
    client: Any, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools.Pool.invoke, "__kwdefaults__", {"patience": 0.01})
    room.deploy(reservedConcurrentExecutions=0)
    room.functions.look()
    with pytest.raises(ClientError, match="TooManyRequestsException"):
        call(client)


def test_an_unknown_function_is_not_found(client: Any) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        call(client, "other")


def test_a_dry_run_calls_nothing(client: Any, room: Room) -> None:
    answer = client.invoke(FunctionName="f", InvocationType="DryRun", Payload="{}")
    assert answer["StatusCode"] == 204
    assert room.functions.pool("f").calls == 0


@pytest.mark.parametrize("speed", [100.0])
def test_a_function_sees_the_platforms_time(client: Any, room: Room) -> None:
    clock = Clock.load(room.folder.clock)
    before = clock()
    assert before <= call(client)[0]["now"] <= clock()


def test_no_process_of_a_function_outlives_a_room_that_is_killed(client: Any, room: Room) -> None:
    call(client)
    room.functions.stop()  # the room of this test gives way to a process of its own
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "local.functions", str(room.folder.path)]
    with subprocess.Popen(command, env=environment, cwd=ROOT) as process:  # noqa: S603 - ours
        ports = Endpoints.load(room.folder.endpoints)
        theirs = aws_client(ports.url("functions"), "lambda")
        child = psutil.Process(first_answer(theirs)["pid"])
        process.kill()
        psutil.wait_procs([child], timeout=5)
        assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def first_answer(client: Any) -> Any:
    """Of a server that may not listen yet."""
    for _ in range(200):
        try:
            return call(client)[0]
        except EndpointConnectionError:
            Event().wait(0.05)
    raise AssertionError("it does not listen")


def test_a_call_that_nobody_waits_for_is_made_all_the_same(client: Any, room: Room) -> None:
    client.invoke(FunctionName="f", InvocationType="Event", Payload="{}")
    assert eventually(lambda: room.functions.pool("f").calls == 1)
    assert eventually(lambda: room.functions.status()["later"] == 0)


@pytest.mark.parametrize("speed", [1_000.0])
def test_a_call_that_nobody_waits_for_is_tried_three_times(client: Any, room: Room) -> None:
    client.invoke(FunctionName="f", InvocationType="Event", Payload=json.dumps({"raise": True}))
    assert eventually(lambda: room.functions.status()["later"] == 0)
    assert room.functions.pool("f").calls == 3


def test_a_call_that_nobody_waits_for_outlives_the_process(room: Room) -> None:
    room.functions.stop()
    store = Store(room.folder.path / "functions.sqlite")
    with store.transaction() as writing:
        call_ = {"function": "f", "event": "{}", "put_at": 0.0, "due": 0.0, "tries": 0}
        writing.put("asynchronous", f"{1:020d}", {**call_, "put_at": Clock.load(room.folder.clock)()})
    store.close()
    room.open()
    assert eventually(lambda: room.functions.pool("f").calls == 1)


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it holds before long."""
    for _ in range(200):
        if holds():
            return True
        Event().wait(0.05)
    return False


def test_a_warm_call_costs_little(client: Any) -> None:
    call(client)
    took = []
    for _ in range(30):
        begun = perf_counter()
        call(client)
        took.append((perf_counter() - begun) * 1_000)
    print(f"a warm call: {median(took):.1f} ms")  # noqa: T201 - shown with -s
    assert median(took) < 100
