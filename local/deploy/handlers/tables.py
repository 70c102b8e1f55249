"""DynamoDB's tables, with indexes, streams, time to live and replicas."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from local.deploy.handlers.handler import Handler, Task, present, unless
from local.deployment import Deployed


def _put(task: Task) -> Mapping[str, Any]:
    client, name = task.client("dynamodb"), task.wanted.name
    with unless("ResourceInUseException"):
        if task.before is None:
            client.create_table(TableName=name, **_created(task))
    there = client.describe_table(TableName=name)["Table"]
    _update(task, client, there)
    _set_extras(task, client)
    _set_replicas(task, client, there)
    there = client.describe_table(TableName=name)["Table"]
    return {
        "id": name,
        "arn": there["TableArn"],
        "streamArn": there.get("LatestStreamArn", ""),
        "streamLabel": there.get("LatestStreamLabel", ""),
        **(
            {"replicas": [_replica(task, one) for one in task.get("replicas")]}
            if task.get("replicas")
            else {}
        ),
    }


def _created(task: Task) -> dict[str, Any]:
    keys = _keys(task.get("hashKey"), task.get("rangeKey"))
    local = [
        {
            "IndexName": index["name"],
            "KeySchema": _keys(task.get("hashKey"), index["rangeKey"]),
            "Projection": _projection(index),
        }
        for index in task.get("localSecondaryIndexes") or ()
    ]
    return present(
        KeySchema=keys,
        AttributeDefinitions=_definitions(task),
        BillingMode=task.get("billingMode") or "PROVISIONED",
        ProvisionedThroughput=None
        if task.get("billingMode") == "PAY_PER_REQUEST"
        else _capacity(task.wanted),
        GlobalSecondaryIndexes=_indexes(task) or None,
        LocalSecondaryIndexes=local or None,
        StreamSpecification=_stream(task),
        SSESpecification=_encryption(task.get("serverSideEncryption")),
        DeletionProtectionEnabled=task.get("deletionProtectionEnabled"),
        Tags=[{"Key": key, "Value": value} for key, value in task.tags.items()] or None,
    )


def _update(task: Task, client: Any, there: Mapping[str, Any]) -> None:  # noqa: ANN401 - a client
    name, stream = task.wanted.name, _stream(task)
    known = there.get("StreamSpecification") or {"StreamEnabled": False}
    if stream and known != stream:
        if known["StreamEnabled"] and stream["StreamEnabled"]:  # a stream's view cannot be changed
            client.update_table(TableName=name, StreamSpecification={"StreamEnabled": False})
        client.update_table(TableName=name, StreamSpecification=stream)
    elif not stream and known["StreamEnabled"]:
        client.update_table(TableName=name, StreamSpecification={"StreamEnabled": False})
    wanted = {index["IndexName"]: index for index in _indexes(task)}
    held = {index["IndexName"]: index for index in there.get("GlobalSecondaryIndexes") or ()}
    # One index a call, as AWS wants it.
    for index, known_index in held.items():
        if index not in wanted or _shape(known_index) != _shape(wanted[index]):
            client.update_table(
                TableName=name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": index}}]
            )
    for index, made in wanted.items():
        if index not in held or _shape(held[index]) != _shape(made):
            client.update_table(
                TableName=name,
                AttributeDefinitions=_definitions(task),
                GlobalSecondaryIndexUpdates=[{"Create": made}],
            )
    if task.before is not None:
        client.update_table(
            TableName=name,
            **present(
                BillingMode=task.get("billingMode"),
                DeletionProtectionEnabled=bool(task.get("deletionProtectionEnabled")),
                SSESpecification=_encryption(task.get("serverSideEncryption")),
            ),
        )


def _set_extras(task: Task, client: Any) -> None:  # noqa: ANN401 - a client
    name, before = task.wanted.name, task.before.inputs if task.before else {}
    live = task.get("ttl") or before.get("ttl")
    if live and task.get("ttl") != before.get("ttl"):
        enabled = bool((task.get("ttl") or {}).get("enabled"))
        with unless("ValidationException"):  # it is so already
            client.update_time_to_live(
                TableName=name,
                TimeToLiveSpecification={"Enabled": enabled, "AttributeName": live["attributeName"]},
            )
    if task.get("pointInTimeRecovery") != before.get("pointInTimeRecovery"):
        enabled = bool((task.get("pointInTimeRecovery") or {}).get("enabled"))
        client.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": enabled}
        )


def _set_replicas(task: Task, client: Any, there: Mapping[str, Any]) -> None:  # noqa: ANN401 - a client
    held = {one["RegionName"] for one in there.get("Replicas") or ()} - {task.wanted.region}
    wanted = {one["regionName"]: one for one in task.get("replicas") or ()}
    for region in sorted(held - set(wanted)):
        _replicas(client, task.wanted.name, "Delete", RegionName=region)
    for region in sorted(set(wanted) - held):
        key = wanted[region].get("kmsKeyArn")
        _replicas(client, task.wanted.name, "Create", **present(RegionName=region, KMSMasterKeyId=key))


def _replicas(client: Any, table: str, change: str, **replica: str) -> None:  # noqa: ANN401 - a client
    client.update_table(TableName=table, ReplicaUpdates=[{change: replica}])


def _replica(task: Task, given: Mapping[str, Any]) -> dict[str, Any]:
    client = task.clients("dynamodb", given["regionName"])
    there = client.describe_table(TableName=task.wanted.name)["Table"]
    return {**given, "arn": there["TableArn"], "streamArn": there.get("LatestStreamArn", "")}


def _delete(before: Deployed, client: Any) -> None:  # noqa: ANN401 - a client
    for replica in before.inputs.get("replicas") or ():
        with unless("ValidationException", "ResourceNotFoundException"):
            _replicas(client, before.id, "Delete", RegionName=replica["regionName"])
    with unless("ResourceNotFoundException"):
        client.delete_table(TableName=before.id)


def _indexes(task: Task) -> list[dict[str, Any]]:
    billed = task.get("billingMode") == "PAY_PER_REQUEST"
    return [
        {
            "IndexName": index["name"],
            "KeySchema": [
                {"AttributeName": key["attributeName"], "KeyType": key["keyType"]}
                for key in index.get("keySchemas") or ()
            ]
            or _keys(index.get("hashKey"), index.get("rangeKey")),
            "Projection": _projection(index),
            **({} if billed else {"ProvisionedThroughput": _capacity(index)}),
        }
        for index in task.get("globalSecondaryIndexes") or ()
    ]


def _shape(index: Mapping[str, Any]) -> object:
    keys = [(key["AttributeName"], key["KeyType"]) for key in index["KeySchema"]]
    projection = index["Projection"]
    return keys, projection.get("ProjectionType"), sorted(projection.get("NonKeyAttributes") or ())


def _keys(hash_key: str | None, range_key: str | None) -> list[dict[str, str]]:
    pairs: Iterable[tuple[str | None, str]] = ((hash_key, "HASH"), (range_key, "RANGE"))
    return [{"AttributeName": key, "KeyType": kind} for key, kind in pairs if key]


def _definitions(task: Task) -> list[dict[str, str]]:
    return [
        {"AttributeName": one["name"], "AttributeType": one["type"]} for one in task.get("attributes") or ()
    ]


def _projection(index: Mapping[str, Any]) -> dict[str, Any]:
    return present(
        ProjectionType=index.get("projectionType"), NonKeyAttributes=index.get("nonKeyAttributes") or None
    )


def _capacity(of: Mapping[str, Any]) -> dict[str, int]:
    return {
        "ReadCapacityUnits": int(of.get("readCapacity") or 1),
        "WriteCapacityUnits": int(of.get("writeCapacity") or 1),
    }


def _stream(task: Task) -> dict[str, Any] | None:
    # Replicas are fed by a stream, whether the program asks for one or not.
    if not task.get("streamEnabled") and not task.get("replicas"):
        return None
    return {"StreamEnabled": True, "StreamViewType": task.get("streamViewType") or "NEW_AND_OLD_IMAGES"}


def _encryption(given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not given or not given.get("enabled"):
        return None
    return {"Enabled": True, "SSEType": "KMS", **present(KMSMasterKeyId=given.get("kmsKeyArn"))}


TABLES: Final[Mapping[str, Handler]] = {
    "aws:dynamodb/table:Table": Handler(
        _put,
        _delete,
        "dynamodb",
        replace_on=frozenset({"name", "hashKey", "rangeKey", "localSecondaryIndexes"}),
        holds_data=True,
    ),
}
