"""Processes of a platform: started, started again when they die, ended together."""

import os
import signal
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import psutil
import pytest

from local.children import Children, Command, NotServingError
from local.endpoints import Endpoints

SERVES = """
    import socket, sys, threading
    server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    print("I serve", flush=True)
    threading.Event().wait()
"""
PATIENCE = 20.0  # s: how long a busy machine may take


@pytest.fixture
def changed() -> Event:
    return Event()


@pytest.fixture
def children(changed: Event) -> Iterator[Children]:
    made = Children(changed.set)
    yield made
    made.stop()


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., Command]:
    def make(name: str, program: str, *arguments: str, **more: object) -> Command:
        fields: dict[str, object] = {
            "name": name,
            "arguments": ["-c", textwrap.dedent(program), *arguments],
            "log": tmp_path / f"{name}.log",
            **more,
        }
        return Command(**fields)  # type: ignore[arg-type]  # as the tests give them

    return make


def state(children: Children, name: str) -> dict[str, object]:
    return children.as_json()[name]


def until(changed: Event, holds: Callable[[], bool]) -> None:
    """Wait for changes until it holds."""
    while not holds():
        assert changed.wait(PATIENCE), "nothing changed any more"
        changed.clear()


def test_who_serves_is_ready(children: Children, command: Callable[..., Command]) -> None:
    port = Endpoints.choose().aws
    children.start(command("server", SERVES, str(port), ports=[port]))
    assert state(children, "server")["state"] == "running"


def test_who_ends_before_it_serves_is_told_with_its_last_words(
    children: Children, command: Callable[..., Command]
) -> None:
    port = Endpoints.choose().aws
    with pytest.raises(NotServingError, match="exit code 3") as error:
        children.start(command("broken", "import sys; print('no disk'); sys.exit(3)", ports=[port]))
    assert "no disk" in str(error.value)


def test_who_is_killed_is_started_again(
    children: Children, command: Callable[..., Command], changed: Event
) -> None:
    port = Endpoints.choose().aws
    children.start(command("server", SERVES, str(port), ports=[port]))
    children.watch()
    first = int(str(state(children, "server")["pid"]))
    os.kill(first, signal.SIGKILL)
    until(changed, lambda: state(children, "server")["restarts"] == 1)
    assert state(children, "server")["state"] == "running"
    assert state(children, "server")["pid"] != first


def test_who_has_done_its_work_is_not_started_again(
    children: Children, command: Callable[..., Command]
) -> None:
    children.start(command("work", "pass", again=False))
    assert children.wait("work", PATIENCE, Event()) == 0
    assert state(children, "work")["state"] == "done"


def test_waiting_ends_when_everything_does(children: Children, command: Callable[..., Command]) -> None:
    over = Event()
    over.set()
    children.start(command("work", "import threading; threading.Event().wait()", again=False))
    assert children.wait("work", PATIENCE, over) is None


def test_nothing_is_left_running_not_even_what_a_process_started(
    command: Callable[..., Command], changed: Event, tmp_path: Path
) -> None:
    children = Children(changed.set)
    port = Endpoints.choose().aws
    program = """
        import signal, subprocess, sys
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        grandchild = subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait()"])
        open(sys.argv[2], "w").write(str(grandchild.pid))
    """
    file = tmp_path / "grandchild"
    children.start(
        command(
            "deaf", textwrap.dedent(program) + textwrap.dedent(SERVES), str(port), str(file), ports=[port]
        )
    )
    ours = [psutil.Process(int(pid)) for pid in (str(state(children, "deaf")["pid"]), file.read_text())]
    children.stop(grace_seconds=0.2)
    _, alive = psutil.wait_procs(ours, timeout=PATIENCE)
    assert [one for one in alive if one.status() != psutil.STATUS_ZOMBIE] == []
