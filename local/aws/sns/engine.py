"""SNS: topics, who subscribed, and what reaches them; what would reach a person is in `inbox()`.

https://docs.aws.amazon.com/sns/latest/api/
"""

import json
import logging
from collections.abc import Mapping
from threading import RLock
from typing import Any, Final
from uuid import uuid4

from local.aws.engine import Engine
from local.aws.service import Answer, AwsError, Call, Invoke
from local.aws.shelf import Item, Tail
from local.aws.sns.checks import NUMBER, invalid_parameter
from local.aws.sns.devices import Devices
from local.aws.sns.messages import Notification, bodies_of
from local.aws.sns.subscriptions import Subscriptions
from local.aws.sns.topics import Topics
from local.aws.sqs import Sqs
from local.aws.store import Store
from local.clock import Clock

_MESSAGE_BYTES: Final = 262_144
_log: Final = logging.getLogger(__name__)


class Sns(Engine):
    """The topics of every Region, and the way of a message to who subscribed."""

    invalid = "InvalidParameter"

    def __init__(self, store: Store, clock: Clock, sqs: Sqs, invoke: Invoke) -> None:
        self._clock = clock
        self._sqs = sqs
        self._invoke = invoke
        self._lock = RLock()
        self._subscriptions = Subscriptions(store, self._lock, lambda call: self._topics.find(call)[0])
        self._topics = Topics(store, self._lock, self._subscriptions)
        self._devices = Devices(store, self._lock)
        self._inbox = Tail(store, "sns.inbox")
        super().__init__(
            {
                **self._topics.operations,
                **self._subscriptions.operations,
                **self._devices.operations,
                "Publish": self._publish,
                "PublishBatch": self._publish_batch,
            }
        )

    def inbox(self) -> list[Item]:
        """The last 1,000 of what persons and their devices would have got, the oldest first.

        `{at, topicArn, protocol, endpoint, subject, message, attributes}`; `at` in s since the epoch.
        """
        with self._lock:
            return self._inbox.after(0)

    def status(self) -> Mapping[str, Any]:
        """`topics`: of each its name, ARN and subscriptions."""
        with self._lock:
            return {
                "topics": [
                    {
                        "name": arn.split(":")[-1],
                        "arn": arn,
                        "subscriptions": len(self._subscriptions.of(arn)),
                    }
                    for arn in self._topics.shelf
                ]
            }

    def publish_to(self, topic_arn: str, message: str) -> None:
        """Publish for another engine. Raises AwsError."""
        _, _, _, region, account, _ = topic_arn.split(":", 5)
        self._publish(Call("Publish", region, account, {"TopicArn": topic_arn, "Message": message}))

    def _publish_batch(self, call: Call) -> Answer:
        entries = call.params.get("PublishBatchRequestEntries") or []
        ids = [entry["Id"] for entry in entries]
        if not entries:
            raise AwsError("EmptyBatchRequest", "The batch request doesn't contain any entries.")
        if len(entries) > 10:
            raise AwsError("TooManyEntriesInBatchRequest", f"{len(entries)} entries: a call takes up to 10")
        if len(set(ids)) < len(ids):
            raise AwsError("BatchEntryIdsNotDistinct", f"Two entries have the same Id: {', '.join(ids)}")
        with self._lock:
            topic_arn, _ = self._topics.find(call)
        answer: Answer = {"Successful": [], "Failed": []}
        for entry in entries:
            params = {**entry, "TopicArn": topic_arn}
            try:
                sent = self._publish(Call("Publish", call.region, call.account, params))
                answer["Successful"].append({"Id": entry["Id"], **sent})
            except AwsError as error:
                failed = {
                    "Id": entry["Id"],
                    "Code": error.code,
                    "Message": error.message,
                    "SenderFault": True,
                }
                answer["Failed"].append(failed)
        return answer

    def _publish(self, call: Call) -> Answer:
        params = call.params
        message = str(self.need(call, "Message"))
        if len(message.encode()) > _MESSAGE_BYTES:
            raise invalid_parameter(f"Message too long: use up to {_MESSAGE_BYTES} bytes")
        subject = params.get("Subject")
        if subject is not None and (not 1 <= len(subject) <= 100 or "\n" in subject):
            raise invalid_parameter(f"Subject: 1 to 100 characters of one line: {subject!r}")
        number, target = params.get("PhoneNumber"), params.get("TargetArn") or params.get("TopicArn")
        if not number and not target:
            raise invalid_parameter("TopicArn, TargetArn or PhoneNumber: give one")
        notification = Notification(
            id=str(uuid4()),
            topic_arn=target if target in self._topics.shelf else None,
            bodies=bodies_of(message, params.get("MessageStructure")),
            subject=subject,
            at=self._clock(),
            attributes=params.get("MessageAttributes") or {},
            group=params.get("MessageGroupId"),
            deduplication=params.get("MessageDeduplicationId"),
        )
        if number:
            if not NUMBER.fullmatch(number):
                raise invalid_parameter(f"PhoneNumber Reason: {number} is not valid")
            self._record(notification, "sms", number)
        elif notification.topic_arn is None and "/" in str(target):
            self._devices.check(str(target))
            self._record(notification, "application", str(target))
        else:
            with self._lock:
                topic_arn, _ = self._topics.find(
                    Call(call.operation, call.region, call.account, {"TopicArn": target})
                )
                found = [(arn, self._subscriptions.shelf[arn]) for arn in self._subscriptions.of(topic_arn)]
            # Without the lock: a queue's engine has its own.
            for arn, subscription in found:
                if notification.passes(subscription):
                    self._deliver(notification, arn, subscription)
        return {"MessageId": notification.id}

    def _deliver(self, notification: Notification, arn: str, subscription: Item) -> None:
        protocol, endpoint = subscription["protocol"], subscription["endpoint"]
        try:
            match protocol:
                case "sqs":
                    self._to_queue(notification, subscription, endpoint)
                case "lambda":
                    self._invoke(endpoint, notification.lambda_event(arn))
                case _:
                    self._record(notification, protocol, endpoint)
        except Exception as error:
            _log.warning("%s did not reach %s: %s", notification.id, endpoint, error)
            self._bury(notification, subscription)

    def _to_queue(self, notification: Notification, subscription: Item, queue_arn: str) -> None:
        raw = subscription["attributes"].get("RawMessageDelivery") == "true"
        self._sqs.deliver(
            queue_arn,
            notification.body("sqs") if raw else json.dumps(notification.envelope("sqs")),
            service="sns",
            source_arn=subscription["topic"],
            attributes=notification.attributes if raw else None,
            group=notification.group,
            deduplication=notification.deduplication,
        )

    def _bury(self, notification: Notification, subscription: Item) -> None:
        redrive = subscription["attributes"].get("RedrivePolicy")
        if not redrive:
            return
        queue_arn = json.loads(redrive)["deadLetterTargetArn"]
        try:
            self._to_queue(notification, subscription, queue_arn)
        except AwsError as error:
            _log.warning(
                "%s is lost, the dead letters %s did not take it: %s", notification.id, queue_arn, error
            )

    def _record(self, notification: Notification, protocol: str, endpoint: str) -> None:
        with self._lock:
            self._inbox.add(
                {
                    "at": notification.at,
                    "topicArn": notification.topic_arn,
                    "protocol": protocol,
                    "endpoint": endpoint,
                    "subject": notification.subject,
                    "message": notification.body(protocol),
                    "attributes": {name: dict(one) for name, one in notification.attributes.items()},
                }
            )
