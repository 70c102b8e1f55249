"""What Lambda must know of functions and of what calls them, read from a deployment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from local.deployment import Deployed, Deployment

FUNCTION: Final = "aws:lambda/function:Function"
ALIAS: Final = "aws:lambda/alias:Alias"
MAPPING: Final = "aws:lambda/eventSourceMapping:EventSourceMapping"
INVOKE_CONFIG: Final = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
SCHEDULE: Final = "aws:scheduler/schedule:Schedule"
_DEFAULT_ASYNC_AGE_SECONDS: Final = 6 * 3_600
_ENDLESS: Final = -1


@dataclass(frozen=True)
class Function:
    """`timeout`: s. `memory`: MB. `concurrency`: reserved, None without. `code`: as on Pulumi's wire.
    `retries`, `max_age` (s) and `on_failure` (an ARN, or nothing): of calls that nobody waits for.
    """

    name: str
    arn: str
    region: str
    version: str
    handler: str
    timeout: float
    memory: int
    concurrency: int | None
    environment: Mapping[str, str]
    code: Mapping[str, Any]
    retries: int = 2
    max_age: float = _DEFAULT_ASYNC_AGE_SECONDS
    on_failure: str = ""


@dataclass(frozen=True)
class Mapping_:  # noqa: N801 - "Mapping" is the standard library's
    """An event-source mapping. Times in s; -1 for without end. `on_failure`: an ARN, or nothing."""

    uuid: str
    source: str
    function: str
    region: str
    enabled: bool
    batch_size: int
    window: float
    partial: bool
    bisect: bool
    max_retries: int
    max_age: float
    on_failure: str
    concurrency: int
    start: str
    patterns: tuple[str, ...]


@dataclass(frozen=True)
class Schedule:
    """A schedule of EventBridge Scheduler. `dead_letters`: an ARN, or nothing."""

    name: str
    expression: str
    time_zone: str
    enabled: bool
    target: str
    input: str
    dead_letters: str
    max_age: float
    max_retries: int


def functions(deployment: Deployment) -> Iterator[Function]:
    """Every function that is deployed."""
    failures = {
        made.inputs["functionName"].rpartition(":function:")[2]: made
        for made in deployment.all(INVOKE_CONFIG)
    }
    for made in deployment.all(FUNCTION):
        inputs, name = made.inputs, str(made["name"])
        config = failures.get(name)
        yield Function(
            name=name,
            arn=made.arn,
            region=made.region,
            version=str(made["version"]),
            handler=str(inputs["handler"]),
            timeout=float(inputs.get("timeout") or 3),
            memory=int(inputs.get("memorySize") or 128),
            concurrency=inputs.get("reservedConcurrentExecutions"),
            environment=dict((inputs.get("environment") or {}).get("variables") or {}),
            code=inputs.get("code") or {},
            **(_of_failures(config) if config else {}),
        )


def _of_failures(config: Deployed) -> dict[str, Any]:
    inputs = config.inputs
    failure = (inputs.get("destinationConfig") or {}).get("onFailure") or {}
    return {
        "retries": int(inputs.get("maximumRetryAttempts", 2)),
        "max_age": float(inputs.get("maximumEventAgeInSeconds") or _DEFAULT_ASYNC_AGE_SECONDS),
        "on_failure": str(failure.get("destination") or ""),
    }


def mappings(deployment: Deployment) -> Iterator[Mapping_]:
    """Every event-source mapping."""
    for made in deployment.all(MAPPING):
        inputs = made.inputs
        source = str(inputs["eventSourceArn"])
        queue = ":sqs:" in source
        failure = (inputs.get("destinationConfig") or {}).get("onFailure") or {}
        filters = (inputs.get("filterCriteria") or {}).get("filters") or ()
        yield Mapping_(
            uuid=str(made["uuid"]),
            source=source,
            function=str(inputs["functionName"]),
            region=made.region,
            enabled=inputs.get("enabled") is not False,
            batch_size=int(inputs.get("batchSize") or (10 if queue else 100)),
            window=float(inputs.get("maximumBatchingWindowInSeconds") or 0),
            partial="ReportBatchItemFailures" in (inputs.get("functionResponseTypes") or ()),
            bisect=bool(inputs.get("bisectBatchOnFunctionError")),
            max_retries=int(inputs.get("maximumRetryAttempts", _ENDLESS)),
            max_age=float(inputs.get("maximumRecordAgeInSeconds", _ENDLESS)),
            on_failure=str(failure.get("destinationArn") or ""),
            concurrency=int((inputs.get("scalingConfig") or {}).get("maximumConcurrency") or 2),
            start=str(inputs.get("startingPosition") or "LATEST"),
            patterns=tuple(str(one["pattern"]) for one in filters),
        )


def schedules(deployment: Deployment) -> Iterator[Schedule]:
    """Every schedule."""
    for made in deployment.all(SCHEDULE):
        inputs = made.inputs
        target = inputs["target"]
        retry = target.get("retryPolicy") or {}
        yield Schedule(
            name=str(made["name"]),
            expression=str(inputs["scheduleExpression"]),
            time_zone=str(inputs.get("scheduleExpressionTimezone") or "UTC"),
            enabled=inputs.get("state", "ENABLED") == "ENABLED",
            target=str(target["arn"]),
            input=str(target.get("input") or "{}"),
            dead_letters=str((target.get("deadLetterConfig") or {}).get("arn") or ""),
            max_age=float(retry.get("maximumEventAgeInSeconds") or 86_400),
            max_retries=int(retry.get("maximumRetryAttempts", 185)),
        )


def function_name(named: str) -> str:
    """The function's own name in an ARN, a partial ARN or a name, each with or without a qualifier."""
    tail = named.rpartition(":function:")[2] if ":function:" in named else named
    return tail.partition(":")[0]
