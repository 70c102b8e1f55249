"""Processes that belong together: started, watched, started again when they die, and ended together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from socket import create_connection
from threading import Event, RLock, Thread
from typing import Final

from local.folder import ROOT, python_environment
from local.listener import HOST

GRACE_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 0.2
_FIRST_WAIT_SECONDS: Final = 0.2
_LONGEST_WAIT_SECONDS: Final = 5.0
_SETTLED_SECONDS: Final = 30.0
"""Who ran this long died of something new: it is started again at once."""


class NotServingError(Exception):
    """A process ended before it served; the message says what it said last."""


@dataclass(frozen=True)
class Command:
    """A process: `python <arguments>`, told to `log`; ready when it takes connections at `ports`.

    `again`: whether it is started again when it ends; one that ends with exit code 0 is done.
    """

    name: str
    arguments: Sequence[str]
    log: Path
    ports: Sequence[int] = ()
    again: bool = True


@dataclass
class Child:
    """A command that was started. `restarts`: how often again; `since`: s since the epoch."""

    command: Command
    process: subprocess.Popen[bytes]
    since: float
    restarts: int = 0
    due: float | None = None
    wait: float = _FIRST_WAIT_SECONDS

    @property
    def running(self) -> bool:
        """Whether it runs now."""
        return self.process.poll() is None

    def as_json(self) -> dict[str, object]:
        """What status shows of it."""
        code = self.process.poll()
        state = "running" if code is None else "done" if code == 0 and not self.command.again else "ended"
        return {
            "pid": self.process.pid,
            "state": state,
            "exitCode": code,
            "restarts": self.restarts,
            "since": int(self.since),
        }


class Children:
    """All of them. `on_change` is called when one was started or ended."""

    def __init__(self, on_change: Callable[[], None] = lambda: None) -> None:
        self._children: dict[str, Child] = {}
        self._lock = RLock()
        self._over = Event()
        self._on_change = on_change
        self._watch = Thread(target=self._watching, daemon=True)

    def start(self, command: Command, *, seconds: float = 60.0) -> None:
        """Start one and wait until it serves. Raises NotServingError."""
        child = Child(command, _started(command), time.time())
        with self._lock:
            self._children[command.name] = child
        deadline = time.monotonic() + seconds
        for port in command.ports:
            while not _open(port):
                if not child.running:
                    raise NotServingError(
                        f"{command.name} ended with exit code {child.process.returncode} before it served:\n"
                        f"{last_words(command.log)}"
                    )
                if time.monotonic() > deadline:
                    raise NotServingError(
                        f"{command.name} does not serve after {seconds:g} s:\n{last_words(command.log)}"
                    )
                self._over.wait(0.05)
        self._on_change()

    def wait(self, name: str, seconds: float, over: Event) -> int | None:
        """The exit code of one that ends by itself; None when it did not in time, or `over` was set first."""
        process = self._children[name].process
        deadline = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < deadline and not over.wait(0.05):
            pass
        return process.poll()

    def watch(self) -> None:
        """From now on, start again who dies."""
        self._watch.start()

    def stop(self, *, grace_seconds: float = GRACE_SECONDS) -> None:
        """End all, the last started first; kill who does not end in time."""
        self._over.set()
        if self._watch.is_alive():
            self._watch.join()
        with self._lock:
            children = list(reversed(self._children.values()))
        for child in children:
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + grace_seconds
        for child in children:
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.0, deadline - time.monotonic()))
            _signal(child, signal.SIGKILL)
            child.process.wait()

    def as_json(self) -> dict[str, dict[str, object]]:
        """Each child's state by its name."""
        with self._lock:
            return {name: child.as_json() for name, child in self._children.items()}

    def _watching(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            with self._lock:
                for child in self._children.values():
                    self._look_after(child)

    def _look_after(self, child: Child) -> None:
        code = child.process.poll()
        if code is None or (not child.command.again and code == 0):
            return
        now = time.time()
        if child.due is None:
            settled = now - child.since > _SETTLED_SECONDS
            child.wait = _FIRST_WAIT_SECONDS if settled else min(child.wait * 2, _LONGEST_WAIT_SECONDS)
            child.due = now + child.wait
            self._on_change()
        elif now >= child.due:
            child.process = _started(child.command)
            child.since, child.due = now, None
            child.restarts += 1
            self._on_change()


def last_words(log: Path, lines: int = 12) -> str:
    """The end of a log."""
    if not log.is_file():
        return f"(it said nothing: {log})"
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - 16_384))
        words = stream.read().decode(errors="replace").splitlines()[-lines:]
    return "\n".join(f"    {line}" for line in words) or f"(it said nothing: {log})"


def _started(command: Command) -> subprocess.Popen[bytes]:
    with command.log.open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and modules
            [sys.executable, *command.arguments],
            cwd=ROOT,
            env=python_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the supervisor, which ends them in order
        )


def _signal(child: Child, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        if child.running:
            os.killpg(child.process.pid, number)


def _open(port: int) -> bool:
    try:
        create_connection((HOST, port), timeout=1.0).close()
    except OSError:
        return False
    return True
