"""Deploys a stack of an unmodified Pulumi program on the local platform."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from local.deploy.clients import Clients
from local.deploy.ledger import Ledger, deletion_order
from local.deploy.provisioner import LocalProvisioner
from local.deploy.result import DeployResult
from local.deploy.unset import complaint
from local.deployment import Deployed
from local.endpoints import Endpoints
from local.folder import Folder
from offline.config import Project
from offline.errors import UsageError
from offline.monitor import OfflineMonitor
from offline.program import run
from offline.run import Options, make_task
from offline.values import reveal
from offline.worker import spec_of

_SECONDS: Final = 600.0
_FALLBACK: Final = "us-east-1"
STACK_REFERENCE: Final = "pulumi:pulumi:StackReference"


def deploy(
    folder: Folder,
    project_root: Path,
    stack: str,
    config: Mapping[str, str],
    progress: Callable[[str], None] = lambda _: None,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> DeployResult:
    """Run the program of the project and make what it registers in the emulated AWS of `folder`.

    Args:
        config: overrides the stack's configuration.
        progress: told of each resource that is made.

    Raises:
        UsageError: an option or a file is wrong; nothing was done.
    """
    began = clock()
    project = Project.find(project_root)
    task = make_task(project, stack, Options(config=config, timeout=_SECONDS))
    account = folder.account.read_text(encoding="utf-8").strip()
    endpoints = Endpoints.load(folder.endpoints)
    ledger = Ledger(folder.deployment, project.name, stack, account)
    if ledger.other:
        raise UsageError(f"{folder.deployment} is not of {stack} in account {account}: take the folder away")
    provisioner = LocalProvisioner(
        ledger=ledger,
        clients=Clients(endpoints.url("aws")),
        endpoints=endpoints,
        account=account,
        region=task.info.config.get("aws:region", _FALLBACK),
        directory=task.info.program_directory,
        progress=progress,
    )
    monitor = OfflineMonitor(task.info, provisioner=provisioner)
    result = DeployResult(stack)
    spec = spec_of(task)
    spec.dry_run = False
    try:
        outcome = run(spec, monitor, monitor)
        provisioner.close()
        result.errors = _errors(stack, outcome.error, monitor, provisioner)
        if not result.errors:
            _finish(monitor, ledger, provisioner)
            result.errors = provisioner.errors  # what could not be taken away
    finally:
        provisioner.close()
        monitor.close()
        ledger.save()
    result.changes, result.warnings = provisioner.changes, provisioner.warnings
    result.exports = ledger.exports
    result.count(ledger.resources)
    result.seconds = clock() - began
    return result


def _errors(stack: str, ended_with: str, monitor: OfflineMonitor, provisioner: LocalProvisioner) -> list[str]:
    """Why it did not become what the program says; nothing if it did."""
    errors = list(provisioner.errors)
    if monitor.needs is not None:
        errors.insert(
            0,
            f"stack {stack} reads the outputs of stack {monitor.needs}: only a stack that "
            "reads none can be deployed here, such as dev",
        )
    elif ended_with and not errors:
        errors.append(ended_with)
    if not errors:
        errors += [d.message for d in monitor.graph.diagnostics if d.severity == "error"]
    wrong = complaint(reveal(monitor.graph.exports))
    if wrong:
        errors.append(f"an export of the stack: {wrong}")
    return errors


def _finish(monitor: OfflineMonitor, ledger: Ledger, provisioner: LocalProvisioner) -> None:
    """Take down components and exports, and take away what the program has no more."""
    for resource in monitor.graph.resources.values():
        if resource.urn in provisioner.seen:
            continue
        ledger.put(
            Deployed(
                urn=resource.urn,
                type=resource.type,
                name=resource.name,
                id=resource.id,
                created=False,
                parent=resource.parent,
                inputs=reveal(resource.inputs),
                outputs=reveal(resource.outputs),
                dependencies=tuple(resource.dependencies),
            )
        )
    ledger.exports = reveal(monitor.graph.exports)
    gone = {urn: one for urn, one in ledger.resources.items() if urn not in monitor.graph.resources}
    for one in deletion_order(gone):
        provisioner.delete(one)
