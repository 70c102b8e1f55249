"""Lambda's entry: `pretraffic_hook.handler.handler`, CodeDeploy's BeforeAllowTraffic of every function.

Environment: CHECKS, a JSON object of function names to checks (see checks.py).
"""

import os
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
from aws_lambda_powertools.logging import Logger
from botocore.config import Config
from botocore.session import get_session

from pretraffic_hook.trial import CodeDeployClient, LambdaClient, target_of, try_out

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

logger: Final = Logger()

CALLS: Final = Config(
    connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 4}
)
# One attempt, and as long as the slowest function may take: a second call would run the check twice.
TRIAL: Final = Config(connect_timeout=2, read_timeout=130, retries={"total_max_attempts": 1})


class SettingError(Exception):
    """CHECKS is missing or wrong; the message says how."""


@cache
def clients() -> tuple[CodeDeployClient, LambdaClient]:
    """CodeDeploy's and Lambda's clients of this execution environment."""
    session = get_session()
    return (
        cast("CodeDeployClient", session.create_client("codedeploy", config=CALLS)),
        cast("LambdaClient", session.create_client("lambda", config=TRIAL)),
    )


def checks() -> dict[str, str]:
    """Which function is checked how. Raises SettingError."""
    try:
        return msgspec.json.decode(os.environ.get("CHECKS", ""), type=dict[str, str])
    except msgspec.MsgspecError as error:
        raise SettingError(f"CHECKS is no JSON object of strings: {error}") from None


def handler(event: dict[str, Any], _: "LambdaContext") -> dict[str, str]:
    """The outcome is told to CodeDeploy, which would wait an hour for a hook that is silent."""
    codedeploy, functions = clients()
    deployment_id, execution_id = event["DeploymentId"], event["LifecycleEventHookExecutionId"]
    try:
        target = target_of(codedeploy, deployment_id)
        try_out(functions, target, checks())
    except Exception as error:  # whatever is wrong, the new version gets no traffic
        status = "Failed"
        logger.error(
            "the new version was refused",
            extra={"deployment": deployment_id, "error": type(error).__name__, "detail": str(error)},
        )
    else:
        status = "Succeeded"
        logger.info("the new version works", extra={"deployment": deployment_id, "function": target.function})
    codedeploy.put_lifecycle_event_hook_execution_status(
        deploymentId=deployment_id, lifecycleEventHookExecutionId=execution_id, status=status
    )
    return {"status": status}
