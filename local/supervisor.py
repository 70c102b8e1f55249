"""Brings a platform up and keeps it up: `python -m local.supervisor FOLDER [OPTIONS]`.

It says what it does in `status.json`, for those who wait for it and for `ev status`. On SIGTERM or SIGINT, or
with whoever holds its lifeline, it ends, and all that it started with it; what it started ends by itself when
it is killed.
"""

import argparse
import fcntl
import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any, BinaryIO, Final

from local.children import Children, Command, NotServingError, last_words
from local.endpoints import Endpoints
from local.folder import Folder, write_whole

_DEPLOY_SECONDS: Final = 600.0


class Phase(StrEnum):
    """What a platform is doing."""

    STARTING = "starting"
    DEPLOYING = "deploying"
    OPENING = "opening"
    READY = "ready"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True)
class Options:
    """What is run. `config` overrides the stack's, `cars` 0 starts no fleet."""

    config: Sequence[str] = ()
    cars: int = 60
    riders: int = 8
    seed: int = 7


@dataclass
class Status:
    """What `status.json` says. `words`: of the phase, for a person."""

    phase: Phase = Phase.STARTING
    words: str = ""
    pid: int = 0
    processes: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Folder) -> "Status | None":
        """What was written last; None when there is nothing."""
        try:
            known = json.loads(status_file(folder).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return cls(**{**known, "phase": Phase(known["phase"])})


def status_file(folder: Folder) -> Path:
    """Where the supervisor says what it does."""
    return folder.path / "status.json"


@contextmanager
def only_one(folder: Folder) -> Iterator[bool]:
    """Whether nobody else supervises the folder, as long as the context lasts."""
    with (folder.path / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def is_running(folder: Folder) -> bool:
    """Whether somebody supervises the folder."""
    if not folder.path.is_dir():
        return False
    with only_one(folder) as free:
        return not free


class Supervisor:
    """`run` returns the exit code when `over` is set, or when it could not come up."""

    def __init__(self, folder: Folder, options: Options) -> None:
        self._folder = folder
        self._options = options
        self._status = Status(pid=os.getpid())
        self._lock = Lock()
        self._children = Children(self._tell)
        self.over = Event()

    def run(self) -> int:
        """Bring it up, wait, and end everything."""
        try:
            self._bring_up()
            self.over.wait()
            self._say(Phase.STOPPED, "")
        except NotServingError as error:
            if self.over.is_set():  # it was told to stop, so what it started did not come up
                self._say(Phase.STOPPED, "")
            else:
                self._say(Phase.FAILED, str(error))
                return 1
        finally:
            self._children.stop()
            self._tell()
        return 0

    def _bring_up(self) -> None:
        ports = Endpoints.load(self._folder.endpoints)
        self._say(Phase.STARTING, "the emulated AWS")
        self._start("aws", ports.aws)
        self._say(Phase.DEPLOYING, f"stack {self._folder.stack}")
        self._deploy()
        self._say(Phase.OPENING, "functions, APIs and the broker")
        self._start("functions", ports.functions)
        self._start("iot", ports.iot, ports.mqtt)
        self._start(
            "front",
            ports.rider_api,
            ports.rider_login,
            ports.staff_api,
            ports.staff_login,
            ports.backoffice,
        )
        self._children.watch()
        if self._options.cars:
            options = self._options
            self._start(
                "fleet",
                arguments=[
                    "--background",
                    f"--cars={options.cars}",
                    f"--riders={options.riders}",
                    f"--seed={options.seed}",
                ],
            )
        self._say(Phase.READY, "")

    def _start(
        self, room: str, *ports: int, arguments: Sequence[str] = (), again: bool = True, seconds: float = 60.0
    ) -> None:
        if self.over.is_set():
            raise NotServingError("it was told to stop")
        command = Command(
            name=room,
            arguments=["-m", f"local.{room}", str(self._folder.path), *arguments],
            log=self._folder.logs / f"{room}.log",
            ports=ports,
            again=again,
        )
        self._children.start(command, seconds=seconds)

    def _deploy(self) -> None:
        config = [part for pair in self._options.config for part in ("--config", pair)]
        self._start("deploy", arguments=config, again=False)
        code = self._children.wait("deploy", _DEPLOY_SECONDS, self.over)
        if code != 0:
            words = last_words(self._folder.logs / "deploy.log", 30)
            raise NotServingError(f"the deployment failed (exit code {code}):\n{words}")

    def _say(self, phase: Phase, words: str) -> None:
        self._status.phase, self._status.words = phase, words
        self._tell()

    def _tell(self) -> None:
        with self._lock:
            self._status.processes = self._children.as_json()
            write_whole(status_file(self._folder), json.dumps(asdict(self._status), indent=1) + "\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when it was stopped, 1 when it could not come up or another one runs."""
    parser = argparse.ArgumentParser(prog="python -m local.supervisor")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--config", action="append", default=[], metavar="K=V")
    parser.add_argument("--cars", type=int, default=Options.cars)
    parser.add_argument("--riders", type=int, default=Options.riders)
    parser.add_argument("--seed", type=int, default=Options.seed)
    parser.add_argument("--lifeline", action="store_true", help="stop when standard input ends")
    given = parser.parse_args(arguments)
    folder = Folder(given.folder.resolve())
    with only_one(folder) as free:
        if not free:
            return 1
        supervisor = Supervisor(folder, Options(given.config, given.cars, given.riders, given.seed))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: supervisor.over.set())
        if given.lifeline:
            Thread(target=_until_the_end_of, args=(sys.stdin.buffer, supervisor.over), daemon=True).start()
        return supervisor.run()


def _until_the_end_of(stream: BinaryIO, over: Event) -> None:
    """A pipe ends when nobody holds its other end: however they ended, kill -9 as well."""
    stream.read()
    over.set()


if __name__ == "__main__":
    sys.exit(main())
