"""SQS and SNS."""

from collections.abc import Mapping
from typing import Any, Final

from local.deploy.handlers.handler import Handler, Task, as_text, unless
from local.deployment import Deployed

_QUEUE: Final = {
    "visibilityTimeoutSeconds": "VisibilityTimeout",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "delaySeconds": "DelaySeconds",
    "maxMessageSize": "MaximumMessageSize",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "redrivePolicy": "RedrivePolicy",
    "redriveAllowPolicy": "RedriveAllowPolicy",
    "policy": "Policy",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "kmsDataKeyReusePeriodSeconds": "KmsDataKeyReusePeriodSeconds",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "deduplicationScope": "DeduplicationScope",
    "fifoThroughputLimit": "FifoThroughputLimit",
}
_QUEUE_DEFAULTS: Final = {
    "VisibilityTimeout": "30",
    "MessageRetentionPeriod": "345600",
    "DelaySeconds": "0",
    "ReceiveMessageWaitTimeSeconds": "0",
    "RedrivePolicy": "",
    "RedriveAllowPolicy": "",
    "Policy": "",
    "KmsMasterKeyId": "",
}
_TOPIC: Final = {
    "displayName": "DisplayName",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "policy": "Policy",
    "deliveryPolicy": "DeliveryPolicy",
    "tracingConfig": "TracingConfig",
    "signatureVersion": "SignatureVersion",
    "contentBasedDeduplication": "ContentBasedDeduplication",
}
_SUBSCRIPTION: Final = {
    "filterPolicy": "FilterPolicy",
    "filterPolicyScope": "FilterPolicyScope",
    "rawMessageDelivery": "RawMessageDelivery",
    "redrivePolicy": "RedrivePolicy",
    "deliveryPolicy": "DeliveryPolicy",
}
_NO_QUEUE: Final = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")


def _attributes(inputs: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    return {
        names[name]: as_text(value) for name, value in inputs.items() if name in names and value is not None
    }


def _put_queue(task: Task) -> Mapping[str, Any]:
    client, name = task.client("sqs"), task.wanted.name
    attributes = _attributes(task.wanted.inputs, _QUEUE)
    fifo = {"FifoQueue": "true"} if task.get("fifoQueue") else {}
    exists = task.before is not None
    if not exists:
        try:
            url = client.create_queue(QueueName=name, Attributes={**attributes, **fifo}, tags=task.tags)[
                "QueueUrl"
            ]
        except (client.exceptions.QueueNameExists, client.exceptions.ClientError) as error:
            if error.response["Error"]["Code"] not in ("QueueAlreadyExists", "QueueNameExists"):
                raise
            exists = True
    if exists:
        url = client.get_queue_url(QueueName=name)["QueueUrl"]
        gone = set(_attributes(task.before.inputs if task.before else {}, _QUEUE)) - set(attributes)
        defaults = {one: _QUEUE_DEFAULTS[one] for one in gone if one in _QUEUE_DEFAULTS}
        client.set_queue_attributes(QueueUrl=url, Attributes={**attributes, **defaults})
    return {"id": url, "url": url}


def _delete_queue(before: Deployed, client: Any) -> None:  # noqa: ANN401 - a client
    with unless(*_NO_QUEUE):
        client.delete_queue(QueueUrl=before.id)


def _attribute_of_queue(name: str, attribute: str) -> Handler:
    def put(task: Task) -> Mapping[str, Any]:
        client = task.client("sqs")
        client.set_queue_attributes(
            QueueUrl=task.get("queueUrl"), Attributes={attribute: as_text(task.get(name))}
        )
        return {"id": task.get("queueUrl")}

    def delete(before: Deployed, client: Any) -> None:  # noqa: ANN401 - a client
        with unless(*_NO_QUEUE):
            client.set_queue_attributes(QueueUrl=before.inputs["queueUrl"], Attributes={attribute: ""})

    return Handler(put, delete, "sqs", replace_on=frozenset({"queueUrl"}))


def _put_topic(task: Task) -> Mapping[str, Any]:
    attributes = _attributes(task.wanted.inputs, _TOPIC)
    fifo = {"FifoTopic": "true"} if task.get("fifoTopic") else {}
    client = task.client("sns")
    if task.before is None:
        tags = [{"Key": key, "Value": value} for key, value in task.tags.items()]
        made = client.create_topic(Name=task.wanted.name, Attributes={**attributes, **fifo}, Tags=tags)
        return {"id": made["TopicArn"], "arn": made["TopicArn"], "owner": task.wanted.account}
    gone = set(_attributes(task.before.inputs, _TOPIC)) - set(attributes)
    for name, value in {**attributes, **dict.fromkeys(gone, "")}.items():
        client.set_topic_attributes(TopicArn=task.before.arn, AttributeName=name, AttributeValue=value)
    return {"id": task.before.arn, "arn": task.before.arn, "owner": task.wanted.account}


def _put_topic_policy(task: Task) -> Mapping[str, Any]:
    task.client("sns").set_topic_attributes(
        TopicArn=task.get("arn"), AttributeName="Policy", AttributeValue=task.get("policy")
    )
    return {"id": task.get("arn"), "arn": task.get("arn"), "owner": task.wanted.account}


def _delete_topic_policy(before: Deployed, client: Any) -> None:  # noqa: ANN401 - a client
    with unless("NotFound", "NotFoundException"):
        client.set_topic_attributes(TopicArn=before.inputs["arn"], AttributeName="Policy", AttributeValue="")


def _put_subscription(task: Task) -> Mapping[str, Any]:
    client, attributes = task.client("sns"), _attributes(task.wanted.inputs, _SUBSCRIPTION)
    arn = client.subscribe(
        TopicArn=task.get("topic"),
        Protocol=task.get("protocol"),
        Endpoint=task.get("endpoint"),
        Attributes=attributes,
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    return {"id": arn, "arn": arn, "ownerId": task.wanted.account}


def _delete_subscription(before: Deployed, client: Any) -> None:  # noqa: ANN401 - a client
    with unless("NotFound", "NotFoundException"):
        client.unsubscribe(SubscriptionArn=before.id)


def _put_application(task: Task) -> Mapping[str, Any]:
    # The credential stays where it is: nothing here talks to Apple or Google.
    arn = task.client("sns").create_platform_application(
        Name=task.wanted.name, Platform=task.get("platform"), Attributes={"PlatformCredential": "local"}
    )["PlatformApplicationArn"]
    return {"id": arn, "arn": arn}


TOPIC_LOST: Final = ("NotFound", "NotFoundException")


def _delete_topic(before: Deployed, client: Any) -> None:  # noqa: ANN401 - a client
    with unless(*TOPIC_LOST):
        client.delete_topic(TopicArn=before.id)


def _delete_application(before: Deployed, client: Any) -> None:  # noqa: ANN401 - a client
    with unless(*TOPIC_LOST):
        client.delete_platform_application(PlatformApplicationArn=before.id)


MESSAGES: Final[Mapping[str, Handler]] = {
    "aws:sqs/queue:Queue": Handler(
        _put_queue, _delete_queue, "sqs", replace_on=frozenset({"name", "fifoQueue"}), holds_data=True
    ),
    "aws:sqs/queuePolicy:QueuePolicy": _attribute_of_queue("policy", "Policy"),
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": _attribute_of_queue(
        "redriveAllowPolicy", "RedriveAllowPolicy"
    ),
    "aws:sqs/redrivePolicy:RedrivePolicy": _attribute_of_queue("redrivePolicy", "RedrivePolicy"),
    "aws:sns/topic:Topic": Handler(
        _put_topic, _delete_topic, "sns", replace_on=frozenset({"name", "fifoTopic"})
    ),
    "aws:sns/topicPolicy:TopicPolicy": Handler(
        _put_topic_policy, _delete_topic_policy, "sns", replace_on=frozenset({"arn"})
    ),
    "aws:sns/topicSubscription:TopicSubscription": Handler(
        _put_subscription,
        _delete_subscription,
        "sns",
        replace_on=frozenset({"topic", "protocol", "endpoint", *_SUBSCRIPTION}),
    ),
    "aws:sns/platformApplication:PlatformApplication": Handler(
        _put_application, _delete_application, "sns", replace_on=frozenset({"name", "platform"})
    ),
}
