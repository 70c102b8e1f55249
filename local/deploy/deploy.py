"""Runs a stack's program with the local provider: `deploy`."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from local.deploy.provider import LocalProvider, Progress
from local.deployment import Deployed, Deployment, Kind
from local.endpoints import Endpoints
from local.folder import Folder
from offline.config import Project
from offline.invokes import Answer, Answers
from offline.monitor import OfflineMonitor
from offline.program import Spec, run
from offline.run import Options, make_task
from offline.values import reveal

_SECONDS: Final = 300.0


@dataclass
class DeployResult:
    """What a deployment did. `done`: how many resources were created, updated and so on."""

    stack: str
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    kinds: dict[str, Counter[str]] = field(default_factory=dict)
    """How many resources of a type are created, served, recorded."""

    def document(self) -> dict[str, Any]:
        """The same as JSON."""
        return {
            "stack": self.stack,
            "errors": self.errors,
            "warnings": self.warnings,
            "changes": dict(sorted(self.done.items())),
            "kinds": {kind: dict(sorted(types.items())) for kind, types in sorted(self.kinds.items())},
        }


def account_of(config: Mapping[str, str]) -> str:
    """The account that a stack's configuration names, or AWS's documentation account."""
    named = (value for key, value in config.items() if key.partition(":")[2] == "accountId")
    return next(named, "123456789012")


def deploy(folder: Folder, root: Path, config: Mapping[str, str], progress: Progress) -> DeployResult:
    """Deploy the stack of `folder`, and write `deployment.json`; what a failure leaves is written, too.

    Raises:
        UsageError: the stack or its configuration is wrong; nothing was done.
    """
    project = Project.find(root)
    ports = Endpoints.load(folder.endpoints)
    task = make_task(project, folder.stack, Options(config=config, timeout=_SECONDS))
    answers = Answers(invokes=_answers(ports))
    info = replace(task.info, answers=answers, sibling_stacks=frozenset())
    account = account_of(info.config)
    result = DeployResult(folder.stack)

    def save(resources: Mapping[str, Deployed], exports: Mapping[str, Any] | None = None) -> None:
        Deployment(info.project, info.stack, account, dict(resources), exports or {}).save(folder.deployment)

    def told(done: str, urn: str) -> None:
        result.done[done] += 1
        progress(done, urn)

    before = Deployment.load(folder.deployment) if folder.deployment.is_file() else None
    provider = LocalProvider(ports, account, project.root, before, save=save, progress=told)
    monitor = OfflineMonitor(info, provisioner=provider)
    printed = io.StringIO()
    spec = Spec(
        program=str(task.program),
        directory=str(info.program_directory),
        root=str(info.root),
        project=info.project,
        stack=info.stack,
        organization=info.organization,
        config=dict(info.config),
        secret_keys=sorted(info.secret_keys),
        timeout=task.timeout,
        dry_run=False,
    )
    try:
        with redirect_stdout(printed), redirect_stderr(printed):
            outcome = run(spec, monitor, monitor)
    finally:
        monitor.close()
    result.errors += [one.message for one in monitor.graph.diagnostics if one.severity == "error"]
    if outcome.error:
        result.errors.append(outcome.error)
    if monitor.graph.unanswered:
        tokens = ", ".join(sorted(monitor.graph.unanswered))
        result.errors.append(f"the program asked AWS for {tokens}, which is not answered here")
    result.warnings = provider.warnings
    if result.errors:
        provider.keep_rest()
        return result
    provider.finish()
    save(provider.resources, reveal(monitor.graph.exports))
    for made in provider.resources.values():
        result.kinds.setdefault(made.kind.value, Counter())[made.type] += 1
    for kind in Kind:
        result.kinds.setdefault(kind.value, Counter())
    return result


def _answers(ports: Endpoints) -> tuple[Answer, ...]:
    """What the program asks of an account that has no network and no names."""
    address = ports.url("iot").removeprefix("http://")
    table = "rtb-0a1b2c3d4e5f60718"  # nothing is routed here: one table is as good as three
    return (
        Answer("aws:iot/getEndpoint:getEndpoint", {"id": address, "endpointAddress": address}),
        Answer("aws:ec2/getRouteTable:getRouteTable", {"id": table, "routeTableId": table}),
    )
