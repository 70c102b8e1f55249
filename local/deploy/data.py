"""DynamoDB, Kinesis, Firehose and S3."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from local.deploy.handlers import Client, Handler, Inputs, Made, Target, given, upper
from local.deployment import Deployed
from offline.values import ASSET, SIGNATURE


def _key_schema(part: Inputs) -> list[dict[str, str]]:
    if part.get("keySchemas"):
        return [{"AttributeName": k["attributeName"], "KeyType": k["keyType"]} for k in part["keySchemas"]]
    keys = [{"AttributeName": part["hashKey"], "KeyType": "HASH"}]
    if part.get("rangeKey"):
        keys.append({"AttributeName": part["rangeKey"], "KeyType": "RANGE"})
    return keys


def _index(part: Inputs) -> dict[str, Any]:
    projection = {"ProjectionType": part.get("projectionType", "ALL")}
    if part.get("nonKeyAttributes"):
        projection["NonKeyAttributes"] = part["nonKeyAttributes"]
    return {"IndexName": part["name"], "KeySchema": _key_schema(part), "Projection": projection}


def _attributes(inputs: Inputs) -> list[dict[str, str]]:
    return [{"AttributeName": one["name"], "AttributeType": one["type"]} for one in inputs["attributes"]]


def _stream(inputs: Inputs) -> dict[str, Any]:
    if not inputs.get("streamEnabled"):
        return {}
    view = {"StreamEnabled": True, "StreamViewType": inputs["streamViewType"]}
    return {"StreamSpecification": view}


def _create_table(target: Target) -> Made:
    client, inputs = target.client("dynamodb"), target.inputs
    request: dict[str, Any] = {
        "TableName": target.name,
        "BillingMode": inputs.get("billingMode", "PROVISIONED"),
        "KeySchema": _key_schema(inputs),
        "AttributeDefinitions": _attributes(inputs),
        **_stream(inputs),
    }
    indexes = [_index(one) for one in inputs.get("globalSecondaryIndexes") or ()]
    if indexes:
        request["GlobalSecondaryIndexes"] = indexes
    with suppress(client.exceptions.ResourceInUseException):  # an interrupted deployment made it
        client.create_table(**request)
    return _settle_table(client, target)


def _update_table(target: Target, before: Deployed) -> Made:
    client, inputs = target.client("dynamodb"), target.inputs
    old = {one["name"]: _index(one) for one in before.inputs.get("globalSecondaryIndexes") or ()}
    new = {one["name"]: _index(one) for one in inputs.get("globalSecondaryIndexes") or ()}
    changes = [{"Delete": {"IndexName": name}} for name in old if old[name] != new.get(name)]
    changes += [{"Create": one} for name, one in new.items() if old.get(name) != one]
    request: dict[str, Any] = {"TableName": before.id, **_stream(inputs)}
    if changes:
        request |= {
            "GlobalSecondaryIndexUpdates": changes,
            "AttributeDefinitions": _attributes(inputs),
        }
    client.update_table(**request)
    return _settle_table(client, target)


def _settle_table(client: Client, target: Target) -> Made:
    """What of a table is set beside it, and what is known of it then."""
    inputs, name = target.inputs, target.name
    ttl = inputs.get("ttl") or {}
    if ttl.get("attributeName"):
        client.update_time_to_live(
            TableName=name,
            TimeToLiveSpecification={
                "Enabled": bool(ttl.get("enabled")),
                "AttributeName": ttl["attributeName"],
            },
        )
    if inputs.get("pointInTimeRecovery"):
        client.update_continuous_backups(
            TableName=name,
            PointInTimeRecoverySpecification={
                "PointInTimeRecoveryEnabled": bool(inputs["pointInTimeRecovery"].get("enabled"))
            },
        )
    wanted = {one["regionName"] for one in inputs.get("replicas") or ()}
    there = {one["RegionName"] for one in _described(client, name).get("Replicas") or ()}
    changes = [{"Create": {"RegionName": one}} for one in sorted(wanted - there)]
    changes += [{"Delete": {"RegionName": one}} for one in sorted(there - wanted)]
    for change in changes:
        client.update_table(TableName=name, ReplicaUpdates=[change])
    table = _described(client, name)
    replicas = []
    for one in inputs.get("replicas") or ():
        place = one["regionName"]
        replica = _described(target.aws.client("dynamodb", place), name)
        arns = {"arn": replica["TableArn"], "streamArn": replica.get("LatestStreamArn", "")}
        replicas.append({**one, **arns})
    return Made(
        name,
        {
            "name": name,
            "arn": table["TableArn"],
            "streamArn": table.get("LatestStreamArn", ""),
            "streamLabel": table.get("LatestStreamLabel", ""),
            "replicas": replicas,
        },
    )


def _described(client: Client, name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = client.describe_table(TableName=name)["Table"]
    return found


def _delete_table(target: Target, before: Deployed) -> None:
    client = target.client("dynamodb")
    places = [one["regionName"] for one in before.inputs.get("replicas") or ()]
    for place in places:
        client.update_table(TableName=before.id, ReplicaUpdates=[{"Delete": {"RegionName": place}}])
    try:
        client.delete_table(TableName=before.id)
    except client.exceptions.ResourceNotFoundException:
        return


def _create_stream(target: Target) -> Made:
    client, inputs = target.client("kinesis"), target.inputs
    mode = (inputs.get("streamModeDetails") or {}).get("streamMode", "PROVISIONED")
    request = {"StreamName": target.name, "StreamModeDetails": {"StreamMode": mode}}
    with suppress(client.exceptions.ResourceInUseException):  # an interrupted deployment made it
        client.create_stream(**request, **given(inputs, ShardCount="shardCount"))
    return _settle_stream(client, target)


def _settle_stream(client: Client, target: Target) -> Made:
    inputs = target.inputs
    if inputs.get("retentionPeriod"):
        client.increase_stream_retention_period(
            StreamName=target.name, RetentionPeriodHours=int(inputs["retentionPeriod"])
        )
    if inputs.get("encryptionType") == "KMS":
        client.start_stream_encryption(StreamName=target.name, EncryptionType="KMS", KeyId=inputs["kmsKeyId"])
    arn = f"arn:aws:kinesis:{target.region}:{target.account}:stream/{target.name}"
    return Made(arn, {"arn": arn, "name": target.name})


def _delete_stream(target: Target, before: Deployed) -> None:
    client = target.client("kinesis")
    try:
        client.delete_stream(StreamName=before.outputs["name"])
    except client.exceptions.ResourceNotFoundException:
        return


def _delivery(inputs: Inputs) -> dict[str, Any]:
    """The destination by Firehose's names, as far as it is served."""
    s3: Inputs = inputs["extendedS3Configuration"]
    configuration: dict[str, Any] = {
        **given(
            s3,
            RoleARN="roleArn",
            BucketARN="bucketArn",
            Prefix="prefix",
            ErrorOutputPrefix="errorOutputPrefix",
            CompressionFormat="compressionFormat",
            FileExtension="fileExtension",
        ),
        "BufferingHints": given(s3, SizeInMBs="bufferingSize", IntervalInSeconds="bufferingInterval"),
    }
    if s3.get("processingConfiguration"):
        configuration["ProcessingConfiguration"] = upper(s3["processingConfiguration"])
    conversion = s3.get("dataFormatConversionConfiguration")
    if conversion:
        configuration["DataFormatConversionConfiguration"] = {"Enabled": True}
    return configuration


def _create_delivery(target: Target) -> Made:
    client, inputs = target.client("firehose"), target.inputs
    source = inputs.get("kinesisSourceConfiguration") or {}
    request: dict[str, Any] = {"ExtendedS3DestinationConfiguration": _delivery(inputs)}
    if source:
        request |= {
            "DeliveryStreamType": "KinesisStreamAsSource",
            "KinesisStreamSourceConfiguration": given(
                source, KinesisStreamARN="kinesisStreamArn", RoleARN="roleArn"
            ),
        }
    try:
        client.create_delivery_stream(DeliveryStreamName=target.name, **request)
    except client.exceptions.ResourceInUseException:
        _change_delivery(client, target)
    arn = f"arn:aws:firehose:{target.region}:{target.account}:deliverystream/{target.name}"
    return Made(arn, {"arn": arn, "name": target.name})


def _change_delivery(client: Client, target: Target) -> None:
    client.update_destination(
        DeliveryStreamName=target.name,
        CurrentDeliveryStreamVersionId="1",
        DestinationId="destinationId-000000000001",
        ExtendedS3DestinationUpdate=_delivery(target.inputs),
    )


def _update_delivery(target: Target, before: Deployed) -> Made:
    _change_delivery(target.client("firehose"), target)
    return Made(before.id, {"arn": before.arn, "name": target.name})


def _delete_delivery(target: Target, before: Deployed) -> None:
    client = target.client("firehose")
    try:
        client.delete_delivery_stream(DeliveryStreamName=before.outputs["name"])
    except client.exceptions.ResourceNotFoundException:
        return


def _create_bucket(target: Target) -> Made:
    client, name = target.client("s3"), target.name
    place = {} if target.region == "us-east-1" else {"LocationConstraint": target.region}
    # An interrupted deployment may have made it.
    with suppress(client.exceptions.BucketAlreadyOwnedByYou, client.exceptions.BucketAlreadyExists):
        client.create_bucket(Bucket=name, **({"CreateBucketConfiguration": place} if place else {}))
    return Made(
        name,
        {
            "bucket": name,
            "arn": f"arn:aws:s3:::{name}",
            "bucketDomainName": f"{name}.s3.amazonaws.com",
            "bucketRegionalDomainName": f"{name}.s3.{target.region}.amazonaws.com",
        },
    )


def _delete_bucket(target: Target, before: Deployed) -> None:
    client = target.client("s3")
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=before.id):
        for found in page.get("Contents") or ():
            client.delete_object(Bucket=before.id, Key=found["Key"])
    client.delete_bucket(Bucket=before.id)


def _put_object(target: Target) -> Made:
    inputs = target.inputs
    source = inputs.get("source")
    if isinstance(source, Mapping) and source.get(SIGNATURE) == ASSET:
        path = source.get("path")
        body = (target.root / path).read_bytes() if path else str(source.get("text", "")).encode()
    else:
        body = str(inputs.get("content") or "").encode()
    made = target.client("s3").put_object(
        Bucket=inputs["bucket"],
        Key=inputs["key"],
        Body=body,
        **given(inputs, ContentType="contentType", CacheControl="cacheControl"),
    )
    key = str(inputs["key"])
    return Made(f"{inputs['bucket']}/{key}", {"etag": made["ETag"].strip('"'), "key": key})


def _update_object(target: Target, before: Deployed) -> Made:
    if (before.inputs["bucket"], before.inputs["key"]) != (target.inputs["bucket"], target.inputs["key"]):
        _delete_object(target, before)
    return _put_object(target)


def _delete_object(target: Target, before: Deployed) -> None:
    target.client("s3").delete_object(Bucket=before.inputs["bucket"], Key=before.inputs["key"])


def _notify(target: Target) -> Made:
    inputs = target.inputs

    def configured(kind: str, arn: str) -> list[dict[str, Any]]:
        found = []
        for one in inputs.get(kind) or ():
            rules = [
                {"Name": name, "Value": one[key]}
                for name, key in (("prefix", "filterPrefix"), ("suffix", "filterSuffix"))
                if one.get(key)
            ]
            part = {arn[0].upper() + arn[1:]: one[arn], "Events": one["events"]}
            found.append({**part, **({"Filter": {"Key": {"FilterRules": rules}}} if rules else {})})
        return found

    target.client("s3").put_bucket_notification_configuration(
        Bucket=inputs["bucket"],
        NotificationConfiguration={
            "LambdaFunctionConfigurations": configured("lambdaFunctions", "lambdaFunctionArn"),
            "QueueConfigurations": configured("queues", "queueArn"),
            "TopicConfigurations": configured("topics", "topicArn"),
        },
    )
    return Made(str(inputs["bucket"]))


HANDLERS: Final[Mapping[str, Handler]] = {
    "aws:dynamodb/table:Table": Handler(_create_table, _update_table, _delete_table),
    "aws:kinesis/stream:Stream": Handler(
        _create_stream, lambda target, _: _settle_stream(target.client("kinesis"), target), _delete_stream
    ),
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": Handler(
        _create_delivery, _update_delivery, _delete_delivery
    ),
    "aws:s3/bucket:Bucket": Handler(_create_bucket, lambda target, _: _create_bucket(target), _delete_bucket),
    "aws:s3/bucketObjectv2:BucketObjectv2": Handler(_put_object, _update_object, _delete_object),
    "aws:s3/bucketNotification:BucketNotification": Handler(_notify, lambda target, _: _notify(target)),
}
