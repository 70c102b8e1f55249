"""SNS: topics, who subscribed, and what reaches them; what would reach a person is in `inbox()`.

https://docs.aws.amazon.com/sns/latest/api/
"""

import json
import logging
import re
from collections.abc import Callable, Mapping
from threading import RLock
from typing import Any, Final, TypeAlias
from uuid import uuid4

from local.aws.engine import Engine, tag_list, tags_of
from local.aws.service import Answer, AwsError, Call
from local.aws.shelf import Item, Shelf, Tail
from local.aws.sns_messages import Notification, bodies_of, check_filter
from local.aws.sqs import Sqs
from local.aws.store import Store
from local.clock import Clock

Invoke: TypeAlias = Callable[[str, Mapping[str, Any]], None]

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,256}|[A-Za-z0-9_-]{1,251}\.fifo")
_NUMBER: Final = re.compile(r"\+[1-9]\d{6,14}")
_MESSAGE_BYTES: Final = 262_144
_PROTOCOLS: Final = frozenset(
    {"application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs"}
)
_SUBSCRIPTION_ATTRIBUTES: Final = frozenset(
    {
        "DeliveryPolicy",
        "FilterPolicy",
        "FilterPolicyScope",
        "RawMessageDelivery",
        "RedrivePolicy",
        "SubscriptionRoleArn",
    }
)
_log: Final = logging.getLogger(__name__)


class Sns(Engine):
    """The topics of every Region. A subscription needs no confirmation: nobody reads its mail here."""

    invalid = "InvalidParameter"

    def __init__(self, store: Store, clock: Clock, sqs: Sqs, invoke: Invoke) -> None:
        super().__init__(
            {
                "ConfirmSubscription": self._confirm,
                "CreatePlatformApplication": self._create_application,
                "CreatePlatformEndpoint": self._create_endpoint,
                "CreateTopic": self._create_topic,
                "DeleteEndpoint": self._delete_endpoint,
                "DeletePlatformApplication": self._delete_application,
                "DeleteTopic": self._delete_topic,
                "GetEndpointAttributes": self._get_endpoint,
                "GetPlatformApplicationAttributes": self._get_application,
                "GetSubscriptionAttributes": self._get_subscription,
                "GetTopicAttributes": self._get_topic,
                "ListEndpointsByPlatformApplication": self._list_endpoints,
                "ListPlatformApplications": self._list_applications,
                "ListSubscriptions": self._list_subscriptions,
                "ListSubscriptionsByTopic": self._list_subscriptions,
                "ListTagsForResource": self._list_tags,
                "ListTopics": self._list_topics,
                "Publish": self._publish,
                "PublishBatch": self._publish_batch,
                "SetEndpointAttributes": self._set_endpoint,
                "SetPlatformApplicationAttributes": self._set_application,
                "SetSubscriptionAttributes": self._set_subscription,
                "SetTopicAttributes": self._set_topic,
                "Subscribe": self._subscribe,
                "TagResource": self._tag,
                "Unsubscribe": self._unsubscribe,
                "UntagResource": self._untag,
            }
        )
        self._clock = clock
        self._sqs = sqs
        self._invoke = invoke
        self._lock = RLock()
        self._topics = Shelf(store, "sns.topic")
        self._subscriptions = Shelf(store, "sns.subscription")
        self._applications = Shelf(store, "sns.application")
        self._endpoints = Shelf(store, "sns.endpoint")
        self._inbox = Tail(store, "sns.inbox")

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
                    {"name": arn.split(":")[-1], "arn": arn, "subscriptions": len(self._of(arn))}
                    for arn in self._topics
                ]
            }

    def publish_to(self, topic_arn: str, message: str) -> None:
        """Publish for another engine. Raises AwsError."""
        _, _, _, region, account, _ = topic_arn.split(":", 5)
        self._publish(Call("Publish", region, account, {"TopicArn": topic_arn, "Message": message}))

    # Topics

    def _create_topic(self, call: Call) -> Answer:
        name = str(self.need(call, "Name"))
        if not _NAME.fullmatch(name):
            raise _invalid(f"Topic Name: {name!r}: use letters, digits, - and _")
        arn = f"arn:aws:sns:{call.region}:{call.account}:{name}"
        given = {key: str(value) for key, value in (call.params.get("Attributes") or {}).items()}
        with self._lock:
            there = self._topics.get(arn)
            if there is None:
                self._topics.put(arn, {"attributes": given, "tags": tags_of(call.params.get("Tags"))})
            elif any(there["attributes"].get(key, value) != value for key, value in given.items()):
                raise _invalid(
                    "Attributes Reason: Topic already exists with different attributes",
                )
        return {"TopicArn": arn}

    def _topic(self, call: Call) -> tuple[str, Item]:
        arn = str(self.need(call, "TopicArn"))
        if (topic := self._topics.get(arn)) is None:
            raise AwsError("NotFound", f"Topic does not exist: {arn}", 404)
        return arn, topic

    def _get_topic(self, call: Call) -> Answer:
        with self._lock:
            arn, topic = self._topic(call)
            confirmed = str(len(self._of(arn)))
        return {
            "Attributes": {
                "Policy": _default_policy(arn, call.account),
                "DisplayName": "",
                **topic["attributes"],
                "TopicArn": arn,
                "Owner": call.account,
                "SubscriptionsConfirmed": confirmed,
                "SubscriptionsPending": "0",
                "SubscriptionsDeleted": "0",
            }
        }

    def _set_topic(self, call: Call) -> Answer:
        with self._lock:
            arn, topic = self._topic(call)
            name, value = self.need(call, "AttributeName"), call.params.get("AttributeValue") or ""
            kept = {key: one for key, one in {**topic["attributes"], name: value}.items() if one}
            self._topics.put(arn, {**topic, "attributes": kept})
        return {}

    def _delete_topic(self, call: Call) -> Answer:
        arn = str(self.need(call, "TopicArn"))
        with self._lock:
            for subscription in self._of(arn):
                self._subscriptions.remove(subscription)
            self._topics.remove(arn)
        return {}

    def _list_topics(self, call: Call) -> Answer:
        start = f"arn:aws:sns:{call.region}:{call.account}:"
        with self._lock:
            return {"Topics": [{"TopicArn": arn} for arn in self._topics if arn.startswith(start)]}

    def _tagged(self, call: Call) -> tuple[str, Item]:
        arn = str(self.need(call, "ResourceArn"))
        if (topic := self._topics.get(arn)) is None:
            raise AwsError("ResourceNotFound", f"Resource does not exist: {arn}", 404)
        return arn, topic

    def _tag(self, call: Call) -> Answer:
        with self._lock:
            arn, topic = self._tagged(call)
            self._topics.put(arn, {**topic, "tags": {**topic["tags"], **tags_of(self.need(call, "Tags"))}})
        return {}

    def _untag(self, call: Call) -> Answer:
        gone = set(self.need(call, "TagKeys"))
        with self._lock:
            arn, topic = self._tagged(call)
            left = {key: value for key, value in topic["tags"].items() if key not in gone}
            self._topics.put(arn, {**topic, "tags": left})
        return {}

    def _list_tags(self, call: Call) -> Answer:
        with self._lock:
            return {"Tags": tag_list(self._tagged(call)[1]["tags"])}

    # Subscriptions

    def _of(self, topic_arn: str) -> list[str]:
        return [arn for arn, one in self._subscriptions.items() if one["topic"] == topic_arn]

    def _subscribe(self, call: Call) -> Answer:
        protocol, endpoint = str(self.need(call, "Protocol")), str(self.need(call, "Endpoint"))
        if protocol not in _PROTOCOLS:
            raise _invalid(f"Protocol {protocol!r}: use {', '.join(sorted(_PROTOCOLS))}")
        if protocol == "sms" and not _NUMBER.fullmatch(endpoint):
            raise _invalid(f"Invalid SMS endpoint: {endpoint}: use +<country>...")
        with self._lock:
            topic_arn, _ = self._topic(call)
            attributes: dict[str, str] = {}
            for name, value in (call.params.get("Attributes") or {}).items():
                attributes = self._changed(attributes, name, str(value), call.params.get("Attributes") or {})
            for arn in self._of(topic_arn):
                there = self._subscriptions[arn]
                if (there["protocol"], there["endpoint"]) == (protocol, endpoint):
                    if there["attributes"] != attributes:
                        raise _invalid(
                            "Attributes Reason: It exists with different attributes",
                        )
                    return {"SubscriptionArn": arn}
            arn = f"{topic_arn}:{uuid4()}"
            kept = {"topic": topic_arn, "protocol": protocol, "endpoint": endpoint, "attributes": attributes}
            self._subscriptions.put(arn, kept)
            return {"SubscriptionArn": arn}

    def _changed(
        self, attributes: Mapping[str, str], name: str, value: str, beside: Mapping[str, str]
    ) -> dict[str, str]:
        if name not in _SUBSCRIPTION_ATTRIBUTES:
            raise _invalid(f"AttributeName: {name!r}")
        if name == "FilterPolicy" and value:
            check_filter(value, beside.get("FilterPolicyScope"))
        if name == "RawMessageDelivery" and value not in {"true", "false"}:
            raise _invalid(f"RawMessageDelivery {value!r}: use true or false")
        return {key: one for key, one in {**attributes, name: value}.items() if one}

    def _subscription(self, call: Call) -> tuple[str, Item]:
        arn = str(self.need(call, "SubscriptionArn"))
        if (subscription := self._subscriptions.get(arn)) is None:
            raise AwsError("NotFound", f"Subscription does not exist: {arn}", 404)
        return arn, subscription

    def _get_subscription(self, call: Call) -> Answer:
        with self._lock:
            arn, subscription = self._subscription(call)
        return {
            "Attributes": {
                "RawMessageDelivery": "false",
                **subscription["attributes"],
                **_shown(arn, subscription, call.account),
                "PendingConfirmation": "false",
                "ConfirmationWasAuthenticated": "true",
                "SubscriptionPrincipal": f"arn:aws:iam::{call.account}:root",
            }
        }

    def _set_subscription(self, call: Call) -> Answer:
        with self._lock:
            arn, subscription = self._subscription(call)
            name, value = str(self.need(call, "AttributeName")), str(call.params.get("AttributeValue") or "")
            before = subscription["attributes"]
            kept = {**subscription, "attributes": self._changed(before, name, value, before)}
            self._subscriptions.put(arn, kept)
        return {}

    def _unsubscribe(self, call: Call) -> Answer:
        with self._lock:
            self._subscriptions.remove(str(self.need(call, "SubscriptionArn")))
        return {}

    def _confirm(self, call: Call) -> Answer:
        raise _invalid(f"Token: {call.params.get('Token')}: nothing to confirm")

    def _list_subscriptions(self, call: Call) -> Answer:
        with self._lock:
            if call.operation == "ListSubscriptionsByTopic":
                found = self._of(self._topic(call)[0])
            else:
                start = f"arn:aws:sns:{call.region}:{call.account}:"
                found = [arn for arn in self._subscriptions if arn.startswith(start)]
            return {"Subscriptions": [_shown(arn, self._subscriptions[arn], call.account) for arn in found]}

    # Applications and their devices

    def _create_application(self, call: Call) -> Answer:
        name, platform = self.need(call, "Name"), self.need(call, "Platform")
        arn = f"arn:aws:sns:{call.region}:{call.account}:app/{platform}/{name}"
        given = {
            key: value
            for key, value in (call.params.get("Attributes") or {}).items()
            if key not in {"PlatformCredential", "PlatformPrincipal"}  # a secret that nothing here needs
        }
        with self._lock:
            self._applications.put(arn, {"attributes": {"Enabled": "true", **given}})
        return {"PlatformApplicationArn": arn}

    def _application(self, call: Call) -> tuple[str, Item]:
        arn = str(self.need(call, "PlatformApplicationArn"))
        if (application := self._applications.get(arn)) is None:
            raise AwsError("NotFound", f"PlatformApplication does not exist: {arn}", 404)
        return arn, application

    def _get_application(self, call: Call) -> Answer:
        with self._lock:
            return {"Attributes": self._application(call)[1]["attributes"]}

    def _set_application(self, call: Call) -> Answer:
        with self._lock:
            arn, application = self._application(call)
            given = {
                key: value
                for key, value in self.need(call, "Attributes").items()
                if key not in {"PlatformCredential", "PlatformPrincipal"}
            }
            self._applications.put(arn, {"attributes": {**application["attributes"], **given}})
        return {}

    def _delete_application(self, call: Call) -> Answer:
        with self._lock:
            arn = str(self.need(call, "PlatformApplicationArn"))
            for endpoint in [key for key, one in self._endpoints.items() if one["application"] == arn]:
                self._endpoints.remove(endpoint)
            self._applications.remove(arn)
        return {}

    def _list_applications(self, call: Call) -> Answer:
        start = f"arn:aws:sns:{call.region}:{call.account}:"
        with self._lock:
            return {
                "PlatformApplications": [
                    {"PlatformApplicationArn": arn, "Attributes": one["attributes"]}
                    for arn, one in self._applications.items()
                    if arn.startswith(start)
                ]
            }

    def _create_endpoint(self, call: Call) -> Answer:
        token = str(self.need(call, "Token"))
        data = str(call.params.get("CustomUserData") or "")
        with self._lock:
            application, _ = self._application(call)
            given = {"Enabled": "true", "Token": token, **({"CustomUserData": data} if data else {})}
            given |= call.params.get("Attributes") or {}
            for arn, there in self._endpoints.items():
                if there["application"] == application and there["attributes"]["Token"] == token:
                    if there["attributes"] != given:
                        raise _invalid(
                            f"Token Reason: Endpoint {arn} already exists with the same Token, "
                            "but different attributes.",
                        )
                    return {"EndpointArn": arn}
            arn = f"{application.replace(':app/', ':endpoint/')}/{uuid4()}"
            self._endpoints.put(arn, {"application": application, "attributes": given})
            return {"EndpointArn": arn}

    def _endpoint(self, call: Call) -> tuple[str, Item]:
        arn = str(self.need(call, "EndpointArn"))
        if (endpoint := self._endpoints.get(arn)) is None:
            raise AwsError("NotFound", f"Endpoint does not exist: {arn}", 404)
        return arn, endpoint

    def _get_endpoint(self, call: Call) -> Answer:
        with self._lock:
            return {"Attributes": self._endpoint(call)[1]["attributes"]}

    def _set_endpoint(self, call: Call) -> Answer:
        with self._lock:
            arn, endpoint = self._endpoint(call)
            changed = {**endpoint["attributes"], **self.need(call, "Attributes")}
            self._endpoints.put(arn, {**endpoint, "attributes": changed})
        return {}

    def _delete_endpoint(self, call: Call) -> Answer:
        with self._lock:
            self._endpoints.remove(str(self.need(call, "EndpointArn")))
        return {}

    def _list_endpoints(self, call: Call) -> Answer:
        with self._lock:
            application, _ = self._application(call)
            return {
                "Endpoints": [
                    {"EndpointArn": arn, "Attributes": one["attributes"]}
                    for arn, one in self._endpoints.items()
                    if one["application"] == application
                ]
            }

    # Messages

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
            topic_arn, _ = self._topic(call)
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
            raise _invalid(f"Message too long: use up to {_MESSAGE_BYTES} bytes")
        subject = params.get("Subject")
        if subject is not None and (not 1 <= len(subject) <= 100 or "\n" in subject):
            raise _invalid(f"Subject: 1 to 100 characters of one line: {subject!r}")
        number, target = params.get("PhoneNumber"), params.get("TargetArn") or params.get("TopicArn")
        if not number and not target:
            raise _invalid("TopicArn, TargetArn or PhoneNumber: give one")
        notification = Notification(
            id=str(uuid4()),
            topic_arn=target if target in self._topics else None,
            bodies=bodies_of(message, params.get("MessageStructure")),
            subject=subject,
            at=self._clock(),
            attributes=params.get("MessageAttributes") or {},
            group=params.get("MessageGroupId"),
            deduplication=params.get("MessageDeduplicationId"),
        )
        if number:
            if not _NUMBER.fullmatch(number):
                raise _invalid(f"PhoneNumber Reason: {number} is not valid")
            self._record(notification, "sms", number)
        elif notification.topic_arn is None and "/" in str(target):
            self._push(notification, str(target))
        else:
            with self._lock:
                topic_arn, _ = self._topic(
                    Call(call.operation, call.region, call.account, {"TopicArn": target})
                )
                found = [(arn, self._subscriptions[arn]) for arn in self._of(topic_arn)]
            # Without the lock: a queue's engine has its own.
            for arn, subscription in found:
                if notification.passes(subscription):
                    self._deliver(notification, arn, subscription)
        return {"MessageId": notification.id}

    def _push(self, notification: Notification, endpoint_arn: str) -> None:
        with self._lock:
            _, endpoint = self._endpoint(Call("Publish", "", "", {"EndpointArn": endpoint_arn}))
            if endpoint["attributes"].get("Enabled") == "false":
                raise AwsError("EndpointDisabled", f"Endpoint is disabled: {endpoint_arn}")
        platform = endpoint_arn.split("/")[1]  # such as GCM
        self._record(notification, "application", endpoint_arn, form=platform)

    def _deliver(self, notification: Notification, arn: str, subscription: Item) -> None:
        protocol, endpoint = subscription["protocol"], subscription["endpoint"]
        try:
            match protocol:
                case "sqs":
                    self._to_queue(notification, subscription, endpoint)
                case "lambda":
                    self._invoke(endpoint, notification.lambda_event(arn))
                case "application":
                    self._push(notification, endpoint)
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

    def _record(
        self, notification: Notification, protocol: str, endpoint: str, form: str | None = None
    ) -> None:
        with self._lock:
            self._inbox.add(
                {
                    "at": notification.at,
                    "topicArn": notification.topic_arn,
                    "protocol": protocol,
                    "endpoint": endpoint,
                    "subject": notification.subject,
                    "message": notification.body(form or protocol),
                    "attributes": {name: dict(one) for name, one in notification.attributes.items()},
                }
            )


def _shown(arn: str, subscription: Item, account: str) -> dict[str, str]:
    return {
        "SubscriptionArn": arn,
        "Owner": account,
        "Protocol": subscription["protocol"],
        "Endpoint": subscription["endpoint"],
        "TopicArn": subscription["topic"],
    }


def _invalid(reason: str) -> AwsError:
    return AwsError("InvalidParameter", f"Invalid parameter: {reason}")


def _default_policy(arn: str, account: str) -> str:
    actions = ("GetTopicAttributes", "SetTopicAttributes", "DeleteTopic", "Subscribe", "Publish")
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in actions],
        "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": account}},
    }
    return json.dumps({"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]})
