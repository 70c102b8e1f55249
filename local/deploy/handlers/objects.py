"""S3: buckets, their versions and notifications, and objects.

Policies of buckets are not made: they refuse what is not TLS, and nothing here is.
"""

import base64
from collections.abc import Mapping
from typing import Any, Final

from local.deploy.contents import contents
from local.deploy.handlers.handler import Handler, Task, present, unless
from local.deployment import Deployed

_LOST: Final = ("NoSuchBucket", "NoSuchKey", "404")


def _put_bucket(task: Task) -> Mapping[str, Any]:
    name, region = task.wanted.name, task.wanted.region
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    if task.before is None:
        with unless("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            task.client("s3").create_bucket(Bucket=name, **place)
    return {"id": name}


def _delete_bucket(before: Deployed, client: Any) -> None:  # noqa: ANN401 - a client
    with unless(*_LOST):
        for page in client.get_paginator("list_object_versions").paginate(Bucket=before.id):
            held = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            if held and not before.inputs.get("forceDestroy"):
                raise ValueError(f"bucket {before.id} is not empty, and its forceDestroy is not true")
            for one in held:
                client.delete_object(Bucket=before.id, Key=one["Key"], VersionId=one["VersionId"])
        client.delete_bucket(Bucket=before.id)


def _put_versioning(task: Task) -> Mapping[str, Any]:
    status = task.get("versioningConfiguration")["status"]
    if status != "Disabled":
        task.client("s3").put_bucket_versioning(
            Bucket=task.get("bucket"), VersioningConfiguration={"Status": status}
        )
    return {"id": task.get("bucket")}


def _delete_versioning(before: Deployed, client: Any) -> None:  # noqa: ANN401 - a client
    with unless(*_LOST):
        client.put_bucket_versioning(
            Bucket=before.inputs["bucket"], VersioningConfiguration={"Status": "Suspended"}
        )


def _put_notification(task: Task) -> Mapping[str, Any]:
    configuration = {
        f"{kind}Configurations": [
            present(
                Id=one.get("id"),
                Events=one["events"],
                Filter=_filter(one),
                **{f"{kind}Arn": one[target]},
            )
            for one in task.get(f"{name}s") or ()
        ]
        for kind, name, target in (
            ("LambdaFunction", "lambdaFunction", "lambdaFunctionArn"),
            ("Queue", "queue", "queueArn"),
            ("Topic", "topic", "topicArn"),
        )
    }
    if task.get("eventbridge"):
        configuration["EventBridgeConfiguration"] = {}  # type: ignore[assignment]
    task.client("s3").put_bucket_notification_configuration(
        Bucket=task.get("bucket"), NotificationConfiguration=configuration, SkipDestinationValidation=True
    )
    return {"id": task.get("bucket")}


def _filter(one: Mapping[str, Any]) -> dict[str, Any] | None:
    rules = [
        {"Name": name, "Value": one[f"filter{name.title()}"]}
        for name in ("prefix", "suffix")
        if one.get(f"filter{name.title()}")
    ]
    return {"Key": {"FilterRules": rules}} if rules else None


def _delete_notification(before: Deployed, client: Any) -> None:  # noqa: ANN401 - a client
    with unless(*_LOST):
        client.put_bucket_notification_configuration(
            Bucket=before.inputs["bucket"], NotificationConfiguration={}
        )


def _put_object(task: Task) -> Mapping[str, Any]:
    bucket, key = task.get("bucket"), task.get("key") or task.wanted.resource.name
    answer = task.client("s3").put_object(
        Bucket=bucket,
        Key=key,
        Body=_body(task),
        **present(
            ContentType=task.get("contentType"),
            CacheControl=task.get("cacheControl"),
            ContentEncoding=task.get("contentEncoding"),
            ContentDisposition=task.get("contentDisposition"),
            Metadata=task.get("metadata"),
        ),
    )
    return {
        "id": f"{bucket}/{key}",
        "key": key,
        "etag": answer["ETag"].strip('"'),
        "versionId": answer.get("VersionId", ""),
    }


def _body(task: Task) -> bytes:
    if task.get("content") is not None:
        return str(task.get("content")).encode()
    if task.get("contentBase64") is not None:
        return base64.b64decode(task.get("contentBase64"))
    return contents(task.get("source") or {"text": ""}, task.directory)


def _delete_object(before: Deployed, client: Any) -> None:  # noqa: ANN401 - a client
    with unless(*_LOST):
        client.delete_object(Bucket=before.inputs["bucket"], Key=before["key"])


OBJECTS: Final[Mapping[str, Handler]] = {
    "aws:s3/bucket:Bucket": Handler(
        _put_bucket, _delete_bucket, "s3", replace_on=frozenset({"bucket", "bucketPrefix"}), holds_data=True
    ),
    "aws:s3/bucketVersioning:BucketVersioning": Handler(
        _put_versioning, _delete_versioning, "s3", replace_on=frozenset({"bucket"})
    ),
    "aws:s3/bucketNotification:BucketNotification": Handler(
        _put_notification, _delete_notification, "s3", replace_on=frozenset({"bucket"})
    ),
    "aws:s3/bucketObjectv2:BucketObjectv2": Handler(
        _put_object, _delete_object, "s3", replace_on=frozenset({"bucket", "key"})
    ),
}
