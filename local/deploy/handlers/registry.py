"""What is looked up by name: things of IoT, secrets, parameters, log groups."""

from collections.abc import Mapping
from typing import Any, Final

from local.deploy.handlers.handler import Handler, Task, present, unless
from local.deployment import Deployed

_LOST: Final = ("ResourceNotFoundException", "ParameterNotFound")
_EXISTS: Final = "ResourceAlreadyExistsException"


def _put_thing_type(task: Task) -> Mapping[str, Any]:
    name, properties = task.wanted.name, task.get("properties") or {}
    with unless(_EXISTS):
        task.client("iot").create_thing_type(
            thingTypeName=name,
            thingTypeProperties=present(
                thingTypeDescription=properties.get("description"),
                searchableAttributes=properties.get("searchableAttributes"),
            ),
        )
    return {"id": name}


def _delete_thing_type(before: Deployed, client: Any) -> None:  # noqa: ANN401 - a client
    with unless(*_LOST):
        client.deprecate_thing_type(thingTypeName=before["name"])
        client.delete_thing_type(thingTypeName=before["name"])


def _put_thing_group(task: Task) -> Mapping[str, Any]:
    name, properties = task.wanted.name, task.get("properties") or {}
    given = {
        "thingGroupName": name,
        "thingGroupProperties": present(thingGroupDescription=properties.get("description")),
    }
    client = task.client("iot")
    if task.before is not None:
        client.update_thing_group(**given)
        return {"id": name}
    with unless(_EXISTS):
        client.create_thing_group(**given, **present(parentGroupName=task.get("parentGroupName")))
    return {"id": name}


def _delete_thing_group(before: Deployed, client: Any) -> None:  # noqa: ANN401 - a client
    with unless(*_LOST):
        client.delete_thing_group(thingGroupName=before["name"])


def _put_secret(task: Task) -> Mapping[str, Any]:
    client, name = task.client("secretsmanager"), task.wanted.name
    if task.before is None:
        with unless("ResourceExistsException"):
            client.create_secret(Name=name, **present(Description=task.get("description")))
    arn = client.describe_secret(SecretId=name)["ARN"]
    return {"id": arn, "arn": arn}


def _delete_secret(before: Deployed, client: Any) -> None:  # noqa: ANN401 - a client
    with unless(*_LOST):
        client.delete_secret(SecretId=before.id, ForceDeleteWithoutRecovery=True)


def _put_secret_version(task: Task) -> Mapping[str, Any]:
    version = task.client("secretsmanager").put_secret_value(
        SecretId=task.get("secretId"),
        **present(SecretString=task.get("secretString"), VersionStages=task.get("versionStages")),
    )
    return {
        "id": f"{task.get('secretId')}|{version['VersionId']}",
        "arn": version["ARN"],
        "versionId": version["VersionId"],
    }


def _keep(_before: Deployed, _client: Any) -> None:  # noqa: ANN401 - a client
    """A version goes with its secret."""


def _put_parameter(task: Task) -> Mapping[str, Any]:
    task.client("ssm").put_parameter(
        Name=task.wanted.name,
        Value=task.get("value"),
        Type=task.get("type"),
        Overwrite=True,
        **present(Description=task.get("description")),
    )
    return {"id": task.wanted.name}


def _delete_parameter(before: Deployed, client: Any) -> None:  # noqa: ANN401 - a client
    with unless(*_LOST):
        client.delete_parameter(Name=before.id)


def _put_log_group(task: Task) -> Mapping[str, Any]:
    client, name, days = task.client("logs"), task.wanted.name, task.get("retentionInDays")
    if task.before is None:
        with unless(_EXISTS):
            client.create_log_group(logGroupName=name)
    if days:
        client.put_retention_policy(logGroupName=name, retentionInDays=int(days))
    elif task.before is not None:
        client.delete_retention_policy(logGroupName=name)
    return {"id": name}


def _delete_log_group(before: Deployed, client: Any) -> None:  # noqa: ANN401 - a client
    with unless(*_LOST):
        client.delete_log_group(logGroupName=before["name"])


def _put_log_stream(task: Task) -> Mapping[str, Any]:
    group, name = task.get("logGroupName"), task.wanted.name
    with unless(_EXISTS):
        task.client("logs").create_log_stream(logGroupName=group, logStreamName=name)
    arn = f"arn:aws:logs:{task.wanted.region}:{task.wanted.account}:log-group:{group}:log-stream:{name}"
    return {"id": name, "arn": arn}


def _delete_log_stream(before: Deployed, client: Any) -> None:  # noqa: ANN401 - a client
    with unless(*_LOST):
        client.delete_log_stream(logGroupName=before.inputs["logGroupName"], logStreamName=before["name"])


REGISTRY: Final[Mapping[str, Handler]] = {
    "aws:iot/thingType:ThingType": Handler(
        _put_thing_type, _delete_thing_type, "iot", replace_on=frozenset({"name", "properties"})
    ),
    "aws:iot/thingGroup:ThingGroup": Handler(
        _put_thing_group, _delete_thing_group, "iot", replace_on=frozenset({"name", "parentGroupName"})
    ),
    "aws:secretsmanager/secret:Secret": Handler(
        _put_secret, _delete_secret, "secretsmanager", replace_on=frozenset({"name"}), holds_data=True
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": Handler(
        _put_secret_version, _keep, "secretsmanager", replace_on=frozenset({"secretId"})
    ),
    "aws:ssm/parameter:Parameter": Handler(
        _put_parameter, _delete_parameter, "ssm", replace_on=frozenset({"name", "type"})
    ),
    "aws:cloudwatch/logGroup:LogGroup": Handler(
        _put_log_group, _delete_log_group, "logs", replace_on=frozenset({"name"})
    ),
    "aws:cloudwatch/logStream:LogStream": Handler(
        _put_log_stream, _delete_log_stream, "logs", replace_on=frozenset({"name", "logGroupName"})
    ),
}
