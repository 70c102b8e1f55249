"""EventBridge: buses, rules, targets, archives."""

import json
from collections.abc import Mapping
from typing import Any, Final

from local.deploy.handlers.handler import Handler, Task, pascal, present, unless
from local.deploy.wanted import digest
from local.deployment import Deployed

_LOST: Final = "ResourceNotFoundException"


def _put_bus(task: Task) -> Mapping[str, Any]:
    name, client = task.wanted.name, task.client("events")
    if task.before is None:
        with unless("ResourceAlreadyExistsException"):
            client.create_event_bus(Name=name, **present(Description=task.get("description")))
    return {"id": name}


def _delete_bus(before: Deployed, client: Any) -> None:  # noqa: ANN401 - a client
    with unless(_LOST):
        client.delete_event_bus(Name=before["name"])


def _put_rule(task: Task) -> Mapping[str, Any]:
    bus = task.get("eventBusName") or "default"
    enabled = task.get("state") or ("DISABLED" if task.get("isEnabled") is False else "ENABLED")
    arn = task.client("events").put_rule(
        Name=task.wanted.name,
        EventBusName=bus,
        State=enabled,
        **present(
            EventPattern=task.get("eventPattern"),
            ScheduleExpression=task.get("scheduleExpression"),
            Description=task.get("description"),
            RoleArn=task.get("roleArn"),
        ),
    )["RuleArn"]
    name = task.wanted.name
    return {"id": name if bus == "default" else f"{bus}/{name}", "arn": arn, "eventBusName": bus}


def _delete_rule(before: Deployed, client: Any) -> None:  # noqa: ANN401 - a client
    bus = before.inputs.get("eventBusName") or "default"
    with unless(_LOST):
        client.delete_rule(Name=before["name"], EventBusName=bus, Force=True)


def _put_target(task: Task) -> Mapping[str, Any]:
    bus, rule = task.get("eventBusName") or "default", task.get("rule")
    name = task.get("targetId") or f"{task.wanted.resource.name}-{digest(task.wanted.urn, 7)}"[-64:]
    target = present(
        Id=name,
        Arn=task.get("arn"),
        RoleArn=task.get("roleArn"),
        Input=task.get("input"),
        InputPath=task.get("inputPath"),
        InputTransformer=_transformer(task.get("inputTransformer")),
        DeadLetterConfig=pascal(task.get("deadLetterConfig")),
        RetryPolicy=pascal(task.get("retryPolicy")),
        SqsParameters=pascal(task.get("sqsTarget")),
        KinesisParameters=pascal(task.get("kinesisTarget")),
    )
    answer = task.client("events").put_targets(Rule=rule, EventBusName=bus, Targets=[target])
    if answer.get("FailedEntryCount"):
        raise ValueError(f"PutTargets: {json.dumps(answer['FailedEntries'])}")
    return {"id": f"{rule}-{name}" if bus == "default" else f"{bus}-{rule}-{name}", "targetId": name}


def _transformer(given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if given is None:
        return None
    return present(InputPathsMap=given.get("inputPaths"), InputTemplate=given.get("inputTemplate"))


def _delete_target(before: Deployed, client: Any) -> None:  # noqa: ANN401 - a client
    bus, rule = before.inputs.get("eventBusName") or "default", before.inputs["rule"]
    with unless(_LOST):
        client.remove_targets(Rule=rule, EventBusName=bus, Ids=[before["targetId"]], Force=True)


def _put_archive(task: Task) -> Mapping[str, Any]:
    name, client = task.wanted.name, task.client("events")
    settings = present(
        Description=task.get("description"),
        EventPattern=task.get("eventPattern"),
        RetentionDays=task.get("retentionDays"),
    )
    with unless("ResourceAlreadyExistsException"):
        if task.before is None:
            client.create_archive(ArchiveName=name, EventSourceArn=task.get("eventSourceArn"), **settings)
            return {"id": name}
    client.update_archive(ArchiveName=name, **settings)
    return {"id": name}


def _delete_archive(before: Deployed, client: Any) -> None:  # noqa: ANN401 - a client
    with unless(_LOST):
        client.delete_archive(ArchiveName=before["name"])


EVENTS: Final[Mapping[str, Handler]] = {
    "aws:cloudwatch/eventBus:EventBus": Handler(
        _put_bus, _delete_bus, "events", replace_on=frozenset({"name"})
    ),
    "aws:cloudwatch/eventRule:EventRule": Handler(
        _put_rule, _delete_rule, "events", replace_on=frozenset({"name", "eventBusName"})
    ),
    "aws:cloudwatch/eventTarget:EventTarget": Handler(
        _put_target, _delete_target, "events", replace_on=frozenset({"rule", "eventBusName", "targetId"})
    ),
    "aws:cloudwatch/eventArchive:EventArchive": Handler(
        _put_archive,
        _delete_archive,
        "events",
        replace_on=frozenset({"name", "eventSourceArn"}),
        holds_data=True,
    ),
}
