"""Kinesis data streams and Firehose."""

from collections.abc import Mapping
from typing import Any, Final

from local.deploy.handlers.handler import Handler, Task, pascal, present, unless
from local.deployment import Deployed

_DEFAULT_HOURS: Final = 24


def _put_stream(task: Task) -> Mapping[str, Any]:
    client, name = task.client("kinesis"), task.wanted.name
    mode = (task.get("streamModeDetails") or {}).get("streamMode", "PROVISIONED")
    with unless("ResourceInUseException"):
        if task.before is None:
            shards = None if mode == "ON_DEMAND" else int(task.get("shardCount") or 1)
            client.create_stream(
                StreamName=name, **present(ShardCount=shards), StreamModeDetails={"StreamMode": mode}
            )
    there = client.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    hours, held = int(task.get("retentionPeriod") or _DEFAULT_HOURS), int(there["RetentionPeriodHours"])
    if hours > held:
        client.increase_stream_retention_period(StreamName=name, RetentionPeriodHours=hours)
    elif hours < held:
        client.decrease_stream_retention_period(StreamName=name, RetentionPeriodHours=hours)
    key = task.get("kmsKeyId")
    if task.get("encryptionType") == "KMS" and key and there.get("KeyId") != key:
        client.start_stream_encryption(StreamName=name, EncryptionType="KMS", KeyId=key)
    if task.get("shardLevelMetrics"):
        client.enable_enhanced_monitoring(StreamName=name, ShardLevelMetrics=task.get("shardLevelMetrics"))
    return {"id": there["StreamARN"], "arn": there["StreamARN"]}


def _delete_stream(before: Deployed, client: Any) -> None:  # noqa: ANN401 - a client
    with unless("ResourceNotFoundException"):
        client.delete_stream(StreamName=before["name"], EnforceConsumerDeletion=True)


def _put_delivery(task: Task) -> Mapping[str, Any]:
    client, name = task.client("firehose"), task.wanted.name
    configuration = _s3(task.get("extendedS3Configuration") or {})
    source = task.get("kinesisSourceConfiguration")
    exists = task.before is not None
    if not exists:
        try:
            client.create_delivery_stream(
                DeliveryStreamName=name,
                DeliveryStreamType="KinesisStreamAsSource" if source else "DirectPut",
                ExtendedS3DestinationConfiguration=configuration,
                **present(
                    KinesisStreamSourceConfiguration={
                        "KinesisStreamARN": source["kinesisStreamArn"],
                        "RoleARN": source["roleArn"],
                    }
                    if source
                    else None
                ),
            )
        except client.exceptions.ResourceInUseException:
            exists = True
    there = client.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
    if exists:
        client.update_destination(
            DeliveryStreamName=name,
            CurrentDeliveryStreamVersionId=there["VersionId"],
            DestinationId=there["Destinations"][0]["DestinationId"],
            ExtendedS3DestinationUpdate=configuration,
        )
    return {
        "id": there["DeliveryStreamARN"],
        "arn": there["DeliveryStreamARN"],
        "destinationId": there["Destinations"][0]["DestinationId"],
        "versionId": there["VersionId"],
    }


def _s3(given: Mapping[str, Any]) -> dict[str, Any]:
    key = given.get("kmsKeyArn")
    return present(
        RoleARN=given.get("roleArn"),
        BucketARN=given.get("bucketArn"),
        Prefix=given.get("prefix"),
        ErrorOutputPrefix=given.get("errorOutputPrefix"),
        BufferingHints={
            "SizeInMBs": int(given.get("bufferingSize") or 5),
            "IntervalInSeconds": int(given.get("bufferingInterval") or 300),
        },
        CompressionFormat=given.get("compressionFormat"),
        EncryptionConfiguration={"KMSEncryptionConfig": {"AWSKMSKeyARN": key}} if key else None,
        DataFormatConversionConfiguration=_conversion(given.get("dataFormatConversionConfiguration")),
        DynamicPartitioningConfiguration=_partitioning(given.get("dynamicPartitioningConfiguration")),
        ProcessingConfiguration=pascal(given.get("processingConfiguration")),
        FileExtension=given.get("fileExtension"),
        CustomTimeZone=given.get("customTimeZone"),
    )


def _partitioning(given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if given is None:
        return None
    seconds = int(given.get("retryDuration") or 300)
    return {"Enabled": bool(given.get("enabled")), "RetryOptions": {"DurationInSeconds": seconds}}


def _conversion(given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if given is None:
        return None
    schema = {
        {"roleArn": "RoleARN"}.get(name, name[:1].upper() + name[1:]): value
        for name, value in (given.get("schemaConfiguration") or {}).items()
    }
    return {
        "Enabled": given.get("enabled", True),
        "SchemaConfiguration": schema,
        "InputFormatConfiguration": pascal(given.get("inputFormatConfiguration")),
        "OutputFormatConfiguration": pascal(given.get("outputFormatConfiguration")),
    }


def _delete_delivery(before: Deployed, client: Any) -> None:  # noqa: ANN401 - a client
    with unless("ResourceNotFoundException"):
        client.delete_delivery_stream(DeliveryStreamName=before["name"])


STREAMS: Final[Mapping[str, Handler]] = {
    "aws:kinesis/stream:Stream": Handler(
        _put_stream,
        _delete_stream,
        "kinesis",
        replace_on=frozenset({"name", "shardCount", "streamModeDetails"}),
        holds_data=True,
    ),
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": Handler(
        _put_delivery,
        _delete_delivery,
        "firehose",
        replace_on=frozenset({"name", "destination", "kinesisSourceConfiguration"}),
    ),
}
