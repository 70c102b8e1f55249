"""The program with every value known, as just before creation: what `pulumi up` shows the pack.

The offline engine runs the program as an update; what AWS would answer is made up in AWS's own forms. So the
graph has both: values, and where each of them comes from.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from local.deploy.made_up import made_up
from local.deploy.unset import Outputs
from local.deploy.wanted import Wanted
from offline.config import Project
from offline.graph import Graph, Resource
from offline.monitor import OfflineMonitor
from offline.program import run
from offline.provisioner import Provisioned
from offline.run import Options, make_task
from offline.stack_info import StackOutputs
from offline.urns import PROVIDER_PREFIX
from offline.worker import spec_of

ROOT: Final = Path(__file__).resolve().parents[3]
ACCOUNT: Final = "111122223333"
_REGION: Final = "us-east-1"


class _Provisioner:
    """Makes nothing, and answers as AWS would after creation."""

    def __init__(self) -> None:
        self._outputs = Outputs()

    def provision(self, resource: Resource, settings: Mapping[str, Any]) -> Provisioned:
        """See `offline.provisioner.Provisioner`."""
        wanted = Wanted.of(resource, settings, ACCOUNT, _REGION)
        if wanted.type.startswith(PROVIDER_PREFIX):
            return Provisioned(wanted["uuid"])
        made = made_up(wanted)
        arn = str(made.get("arn", ""))
        streams = {"streamArn": f"{arn}/stream/2026-01-01T00:00:00.000"} if arn else {}
        replicas = [_replica(arn, one) for one in wanted.get("replicas") or ()]
        # An output that nobody made up is a mark, not None: so no input that is made of it gets lost.
        marks = {
            name: mark for name, mark in self._outputs.of(wanted.type).items() if name not in wanted.inputs
        }
        made = {**marks, **streams, **made, **({"replicas": replicas} if replicas else {})}
        return Provisioned(str(made["id"]), made)

    def invoke(self, token: str, args: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What the program asks of an account."""
        answers: Mapping[str, Mapping[str, Any]] = {
            "aws:iot/getEndpoint:getEndpoint": {"id": "iot", "endpointAddress": "iot.example.com"},
            "aws:ec2/getRouteTable:getRouteTable": {"id": "rtb-1", "routeTableId": "rtb-1"},
        }
        return {**args, **answers[token]} if token in answers else None


def _replica(arn: str, replica: Mapping[str, Any]) -> dict[str, Any]:
    """A replica of a table has an ARN and a stream of its own."""
    parts = arn.split(":")
    parts[3] = replica["regionName"]
    own = ":".join(parts)
    return {**replica, "arn": own, "streamArn": f"{own}/stream/2026-01-01T00:00:00.000"}


@cache
def deployed(stack: str) -> Graph:
    """The graph of a stack after an update; a stack that it reads is updated before."""
    task = make_task(Project.find(ROOT), stack, Options())
    known: dict[str, StackOutputs] = {}
    while True:
        monitor = OfflineMonitor(replace(task.info, known_stacks=known), provisioner=_Provisioner())
        spec = spec_of(task)
        spec.dry_run = False
        printed = io.StringIO()
        try:
            with redirect_stdout(printed), redirect_stderr(printed):
                outcome = run(spec, monitor, monitor)
        finally:
            monitor.close()
        if monitor.needs is None:
            faults = [one.message for one in monitor.graph.diagnostics if one.severity == "error"]
            assert not faults, faults
            assert not outcome.error, outcome.error
            return monitor.graph
        known[monitor.needs] = StackOutputs(deployed(monitor.needs).exports)
