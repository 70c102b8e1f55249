"""Runs a Pulumi program in the interpreter it belongs to.

Imports nothing but the standard library and `pulumi`: with `--isolated` this file is started by another
interpreter (see `offline.isolated`), and the outcome goes to the file that the spec names.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
import inspect
import json
import logging
import os
import runpy
import signal
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from types import FrameType
from typing import Any, NoReturn, TypeAlias

import grpc
import pulumi
from google.protobuf.message import Message
from pulumi import _types
from pulumi.runtime import settings as runtime_settings
from pulumi.runtime.proto import engine_pb2_grpc, resource_pb2_grpc
from pulumi.runtime.proto.resource_pb2 import RegisterResourceRequest
from pulumi.runtime.settings import SETTINGS

Service: TypeAlias = Any
"""An object with the RPCs of a Pulumi service as methods: a stub, or the engine itself."""


@dataclass
class Spec:
    """What to run. `program` and `directory` are absolute paths, `timeout` is in seconds."""

    program: str
    directory: str
    root: str
    project: str
    stack: str
    organization: str
    config: dict[str, str]
    secret_keys: list[str]
    timeout: float
    monitor: str = ""
    outcome: str = ""
    dry_run: bool = True


@dataclass
class Outcome:
    """How it ended: `error` is empty when it ended well; `outputs` names each type's output properties."""

    error: str = ""
    assertion: bool = False
    outputs: dict[str, list[str]] = field(default_factory=dict)


class Stalled(KeyboardInterrupt):
    """Raised out of the event loop when the time is up.

    asyncio lets only SystemExit and KeyboardInterrupt out of a callback.
    """


class _Watched:
    """A monitor that notes the types that are registered."""

    def __init__(self, monitor: Service) -> None:
        self._monitor = monitor
        self.types: set[str] = set()

    def __getattr__(self, name: str) -> Service:
        return getattr(self._monitor, name)

    def RegisterResource(self, request: RegisterResourceRequest) -> Message:  # noqa: N802 - the protocol's name
        self.types.add(request.type)
        response: Message = self._monitor.RegisterResource(request)
        return response


_UNMOVED_SECONDS = 0.25
"""With no output done for this long, nothing is left that comes by itself."""
_BLOCKED_SECONDS = 0.5
"""How much later than the event loop's own timer a signal ends code that blocks it."""


def run(spec: Spec, monitor: Service, engine: Service) -> Outcome:
    """Run the program against objects that have the RPCs as methods."""
    watched = _Watched(monitor)
    with _quiet_collector(), _surroundings(spec):
        outcome = contextvars.copy_context().run(_run, spec, watched, engine)
        outcome.outputs = _output_names(pulumi.CustomResource, watched.types)
    return outcome


def _run(spec: Spec, monitor: Service, engine: Service) -> Outcome:
    options = {
        "project": spec.project,
        "stack": spec.stack,
        "monitor": monitor,
        "engine": engine,
        "parallel": 0,
        "dry_run": spec.dry_run,
        "organization": spec.organization,
        "root_directory": spec.root,
    }
    accepted = inspect.signature(pulumi.runtime.Settings).parameters
    runtime_settings.ROOT.set(None)
    pulumi.runtime.set_all_config(spec.config, spec.secret_keys)
    pulumi.runtime.configure(
        pulumi.runtime.Settings(**{key: value for key, value in options.items() if key in accepted})
    )
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # as Pulumi's own launcher: its noise is no news
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        return _drive(loop, spec)
    finally:
        _end(loop)


def _drive(loop: asyncio.AbstractEventLoop, spec: Spec) -> Outcome:
    main = os.path.join(spec.program, "__main__.py") if os.path.isdir(spec.program) else spec.program
    if not os.path.isfile(main):
        return Outcome(
            f"the program {os.path.relpath(main, spec.root)} does not exist; see 'main' in Pulumi.yaml"
        )
    with _Deadline(loop, spec) as deadline:
        try:
            loop.run_until_complete(pulumi.runtime.run_in_stack(lambda: _execute(spec.program)))
        except Stalled:
            return Outcome(deadline.reason)
        except pulumi.RunError as error:
            return Outcome(str(error))
        except SystemExit as error:
            return Outcome(_exit_text(error))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # whatever a program raises is its outcome, not ours
            return Outcome(_trace(error, spec), assertion=isinstance(error, AssertionError))
    return Outcome()


async def _execute(program: str) -> None:
    runpy.run_path(program, run_name="__main__")
    await settle()


async def settle() -> None:
    """Let every output come to its value at once.

    The SDK's own wait starts anew over all that are left whenever one is done, which is quadratic; it finds
    little to do after this. What fails or never comes is left to it, with its own words.
    """
    while True:
        pending = [task for task in list(SETTINGS.outputs) if not task.done()]
        if not pending:
            return
        done, _ = await asyncio.wait(pending, timeout=_UNMOVED_SECONDS)
        if not done:
            return


def _exit_text(error: SystemExit) -> str:
    if error.code in (None, 0):
        return ""
    return f"the program called sys.exit({error.code!r})"


class _Deadline:
    """Raises `Stalled` when the time is up: out of the event loop, or out of code that keeps it from turning.

    It strikes again and again, because a program may catch it. `reason` is what the first strike found.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, spec: Spec) -> None:
        self.reason = ""
        self._loop = loop
        self._spec = spec
        # Only the main thread gets signals; elsewhere the parent's kill is the last resort.
        self._has_alarm = threading.current_thread() is threading.main_thread()

    def __enter__(self) -> _Deadline:
        self._timer = self._loop.call_later(self._spec.timeout, self._in_loop)
        if self._has_alarm:
            self._handler = signal.signal(signal.SIGALRM, self._in_code)
            signal.setitimer(signal.ITIMER_REAL, self._spec.timeout + _BLOCKED_SECONDS, _BLOCKED_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._has_alarm:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._handler)

    def _in_loop(self) -> None:
        self._timer = self._loop.call_later(_BLOCKED_SECONDS, self._in_loop)
        self._strike(f". {_waiting(self._loop)}; raise --timeout if it needs longer")

    def _in_code(self, _signal: int, frame: FrameType | None) -> None:
        while frame is not None and not _is_own(frame.f_code.co_filename, self._spec.directory):
            frame = frame.f_back
        at = os.path.relpath(frame.f_code.co_filename, self._spec.directory) if frame else ""
        where = f"; it is still at {at}:{frame.f_lineno}" if frame else ""
        self._strike(f"{where}; raise --timeout if it needs longer")

    def _strike(self, what: str) -> NoReturn:
        self.reason = self.reason or f"the program did not end within {self._spec.timeout:g} s{what}"
        raise Stalled(self.reason)


def _waiting(loop: asyncio.AbstractEventLoop) -> str:
    """Say which resources wait for a value that does not come."""
    stuck = set()
    for task in asyncio.all_tasks(loop):
        coroutine = task.get_coro()
        frame = getattr(coroutine, "cr_frame", None)
        if frame is not None and frame.f_code.co_name in ("do_register", "do_read"):
            stuck.add(f"{frame.f_locals.get('ty')} {frame.f_locals.get('name')!r}")
    if not stuck:
        return "An output, a future or a call that it waits for never resolves"
    return "Waiting for an input that never resolves: " + ", ".join(sorted(stuck))


def _trace(error: BaseException, spec: Spec) -> str:
    """Return the traceback with the program's own frames only, when there are any."""
    details = traceback.TracebackException.from_exception(error)
    chained: traceback.TracebackException | None = details
    any_own = False
    while chained is not None:
        own = [frame for frame in chained.stack if _is_own(frame.filename, spec.directory)]
        if own:
            chained.stack = traceback.StackSummary.from_list(own)
            any_own = True
        chained = chained.__cause__ or chained.__context__
    if type(error) is Exception and not any_own:
        return str(error)  # so the SDK raises what the engine answered; its own frames say nothing
    text = "".join(details.format()).rstrip()
    return "Program failed with an unhandled exception:\n" + text.replace(spec.directory + os.sep, "")


def _is_own(filename: str, directory: str) -> bool:
    inside = filename.startswith(directory + os.sep) and "site-packages" not in filename
    return inside and filename != __file__


def _end(loop: asyncio.AbstractEventLoop) -> None:
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.set_exception_handler(lambda _loop, _context: None)
    # A loop that was stopped inside a call cannot be run again.
    with suppress(RuntimeError):
        pending = asyncio.all_tasks(loop)
        if pending:
            loop.run_until_complete(asyncio.wait(pending, timeout=_BLOCKED_SECONDS))
    asyncio.set_event_loop(None)
    if not loop.is_running():
        loop.close()


@contextmanager
def _quiet_collector() -> Iterator[None]:
    """Collecting garbage takes a third of a run's time, and a run is over before it would matter."""
    was_enabled = gc.isenabled()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if was_enabled:
            gc.enable()


@contextmanager
def _surroundings(spec: Spec) -> Iterator[None]:
    """Give the program the arguments, the folder and the modules of a fresh process; undo it after."""
    argv, path, directory, modules = sys.argv, list(sys.path), os.getcwd(), set(sys.modules)
    debug = pulumi.log.debug
    sys.argv = [spec.program]
    if os.path.isfile(spec.program):
        sys.path.insert(0, spec.directory)
    os.chdir(spec.directory)
    # Four of five RPCs of a run are debug lines, which no preview shows.
    pulumi.log.debug = _no_debug
    try:
        yield
    finally:
        pulumi.log.debug = debug
        sys.argv, sys.path[:] = argv, path
        os.chdir(directory)
        for name in set(sys.modules) - modules:
            if _is_own(getattr(sys.modules[name], "__file__", None) or "", spec.directory):
                del sys.modules[name]


def _no_debug(*_args: object, **_options: object) -> None:
    return None


def _output_names(base: type, types: Iterable[str]) -> dict[str, list[str]]:
    """Return the output properties of the types, from the generated classes that are loaded."""
    wanted = set(types)
    names: dict[str, list[str]] = {}
    classes: list[type] = list(base.__subclasses__())
    while classes:
        cls = classes.pop()
        classes.extend(cls.__subclasses__())
        token = cls.__dict__.get("pulumi_type")
        if isinstance(token, str) and token in wanted:
            names[token] = sorted(set(_types.resource_types(cls)) - {"id", "urn"})
    return names


def main(spec_file: str) -> int:
    """Run what a spec file says, against the monitor and engine at its address."""
    with open(spec_file, encoding="utf-8") as stream:
        spec = Spec(**json.load(stream))
    limit = ("grpc.max_receive_message_length", 400 * 1024 * 1024)
    channel = grpc.insecure_channel(spec.monitor, options=[limit])
    outcome = run(spec, resource_pb2_grpc.ResourceMonitorStub(channel), engine_pb2_grpc.EngineStub(channel))
    with open(spec.outcome, "w", encoding="utf-8") as stream:
        json.dump(asdict(outcome), stream)
    return 1 if outcome.error else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
