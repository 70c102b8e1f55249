"""Amazon SNS: topics, subscriptions with filters, and an inbox for what would reach a person.

https://docs.aws.amazon.com/sns/latest/api/welcome.html
"""

from __future__ import annotations

import base64
import json
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from threading import RLock
from typing import Any, Final

from moto.sns.utils import FilterPolicyMatcher

from local.aws.service import Answer, AwsError, Call
from local.aws.sqs import Sqs
from local.aws.store import Store
from local.clock import Clock

MAX_BYTES: Final = 262_144
INBOX: Final = 1_000
"""How many notices the inbox keeps."""
_SERVICE: Final = "sns.amazonaws.com"
_TO_PEOPLE: Final = frozenset({"email", "email-json", "sms", "application", "http", "https"})

Invoke = Callable[[str, Mapping[str, Any]], None]
"""(function's ARN, event): called without waiting for it."""


@dataclass
class Topic:
    """`attributes` as SNS names them."""

    arn: str
    name: str
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass
class Subscription:
    """Who hears a topic."""

    arn: str
    topic_arn: str
    protocol: str
    endpoint: str
    attributes: dict[str, str] = field(default_factory=dict)


class Sns:
    """`sqs`: takes what queues subscribed to; `invoke`: calls functions."""

    def __init__(self, store: Store, clock: Clock, *, account: str, sqs: Sqs, invoke: Invoke) -> None:
        self._store = store
        self._clock = clock
        self._account = account
        self._sqs = sqs
        self._invoke = invoke
        self._lock = RLock()
        self._topics = {arn: Topic(**state) for arn, state in store.load("sns-topic")}
        self._subscriptions = {arn: Subscription(**state) for arn, state in store.load("sns-subscription")}
        self._applications: dict[str, dict[str, str]] = dict(store.load("sns-application"))
        self._endpoints: dict[str, dict[str, str]] = dict(store.load("sns-endpoint"))
        kept = store.load("sns-inbox")
        self._inbox: deque[tuple[str, Any]] = deque(kept, maxlen=INBOX)
        self._number = int(kept[-1][0]) if kept else 0
        self._undelivered = 0
        self._calls: Mapping[str, Callable[[Call], Answer]] = {
            "CreateTopic": self._create_topic,
            "DeleteTopic": self._delete_topic,
            "ListTopics": lambda _: {"Topics": [{"TopicArn": arn} for arn in sorted(self._topics)]},
            "GetTopicAttributes": self._get_topic,
            "SetTopicAttributes": self._set_topic,
            "TagResource": lambda _: {},
            "ListTagsForResource": lambda _: {"Tags": []},
            "Subscribe": self._subscribe,
            "Unsubscribe": self._unsubscribe,
            "ListSubscriptionsByTopic": self._list_subscriptions,
            "GetSubscriptionAttributes": self._get_subscription,
            "SetSubscriptionAttributes": self._set_subscription,
            "CreatePlatformApplication": self._create_application,
            "DeletePlatformApplication": self._delete_application,
            "CreatePlatformEndpoint": self._create_endpoint,
            "DeleteEndpoint": self._delete_endpoint,
            "Publish": self._publish,
            "PublishBatch": self._publish_batch,
        }

    def call(self, call: Call) -> Answer:
        """See `local.aws.service.Service`."""
        serve = self._calls.get(call.operation)
        if serve is None:
            raise AwsError("InvalidAction", f"{call.operation} is not served: {', '.join(self._calls)}")
        with self._lock:
            return serve(call)

    def status(self) -> Mapping[str, Any]:
        """How much the inbox holds, and how many messages a subscriber did not take."""
        return {"inbox": len(self._inbox), "undelivered": self._undelivered}

    def inbox(self) -> list[Any]:
        """What would have reached people, the oldest first."""
        with self._lock:
            return [notice for _, notice in self._inbox]

    def deliver(self, arn: str, body: str, *, service: str, source_arn: str) -> None:
        """A message of another AWS service to a topic. Raises AwsError."""
        del service, source_arn
        with self._lock:
            self._fan_out(self._topic(arn), {"Message": body})

    # Topics

    def _create_topic(self, call: Call) -> Answer:
        name = str(call.params["Name"])
        arn = f"arn:aws:sns:{call.region}:{self._account}:{name}"
        topic = self._topics.setdefault(arn, Topic(arn, name))
        topic.attributes.update(call.params.get("Attributes") or {})
        self._keep("sns-topic", arn, asdict(topic))
        return {"TopicArn": arn}

    def _delete_topic(self, call: Call) -> Answer:
        arn = str(call.params["TopicArn"])
        self._topics.pop(arn, None)
        gone = [one.arn for one in self._subscriptions.values() if one.topic_arn == arn]
        with self._store.transaction() as writing:
            writing.delete("sns-topic", arn)
            for subscription in gone:
                writing.delete("sns-subscription", subscription)
        for subscription in gone:
            del self._subscriptions[subscription]
        return {}

    def _get_topic(self, call: Call) -> Answer:
        topic = self._topic(str(call.params["TopicArn"]))
        return {"Attributes": {"TopicArn": topic.arn, "Owner": self._account, **topic.attributes}}

    def _set_topic(self, call: Call) -> Answer:
        topic = self._topic(str(call.params["TopicArn"]))
        topic.attributes[call.params["AttributeName"]] = str(call.params.get("AttributeValue") or "")
        self._keep("sns-topic", topic.arn, asdict(topic))
        return {}

    # Subscriptions

    def _subscribe(self, call: Call) -> Answer:
        params = call.params
        topic, protocol = self._topic(str(params["TopicArn"])), str(params["Protocol"])
        if protocol not in _TO_PEOPLE | {"sqs", "lambda"}:
            raise AwsError("InvalidParameter", f"Protocol {protocol!r} is none that is served")
        endpoint = str(params.get("Endpoint") or "")
        known = next(
            (
                one
                for one in self._subscriptions.values()
                if (one.topic_arn, one.protocol, one.endpoint) == (topic.arn, protocol, endpoint)
            ),
            None,
        )
        arn = known.arn if known else f"{topic.arn}:{uuid.uuid4()}"
        made = Subscription(arn, topic.arn, protocol, endpoint, dict(params.get("Attributes") or {}))
        _filter(made)
        self._subscriptions[arn] = made
        self._keep("sns-subscription", arn, asdict(made))
        return {"SubscriptionArn": arn}

    def _unsubscribe(self, call: Call) -> Answer:
        arn = str(call.params["SubscriptionArn"])
        self._subscriptions.pop(arn, None)
        with self._store.transaction() as writing:
            writing.delete("sns-subscription", arn)
        return {}

    def _list_subscriptions(self, call: Call) -> Answer:
        topic = self._topic(str(call.params["TopicArn"]))
        return {
            "Subscriptions": [
                {
                    "SubscriptionArn": one.arn,
                    "Owner": self._account,
                    "Protocol": one.protocol,
                    "Endpoint": one.endpoint,
                    "TopicArn": topic.arn,
                }
                for one in self._subscriptions.values()
                if one.topic_arn == topic.arn
            ]
        }

    def _get_subscription(self, call: Call) -> Answer:
        one = self._subscription(call)
        fixed = {"SubscriptionArn": one.arn, "TopicArn": one.topic_arn, "Protocol": one.protocol}
        return {"Attributes": {**fixed, "Endpoint": one.endpoint, **one.attributes}}

    def _set_subscription(self, call: Call) -> Answer:
        one = self._subscription(call)
        changed = {
            **one.attributes,
            call.params["AttributeName"]: str(call.params.get("AttributeValue") or ""),
        }
        _filter(Subscription(one.arn, one.topic_arn, one.protocol, one.endpoint, changed))
        one.attributes = changed
        self._keep("sns-subscription", one.arn, asdict(one))
        return {}

    # Phones

    def _create_application(self, call: Call) -> Answer:
        arn = f"arn:aws:sns:{call.region}:{self._account}:app/{call.params['Platform']}/{call.params['Name']}"
        # The credential is a secret that nobody needs here: it is not kept.
        self._applications[arn] = {"platform": str(call.params["Platform"])}
        self._keep("sns-application", arn, self._applications[arn])
        return {"PlatformApplicationArn": arn}

    def _delete_application(self, call: Call) -> Answer:
        arn = str(call.params["PlatformApplicationArn"])
        self._applications.pop(arn, None)
        with self._store.transaction() as writing:
            writing.delete("sns-application", arn)
        return {}

    def _create_endpoint(self, call: Call) -> Answer:
        application, token = str(call.params["PlatformApplicationArn"]), str(call.params["Token"])
        if application not in self._applications:
            raise AwsError("NotFound", f"there is no platform application {application}", 404)
        known = [a for a, e in self._endpoints.items() if e == {"application": application, "token": token}]
        arn = known[0] if known else f"{application.replace(':app/', ':endpoint/')}/{uuid.uuid4()}"
        self._endpoints[arn] = {"application": application, "token": token}
        self._keep("sns-endpoint", arn, self._endpoints[arn])
        return {"EndpointArn": arn}

    def _delete_endpoint(self, call: Call) -> Answer:
        arn = str(call.params["EndpointArn"])
        self._endpoints.pop(arn, None)
        with self._store.transaction() as writing:
            writing.delete("sns-endpoint", arn)
        return {}

    # Messages

    def _publish(self, call: Call) -> Answer:
        params = call.params
        if len(str(params["Message"]).encode()) > MAX_BYTES:
            raise AwsError("InvalidParameter", f"Message is longer than {MAX_BYTES} bytes")
        target = str(params.get("TargetArn") or params.get("TopicArn") or "")
        if params.get("PhoneNumber"):
            return {"MessageId": self._notice("", "sms", str(params["PhoneNumber"]), params)}
        if ":endpoint/" in target:
            if target not in self._endpoints:
                raise AwsError("NotFound", f"there is no endpoint {target}", 404)
            return {"MessageId": self._notice("", "application", target, params)}
        return {"MessageId": self._fan_out(self._topic(target), params)}

    def _publish_batch(self, call: Call) -> Answer:
        topic = self._topic(str(call.params["TopicArn"]))
        done = [
            {"Id": entry["Id"], "MessageId": self._fan_out(topic, entry)}
            for entry in call.params["PublishBatchRequestEntries"]
        ]
        return {"Successful": done, "Failed": []}

    def _fan_out(self, topic: Topic, params: Mapping[str, Any]) -> str:
        message_id = str(uuid.uuid4())
        attributes = _attributes(params)
        with self._store.transaction():
            for one in self._subscriptions.values():
                words = _words(params, one.protocol)
                wanted = _filter(one)
                if one.topic_arn != topic.arn or (wanted and not wanted.matches(dict(attributes), words)):
                    continue
                self._send(one, words, params, attributes, message_id)
        return message_id

    def _send(
        self,
        one: Subscription,
        words: str,
        params: Mapping[str, Any],
        attributes: Mapping[str, Any],
        message_id: str,
    ) -> None:
        envelope = {
            "Type": "Notification",
            "MessageId": message_id,
            "TopicArn": one.topic_arn,
            **({"Subject": params["Subject"]} if params.get("Subject") else {}),
            "Message": words,
            "Timestamp": _iso(self._clock()),
            **({"MessageAttributes": attributes} if attributes else {}),
        }
        if one.protocol == "sqs":
            raw = one.attributes.get("RawMessageDelivery") == "true"
            body = words if raw else json.dumps(envelope)
            try:
                self._sqs.deliver(one.endpoint, body, service=_SERVICE, source_arn=one.topic_arn)
            except AwsError as refused:
                dead = json.loads(one.attributes.get("RedrivePolicy") or "{}").get("deadLetterTargetArn")
                try:
                    if dead is None:
                        raise refused
                    self._sqs.deliver(dead, body, service=_SERVICE, source_arn=one.topic_arn)
                except AwsError:
                    self._undelivered += 1
        elif one.protocol == "lambda":
            record = {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": one.arn,
                "Sns": {"Subject": None, "MessageAttributes": {}, **envelope},
            }
            self._invoke(one.endpoint, {"Records": [record]})
        else:
            self._notice(one.topic_arn, one.protocol, one.endpoint, {**params, "Message": words})

    def _notice(self, topic_arn: str, protocol: str, endpoint: str, params: Mapping[str, Any]) -> str:
        self._number += 1
        notice = {
            "id": str(uuid.uuid4()),
            "at": int(self._clock() * 1_000),
            "topicArn": topic_arn,
            "protocol": protocol,
            "endpoint": endpoint,
            "subject": params.get("Subject") or "",
            "message": params["Message"],
            "attributes": {name: held["Value"] for name, held in _attributes(params).items()},
        }
        key = f"{self._number:020d}"
        with self._store.transaction() as writing:
            writing.put("sns-inbox", key, notice)
            if len(self._inbox) == INBOX:
                writing.delete("sns-inbox", self._inbox[0][0])
        self._inbox.append((key, notice))
        return str(notice["id"])

    def _topic(self, arn: str) -> Topic:
        if arn not in self._topics:
            raise AwsError("NotFound", f"there is no topic {arn}", 404)
        return self._topics[arn]

    def _subscription(self, call: Call) -> Subscription:
        arn = str(call.params["SubscriptionArn"])
        if arn not in self._subscriptions:
            raise AwsError("NotFound", f"there is no subscription {arn}", 404)
        return self._subscriptions[arn]

    def _keep(self, kind: str, arn: str, state: Mapping[str, Any]) -> None:
        with self._store.transaction() as writing:
            writing.put(kind, arn, state)


def _words(params: Mapping[str, Any], protocol: str) -> str:
    """A message may have words for each protocol."""
    message = str(params["Message"])
    if params.get("MessageStructure") != "json":
        return message
    try:
        said = json.loads(message)
        return str(said.get(protocol, said["default"]))
    except (ValueError, KeyError) as error:
        raise AwsError("InvalidParameter", "Message is no JSON object with `default`") from error


def _attributes(params: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    found = {}
    for name, held in (params.get("MessageAttributes") or {}).items():
        value = held.get("StringValue", held.get("BinaryValue", ""))
        text = base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
        found[name] = {"Type": str(held["DataType"]), "Value": text}
    return found


def _filter(subscription: Subscription) -> FilterPolicyMatcher | None:
    policy = subscription.attributes.get("FilterPolicy")
    if not policy:
        return None
    try:
        return FilterPolicyMatcher(json.loads(policy), subscription.attributes.get("FilterPolicyScope"))
    except (ValueError, FilterPolicyMatcher.CheckException) as error:
        raise AwsError("InvalidParameter", f"FilterPolicy: {error}") from error


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
