"""One deployment: which version of which function it brings, and whether that version works."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from pretraffic_hook.checks import CheckError, parse


class CodeDeployClient(Protocol):
    """What is used of botocore's client `codedeploy`."""

    def list_deployment_targets(self, **call: Any) -> dict[str, Any]: ...  # noqa: ANN401 - AWS's own names

    def batch_get_deployment_targets(self, **call: Any) -> dict[str, Any]: ...  # noqa: ANN401 - likewise

    def put_lifecycle_event_hook_execution_status(self, **call: Any) -> dict[str, Any]: ...  # noqa: ANN401 - likewise


class LambdaClient(Protocol):
    """What is used of botocore's client `lambda`."""

    def invoke(self, **call: Any) -> dict[str, Any]: ...  # noqa: ANN401 - AWS's own names


@dataclass(frozen=True, slots=True)
class Target:
    """The version that a deployment brings."""

    function: str
    version: str


def target_of(codedeploy: CodeDeployClient, deployment_id: str) -> Target:
    """What the deployment is about. Raises CheckError when it is not one function's."""
    ids = codedeploy.list_deployment_targets(deploymentId=deployment_id)["targetIds"]
    found = codedeploy.batch_get_deployment_targets(deploymentId=deployment_id, targetIds=ids)
    infos = [target["lambdaTarget"]["lambdaFunctionInfo"] for target in found["deploymentTargets"]]
    if len(infos) != 1:
        raise CheckError(f"deployment {deployment_id} has {len(infos)} functions: one is expected")
    return Target(infos[0]["functionName"], infos[0]["targetVersion"])


def try_out(client: LambdaClient, target: Target, checks: Mapping[str, str]) -> None:
    """Invoke the new version and look at its answer. Raises CheckError that says what is wrong."""
    if target.function not in checks:
        raise CheckError(f"no check of {target.function}: name it in components/delivery")
    check = parse(checks[target.function])
    answer = client.invoke(
        FunctionName=target.function,
        Qualifier=target.version,
        InvocationType="RequestResponse",
        Payload=msgspec.json.encode(check.event),
    )
    payload = answer["Payload"].read()
    said = msgspec.json.decode(payload) if payload else None
    if "FunctionError" in answer:
        error_type = said.get("errorType") if isinstance(said, dict) else None
        if check.refusal and error_type == check.refusal:
            return
        fault = f"it failed: {payload[:500].decode(errors='replace')}"
    else:
        fault = check.fault(said)
    if fault:
        raise CheckError(
            f"{target.function} version {target.version} does not pass {checks[target.function]!r}: {fault}"
        )
