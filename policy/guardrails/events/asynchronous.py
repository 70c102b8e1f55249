"""A function that is called without waiting keeps what it could not do.

Whoever calls it so has no answer: after two more tries AWS throws the event away.

PASS     an event invoke configuration in this stack for the function; or nobody calls it in such a way
FAIL     a schedule, an event rule, a topic, a bucket or a device rule calls it, and there is none
UNKNOWN  never: what is wired is known even while its value is not
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pulumi_policy import PolicyResource, Severity

from ..core.related import of_types, sources, told
from ..core.rule import Outcome, StackRule, StackVerdict, Verdict
from .sources import GROUP

FUNCTION = "aws:lambda/function:Function"
ALIAS = "aws:lambda/alias:Alias"
CONFIGURATION = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
CALLERS = {
    "aws:cloudwatch/eventTarget:EventTarget": "arn",
    "aws:scheduler/schedule:Schedule": "target",
    "aws:sns/topicSubscription:TopicSubscription": "endpoint",
    "aws:s3/bucketNotification:BucketNotification": "lambdaFunctions",
    "aws:iot/topicRule:TopicRule": "lambdas",
}
"""Type token -> the property by which it names what it calls."""

_WAY_OUT = "Add an aws.lambda_.FunctionEventInvokeConfig with a destination for what failed"


def judge(resources: Sequence[PolicyResource]) -> Iterator[StackVerdict]:
    """A verdict for each function that loses events."""
    called = {
        found.urn: found
        for caller in of_types(resources, CALLERS)
        for found in _functions(caller, CALLERS[caller.resource_type])
    }
    kept = {
        found.urn
        for one in of_types(resources, (CONFIGURATION,))
        for found in _functions(one, "functionName")
    }
    for urn, function in called.items():
        if urn not in kept:
            reason = "is called without waiting, and keeps nothing of what failed"
            yield told(function, Verdict(Outcome.FAIL, "The function", reason, _WAY_OUT))


def _functions(resource: PolicyResource, name: str) -> list[PolicyResource]:
    """The functions that a property names, by themselves or by an alias."""
    found = sources(resource, name)
    behind = [one for alias in of_types(found, (ALIAS,)) for one in sources(alias, "functionName")]
    return of_types((*found, *behind), (FUNCTION,))


RULE = StackRule(
    name="events-asynchronous",
    group=GROUP,
    description="A function that is called without waiting keeps the events that it could not handle.",
    remediation=f"{_WAY_OUT}.",
    severity=Severity.HIGH,
    url="https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html",
    types=frozenset({FUNCTION}),
    judge=judge,
)
