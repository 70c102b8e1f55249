"""Previews stacks of a project: one in this process, or several at a time in forked children.

A forked child starts with what its parent has imported, can be killed when its time is up, and leaves
nothing behind. The parent opens no gRPC channel and starts no thread before it forks.
"""

from __future__ import annotations

import gc
import importlib
import multiprocessing
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import IO

from offline import DEFAULT_TIMEOUT
from offline.answers import load_answers
from offline.config import Project, load_config
from offline.errors import UsageError
from offline.graph import Diagnostic, Graph
from offline.policy_config import PackConfig
from offline.stack_info import StackInfo, StackOutputs
from offline.warm import warm
from offline.worker import StackResult, Task, preview

_GRACE_SECONDS = 10.0
_POLICY_SECONDS = 300.0


@dataclass(frozen=True)
class Options:
    """How to preview. `python` is the interpreter of isolated mode; None takes the project's own."""

    config: Mapping[str, str] = field(default_factory=dict)
    packs: tuple[Path, ...] = ()
    pack_config: Path | None = None
    answers: Path | None = None
    isolated: bool = False
    python: Path | None = None
    timeout: float = DEFAULT_TIMEOUT
    jobs: int = 0
    organization: str = "organization"
    substitute: bool = False


def preview_in_process(project: Project, stack: str, options: Options | None = None) -> StackResult:
    """Preview one stack in this process: for tests and tools that go on to look at the graph.

    References to other stacks of the project are unknown here, unless an answer file gives them.
    """
    options = options or Options()
    task = make_task(project, stack, options)
    return preview(replace(task, info=replace(task.info, sibling_stacks=frozenset())))


def make_task(project: Project, stack: str, options: Options) -> Task:
    """Return the work for one stack.

    Raises:
        UsageError: a file or an option is wrong.
    """

    config = load_config(project, stack, options.config, substitute=options.substitute)
    pack_config = PackConfig()
    beside = project.stack_file(stack)
    default = beside.with_name(f"Pulumi.{stack}.policy.json") if beside else None
    if options.packs and options.pack_config:
        pack_config = PackConfig.load(options.pack_config)
    elif options.packs and default is not None and default.is_file():
        pack_config = PackConfig.load(default)
    info = StackInfo(
        project=project.name,
        stack=stack,
        root=project.root,
        program_directory=project.program_directory,
        organization=options.organization,
        config=config.values,
        secret_keys=config.secret_keys,
        answers=load_answers(options.answers),
        sibling_stacks=frozenset(project.stacks()) - {stack},
    )
    python = None
    if options.isolated:
        python = options.python or project.python or Path(sys.executable)
    return Task(
        info=info,
        program=project.program,
        packs=tuple((pack.resolve(), pack_config) for pack in options.packs),
        timeout=options.timeout,
        python=python,
        notes=config.notes,
    )


def preview_stacks(
    project: Project,
    stacks: Iterable[str],
    options: Options,
    progress: Callable[[str, str], None] = lambda _stack, _state: None,
) -> dict[str, StackResult]:
    """Preview stacks in forked children and return the results by stack, in the order asked for.

    A stack whose program reads another of the project is previewed after that one, with its outputs.

    Args:
        progress: called with a stack and what it does now.

    Raises:
        UsageError: a file or an option is wrong; nothing was run.
    """
    names = list(dict.fromkeys(stacks))
    for pack in options.packs:
        if not (pack / "PulumiPolicy.yaml").is_file():
            raise UsageError(f"{pack} is no policy pack: it has no PulumiPolicy.yaml")
    if options.packs:
        importlib.import_module("pulumi_policy")  # the packs are forked: import it once
    if len(names) > 1 and not options.isolated:
        warm(project.program)
    schedule = _Schedule(project, names, options, progress)
    return schedule.run()


@dataclass
class _Child:
    stack: str
    process: BaseProcess
    connection: Connection
    output: IO[bytes]
    deadline: float


class _Schedule:
    """Runs children, at most `jobs` at a time, and puts off a stack until those it needs are done."""

    def __init__(
        self, project: Project, names: list[str], options: Options, progress: Callable[[str, str], None]
    ) -> None:
        self._names = names
        self._project = project
        self._options = options
        self._progress = progress
        self._jobs = options.jobs or os.cpu_count() or 1
        self._tasks: dict[str, Task] = {name: make_task(project, name, options) for name in names}
        self._ready = list(names)
        self._needs: dict[str, str] = {}
        self._results: dict[str, StackResult] = {}
        self._children: list[_Child] = []
        self._fork = multiprocessing.get_context("fork")

    def run(self) -> dict[str, StackResult]:
        try:
            while self._ready or self._children:
                while self._ready and len(self._children) < self._jobs:
                    self._start(self._ready.pop(0))
                self._gather()
        finally:
            for child in self._children:
                _kill(child)
        return {name: self._results[name] for name in self._names}

    def _start(self, stack: str) -> None:
        self._progress(stack, "previewing")
        receiver, sender = self._fork.Pipe(duplex=False)
        output = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the child ends
        task = self._tasks[stack]
        process = self._fork.Process(target=_child, args=(task, sender, output), daemon=False)
        sys.stdout.flush()
        sys.stderr.flush()
        process.start()
        sender.close()
        limit = task.timeout + _GRACE_SECONDS + (_POLICY_SECONDS if task.packs else 0)
        self._children.append(_Child(stack, process, receiver, output, time.monotonic() + limit))

    def _gather(self) -> None:
        soonest = min(child.deadline for child in self._children)
        ready = wait([child.connection for child in self._children], max(0.0, soonest - time.monotonic()))
        for child in list(self._children):
            if child.connection in ready:
                self._children.remove(child)
                self._finish(child, _receive(child))
            elif time.monotonic() >= child.deadline:
                self._children.remove(child)
                _kill(child)
                limit = self._tasks[child.stack].timeout
                self._finish(
                    child, self._broken(child, f"the program did not end within {limit:g} s and was killed")
                )

    def _finish(self, child: _Child, result: StackResult | None) -> None:
        _kill(child)
        if result is None:
            result = self._broken(
                child, f"the process of the preview died (exit code {child.process.exitcode})"
            )
        child.output.seek(0)
        text = child.output.read().decode(errors="replace").strip()
        child.output.close()
        if result.needs is not None:
            self._put_off(child.stack, result.needs)
            return
        if text:
            result.graph.diagnostics.insert(0, Diagnostic("info", text))
        self._progress(child.stack, "failed" if result.failed else "done")
        self._results[child.stack] = result
        for waiting in [stack for stack, needed in self._needs.items() if needed == child.stack]:
            del self._needs[waiting]
            self._know(waiting, child.stack, None if result.graph.failed else result.graph.exports)

    def _put_off(self, stack: str, needed: str) -> None:
        chain, seen = needed, {stack}
        while chain in self._needs and chain not in seen:
            seen.add(chain)
            chain = self._needs[chain]
        if chain in seen:  # stacks that read each other: one must do without
            self._know(stack, needed, None)
        elif needed in self._results:
            graph = self._results[needed].graph
            self._know(stack, needed, None if graph.failed else graph.exports)
        else:
            self._progress(stack, f"waiting for {needed}")
            self._needs[stack] = needed
            if needed not in self._tasks:
                self._tasks[needed] = make_task(self._project, needed, replace(self._options, packs=()))
                self._ready.insert(0, needed)

    def _know(self, stack: str, other: str, outputs: dict[str, object] | None) -> None:
        task = self._tasks[stack]
        known = {**task.info.known_stacks, other: StackOutputs(outputs)}
        self._tasks[stack] = replace(task, info=replace(task.info, known_stacks=known))
        self._ready.insert(0, stack)

    def _broken(self, child: _Child, why: str) -> StackResult:
        graph = Graph(child.stack, self._project.name, diagnostics=[Diagnostic("error", why)])
        return StackResult(child.stack, graph)


def _child(task: Task, sender: Connection, output: IO[bytes]) -> None:
    """Preview one stack and send the result; never returns to the parent's code."""
    os.setsid()  # what the program starts ends with it
    gc.disable()  # the process ends before a collection would pay
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(output.fileno(), 1)
    os.dup2(output.fileno(), 2)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    code = 1
    try:
        result = preview(task, output, fork_packs=True)
        # The parent ends this process as soon as it has the result: what was printed must be out before.
        sys.stdout.flush()
        sys.stderr.flush()
        sender.send(result)
        code = 0
    except BaseException:  # the parent reads it from the output
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sender.close()
        os._exit(code)


def _receive(child: _Child) -> StackResult | None:
    try:
        result: StackResult = child.connection.recv()
    except EOFError:
        child.process.join(_GRACE_SECONDS)
        return None
    return result


def _kill(child: _Child) -> None:
    child.connection.close()
    if child.process.pid is not None:
        try:
            os.killpg(child.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        except PermissionError:
            child.process.kill()
    child.process.join()
