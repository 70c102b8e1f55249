"""Buckets, functions, roles and alarms: what each of them always is."""

from typing import Any

import pulumi
import pytest

from components.alarms import Alarm, OperationsTopic, OperationsTopicArgs, create_alarms
from components.bucket import EncryptedBucket, EncryptedBucketArgs
from components.iam import Condition, Principal, Statement, policy_json, service_role
from components.lambda_function import (
    LAYER_ARCHIVE,
    FunctionHome,
    LambdaFunction,
    LambdaFunctionArgs,
    dependency_layer,
    function_source,
)
from tests.iam_evaluator import Request, allows, statements
from tests.recording import ACCOUNT, Recording, record

KEY = "arn:aws:kms:ap-southeast-1:111122223333:key/1"
TAGS = {"Project": "p", "Environment": "dev", "Market": "sg", "Owner": "o", "CostCenter": "c"}


def bucket(*, protect: bool) -> Recording:
    return record(
        lambda: EncryptedBucket("lake", EncryptedBucketArgs(key_arn=KEY, tags=TAGS, protect=protect))
    )


def test_a_bucket_is_private_versioned_and_encrypted_with_the_given_key() -> None:
    recording = bucket(protect=True)
    block = recording.one("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock").inputs
    assert all(
        block[key] is True
        for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    )
    ownership = recording.one("aws:s3/bucketOwnershipControls:BucketOwnershipControls")
    assert ownership["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
    versioning = recording.one("aws:s3/bucketVersioning:BucketVersioning")
    assert versioning["versioningConfiguration"] == {"status": "Enabled"}
    encryption = recording.one(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    )
    assert encryption["rules"] == [
        {
            "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY},
            "bucketKeyEnabled": True,
        }
    ]


def test_a_bucket_refuses_plain_http() -> None:
    recording = bucket(protect=True)
    document = recording.one("aws:s3/bucketPolicy:BucketPolicy")["policy"]
    (statement,) = statements(document)
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": ["false"]}}
    arn = recording.one("aws:s3/bucket:Bucket").arn
    assert set(statement["Resource"]) == {arn, f"{arn}/*"}


@pytest.mark.parametrize("protect", [True, False])
def test_only_an_unprotected_bucket_may_be_destroyed_with_its_objects(protect: bool) -> None:
    assert bucket(protect=protect).one("aws:s3/bucket:Bucket")["forceDestroy"] is not protect


def test_old_versions_and_broken_uploads_do_not_stay_for_ever() -> None:
    lifecycle = bucket(protect=False).one("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
    (housekeeping,) = lifecycle["rules"]
    assert housekeeping["status"] == "Enabled"
    assert housekeeping["noncurrentVersionExpiration"] == {"noncurrentDays": 30}
    assert housekeeping["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}


def test_a_bucket_that_keeps_no_old_version_is_refused() -> None:
    with pytest.raises(ValueError, match="noncurrent_days is 0"):
        EncryptedBucketArgs(key_arn=KEY, tags=TAGS, protect=True, noncurrent_days=0)


def function_args(**changes: Any) -> LambdaFunctionArgs:
    arguments: dict[str, Any] = {
        "function": "telemetry_processor",
        "description": "d",
        "home": FunctionHome(ACCOUNT, "arn:layer", KEY, 14),
        "environment": {"MARKET": "sg"},
        "environment_key_arn": KEY,
        "statements": [Statement(sid="Own", actions=["sqs:SendMessage"], resources=["arn:queue"])],
        "tags": TAGS,
        **changes,
    }
    return LambdaFunctionArgs(**arguments)


def test_a_function_has_its_own_role_log_group_and_alias() -> None:
    recording = record(lambda: LambdaFunction("fn", function_args()))
    logs = recording.one("aws:cloudwatch/logGroup:LogGroup")
    assert (logs["kmsKeyId"], logs["retentionInDays"]) == (KEY, 14)
    function = recording.one("aws:lambda/function:Function")
    assert function["role"] == recording.one("aws:iam/role:Role").arn
    assert function["loggingConfig"]["logGroup"] == logs.name
    assert function["loggingConfig"]["logFormat"] == "JSON"
    assert function["architectures"] == ["arm64"]
    assert function["runtime"] == "python3.13"
    assert function["handler"] == "telemetry_processor.handler.handler"
    assert function["tracingConfig"] == {"mode": "Active"}
    assert function["kmsKeyArn"] == KEY
    assert function["publish"] is True
    assert function["reservedConcurrentExecutions"] == 10
    alias = recording.one("aws:lambda/alias:Alias")
    assert (alias["name"], alias["functionName"], alias["functionVersion"]) == ("live", function.name, "1")


def test_a_functions_role_writes_its_own_logs_and_does_what_it_was_given() -> None:
    recording = record(lambda: LambdaFunction("fn", function_args()))
    document = recording.one("aws:iam/rolePolicy:RolePolicy")["policy"]
    own = f"{recording.one('aws:cloudwatch/logGroup:LogGroup').arn}:log-stream:x"
    assert allows(document, Request("logs:PutLogEvents", own))
    assert not allows(document, Request("logs:PutLogEvents", "arn:aws:logs:r:a:log-group:other:x"))
    assert allows(document, Request("sqs:SendMessage", "arn:queue"))
    assert not allows(document, Request("sqs:SendMessage", "arn:other"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timeout_seconds", 0),
        ("timeout_seconds", 901),
        ("memory_mb", 64),
        ("memory_mb", 20_000),
        ("reserved_concurrency", 0),
    ],
)
def test_a_size_that_lambda_refuses_is_refused_before_anything_is_built(field: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"{field} of telemetry_processor is {value}"):
        function_args(**{field: value})


def test_a_functions_archive_holds_its_source_and_the_domain_and_no_build_product() -> None:
    names = set(function_source("telemetry_processor").assets)
    assert "telemetry_processor/handler.py" in names
    assert "ev_rental/__init__.py" in names
    assert {name.split("/")[0] for name in names} == {"telemetry_processor", "ev_rental"}
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_a_function_that_does_not_exist_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="no function 'teleport'"):
        function_source("teleport")


def test_a_layer_that_was_not_built_says_how_to_build_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.lambda_function.LAYER_ARCHIVE", LAYER_ARCHIVE.with_name("none.zip"))
    with pytest.raises(FileNotFoundError, match=r"none\.zip is missing: build it with `make layer`"):
        record(lambda: dependency_layer("layer", pulumi.ResourceOptions()))


@pytest.mark.parametrize("service", ["firehose.amazonaws.com", "iot.amazonaws.com"])
def test_a_service_may_assume_a_role_for_this_account_only(service: str) -> None:
    def build() -> None:
        parent = pulumi.ComponentResource("t:t:T", "parent")
        service_role(
            "role",
            service=service,
            account_id=ACCOUNT,
            statements=[],
            description="d",
            tags=TAGS,
            parent=parent,
        )

    document = record(build).one("aws:iam/role:Role")["assumeRolePolicy"]
    for account, trusted in ((ACCOUNT, True), ("999999999999", False)):
        request = Request("sts:AssumeRole", service=service, context={"aws:SourceAccount": account})
        assert allows(document, request) is trusted
    assert not allows(document, Request("sts:AssumeRole", service="ec2.amazonaws.com"))


def test_a_policy_document_is_iams_own_json() -> None:
    documents: list[str] = []

    def build() -> pulumi.Output[None]:
        statement = Statement(
            sid="S",
            effect="Deny",
            actions=["s3:GetObject"],
            resources=[pulumi.Output.from_input("arn:x")],
            principals=[Principal("AWS", ["arn:a"]), Principal("Service", ["s.amazonaws.com"])],
            conditions=[Condition("StringEquals", "k", ["v"]), Condition("StringEquals", "l", ["w"])],
        )
        return policy_json(statement).apply(documents.append)

    record(build)
    assert statements(documents[0]) == [
        {
            "Sid": "S",
            "Effect": "Deny",
            "Action": ["s3:GetObject"],
            "Resource": ["arn:x"],
            "Principal": {"AWS": ["arn:a"], "Service": ["s.amazonaws.com"]},
            "Condition": {"StringEquals": {"k": ["v"], "l": ["w"]}},
        }
    ]


def test_an_alarm_tells_the_topic_when_it_fires_and_when_it_is_over() -> None:
    alarm = Alarm(
        name="late", description="d", namespace="N", metric="M", dimensions={"D": "x"}, threshold=5, periods=3
    )

    def build() -> None:
        parent = pulumi.ComponentResource("t:t:T", "parent")
        create_alarms("fleet", [alarm], topic_arn="arn:topic", tags=TAGS, parent=parent)

    made = record(build).one("aws:cloudwatch/metricAlarm:MetricAlarm", "fleet-late").inputs
    assert made["alarmActions"] == made["okActions"] == ["arn:topic"]
    assert (made["comparisonOperator"], made["threshold"]) == ("GreaterThanThreshold", 5)
    assert (made["evaluationPeriods"], made["datapointsToAlarm"], made["period"]) == (3, 3, 300)
    assert made["treatMissingData"] == "notBreaching"


def test_an_alarm_with_a_period_that_cloudwatch_refuses_is_refused() -> None:
    with pytest.raises(ValueError, match="alarm late: period_seconds is 90"):
        Alarm(
            name="late",
            description="d",
            namespace="N",
            metric="M",
            dimensions={},
            threshold=5,
            period_seconds=90,
        )


def test_only_alarms_of_this_account_may_publish_to_the_operations_topic() -> None:
    recording = record(
        lambda: OperationsTopic("ops", OperationsTopicArgs(ACCOUNT, "a@bluehorizons.example", KEY, TAGS))
    )
    topic = recording.one("aws:sns/topic:Topic")
    assert topic["kmsMasterKeyId"] == KEY
    document = recording.one("aws:sns/topicPolicy:TopicPolicy")["policy"]
    for account, allowed in ((ACCOUNT, True), ("999999999999", False)):
        request = Request(
            "sns:Publish",
            topic.arn,
            service="cloudwatch.amazonaws.com",
            context={"aws:SourceAccount": account},
        )
        assert allows(document, request) is allowed
    subscription = recording.one("aws:sns/topicSubscription:TopicSubscription").inputs
    assert (subscription["protocol"], subscription["endpoint"]) == ("email", "a@bluehorizons.example")
