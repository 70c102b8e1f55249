"""SQS, SNS and EventBridge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from local.deploy.handlers import Handler, Inputs, Made, Target, given, upper
from local.deployment import Deployed

_QUEUE: Final = {
    "ContentBasedDeduplication": "contentBasedDeduplication",
    "DelaySeconds": "delaySeconds",
    "FifoQueue": "fifoQueue",
    "KmsMasterKeyId": "kmsMasterKeyId",
    "MaximumMessageSize": "maxMessageSize",
    "MessageRetentionPeriod": "messageRetentionSeconds",
    "Policy": "policy",
    "ReceiveMessageWaitTimeSeconds": "receiveWaitTimeSeconds",
    "RedrivePolicy": "redrivePolicy",
    "VisibilityTimeout": "visibilityTimeoutSeconds",
}


def _attributes(inputs: Inputs) -> dict[str, str]:
    found = given(inputs, **_QUEUE)
    return {
        name: str(value).lower() if value in (True, False) else str(value) for name, value in found.items()
    }


def _create_queue(target: Target) -> Made:
    client = target.client("sqs")
    try:
        url = client.get_queue_url(QueueName=target.name)["QueueUrl"]
        client.set_queue_attributes(QueueUrl=url, Attributes=_attributes(target.inputs))
    except client.exceptions.QueueDoesNotExist:
        made = client.create_queue(QueueName=target.name, Attributes=_attributes(target.inputs))
        url = made["QueueUrl"]
    arn = f"arn:aws:sqs:{target.region}:{target.account}:{target.name}"
    return Made(url, {"url": url, "arn": arn, "name": target.name})


def _update_queue(target: Target, before: Deployed) -> Made:
    gone = set(_attributes(before.inputs)) - set(_attributes(target.inputs))
    if gone & {"RedrivePolicy", "Policy"}:
        empty = dict.fromkeys(gone & {"RedrivePolicy", "Policy"}, "")
        target.client("sqs").set_queue_attributes(QueueUrl=before.id, Attributes=empty)
    return _create_queue(target)


def _delete_queue(target: Target, before: Deployed) -> None:
    client = target.client("sqs")
    try:
        client.delete_queue(QueueUrl=before.id)
    except client.exceptions.QueueDoesNotExist:
        return


def _set_queue(attribute: str, input_: str) -> Handler:
    """A resource that is one attribute of a queue."""

    def create(target: Target) -> Made:
        url = target.inputs["queueUrl"]
        attributes = {attribute: target.inputs[input_]}
        target.client("sqs").set_queue_attributes(QueueUrl=url, Attributes=attributes)
        return Made(url)

    def delete(target: Target, before: Deployed) -> None:
        client = target.client("sqs")
        try:
            client.set_queue_attributes(QueueUrl=before.id, Attributes={attribute: ""})
        except client.exceptions.QueueDoesNotExist:
            return

    return Handler(create, lambda target, _: create(target), delete)


def _create_topic(target: Target) -> Made:
    attributes = given(target.inputs, DisplayName="displayName", KmsMasterKeyId="kmsMasterKeyId")
    arn = target.client("sns").create_topic(Name=target.name, Attributes=attributes)["TopicArn"]
    return Made(arn, {"arn": arn, "name": target.name})


def _delete_topic(target: Target, before: Deployed) -> None:
    target.client("sns").delete_topic(TopicArn=before.id)


def _subscribe(target: Target) -> Made:
    inputs = target.inputs
    attributes = given(
        inputs,
        FilterPolicy="filterPolicy",
        FilterPolicyScope="filterPolicyScope",
        RedrivePolicy="redrivePolicy",
    )
    if inputs.get("rawMessageDelivery"):
        attributes["RawMessageDelivery"] = "true"
    arn = target.client("sns").subscribe(
        TopicArn=inputs["topic"],
        Protocol=inputs["protocol"],
        Endpoint=inputs["endpoint"],
        Attributes=attributes,
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    return Made(arn, {"arn": arn})


def _unsubscribe(target: Target, before: Deployed) -> None:
    target.client("sns").unsubscribe(SubscriptionArn=before.id)


def _create_application(target: Target) -> Made:
    arn = target.client("sns").create_platform_application(
        Name=target.name, Platform=target.inputs["platform"], Attributes={}
    )["PlatformApplicationArn"]
    return Made(arn, {"arn": arn, "name": target.name})


def _delete_application(target: Target, before: Deployed) -> None:
    target.client("sns").delete_platform_application(PlatformApplicationArn=before.id)


def _create_bus(target: Target) -> Made:
    client = target.client("events")
    try:
        arn = client.create_event_bus(Name=target.name)["EventBusArn"]
    except client.exceptions.ResourceAlreadyExistsException:
        arn = client.describe_event_bus(Name=target.name)["Arn"]
    return Made(target.name, {"arn": arn, "name": target.name})


def _delete_bus(target: Target, before: Deployed) -> None:
    target.client("events").delete_event_bus(Name=before.id)


def _bus(inputs: Inputs) -> str:
    return str(inputs.get("eventBusName") or "default")


def _put_rule(target: Target) -> Made:
    arn = target.client("events").put_rule(
        Name=target.name,
        EventBusName=_bus(target.inputs),
        **given(
            target.inputs,
            EventPattern="eventPattern",
            ScheduleExpression="scheduleExpression",
            State="state",
            Description="description",
        ),
    )["RuleArn"]
    return Made(target.name, {"arn": arn, "name": target.name, "eventBusName": _bus(target.inputs)})


def _delete_rule(target: Target, before: Deployed) -> None:
    target.client("events").delete_rule(Name=before.id, EventBusName=_bus(before.inputs), Force=True)


def _target_id(inputs: Inputs, name: str) -> str:
    return str(inputs.get("targetId") or name)


def _put_target(target: Target) -> Made:
    inputs, name = target.inputs, _target_id(target.inputs, target.name)
    described = {
        "Id": name,
        "Arn": inputs["arn"],
        **given(inputs, RoleArn="roleArn", Input="input", InputPath="inputPath"),
    }
    for ours, theirs in (("DeadLetterConfig", "deadLetterConfig"), ("RetryPolicy", "retryPolicy")):
        if inputs.get(theirs):
            described[ours] = upper(inputs[theirs])
    transformer: Mapping[str, str] = inputs.get("inputTransformer") or {}
    if transformer:
        described["InputTransformer"] = {
            "InputTemplate": transformer["inputTemplate"],
            "InputPathsMap": transformer.get("inputPaths") or {},
        }
    target.client("events").put_targets(Rule=inputs["rule"], EventBusName=_bus(inputs), Targets=[described])
    return Made(f"{inputs['rule']}-{name}", {"targetId": name})


def _remove_target(target: Target, before: Deployed) -> None:
    client = target.client("events")
    try:
        client.remove_targets(
            Rule=before.inputs["rule"],
            EventBusName=_bus(before.inputs),
            Ids=[str(before.outputs["targetId"])],
        )
    except client.exceptions.ResourceNotFoundException:
        return


def _create_archive(target: Target) -> Made:
    client, inputs = target.client("events"), target.inputs
    settings = given(inputs, EventPattern="eventPattern", RetentionDays="retentionDays")
    try:
        arn = client.create_archive(
            ArchiveName=target.name, EventSourceArn=inputs["eventSourceArn"], **settings
        )["ArchiveArn"]
    except client.exceptions.ResourceAlreadyExistsException:
        arn = client.update_archive(ArchiveName=target.name, **settings)["ArchiveArn"]
    return Made(target.name, {"arn": arn, "name": target.name})


def _delete_archive(target: Target, before: Deployed) -> None:
    target.client("events").delete_archive(ArchiveName=before.id)


HANDLERS: Final[Mapping[str, Handler]] = {
    "aws:sqs/queue:Queue": Handler(_create_queue, _update_queue, _delete_queue),
    "aws:sqs/queuePolicy:QueuePolicy": _set_queue("Policy", "policy"),
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": _set_queue("RedriveAllowPolicy", "redriveAllowPolicy"),
    "aws:sqs/redrivePolicy:RedrivePolicy": _set_queue("RedrivePolicy", "redrivePolicy"),
    "aws:sns/topic:Topic": Handler(_create_topic, lambda target, _: _create_topic(target), _delete_topic),
    "aws:sns/topicSubscription:TopicSubscription": Handler(_subscribe, None, _unsubscribe),
    "aws:sns/platformApplication:PlatformApplication": Handler(
        _create_application, None, _delete_application
    ),
    "aws:cloudwatch/eventBus:EventBus": Handler(
        _create_bus, lambda target, _: _create_bus(target), _delete_bus
    ),
    "aws:cloudwatch/eventRule:EventRule": Handler(
        _put_rule, lambda target, _: _put_rule(target), _delete_rule
    ),
    "aws:cloudwatch/eventTarget:EventTarget": Handler(
        _put_target, lambda target, _: _put_target(target), _remove_target
    ),
    "aws:cloudwatch/eventArchive:EventArchive": Handler(
        _create_archive, lambda target, _: _create_archive(target), _delete_archive
    ),
}
