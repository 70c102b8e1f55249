"""The attributes of a queue: which there are, what they may be, and who may use it for dead letters."""

import json
from collections.abc import Mapping
from typing import Any, Final

from local.aws.service import AwsError
from local.aws.sqs.queues import DEFAULTS, Queue

_BOUNDS: Final = {
    "DelaySeconds": (0, 900),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
    "MaximumMessageSize": (1_024, 1_048_576),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}
_DOCUMENTS: Final = frozenset({"Policy", "RedrivePolicy", "RedriveAllowPolicy"})
_OTHERS: Final = frozenset(
    {
        "ContentBasedDeduplication",
        "DeduplicationScope",
        "FifoQueue",
        "FifoThroughputLimit",
        "KmsMasterKeyId",
        "SqsManagedSseEnabled",
    }
)


def checked_settings(arn: str, given: Mapping[str, Any], queues: Mapping[str, Queue]) -> dict[str, str]:
    """Attributes as they are kept, an empty one to be taken away. Raises AwsError."""
    return {name: _checked(arn, name, str(value), queues) for name, value in given.items()}


def _checked(arn: str, name: str, value: str, queues: Mapping[str, Queue]) -> str:
    if name in _BOUNDS:
        least, most = _BOUNDS[name]
        if not value.isdecimal() or not least <= int(value) <= most:
            raise _invalid(name, value, f"use {least} to {most}")
        return value
    if name in _DOCUMENTS:
        if value == "":
            return value
        try:
            document = json.loads(value)
        except ValueError as error:
            raise _invalid(name, value, f"it is no JSON: {error}") from None
        if not isinstance(document, dict):
            raise _invalid(name, value, "it is no JSON object")
        if name == "RedrivePolicy":
            _check_redrive(arn, value, document, queues)
        return value
    if name not in _OTHERS:
        raise AwsError("InvalidAttributeName", f"Unknown Attribute {name}.")
    if name == "FifoQueue" and (value == "true") != arn.endswith(".fifo"):
        raise _invalid(name, value, "a FIFO queue, and no other, has a name that ends in .fifo")
    return value


def _check_redrive(arn: str, value: str, document: Mapping[str, Any], queues: Mapping[str, Queue]) -> None:
    receives = str(document.get("maxReceiveCount", ""))
    if not receives.isdecimal() or not 1 <= int(receives) <= 1_000:
        raise _invalid("RedrivePolicy", value, "maxReceiveCount is from 1 to 1000")
    target = queues.get(str(document.get("deadLetterTargetArn")))
    if target is None:
        raise _invalid("RedrivePolicy", value, "Dead letter target does not exist.")
    if target.fifo != arn.endswith(".fifo"):
        raise _invalid("RedrivePolicy", value, "Dead-letter queue must be same type of queue as the source.")
    if not may_redrive(target, arn):
        raise _invalid("RedrivePolicy", value, "the target's RedriveAllowPolicy does not allow this queue")


def may_redrive(target: Queue, source_arn: str) -> bool:
    """Whether a queue takes the dead letters of another."""
    policy = json.loads(target.attributes.get("RedriveAllowPolicy") or "{}")
    match policy.get("redrivePermission", "allowAll"):
        case "allowAll":
            return True
        case "byQueue":
            return source_arn in policy.get("sourceQueueArns", [])
    return False


def shown_settings(queue: Queue, now: float) -> dict[str, str]:
    """Every attribute, as GetQueueAttributes answers."""
    counts = queue.counts(now)
    shown = {**DEFAULTS, **queue.attributes}
    if "KmsMasterKeyId" in shown:
        shown.setdefault("KmsDataKeyReusePeriodSeconds", "300")
    shown.setdefault("SqsManagedSseEnabled", str("KmsMasterKeyId" not in shown).lower())
    if queue.fifo:
        for name, value in (
            ("ContentBasedDeduplication", "false"),
            ("DeduplicationScope", "queue"),
            ("FifoQueue", "true"),
            ("FifoThroughputLimit", "perQueue"),
        ):
            shown.setdefault(name, value)
    return shown | {
        "ApproximateNumberOfMessages": str(counts["visible"]),
        "ApproximateNumberOfMessagesDelayed": str(counts["delayed"]),
        "ApproximateNumberOfMessagesNotVisible": str(counts["hidden"]),
        "CreatedTimestamp": str(int(queue.created)),
        "LastModifiedTimestamp": str(int(queue.modified)),
        "QueueArn": queue.arn,
    }


def _invalid(name: str, value: str, reason: str) -> AwsError:
    return AwsError(
        "InvalidAttributeValue", f"Value {value} for parameter {name} is invalid. Reason: {reason}"
    )
