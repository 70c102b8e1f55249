"""Who gets what a topic is told. Nothing needs to be confirmed: nobody reads their mail here."""

from collections.abc import Callable, Mapping
from threading import RLock
from typing import Final
from uuid import uuid4

from local.aws.engine import Operation, Part
from local.aws.service import Answer, AwsError, Call
from local.aws.shelf import Item, Shelf
from local.aws.sns.checks import NUMBER, check_filter, invalid_parameter
from local.aws.store import Store

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


class Subscriptions(Part):
    """`shelf`: `{topic, protocol, endpoint, attributes}` by ARN. `topic`: the ARN of a call's topic.

    The caller of `of` holds the lock.
    """

    invalid = "InvalidParameter"

    def __init__(self, store: Store, lock: RLock, topic: Callable[[Call], str]) -> None:
        self._lock = lock
        self._topic = topic
        self.shelf = Shelf(store, "sns.subscription")
        self.operations: Mapping[str, Operation] = {
            "ConfirmSubscription": self._confirm,
            "GetSubscriptionAttributes": self._get_subscription,
            "ListSubscriptions": self._list_subscriptions,
            "ListSubscriptionsByTopic": self._list_subscriptions,
            "SetSubscriptionAttributes": self._set_subscription,
            "Subscribe": self._subscribe,
            "Unsubscribe": self._unsubscribe,
        }

    def of(self, topic_arn: str) -> list[str]:
        """The ARNs of a topic's."""
        return [arn for arn, one in self.shelf.items() if one["topic"] == topic_arn]

    def _subscribe(self, call: Call) -> Answer:
        protocol, endpoint = str(self.need(call, "Protocol")), str(self.need(call, "Endpoint"))
        if protocol not in _PROTOCOLS:
            raise invalid_parameter(f"Protocol {protocol!r}: use {', '.join(sorted(_PROTOCOLS))}")
        if protocol == "sms" and not NUMBER.fullmatch(endpoint):
            raise invalid_parameter(f"Invalid SMS endpoint: {endpoint}: use +<country>...")
        with self._lock:
            topic_arn = self._topic(call)
            attributes: dict[str, str] = {}
            for name, value in (call.params.get("Attributes") or {}).items():
                attributes = self._changed(attributes, name, str(value), call.params.get("Attributes") or {})
            for arn in self.of(topic_arn):
                there = self.shelf[arn]
                if (there["protocol"], there["endpoint"]) == (protocol, endpoint):
                    if there["attributes"] != attributes:
                        raise invalid_parameter(
                            "Attributes Reason: It exists with different attributes",
                        )
                    return {"SubscriptionArn": arn}
            arn = f"{topic_arn}:{uuid4()}"
            kept = {"topic": topic_arn, "protocol": protocol, "endpoint": endpoint, "attributes": attributes}
            self.shelf.put(arn, kept)
            return {"SubscriptionArn": arn}

    def _changed(
        self, attributes: Mapping[str, str], name: str, value: str, beside: Mapping[str, str]
    ) -> dict[str, str]:
        if name not in _SUBSCRIPTION_ATTRIBUTES:
            raise invalid_parameter(f"AttributeName: {name!r}")
        if name == "FilterPolicy" and value:
            check_filter(value, beside.get("FilterPolicyScope"))
        if name == "RawMessageDelivery" and value not in {"true", "false"}:
            raise invalid_parameter(f"RawMessageDelivery {value!r}: use true or false")
        return {key: one for key, one in {**attributes, name: value}.items() if one}

    def _subscription(self, call: Call) -> tuple[str, Item]:
        arn = str(self.need(call, "SubscriptionArn"))
        if (subscription := self.shelf.get(arn)) is None:
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
            self.shelf.put(arn, kept)
        return {}

    def _unsubscribe(self, call: Call) -> Answer:
        with self._lock:
            self.shelf.remove(str(self.need(call, "SubscriptionArn")))
        return {}

    def _confirm(self, call: Call) -> Answer:
        raise invalid_parameter(f"Token: {call.params.get('Token')}: nothing to confirm")

    def _list_subscriptions(self, call: Call) -> Answer:
        with self._lock:
            if call.operation == "ListSubscriptionsByTopic":
                found = self.of(self._topic(call))
            else:
                start = f"arn:aws:sns:{call.region}:{call.account}:"
                found = [arn for arn in self.shelf if arn.startswith(start)]
            return {"Subscriptions": [_shown(arn, self.shelf[arn], call.account) for arn in found]}


def _shown(arn: str, subscription: Item, account: str) -> dict[str, str]:
    return {
        "SubscriptionArn": arn,
        "Owner": account,
        "Protocol": subscription["protocol"],
        "Endpoint": subscription["endpoint"],
        "TopicArn": subscription["topic"],
    }
