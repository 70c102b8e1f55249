"""From a rule of EventBridge to its targets: now, again later, or to the dead letters."""

import base64
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final
from uuid import uuid4

from local.aws.engine import in_arn
from local.aws.events.targets import at_path, input_of
from local.aws.service import AwsError, Call, Invoke, Service
from local.aws.shelf import Item, Shelf, Tail
from local.aws.sns import Sns
from local.aws.sqs import Sqs
from local.aws.store import Store
from local.clock import Clock

_MAX_AGE_SECONDS: Final = 86_400
_MAX_ATTEMPTS: Final = 185
_LONGEST_PAUSE_SECONDS: Final = 300
_CODES: Final = {
    "AccessDenied": "NO_PERMISSIONS",
    "NotFound": "NO_RESOURCE",
    "QueueDoesNotExist": "NO_RESOURCE",
    "ResourceNotFoundException": "NO_RESOURCE",
}
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reach:
    """What targets are reached through."""

    sqs: Sqs
    sns: Sns
    kinesis: Service
    firehose: Service
    invoke: Invoke


class Delivery:
    """Sends events to targets. What fails for good is a dead letter, what may pass is tried again."""

    def __init__(self, store: Store, clock: Clock, reach: Reach) -> None:
        self._clock = clock
        self._reach = reach
        self._lock = Lock()
        self._pending = Shelf(store, "events.pending")
        self._logs = Tail(store, "events.logs")
        self.send_to_bus: Callable[[str, Item], None] = _nowhere

    def deliver(self, rule_arn: str, target: Item, event: Item) -> None:
        """Returns when the target has it, or when it is kept for another time."""
        self._attempt({"rule": rule_arn, "target": target, "event": event, "since": self._clock()}, 0)

    def run_due(self) -> None:
        """Try again what is due."""
        with self._lock:
            due = [(key, one) for key, one in self._pending.items() if one["due"] <= self._clock()]
        for key, one in due:
            self._attempt(one, one["attempts"])
            with self._lock:
                self._pending.remove(key)

    def waiting(self) -> int:
        """How many are tried again."""
        with self._lock:
            return len(self._pending)

    def logged(self) -> list[Item]:
        """The last 1,000 that went to log groups: `{group, event}`."""
        with self._lock:
            return self._logs.after(0)

    def _attempt(self, one: Item, attempts: int) -> None:
        try:
            self._send(one["rule"], one["target"], one["event"])
        except AwsError as error:
            self._bury(one, attempts, _CODES.get(error.code, "ERROR_FROM_TARGET"), str(error), None)
        except Exception as error:
            self._again(one, attempts, error)

    def _again(self, one: Item, attempts: int, error: Exception) -> None:
        policy = one["target"].get("RetryPolicy") or {}
        pause = min(_LONGEST_PAUSE_SECONDS, 2**attempts)
        due = self._clock() + pause
        exhausted = None
        if attempts >= policy.get("MaximumRetryAttempts", _MAX_ATTEMPTS):
            exhausted = "MaximumRetryAttempts"
        elif due > one["since"] + policy.get("MaximumEventAgeInSeconds", _MAX_AGE_SECONDS):
            exhausted = "MaximumEventAgeInSeconds"
        if exhausted:
            self._bury(one, attempts, "SDK_CLIENT_ERROR", str(error), exhausted)
            return
        _log.warning("%s, try %d: %s", one["target"]["Arn"], attempts + 1, error)
        with self._lock:
            self._pending.put(str(uuid4()), {**one, "due": due, "attempts": attempts + 1})

    def _bury(self, one: Item, attempts: int, code: str, message: str, exhausted: str | None) -> None:
        target = one["target"]
        _log.warning("%s did not take an event of %s: %s", target["Arn"], one["rule"], message)
        queue_arn = (target.get("DeadLetterConfig") or {}).get("Arn")
        if not queue_arn:
            return
        said = {
            "RULE_ARN": one["rule"],
            "TARGET_ARN": target["Arn"],
            "ERROR_CODE": code,
            "ERROR_MESSAGE": message,
            "RETRY_ATTEMPTS": str(attempts),
            "EXHAUSTED_RETRY_CONDITION": exhausted,
        }
        attributes = {
            name: {"DataType": "String", "StringValue": value} for name, value in said.items() if value
        }
        try:
            self._reach.sqs.deliver(
                queue_arn,
                json.dumps(one["event"]),
                service="events",
                source_arn=one["rule"],
                attributes=attributes,
            )
        except AwsError as error:
            _log.error("an event is lost, the dead letters did not take it: %s", error)

    def _send(self, rule_arn: str, target: Item, event: Item) -> None:
        arn, text = target["Arn"], input_of(target, event)
        service, region, account, resource = in_arn(arn)
        match service:
            case "sqs":
                group = (target.get("SqsParameters") or {}).get("MessageGroupId")
                self._reach.sqs.deliver(
                    arn, text, service="events", source_arn=rule_arn, group=group, deduplication=None
                )
            case "lambda":
                self._reach.invoke(arn, json.loads(text))
            case "sns":
                self._reach.sns.publish_to(arn, text)
            case "firehose":
                params = {"DeliveryStreamName": resource.split("/")[-1], "Record": {"Data": _blob(text)}}
                self._reach.firehose.call(Call("PutRecord", region, account, params))
            case "kinesis":
                path = (target.get("KinesisParameters") or {}).get("PartitionKeyPath", "$.id")
                params = {"StreamARN": arn, "Data": _blob(text), "PartitionKey": str(at_path(event, path))}
                self._reach.kinesis.call(Call("PutRecord", region, account, params))
            case "logs":
                with self._lock:
                    self._logs.add({"group": resource.removeprefix("log-group:").rstrip(":*"), "event": text})
                _log.info("%s: %s", resource, text)
            case "events":
                self.send_to_bus(arn, event)
            case _:
                raise AwsError("UnsupportedTarget", f"{service} is no target that is emulated: {arn}")


def _nowhere(bus_arn: str, event: Item) -> None:
    raise AwsError("ResourceNotFoundException", f"nothing takes {event['id']} for {bus_arn}")


def _blob(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def applies(rule: Mapping[str, Any]) -> bool:
    """Whether a rule is on and goes by events."""
    return rule["State"] != "DISABLED" and bool(rule.get("EventPattern"))
