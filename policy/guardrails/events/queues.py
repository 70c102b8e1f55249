"""A queue keeps what its consumer cannot do, and hides a message for as long as the consumer may need.

`queues-redrive` (stack):
PASS     a `redrivePolicy`; or the queue is itself where others send what failed
FAIL     neither
UNKNOWN  never: what is wired is known even while its value is not

`queues-visibility` (stack):
PASS     hidden for at least six times the timeout of the function that consumes it
FAIL     for less: the message comes back while the function still works on it
UNKNOWN  either number, or which function it is, is known only at deployment

`queues-settings` (resource): how long messages are kept, and how often one is tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pulumi_policy import PolicyResource, Severity

from ..core.demands import Between, demand, demand_rule
from ..core.documents import parsed
from ..core.peek import MISSING, UNKNOWN, Absent, peek
from ..core.related import input_of, of_types, sources, told
from ..core.rule import Outcome, Resource, ResourceRule, StackRule, StackVerdict, Verdict
from .sources import GROUP

QUEUE = "aws:sqs/queue:Queue"
REDRIVE = "aws:sqs/redrivePolicy:RedrivePolicy"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
FUNCTION = "aws:lambda/function:Function"

FACTOR = 6
"""https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""
DEFAULT_VISIBILITY_SECONDS, DEFAULT_TIMEOUT_SECONDS = 30, 3

_KEEPERS = frozenset(
    {
        "redrivePolicy",
        "deadLetterConfig",
        "deadLetterTargetArn",
        "destinationConfig",
        "errorAction",
        "target",
        "sourceParameters",
    }
)
"""Properties by which a resource names the queue that keeps what failed."""

_REDRIVE_OUT = "Set redrive_policy to a dead-letter queue and a max_receive_count"
_VISIBILITY_OUT = f"Set visibility_timeout_seconds to {FACTOR} times the timeout of the function"
_URL = (
    "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html"
)


def judge_redrive(resources: Sequence[PolicyResource]) -> Iterator[StackVerdict]:
    """A verdict for each queue that neither has dead letters nor holds those of others."""
    keepers = {
        source.urn
        for resource in resources
        for name in _KEEPERS & resource.property_dependencies.keys()
        for source in sources(resource, name)
        if source.resource_type == QUEUE
    }
    redriven = {
        source.urn for policy in of_types(resources, (REDRIVE,)) for source in sources(policy, "queueUrl")
    }
    for queue in of_types(resources, (QUEUE,)):
        if input_of(queue, "redrivePolicy") is MISSING and queue.urn not in keepers | redriven:
            reason = "neither has a dead-letter queue nor is one"
            yield told(queue, Verdict(Outcome.FAIL, "redrivePolicy", reason, _REDRIVE_OUT))


REDRIVE_RULE = StackRule(
    name="queues-redrive",
    group=GROUP,
    description="Each queue has a dead-letter queue, or is one.",
    remediation=f"{_REDRIVE_OUT}.",
    severity=Severity.HIGH,
    url=_URL,
    types=frozenset({QUEUE}),
    judge=judge_redrive,
)


def judge_visibility(resources: Sequence[PolicyResource]) -> Iterator[StackVerdict]:
    """A verdict for each queue that a function consumes and that hides a message for too short a time."""
    for mapping in of_types(resources, (MAPPING,)):
        queues = [source for source in sources(mapping, "eventSourceArn") if source.resource_type == QUEUE]
        functions = _functions(mapping)
        for queue in queues:
            hidden = _seconds(queue, "visibilityTimeoutSeconds", DEFAULT_VISIBILITY_SECONDS)
            timeouts = [_seconds(function, "timeout", DEFAULT_TIMEOUT_SECONDS) for function in functions]
            if not timeouts or UNKNOWN in (hidden, *timeouts):
                outcome = Outcome.UNKNOWN
            elif isinstance(hidden, float) and all(
                isinstance(timeout, float) and hidden >= FACTOR * timeout for timeout in timeouts
            ):
                continue
            else:
                outcome = Outcome.FAIL
            reason = "is less than six times the timeout of the function that consumes the queue"
            yield told(queue, Verdict(outcome, "visibilityTimeoutSeconds", reason, _VISIBILITY_OUT))


def _functions(mapping: PolicyResource) -> list[PolicyResource]:
    """The functions that a mapping invokes: by name, by ARN, or by an alias or version of theirs."""
    found = sources(mapping, "functionName")
    behind = [further for source in found for name in ("functionName",) for further in sources(source, name)]
    return of_types((*found, *behind), (FUNCTION,))


def _seconds(resource: PolicyResource, name: str, default: int) -> float | Absent:
    value = input_of(resource, name)
    if isinstance(value, int | float):
        return float(value)
    return UNKNOWN if value is UNKNOWN else float(default)


VISIBILITY_RULE = StackRule(
    name="queues-visibility",
    group=GROUP,
    description="A queue hides a message for six times as long as its function may take.",
    remediation=f"{_VISIBILITY_OUT}.",
    severity=Severity.MEDIUM,
    url="https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
    types=frozenset({QUEUE}),
    judge=judge_visibility,
)

_RETENTION = demand_rule(
    "queues-settings",
    GROUP,
    "",
    (demand(QUEUE, "messageRetentionSeconds", Between(86_400), absent=True),),
    url=_URL,
)
_LEAST_TRIES, _MOST_TRIES = 2, 100
_TRIES_OUT = f"Set maxReceiveCount to {_LEAST_TRIES} to {_MOST_TRIES}"


def judge_settings(resource: Resource) -> Iterator[Verdict]:
    """The verdicts on one queue or redrive policy."""
    yield from _RETENTION.judge(resource)
    policy = peek(resource.props, "redrivePolicy")
    if policy is UNKNOWN:
        yield Verdict(Outcome.UNKNOWN, "redrivePolicy", "is known only at deployment", _TRIES_OUT)
    elif policy not in (MISSING, ""):
        count = peek(parsed(policy), "maxReceiveCount")
        tries = float(count) if isinstance(count, str) and count.isdigit() else count
        if not (isinstance(tries, int | float) and _LEAST_TRIES <= tries <= _MOST_TRIES):
            reason = "tries a message once only, or without end"
            yield Verdict(Outcome.FAIL, "redrivePolicy maxReceiveCount", reason, _TRIES_OUT)


SETTINGS = ResourceRule(
    name="queues-settings",
    group=GROUP,
    description="A queue keeps messages for a day at least, and tries each several times but not for ever.",
    remediation=f"{_TRIES_OUT}; keep messages for a day at least.",
    severity=Severity.MEDIUM,
    url=_URL,
    types=frozenset({QUEUE, REDRIVE}),
    judge=judge_settings,
    table=_RETENTION.table,
)
