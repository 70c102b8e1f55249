"""The telemetry pipeline of dev and prod: every resource with the settings that matter."""

import json
from typing import Any

import pytest

from components.telemetry.lake_schema import COLUMNS
from ev_rental.telemetry import WIRE_FIELDS, glue_column
from tests.iam_evaluator import Request, allows
from tests.recording import ACCOUNT, Recorded, Recording

PROD_ACCOUNT = "444455556666"
STREAM = "aws:kinesis/stream:Stream"
QUEUE = "aws:sqs/queue:Queue"
RULE = "aws:iot/topicRule:TopicRule"
FUNCTION = "aws:lambda/function:Function"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
TABLE = "aws:dynamodb/table:Table"
FIREHOSE = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"
BUCKET = "aws:s3/bucket:Bucket"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
KEY = "aws:kms/key:Key"


def telemetry_of(stack: Recording) -> Recording:
    parts = ("-telemetry-", "-state-", "-keys-", "-operations-", "-dependencies")
    return stack.only(*parts).without("-canaries")


@pytest.fixture(scope="module")
def dev(dev: Recording) -> Recording:
    """The telemetry half of the dev stack."""
    return telemetry_of(dev)


@pytest.fixture(scope="module")
def prod(prod: Recording) -> Recording:
    """The telemetry half of the prod stack, in the primary Region."""
    return telemetry_of(prod.on("aws-ap-southeast-1"))


def key(stack: Recording, domain: str) -> str:
    return stack.one(KEY, f"-{domain}").arn


# ---- what cars may do --------------------------------------------------------------------------------------


def car_policy(stack: Recording) -> str:
    # AWS IoT Core fills this variable from the connection; here one car asks.
    return str(stack.one("aws:iot/policy:Policy")["policy"]).replace(
        "${iot:Connection.Thing.ThingName}", "SG-EV-000001"
    )


def iot(resource: str) -> str:
    return f"arn:aws:iot:ap-southeast-1:{ACCOUNT}:{resource}"


def test_a_car_connects_only_as_itself_and_only_with_its_own_certificate(dev: Recording) -> None:
    document = car_policy(dev)
    attached = {"iot:Connection.Thing.IsAttached": "true"}
    assert allows(document, Request("iot:Connect", iot("client/SG-EV-000001"), context=attached))
    assert not allows(document, Request("iot:Connect", iot("client/SG-EV-000001")))
    assert not allows(document, Request("iot:Connect", iot("client/SG-EV-000002"), context=attached))


def test_a_car_publishes_only_its_own_telemetry(dev: Recording) -> None:
    document = car_policy(dev)
    rule = "topic/$aws/rules/bluehorizons_dev_sg_telemetry"
    assert allows(document, Request("iot:Publish", iot(f"{rule}/bh/sg/SG-EV-000001/telemetry")))
    assert not allows(document, Request("iot:Publish", iot(f"{rule}/bh/sg/SG-EV-000002/telemetry")))
    assert not allows(document, Request("iot:Publish", iot("topic/bh/sg/SG-EV-000001/telemetry")))


def test_a_car_hears_only_its_own_commands_and_answers_only_for_itself(dev: Recording) -> None:
    document = car_policy(dev)
    own, other = "bh/sg/SG-EV-000001", "bh/sg/SG-EV-000002"
    answers = "topic/$aws/rules/bluehorizons_dev_sg_command_acks"
    for action, kind in (("iot:Subscribe", "topicfilter"), ("iot:Receive", "topic")):
        assert allows(document, Request(action, iot(f"{kind}/{own}/commands")))
        assert not allows(document, Request(action, iot(f"{kind}/{other}/commands")))
        assert not allows(document, Request(action, iot(f"{kind}/bh/#")))
    assert allows(document, Request("iot:Publish", iot(f"{answers}/{own}/command-acks")))
    assert not allows(document, Request("iot:Publish", iot(f"{answers}/{other}/command-acks")))
    assert not allows(document, Request("iot:Publish", iot(f"topic/{other}/commands")))


def test_names_that_cars_and_workshops_know_are_pinned(dev: Recording, prod: Recording) -> None:
    for stack, environment in ((dev, "dev"), (prod, "prod")):
        prefix = f"bluehorizons-{environment}-sg"
        names = {rule["name"] for rule in stack.all(RULE)}
        assert names == {
            f"bluehorizons_{environment}_sg_telemetry",
            f"bluehorizons_{environment}_sg_lifecycle",
        }
        assert stack.one("aws:iot/policy:Policy")["name"] == f"{prefix}-car"
        assert stack.one("aws:iot/thingType:ThingType")["name"] == f"{prefix}-car"
        assert stack.one("aws:iot/thingGroup:ThingGroup")["name"] == f"{prefix}-fleet"
        assert stack.one("aws:iot/provisioningTemplate:ProvisioningTemplate")["name"] == f"{prefix}-car"


def test_an_enrolled_car_gets_its_thing_type_group_policy_and_an_active_certificate(stack: Recording) -> None:
    template = stack.one("aws:iot/provisioningTemplate:ProvisioningTemplate")
    assert (template["enabled"], template["type"]) == (True, "FLEET_PROVISIONING")
    body = json.loads(template["templateBody"])
    thing = body["Resources"]["thing"]["Properties"]
    assert thing["ThingName"] == {"Ref": "VehicleId"}
    assert thing["ThingTypeName"] == stack.one("aws:iot/thingType:ThingType")["name"]
    assert thing["ThingGroups"] == [stack.one("aws:iot/thingGroup:ThingGroup")["name"]]
    assert thing["AttributePayload"]["market"] == "sg"
    assert body["Resources"]["certificate"]["Properties"]["Status"] == "ACTIVE"
    assert (
        body["Resources"]["policy"]["Properties"]["PolicyName"] == stack.one("aws:iot/policy:Policy")["name"]
    )
    assert set(body["Parameters"]) == {"VehicleId", "VehicleType", "AWS::IoT::Certificate::Id"}
    role = stack.one("aws:iam/role:Role", "-enrolment")
    assert template["provisioningRoleArn"] == role.arn


def test_enrolment_can_make_cars_of_this_market_and_nothing_else(dev: Recording) -> None:
    document = dev.one(ROLE_POLICY, "-enrolment-policy")["policy"]
    assert allows(document, Request("iot:CreateThing", iot("thing/SG-EV-000001")))
    assert not allows(document, Request("iot:CreateThing", iot("thing/MY-EV-000001")))
    assert not allows(document, Request("iot:CreateThing", iot("thing/SG-GATEWAY")))
    assert allows(document, Request("iot:AttachPolicy", iot("policy/bluehorizons-dev-sg-car")))
    assert allows(document, Request("iot:AttachPolicy", iot("cert/abc")))
    assert not allows(document, Request("iot:AttachPolicy", iot("policy/admin")))
    assert not allows(document, Request("iot:CreatePolicy", iot("policy/admin")))


def test_the_broker_logs_what_no_error_action_sees(stack: Recording) -> None:
    options = stack.one("aws:iot/loggingOptions:LoggingOptions")
    assert options["defaultLogLevel"] == "WARN"
    assert options["roleArn"] == stack.one("aws:iam/role:Role", "-logging").arn
    group = stack.one("aws:cloudwatch/logGroup:LogGroup", "-devices-logs")
    assert group["name"] == "AWSIotLogsV2"
    document = stack.one(ROLE_POLICY, "-logging-policy")["policy"]
    assert allows(document, Request("logs:PutLogEvents", f"{group.arn}:x"))
    assert not allows(document, Request("logs:PutLogEvents", "arn:aws:logs:r:a:log-group:other:x"))


# ---- from the broker to the stream -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("purpose", "topic", "level"),
    [
        ("telemetry", "'bh/sg/+/telemetry'", 3),
        (
            "lifecycle",
            "'$aws/events/presence/+/+' WHERE eventType = 'connected' OR eventType = 'disconnected'",
            5,
        ),
    ],
)
def test_a_rule_sends_every_field_in_the_order_of_the_vehicle_and_keeps_what_fails(
    stack: Recording, purpose: str, topic: str, level: int
) -> None:
    rule = stack.one(RULE, f"-{purpose}")
    assert rule["enabled"] is True
    assert rule["sqlVersion"] == "2016-03-23"
    selected, source = rule["sql"].split(" FROM ")
    assert selected == (
        f"SELECT *, '{purpose}' AS recordType, topic({level}) AS topicVehicleId, timestamp() AS receivedAt"
    )
    assert source == topic
    role = stack.one("aws:iam/role:Role", "-ingest-rules").arn
    assert rule["kineses"] == [
        {"roleArn": role, "streamName": stack.one(STREAM).name, "partitionKey": f"${{topic({level})}}"}
    ]
    assert rule["errorAction"] == {
        "sqs": {"queueUrl": f"https://queue/{stack.one(QUEUE).name}", "roleArn": role, "useBase64": False}
    }


def test_the_stream_is_encrypted_kept_for_a_weekend_and_sized_for_the_fleet(
    dev: Recording, prod: Recording
) -> None:
    for stack in (dev, prod):
        stream = stack.one(STREAM)
        assert (stream["encryptionType"], stream["kmsKeyId"]) == ("KMS", key(stack, "telemetry"))
        assert stream["retentionPeriod"] == 72
        assert stream["streamModeDetails"] == {"streamMode": "PROVISIONED"}
        assert stream["shardCount"] == 1


def test_the_queue_of_failed_messages_is_encrypted_and_kept_as_long_as_can_be(stack: Recording) -> None:
    queue = stack.one(QUEUE)
    assert queue["kmsMasterKeyId"] == key(stack, "telemetry")
    assert queue["messageRetentionSeconds"] == 1_209_600


def test_the_rules_may_write_to_their_stream_and_queue_only(stack: Recording) -> None:
    document = stack.one(ROLE_POLICY, "-ingest-rules-policy")["policy"]
    assert allows(document, Request("kinesis:PutRecord", stack.one(STREAM).arn))
    assert allows(document, Request("sqs:SendMessage", stack.one(QUEUE).arn))
    assert allows(document, Request("kms:GenerateDataKey", key(stack, "telemetry")))
    assert not allows(document, Request("kinesis:PutRecord", "arn:aws:kinesis:r:a:stream/other"))
    assert not allows(document, Request("kms:GenerateDataKey", key(stack, "rental")))


# ---- from the stream to vehicle state ----------------------------------------------------------------------


def test_the_mapping_never_blocks_a_shard_and_never_loses_a_record(stack: Recording) -> None:
    mapping = stack.one(MAPPING)
    assert mapping["eventSourceArn"] == stack.one(STREAM).arn
    assert mapping["functionName"] == stack.one("aws:lambda/alias:Alias").arn
    assert mapping["functionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["bisectBatchOnFunctionError"] is True
    assert mapping["maximumRetryAttempts"] == 10
    assert mapping["maximumRecordAgeInSeconds"] == 86_400
    assert mapping["startingPosition"] == "TRIM_HORIZON"
    assert mapping["batchSize"] == 500
    assert mapping["maximumBatchingWindowInSeconds"] == 1
    assert mapping["parallelizationFactor"] >= 1
    refused = stack.one(BUCKET, "-refused-bucket")
    assert mapping["destinationConfig"] == {"onFailure": {"destinationArn": refused.arn}}
    assert mapping["metricsConfig"] == {"metrics": ["EventCount"]}


def test_the_processor_knows_its_market_tables_and_bucket(stack: Recording) -> None:
    function = stack.one(FUNCTION)
    variables = dict(function["environment"]["variables"])
    # In prod it asks the fence of both Regions whose tables it is to write: test_standby.py.
    assert variables.pop("WRITER_REGIONS", None) in (None, "ap-southeast-1 ap-southeast-5")
    assert str(variables.pop("RENTAL_TABLE", "-rental-data-table")).endswith("-rental-data-table")
    assert str(variables.pop("RECENT_TELEMETRY_TABLE", "-recent")).endswith("-recent")
    assert variables == {
        "MARKET": "sg",
        "VEHICLE_STATE_TABLE": stack.one(TABLE, "-vehicles").name,
        "ALERTS_TABLE": stack.one(TABLE, "-alerts").name,
        "TABLES_REGION": "ap-southeast-1",
        "REJECTED_BUCKET": f"{stack.one(BUCKET, '-refused-bucket').name}-id",
        "POWERTOOLS_SERVICE_NAME": "telemetry-processor",
        "POWERTOOLS_METRICS_NAMESPACE": "BlueHorizons/Telemetry",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }
    assert function["handler"] == "telemetry_processor.handler.handler"
    assert function["kmsKeyArn"] == key(stack, "telemetry")
    assert function["layers"] == [
        stack.one("aws:lambda/layerVersion:LayerVersion", "-ap-southeast-1-dependencies").arn
    ]
    assert function["reservedConcurrentExecutions"] >= 2
    assert function["timeout"] == 60


def test_the_processor_may_do_exactly_what_it_does(stack: Recording) -> None:
    document = stack.one(ROLE_POLICY, "-processor-role-policy")["policy"]
    vehicles, alerts = stack.one(TABLE, "-vehicles").arn, stack.one(TABLE, "-alerts").arn
    refused = stack.one(BUCKET, "-refused-bucket").arn
    for action, resource in (
        ("kinesis:GetRecords", stack.one(STREAM).arn),
        ("dynamodb:BatchGetItem", vehicles),
        ("dynamodb:GetItem", vehicles),
        ("dynamodb:UpdateItem", vehicles),
        ("dynamodb:PutItem", alerts),
        ("dynamodb:UpdateItem", alerts),
        ("s3:PutObject", f"{refused}/rejected/x"),
        ("s3:PutObject", f"{refused}/aws/lambda/x"),
        ("s3:ListBucket", refused),
        ("kms:GenerateDataKey", key(stack, "telemetry")),
        ("xray:PutTraceSegments", "*"),
    ):
        assert allows(document, Request(action, resource)), (action, resource)
    for action, resource in (
        ("dynamodb:PutItem", vehicles),
        ("dynamodb:DeleteItem", vehicles),
        ("dynamodb:GetItem", alerts),
        ("dynamodb:Scan", vehicles),
        ("dynamodb:PutItem", "arn:aws:dynamodb:r:a:table/other"),
        ("s3:GetObject", f"{refused}/x"),
        ("s3:PutObject", f"{stack.one(BUCKET, '-raw-bucket').arn}/x"),
        ("kms:GenerateDataKey", key(stack, "rental")),
        ("kms:Decrypt", key(stack, "backoffice")),
        ("kinesis:PutRecord", stack.one(STREAM).arn),
    ):
        assert not allows(document, Request(action, resource)), (action, resource)


@pytest.mark.parametrize("table", ["-vehicles", "-alerts", "-recent"])
def test_a_table_is_encrypted_recoverable_streamed_and_expires_what_is_over(
    stack: Recording, table: str
) -> None:
    made = stack.one(TABLE, table)
    assert made["serverSideEncryption"] == {"enabled": True, "kmsKeyArn": key(stack, "telemetry")}
    assert made["pointInTimeRecovery"] == {"enabled": True}
    assert (made["streamEnabled"], made["streamViewType"]) == (True, "NEW_AND_OLD_IMAGES")
    assert made["ttl"] == {"attributeName": "expires_at", "enabled": True}
    assert made["billingMode"] == "PAY_PER_REQUEST"


def test_the_keys_of_the_tables_are_pinned(stack: Recording) -> None:
    vehicles, alerts = stack.one(TABLE, "-vehicles"), stack.one(TABLE, "-alerts")
    assert (vehicles["hashKey"], vehicles.inputs.get("rangeKey")) == ("vehicle_id", None)
    assert (alerts["hashKey"], alerts["rangeKey"]) == ("vehicle_id", "alert_id")
    recent = stack.one(TABLE, "-recent")
    assert (recent["hashKey"], recent["rangeKey"]) == ("vehicle_id", "minute")
    indexes = {
        index["name"]: [(key["attributeName"], key["keyType"]) for key in index["keySchemas"]]
        for index in alerts["globalSecondaryIndexes"]
    }
    assert indexes == {
        "open_by_severity": [("open_severity", "HASH"), ("raised_at", "RANGE")],
        "by_status": [("status", "HASH"), ("raised_at", "RANGE")],
    }
    assert {index["projectionType"] for index in alerts["globalSecondaryIndexes"]} == {"ALL"}


def test_in_prod_tables_cannot_be_deleted_and_the_standby_has_a_replica_that_cannot_either(
    prod: Recording,
) -> None:
    for table in prod.all(TABLE):
        assert table["deletionProtectionEnabled"] is True
        if table.name.endswith("-recent"):  # a day old at most, and read in the primary Region only
            assert not table.inputs.get("replicas")
            continue
        replica_key = f"{key(prod, 'telemetry')}-ap-southeast-5"
        assert table["replicas"] == [
            {
                "regionName": "ap-southeast-5",
                "kmsKeyArn": replica_key,
                "pointInTimeRecovery": True,
                "deletionProtectionEnabled": True,
                "propagateTags": True,
            }
        ]


def test_in_dev_tables_can_be_deleted_and_have_no_replica(dev: Recording) -> None:
    for table in dev.all(TABLE):
        assert table["deletionProtectionEnabled"] is False
        assert not table.inputs.get("replicas")


# ---- from the stream to the lake ---------------------------------------------------------------------------


def test_the_lake_has_a_column_for_every_field_that_the_processor_decodes() -> None:
    assert dict(COLUMNS) == {glue_column(name): type_ for name, type_ in WIRE_FIELDS.items()}


def test_telemetry_reaches_the_lake_as_partitioned_parquet(stack: Recording) -> None:
    firehose = stack.one(FIREHOSE)
    assert firehose["destination"] == "extended_s3"
    role = stack.one("aws:iam/role:Role", "-delivery-role").arn
    assert firehose["kinesisSourceConfiguration"] == {
        "kinesisStreamArn": stack.one(STREAM).arn,
        "roleArn": role,
    }
    to: dict[str, Any] = firehose["extendedS3Configuration"]
    assert to["bucketArn"] == stack.one(BUCKET, "-raw-bucket").arn
    assert to["kmsKeyArn"] == key(stack, "analytics")
    assert to["prefix"] == "telemetry/dt=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/"
    assert "!{firehose:error-output-type}" in to["errorOutputPrefix"]
    assert to["compressionFormat"] == "UNCOMPRESSED"
    assert to["cloudwatchLoggingOptions"]["enabled"] is True
    conversion = to["dataFormatConversionConfiguration"]
    reads = conversion["inputFormatConfiguration"]["deserializer"]["openXJsonSerDe"]
    assert reads == {"caseInsensitive": True, "convertDotsInJsonKeysToUnderscores": True}
    writes = conversion["outputFormatConfiguration"]["serializer"]
    assert writes == {"parquetSerDe": {"compression": "SNAPPY"}}
    table = stack.one("aws:glue/catalogTable:CatalogTable")
    assert conversion["schemaConfiguration"] == {
        "databaseName": table["databaseName"],
        "tableName": "telemetry",
        "region": "ap-southeast-1",
        "roleArn": role,
    }


def test_the_glue_table_finds_partitions_where_firehose_puts_them(stack: Recording) -> None:
    table = stack.one("aws:glue/catalogTable:CatalogTable")
    location = f"s3://{stack.one(BUCKET, '-raw-bucket').name}-id/telemetry/"
    assert table["storageDescriptor"]["location"] == location
    assert table["parameters"]["storage.location.template"] == location + "dt=${dt}/hour=${hour}/"
    assert table["parameters"]["projection.enabled"] == "true"
    partitions = {partition["name"] for partition in table["partitionKeys"]}
    assert (
        {
            name.split(".")[1]
            for name in table["parameters"]
            if name.startswith("projection.") and name.endswith(".type")
        }
        == partitions
        == {"dt", "hour"}
    )
    columns = {column["name"]: column["type"] for column in table["storageDescriptor"]["columns"]}
    assert columns == dict(COLUMNS)


def test_delivery_reads_the_stream_and_the_schema_and_writes_the_lake_only(
    dev: Recording, prod: Recording
) -> None:
    for stack, account in ((dev, ACCOUNT), (prod, PROD_ACCOUNT)):
        document = stack.one(ROLE_POLICY, "-delivery-role-policy")["policy"]
        raw, refused = stack.one(BUCKET, "-raw-bucket").arn, stack.one(BUCKET, "-refused-bucket").arn
        glue = f"arn:aws:glue:ap-southeast-1:{account}"
        database = stack.one("aws:glue/catalogDatabase:CatalogDatabase")["name"]
        assert allows(document, Request("kinesis:GetRecords", stack.one(STREAM).arn))
        assert allows(document, Request("s3:PutObject", f"{raw}/x"))
        assert not allows(document, Request("s3:PutObject", f"{refused}/x"))
        assert allows(document, Request("glue:GetTableVersions", f"{glue}:table/{database}/telemetry"))
        assert not allows(document, Request("glue:GetTableVersions", f"{glue}:table/{database}/other"))
        assert allows(document, Request("kms:GenerateDataKey", key(stack, "analytics")))
        assert not allows(document, Request("kms:GenerateDataKey", key(stack, "telemetry")))


# ---- alarms ------------------------------------------------------------------------------------------------


def alarm(stack: Recording, name: str) -> Recorded:
    return stack.one("aws:cloudwatch/metricAlarm:MetricAlarm", f"-telemetry-{name}")


@pytest.mark.parametrize(
    ("name", "namespace", "metric"),
    [
        ("iterator-age", "AWS/Lambda", "IteratorAge"),
        ("processor-errors", "AWS/Lambda", "Errors"),
        ("processor-throttles", "AWS/Lambda", "Throttles"),
        ("records-set-aside", "AWS/Lambda", "OnFailureDestinationDeliveredEventCount"),
        ("records-dropped", "AWS/Lambda", "DroppedEventCount"),
        ("records-failed", "BlueHorizons/Telemetry", "Failed"),
        ("rule-not-found", "AWS/IoT", "RuleNotFound"),
        ("telemetry-rule-failed", "AWS/IoT", "Failure"),
        ("telemetry-rule-error-action-failed", "AWS/IoT", "ErrorActionFailure"),
        ("lifecycle-rule-failed", "AWS/IoT", "Failure"),
        ("lifecycle-rule-error-action-failed", "AWS/IoT", "ErrorActionFailure"),
        ("failed-queue-not-empty", "AWS/SQS", "ApproximateNumberOfMessagesVisible"),
        ("stream-write-throttled", "AWS/Kinesis", "WriteProvisionedThroughputExceeded"),
        ("stream-read-throttled", "AWS/Kinesis", "ReadProvisionedThroughputExceeded"),
        ("lake-stale", "AWS/Firehose", "DeliveryToS3.DataFreshness"),
        ("lake-conversion-failed", "AWS/Firehose", "FailedConversion.Records"),
    ],
)
def test_what_goes_wrong_tells_operations(stack: Recording, name: str, namespace: str, metric: str) -> None:
    made = alarm(stack, name)
    assert (made["namespace"], made["metricName"]) == (namespace, metric)
    assert made["alarmActions"] == [stack.one("aws:sns/topic:Topic", "-ap-southeast-1-operations-topic").arn]
    assert all(made["dimensions"].values())


def test_the_iterator_may_not_be_a_minute_old_for_five_minutes(stack: Recording) -> None:
    made = alarm(stack, "iterator-age")
    function = stack.one(FUNCTION).name
    assert made["dimensions"] == {"FunctionName": function, "Resource": f"{function}:live"}
    assert (made["statistic"], made["threshold"]) == ("Maximum", 60_000)
    assert (made["period"], made["evaluationPeriods"]) == (60, 5)


def test_a_silent_fleet_alarms_in_prod_and_is_normal_in_dev(dev: Recording, prod: Recording) -> None:
    silent = alarm(prod, "fleet-silent")
    assert (silent["treatMissingData"], silent["comparisonOperator"]) == ("breaching", "LessThanThreshold")
    assert not dev.all("aws:cloudwatch/metricAlarm:MetricAlarm", "-fleet-silent")
