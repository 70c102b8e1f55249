"""Up and down: what `ev up` and `ev down` do with the platform of a stack."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Event
from typing import Final

from local.children import GRACE_SECONDS, last_words
from local.clock import Clock
from local.endpoints import Endpoints
from local.folder import ROOT, Folder, python_environment, write_whole
from local.supervisor import Options, Phase, Status, is_running, only_one, status_file
from offline.config import Project, load_config

Say = Callable[[str], None]

_LOOK_SECONDS: Final = 0.1
_STOP_SECONDS: Final = 3 * GRACE_SECONDS
_WORDS: Final = {
    Phase.STARTING: "starting",
    Phase.DEPLOYING: "deploying",
    Phase.OPENING: "opening",
}


class ControlError(Exception):
    """The platform is not as it was asked to be; the message says why and what to do."""


@dataclass(frozen=True)
class UpOptions:
    """`speed`: of the platform's clock; None leaves it as it is, or real. `lifeline`: the end to read of a
    pipe; the platform stops when nobody has the other end any more. None: it runs until it is stopped.
    """

    run: Options
    speed: float | None = None
    lifeline: int | None = None


def up(folder: Folder, options: UpOptions, say: Say) -> None:
    """Bring a platform up, or bring a running one up to date with the program.

    Whoever interrupts it (KeyboardInterrupt) before the platform is ready stops the platform.

    Raises:
        ControlError: it did not come up; nothing of it is left running.
    """
    if is_running(folder):
        status = Status.load(folder)
        if status is None or status.phase is not Phase.READY:
            say(f"{folder.stack} is being brought up already: following that")
            _follow(folder, None, say)
            return
        _refuse_changes(folder, options)
        say(f"{folder.stack} runs already: deploying what changed")
        _deploy_again(folder, options.run.config)
        return
    supervisor = _start(folder, options)
    try:
        _follow(folder, supervisor, say)
    except BaseException:
        with suppress(ControlError):
            stop(folder)
        with suppress(subprocess.TimeoutExpired):  # it has let go of the folder, and ends
            supervisor.wait(_STOP_SECONDS)
        raise


def stop(folder: Folder) -> bool:
    """Stop a platform and keep what it knows; whether one ran. Raises ControlError if it does not end."""
    status = Status.load(folder)
    if not is_running(folder) or status is None:
        return False
    with suppress(ProcessLookupError):
        os.kill(status.pid, signal.SIGTERM)
    ended = time.monotonic() + _STOP_SECONDS
    while is_running(folder):
        if time.monotonic() > ended:
            raise ControlError(
                f"the supervisor (process {status.pid}) does not end: look at {folder.logs}/supervisor.log, "
                f"then `kill -9 {status.pid}`; what it started ends with it"
            )
        Event().wait(_LOOK_SECONDS)
    return True


def forget(folder: Folder) -> None:
    """Take the folder away. Raises ControlError while the platform runs."""
    if not folder.path.is_dir():
        return
    with only_one(folder) as free:
        if not free:
            raise ControlError(f"{folder.stack} runs: stop it first")
        shutil.rmtree(folder.path)
    with suppress(OSError):  # other stacks' folders may be there
        folder.path.parent.rmdir()


def _start(folder: Folder, options: UpOptions) -> subprocess.Popen[bytes]:
    folder.create()
    for old in folder.logs.glob("*.log"):
        old.replace(old.with_suffix(".log.1"))
    before = Endpoints.load(folder.endpoints) if folder.endpoints.is_file() else None
    try:
        Endpoints.choose(before).save(folder.endpoints)
    except OSError as error:
        raise ControlError(f"{error}: end a program that listens there, then try again") from error
    clock = Clock.load(folder.clock) if folder.clock.is_file() else None
    Clock.starting(options.speed or 1.0, before=clock).save(folder.clock)
    write_whole(folder.account, _account(folder.stack, options.run.config) + "\n")
    status_file(folder).unlink(missing_ok=True)
    run = options.run
    config = [part for pair in run.config for part in ("--config", pair)]
    numbers = [f"--cars={run.cars}", f"--riders={run.riders}", f"--seed={run.seed}"]
    tied = [] if options.lifeline is None else ["--lifeline"]
    with (folder.logs / "supervisor.log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "local.supervisor", str(folder.path), *numbers, *tied, *config],
            cwd=ROOT,
            env=python_environment(),
            stdin=subprocess.DEVNULL if options.lifeline is None else options.lifeline,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _account(stack: str, overrides: Sequence[str]) -> str:
    """The account that the stack's configuration names; one of nobody's, if it names none."""
    pairs = (pair.partition("=") for pair in overrides)
    config = load_config(Project.find(ROOT), stack, {key: value for key, _, value in pairs}).values
    named = (value for key, value in config.items() if key.partition(":")[2] == "accountId")
    return next(named, "123456789012")


def _follow(folder: Folder, supervisor: subprocess.Popen[bytes] | None, say: Say) -> None:
    """Tell what the supervisor does until the platform is ready. Raises ControlError when it is not."""
    told = ""
    while True:
        ended = supervisor.poll() is not None if supervisor else not is_running(folder)
        status = Status.load(folder)
        if status and status.phase is Phase.READY:
            return
        if status and status.phase is Phase.FAILED:
            raise ControlError(f"{folder.stack} did not come up: {status.words}")
        if ended:
            words = last_words(folder.logs / "supervisor.log")
            raise ControlError(f"{folder.stack} was stopped before it was ready:\n{words}")
        if status and status.phase in _WORDS:
            words = f"{_WORDS[status.phase]} {status.words}"
            if words != told:
                say(words)
                told = words
        Event().wait(_LOOK_SECONDS)


def _refuse_changes(folder: Folder, options: UpOptions) -> None:
    running = Clock.load(folder.clock).speed
    if options.speed is not None and options.speed != running:
        raise ControlError(
            f"{folder.stack} runs {running:g} times as fast as time: to change the speed, stop it "
            f"(`ev down {folder.stack} --keep`) and bring it up again"
        )


def _deploy_again(folder: Folder, config: Sequence[str]) -> None:
    arguments = [part for pair in config for part in ("--config", pair)]
    done = subprocess.run(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "local.deploy", str(folder.path), *arguments],
        cwd=ROOT,
        env=python_environment(),
        check=False,
    )
    if done.returncode:
        raise ControlError(f"the deployment failed (exit code {done.returncode}); what ran before runs on")
