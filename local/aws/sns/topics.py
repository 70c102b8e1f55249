"""Topics and their tags."""

import json
import re
from collections.abc import Mapping
from threading import RLock
from typing import Final

from local.aws.engine import Operation, Part, tag_list, tags_of
from local.aws.service import Answer, AwsError, Call
from local.aws.shelf import Item, Shelf
from local.aws.sns.checks import invalid_parameter
from local.aws.sns.subscriptions import Subscriptions
from local.aws.store import Store

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,256}|[A-Za-z0-9_-]{1,251}\.fifo")


class Topics(Part):
    """`shelf`: `{attributes, tags}` by ARN. The caller of `find` holds the lock."""

    invalid = "InvalidParameter"

    def __init__(self, store: Store, lock: RLock, subscriptions: Subscriptions) -> None:
        self._lock = lock
        self._subscriptions = subscriptions
        self.shelf = Shelf(store, "sns.topic")
        self.operations: Mapping[str, Operation] = {
            "CreateTopic": self._create_topic,
            "DeleteTopic": self._delete_topic,
            "GetTopicAttributes": self._get_topic,
            "ListTagsForResource": self._list_tags,
            "ListTopics": self._list_topics,
            "SetTopicAttributes": self._set_topic,
            "TagResource": self._tag,
            "UntagResource": self._untag,
        }

    def _create_topic(self, call: Call) -> Answer:
        name = str(self.need(call, "Name"))
        if not _NAME.fullmatch(name):
            raise invalid_parameter(f"Topic Name: {name!r}: use letters, digits, - and _")
        arn = f"arn:aws:sns:{call.region}:{call.account}:{name}"
        given = {key: str(value) for key, value in (call.params.get("Attributes") or {}).items()}
        with self._lock:
            there = self.shelf.get(arn)
            if there is None:
                self.shelf.put(arn, {"attributes": given, "tags": tags_of(call.params.get("Tags"))})
            elif any(there["attributes"].get(key, value) != value for key, value in given.items()):
                raise invalid_parameter(
                    "Attributes Reason: Topic already exists with different attributes",
                )
        return {"TopicArn": arn}

    def find(self, call: Call) -> tuple[str, Item]:
        """The topic of a call, by its ARN. Raises AwsError."""
        arn = str(self.need(call, "TopicArn"))
        if (topic := self.shelf.get(arn)) is None:
            raise AwsError("NotFound", f"Topic does not exist: {arn}", 404)
        return arn, topic

    def _get_topic(self, call: Call) -> Answer:
        with self._lock:
            arn, topic = self.find(call)
            confirmed = str(len(self._subscriptions.of(arn)))
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
            arn, topic = self.find(call)
            name, value = self.need(call, "AttributeName"), call.params.get("AttributeValue") or ""
            kept = {key: one for key, one in {**topic["attributes"], name: value}.items() if one}
            self.shelf.put(arn, {**topic, "attributes": kept})
        return {}

    def _delete_topic(self, call: Call) -> Answer:
        arn = str(self.need(call, "TopicArn"))
        with self._lock:
            for subscription in self._subscriptions.of(arn):
                self._subscriptions.shelf.remove(subscription)
            self.shelf.remove(arn)
        return {}

    def _list_topics(self, call: Call) -> Answer:
        start = f"arn:aws:sns:{call.region}:{call.account}:"
        with self._lock:
            return {"Topics": [{"TopicArn": arn} for arn in self.shelf if arn.startswith(start)]}

    def _tagged(self, call: Call) -> tuple[str, Item]:
        arn = str(self.need(call, "ResourceArn"))
        if (topic := self.shelf.get(arn)) is None:
            raise AwsError("ResourceNotFound", f"Resource does not exist: {arn}", 404)
        return arn, topic

    def _tag(self, call: Call) -> Answer:
        with self._lock:
            arn, topic = self._tagged(call)
            self.shelf.tag(arn, topic, tags_of(self.need(call, "Tags")))
        return {}

    def _untag(self, call: Call) -> Answer:
        with self._lock:
            arn, topic = self._tagged(call)
            self.shelf.untag(arn, topic, self.need(call, "TagKeys"))
        return {}

    def _list_tags(self, call: Call) -> Answer:
        with self._lock:
            return {"Tags": tag_list(self._tagged(call)[1]["tags"])}


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
