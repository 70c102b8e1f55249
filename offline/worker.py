"""Previews one stack: the program against the monitor, the policy packs beside it."""

from __future__ import annotations

import io
import tempfile
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from offline.analyzer import PackReport, PackRun, pack_environment
from offline.graph import Diagnostic, Graph, Resource
from offline.isolated import run_isolated
from offline.monitor import OfflineMonitor
from offline.policy_config import PackConfig
from offline.program import Outcome, Spec, run
from offline.providers import split_reference
from offline.stack_info import StackInfo


@dataclass(frozen=True)
class Task:
    """One stack to preview. `python` is set for isolated mode; `timeout` is in seconds."""

    info: StackInfo
    program: Path
    packs: tuple[tuple[Path, PackConfig], ...] = ()
    timeout: float = 120.0
    python: Path | None = None
    notes: tuple[str, ...] = ()


@dataclass
class StackResult:
    """What the preview of one stack gave. `needs` names a stack that must be previewed first."""

    stack: str
    graph: Graph
    packs: list[PackReport] = field(default_factory=list)
    config: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    needs: str | None = None

    @property
    def failed(self) -> bool:
        """Whether the program failed or a mandatory policy is violated."""
        return self.graph.failed or any(pack.failed for pack in self.packs)

    def document(self) -> dict[str, Any]:
        """Return the document of `pulumi preview --json`, and beside it what is ours.

        `policyPacks` holds the findings, `offline` what could not be known.
        """
        return {
            **self.graph.document(self.config),
            "policyPacks": [pack.as_json() for pack in self.packs],
            "offline": {
                "unansweredInvokes": sorted(self.graph.unanswered),
                "assumptions": sorted(self.graph.assumptions),
                "notes": sorted(self.notes),
            },
        }


def preview(task: Task, output: IO[bytes] | None = None, *, fork_packs: bool = False) -> StackResult:
    """Preview one stack in this process, or with `task.python` in one of its own.

    Args:
        output: where the program's prints go; without it they become info diagnostics.
        fork_packs: fork the packs' processes; only where there are no threads and no gRPC yet.
    """
    info = task.info
    environment = pack_environment(info.project, info.stack, info.organization, info.config)
    printed = io.StringIO()
    with ExitStack() as stack:
        packs = [PackRun(path, config, environment, fork=fork_packs) for path, config in task.packs]
        for pack in packs:
            stack.enter_context(pack)

        def observe(resource: Resource) -> None:
            provider = monitor.graph.resources.get(split_reference(resource.provider)[0])
            for pack in packs:
                pack.resource(resource, provider)

        monitor = OfflineMonitor(info, observe)
        stack.callback(monitor.close)
        if task.python is not None:
            target = output or stack.enter_context(tempfile.TemporaryFile())
            outcome = run_isolated(spec_of(task), monitor, task.python, target)
            if output is None:
                target.seek(0)
                printed.write(target.read().decode(errors="replace"))
        elif output is None:
            with redirect_stdout(printed), redirect_stderr(printed):
                outcome = run(spec_of(task), monitor, monitor)
        else:
            outcome = run(spec_of(task), monitor, monitor)
        _explain(outcome, monitor)
        # Messages about resources come in when their URNs do, which is not the same order in two runs.
        monitor.graph.diagnostics.sort(key=lambda diagnostic: diagnostic.urn)
        if printed.getvalue().strip():
            monitor.graph.diagnostics.insert(0, Diagnostic("info", printed.getvalue().strip()))
        result = StackResult(
            info.stack, monitor.graph, config=_shown(info), notes=list(task.notes), needs=monitor.needs
        )
        if monitor.needs is None:
            result.packs = [pack.finish(monitor.graph, outcome.outputs) for pack in packs]
    return result


def spec_of(task: Task) -> Spec:
    info = task.info
    return Spec(
        program=str(task.program),
        directory=str(info.program_directory),
        root=str(info.root),
        project=info.project,
        stack=info.stack,
        organization=info.organization,
        config=dict(info.config),
        secret_keys=sorted(info.secret_keys),
        timeout=task.timeout,
    )


def _shown(info: StackInfo) -> dict[str, str]:
    return {key: "[secret]" if key in info.secret_keys else value for key, value in info.config.items()}


def _explain(outcome: Outcome, monitor: OfflineMonitor) -> None:
    """Turn the program's end into a diagnostic, with the hint that its own error lacks."""
    if not outcome.error:
        return
    text = outcome.error
    unanswered = sorted(monitor.graph.unanswered)
    if outcome.assertion and unanswered:
        text += (
            f"\nThe program asked for {', '.join(unanswered)}, which cannot be answered offline, and needed "
            "the answer at once. Give it in a file: --answers FILE (docs/offline.md)"
        )
    monitor.diagnose("error", text)
