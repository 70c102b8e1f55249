"""Bringing a platform up when something is in the way, twice, or not to the end."""

import signal
import subprocess
import sys
from pathlib import Path
from socket import create_server
from threading import Event
from time import monotonic

import psutil
import pytest

from local.control import ControlError, UpOptions, forget, stop, up
from local.endpoints import Endpoints
from local.folder import ROOT, Folder, python_environment
from local.listener import HOST
from local.supervisor import Options, Status, is_running
from tests.local.platform.world import World

PROGRAM = """
import os, signal, sys
from pathlib import Path
from local.control import UpOptions, up
from local.folder import Folder
from local.supervisor import Options
signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs tests in the background ignores it
lifeline, held = os.pipe()
options = UpOptions(Options(cars=0), lifeline=lifeline if sys.argv[2:] else None)
up(Folder(Path(sys.argv[1])), options, lambda words: print(words, flush=True))
"""


def running(folder: Folder) -> list[psutil.Process]:
    """Processes that were started for a folder."""
    return [
        one
        for one in psutil.process_iter(["cmdline"])
        if any(str(folder.path) in part for part in one.info["cmdline"] or ())
        and one.status() != psutil.STATUS_ZOMBIE
    ]


def test_a_second_up_deploys_what_changed_and_leaves_the_rest_running(world: World) -> None:
    status = Status.load(world.folder)
    assert status is not None
    said: list[str] = []
    up(world.folder, UpOptions(Options(("blue-horizons:owner=somebody",), cars=0)), said.append)
    after = Status.load(world.folder)
    assert after is not None
    pids = {name: one["pid"] for name, one in status.processes.items() if name != "deploy"}
    assert {name: one["pid"] for name, one in after.processes.items() if name != "deploy"} == pids
    assert any("runs already" in words for words in said)
    with pytest.raises(ControlError, match="to change the speed, stop it"):
        up(world.folder, UpOptions(Options(cars=0), speed=3.0), said.append)


def brought_up(folder: Folder, sign: str, signal_: signal.Signals, *more: str) -> None:
    """By a program that gets a signal when it has said this."""
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", PROGRAM, str(folder.path), *more],
        cwd=ROOT,
        env=python_environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdout is not None
        for line in program.stdout:
            if sign in line:
                break
        program.send_signal(signal_)
        program.wait(60)


def nothing_is_left(folder: Folder) -> None:
    """Neither processes nor, once it is forgotten, the folder."""
    deadline = monotonic() + 20
    try:
        while left := running(folder):
            assert monotonic() < deadline, left
            Event().wait(0.1)
    finally:
        stop(folder)
    forget(folder)
    assert not folder.path.exists()


@pytest.mark.parametrize("sign", ["emulated AWS", "deploying"])
def test_an_interrupted_up_leaves_nothing_running(sign: str, tmp_path: Path) -> None:
    folder = Folder(tmp_path / "dev")
    brought_up(folder, sign, signal.SIGINT)
    if is_running(folder):
        stop(folder)
        pytest.fail("it was left running")
    nothing_is_left(folder)


@pytest.mark.parametrize("sign", ["emulated AWS", "deploying"])
def test_a_platform_ends_with_who_holds_its_lifeline_and_is_killed(sign: str, tmp_path: Path) -> None:
    folder = Folder(tmp_path / "dev")
    brought_up(folder, sign, signal.SIGKILL, "tied")
    nothing_is_left(folder)


def test_a_platform_that_cannot_come_up_says_why_and_leaves_nothing_running(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "dev")
    with pytest.raises(ControlError, match="market") as error:
        up(folder, UpOptions(Options(("blue-horizons:market=xx",), cars=0)), lambda _: None)
    assert "xx" in str(error.value)
    assert running(folder) == []
    assert not stop(folder)


def test_a_platform_that_runs_is_not_forgotten(world: World) -> None:
    with pytest.raises(ControlError, match="stop it first"):
        forget(world.folder)


def test_a_port_that_somebody_else_has_is_given_way_to() -> None:
    before = Endpoints.choose()
    with create_server((HOST, before.backoffice)):
        assert Endpoints.choose(before).backoffice != before.backoffice
