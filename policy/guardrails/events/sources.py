"""What a consumer cannot do is tried a finite number of times, and then kept.

PASS     finite retries and age, a place for what failed, only the failed records of a batch tried again
FAIL     retries without end (the default of streams, where one bad record stops a shard for a day), nothing
         that keeps what failed, whole batches tried again
UNKNOWN  the deciding property is known only at deployment; a destination that is wired counts as given
"""

from __future__ import annotations

from pulumi_policy import Severity

from ..core.conditions import differs, given, not_given
from ..core.demands import TRUE, Between, Given, demand, demand_rule, one_of

GROUP = "event sources and queues"

_MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
_STREAM = given("startingPosition")
_TARGET = "aws:cloudwatch/eventTarget:EventTarget"
_SCHEDULE = "aws:scheduler/schedule:Schedule"
_ASYNC = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
_SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"

ROWS = (
    demand(
        _MAPPING,
        "functionResponseTypes",
        one_of("ReportBatchItemFailures"),
        when=not_given("selfManagedEventSource"),
    ),
    demand(_MAPPING, "maximumRetryAttempts", Between(0, 100), when=_STREAM),
    demand(_MAPPING, "maximumRecordAgeInSeconds", Between(60, 604_800), when=_STREAM),
    demand(_MAPPING, "destinationConfig.onFailure.destinationArn", Given(), when=_STREAM),
    demand(_MAPPING, "bisectBatchOnFunctionError", TRUE, when=_STREAM),
    demand(_ASYNC, "destinationConfig.onFailure.destination", Given()),
    demand(_ASYNC, "maximumRetryAttempts", Between(0, 2), absent=True),
    demand(_TARGET, "deadLetterConfig.arn", Given()),
    demand(_TARGET, "retryPolicy.maximumRetryAttempts", Between(0, 185)),
    demand(_SCHEDULE, "target.deadLetterConfig.arn", Given()),
    demand(_SCHEDULE, "target.retryPolicy.maximumRetryAttempts", Between(0, 185)),
    # A person's mailbox or phone has no dead letters.
    demand(
        _SUBSCRIPTION,
        "redrivePolicy",
        Given(),
        when=differs("protocol", "email", "email-json", "sms", "application"),
    ),
    demand("aws:iot/topicRule:TopicRule", "errorAction", Given()),
    demand(
        "aws:pipes/pipe:Pipe",
        "deadLetterConfig.arn",
        Given(),
        block="sourceParameters.kinesisStreamParameters",
        if_block=True,
    ),
    demand(
        "aws:pipes/pipe:Pipe",
        "deadLetterConfig.arn",
        Given(),
        block="sourceParameters.dynamodbStreamParameters",
        if_block=True,
    ),
)

RULE = demand_rule(
    "events-sources",
    GROUP,
    "Consumers of events try a finite number of times and keep what failed.",
    ROWS,
    url="https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html",
    remediation="Limit retries and age, report the failed records of a batch, and keep what failed.",
    severity=Severity.HIGH,
)
