"""The program with every value known, as just before creation: what `pulumi up` shows the pack.

The offline engine runs the program as an update; what AWS would answer is made up in AWS's own forms. So the
graph has both: values, and where each of them comes from.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from local.deploy.made_up import MadeUp
from offline.config import Project
from offline.graph import Graph, Resource
from offline.invokes import Answer, Answers
from offline.monitor import OfflineMonitor
from offline.program import Spec, run
from offline.run import Options, make_task
from offline.stack_info import StackOutputs
from offline.values import Value, reveal

ROOT: Final = Path(__file__).resolve().parents[3]
ACCOUNT: Final = "111122223333"
_ANSWERS: Final = Answers(
    invokes=(
        Answer("aws:iot/getEndpoint:getEndpoint", {"id": "iot", "endpointAddress": "iot.example.com"}),
        Answer("aws:ec2/getRouteTable:getRouteTable", {"id": "rtb-1", "routeTableId": "rtb-1"}),
        Answer(
            "aws:directconnect/getGatewayAttachment:getGatewayAttachment", {"id": "tgw-attach-1"}
        ),
    )
)


class _Provisioner:
    """Makes nothing, and answers as a provider would after creation."""

    def __init__(self) -> None:
        self._made_up = MadeUp(ACCOUNT)

    def provision(self, resource: Resource, settings: Callable[[str], Value]) -> Mapping[str, Value]:
        """See `offline.monitor.Provisioner`."""
        inputs: dict[str, Any] = reveal(resource.inputs)
        region = str(inputs.get("region") or settings("region") or "us-east-1")
        resource.id, outputs = self._made_up.outputs(resource, region, inputs)
        replicas = [_replica(str(outputs["arn"]), one) for one in inputs.get("replicas") or ()]
        return {**outputs, "id": resource.id, **({"replicas": replicas} if replicas else {})}


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
        info = replace(task.info, answers=_ANSWERS, known_stacks=known)
        monitor = OfflineMonitor(info, provisioner=_Provisioner())
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
        printed = io.StringIO()
        try:
            with redirect_stdout(printed), redirect_stderr(printed):
                outcome = run(spec, monitor, monitor)
        finally:
            monitor.close()
        if monitor.needs is None:
            faults = [one.message for one in monitor.graph.diagnostics if one.severity == "error"]
            assert not faults and not outcome.error, (faults, outcome.error)
            assert not monitor.graph.unanswered, monitor.graph.unanswered
            return monitor.graph
        known[monitor.needs] = StackOutputs(deployed(monitor.needs).exports)
