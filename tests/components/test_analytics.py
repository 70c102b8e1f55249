"""The lake, its catalogue and questions, key figures and the warehouse: dev and prod, switch off and on."""

import json
from typing import Any

import pytest

from components.analytics.catalog import TABLES
from components.analytics.queries import QUESTIONS
from components.analytics.schema import EVENT_TYPES, KPI_EVENT_TYPES
from components.analytics.workgroup import GIB, QueryWorkgroupArgs
from ev_rental.kpi import facts
from tests.components.analytics_building import NAME, TELEMETRY, WAREHOUSE, everything, recorded
from tests.iam_evaluator import Request, allows
from tests.recording import ACCOUNT, Recorded, Recording

FUNCTION = "aws:lambda/function:Function"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
QUEUE = "aws:sqs/queue:Queue"
RULE = "aws:cloudwatch/eventRule:EventRule"
TARGET = "aws:cloudwatch/eventTarget:EventTarget"
FIREHOSE = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"
GLUE_TABLE = "aws:glue/catalogTable:CatalogTable"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
BUCKET = "aws:s3/bucket:Bucket"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
NAMESPACE = "aws:redshiftserverless/namespace:Namespace"
WORKGROUP = "aws:redshiftserverless/workgroup:Workgroup"
DATABASE = "bluehorizons_prod_sg_analytics"


@pytest.fixture(scope="module")
def dev() -> Recording:
    """The analytics of dev."""
    return recorded(production=False)


@pytest.fixture(scope="module")
def prod() -> Recording:
    """The analytics of prod."""
    return recorded(production=True)


@pytest.fixture(scope="module")
def prod_warehouse() -> Recording:
    """The analytics of prod with a warehouse, and the standby's intake."""
    return everything()


@pytest.fixture(scope="module")
def dev_warehouse() -> Recording:
    """The analytics of dev with a warehouse."""
    return recorded(production=False, warehouse=WAREHOUSE)


@pytest.fixture(params=["dev", "prod"])
def stack(request: pytest.FixtureRequest) -> Recording:
    """Each in turn."""
    recording: Recording = request.getfixturevalue(request.param)
    return recording


def key(recording: Recording) -> str:
    """The analytics key of the primary Region."""
    return recording.one("aws:kms/key:Key", "ap-southeast-1-keys-analytics").arn


def bucket(recording: Recording, name: str) -> Recorded:
    return recording.one(BUCKET, f"-{name}-bucket")


def may(recording: Recording, name: str) -> str:
    return str(recording.one(ROLE_POLICY, f"{name}-role-policy")["policy"])


# ---- buckets -----------------------------------------------------------------------------------------------


def test_curated_data_and_results_have_a_bucket_each_and_telemetry_keeps_its_own(stack: Recording) -> None:
    assert {made.name for made in stack.all(BUCKET)} == {
        f"{NAME}-curated-bucket",
        f"{NAME}-queries-results-bucket",
    }
    for encryption in stack.all(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    ):
        (rule,) = encryption["rules"]
        assert rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"] == key(stack)


def test_events_grow_cold_and_results_end(stack: Recording) -> None:
    rules = {rule["id"]: rule for rule in stack.one(LIFECYCLE, "-curated-lifecycle")["rules"]}
    assert rules["cold"]["transitions"] == [{"days": 180, "storageClass": "GLACIER_IR"}]
    assert rules["cold"]["filter"] == {"prefix": "rental_events/"}
    assert rules["expire-errors"]["expiration"] == {"days": 30}
    results = {rule["id"]: rule for rule in stack.one(LIFECYCLE, "-results-lifecycle")["rules"]}
    assert results["expire-results"]["expiration"] == {"days": 30}
    assert results["housekeeping"]["noncurrentVersionExpiration"] == {"noncurrentDays": 1}


def test_nothing_is_deleted_with_its_bucket_or_table_in_prod(dev: Recording, prod: Recording) -> None:
    for recording, forced in ((dev, True), (prod, False)):
        assert bucket(recording, "curated")["forceDestroy"] is forced
        assert bucket(recording, "results")["forceDestroy"] is forced
        table = recording.one("aws:dynamodb/table:Table", "-kpi-table")
        assert table["deletionProtectionEnabled"] is not forced


# ---- events to the lake ------------------------------------------------------------------------------------


def test_events_go_to_a_folder_of_their_type_and_of_the_day_they_happened(stack: Recording) -> None:
    destination = stack.one(FIREHOSE)["extendedS3Configuration"]
    assert destination["prefix"] == (
        "rental_events/type=!{partitionKeyFromQuery:type}/dt=!{partitionKeyFromQuery:dt}/"
    )
    assert destination["dynamicPartitioningConfiguration"] == {"enabled": True, "retryDuration": 300}
    assert destination["bufferingSize"] >= 64  # what dynamic partitioning asks for
    extraction, delimiter = destination["processingConfiguration"]["processors"]
    assert {p["parameterName"]: p["parameterValue"] for p in extraction["parameters"]} == {
        "JsonParsingEngine": "JQ-1.6",
        "MetadataExtractionQuery": (
            '{type:.detail.eventType,dt:(.detail.occurredAt/1000|strftime("%Y-%m-%d"))}'
        ),
    }
    assert delimiter["type"] == "AppendDelimiterToRecord"


def test_events_are_encrypted_on_their_way_and_in_the_lake(stack: Recording) -> None:
    delivery = stack.one(FIREHOSE)
    assert delivery["serverSideEncryption"] == {
        "enabled": True,
        "keyType": "CUSTOMER_MANAGED_CMK",
        "keyArn": key(stack),
    }
    destination = delivery["extendedS3Configuration"]
    assert destination["kmsKeyArn"] == key(stack)
    assert destination["compressionFormat"] == "GZIP"
    assert destination["cloudwatchLoggingOptions"]["enabled"] is True


def test_the_lake_gets_no_words_of_riders_and_only_of_this_account(stack: Recording) -> None:
    pattern = json.loads(stack.one(RULE, "-analytics-events-rule")["eventPattern"])
    assert pattern == {"account": [ACCOUNT], "detail-type": list(EVENT_TYPES)}
    assert not [kind for kind in EVENT_TYPES if kind.startswith(("report", "command"))]


def test_what_the_bus_cannot_hand_over_is_kept_and_told(stack: Recording) -> None:
    target = stack.one(TARGET, "-analytics-events-target")
    queue = stack.one(QUEUE, "-analytics-events-dead-letters")
    assert target["deadLetterConfig"] == {"arn": queue.arn}
    assert target["retryPolicy"] == {"maximumEventAgeInSeconds": 86_400, "maximumRetryAttempts": 185}
    policy = stack.one("aws:sqs/queuePolicy:QueuePolicy", "-analytics-events-dead-letters-policy")["policy"]
    rule = stack.one(RULE, "-analytics-events-rule").arn
    send = Request(
        "sqs:SendMessage",
        queue.arn,
        service="events.amazonaws.com",
        context={"aws:SourceArn": rule},
    )
    assert allows(policy, send)
    assert not allows(policy, Request(**{**vars_of(send), "context": {"aws:SourceArn": rule + "x"}}))
    alarm = stack.one(ALARM, "-analytics-events-lake-dead-letters")
    assert alarm["dimensions"] == {"QueueName": queue.name}


def vars_of(request: Request) -> dict[str, Any]:
    return {"action": request.action, "resource": request.resource, "service": request.service}


def test_firehose_may_write_events_and_errors_and_nothing_else(stack: Recording) -> None:
    policy = may(stack, "-events-delivery")
    curated = bucket(stack, "curated").arn
    assert allows(policy, Request("s3:PutObject", f"{curated}/rental_events/type=x/dt=y/z"))
    assert allows(policy, Request("s3:PutObject", f"{curated}/errors/x"))
    assert not allows(policy, Request("s3:PutObject", f"{curated}/daily_kpis/dt=y/z"))
    assert allows(policy, Request("kms:GenerateDataKey", key(stack)))
    rule = may(stack, "-events-rule")
    assert allows(rule, Request("firehose:PutRecord", stack.one(FIREHOSE).arn))
    assert not allows(rule, Request("firehose:DeleteDeliveryStream", stack.one(FIREHOSE).arn))


# ---- catalogue and questions -------------------------------------------------------------------------------


def test_the_catalogue_knows_every_table_and_finds_its_days_by_itself(stack: Recording) -> None:
    tables = {table["name"]: table for table in stack.all(GLUE_TABLE)}
    assert set(tables) == set(TABLES)
    for name, table in tables.items():
        parameters = table["parameters"]
        assert table["databaseName"] == DATABASE
        assert parameters["projection.enabled"] == "true"
        keys = [partition["name"] for partition in table["partitionKeys"]]
        template = parameters["storage.location.template"]
        for partition in keys:
            assert f"projection.{partition}.type" in parameters, name
            assert f"{partition}=${{{partition}}}" in template, name
        assert template.startswith(table["storageDescriptor"]["location"])


def test_the_events_table_lies_where_firehose_writes(stack: Recording) -> None:
    table = {table["name"]: table for table in stack.all(GLUE_TABLE)}["rental_events"]
    prefix = stack.one(FIREHOSE)["extendedS3Configuration"]["prefix"]
    written = prefix.replace("!{partitionKeyFromQuery:", "${")
    where = f"s3://{NAME}-curated-bucket-id/"
    assert table["parameters"]["storage.location.template"] == where + written
    assert set(table["parameters"]["projection.type.values"].split(",")) == set(EVENT_TYPES)
    assert table["storageDescriptor"]["serDeInfo"]["serializationLibrary"].startswith("org.openx.data")


def test_the_telemetry_table_is_over_the_telemetry_lakes_bucket(stack: Recording) -> None:
    table = {table["name"]: table for table in stack.all(GLUE_TABLE)}["telemetry"]
    assert table["storageDescriptor"]["location"] == f"s3://{TELEMETRY.name}/telemetry/"


def test_the_catalogue_of_the_region_is_encrypted_with_passwords(stack: Recording) -> None:
    settings = stack.one("aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings")
    assert settings["dataCatalogEncryptionSettings"] == {
        "encryptionAtRest": {"catalogEncryptionMode": "SSE-KMS", "sseAwsKmsKeyId": key(stack)},
        "connectionPasswordEncryption": {
            "returnConnectionPasswordEncrypted": True,
            "awsKmsKeyId": key(stack),
        },
    }


def test_no_client_can_read_more_or_leave_results_elsewhere_or_unencrypted(
    dev: Recording, prod: Recording
) -> None:
    for recording, gib in ((dev, 10), (prod, 200)):
        workgroup = recording.one("aws:athena/workgroup:Workgroup")
        configuration = workgroup["configuration"]
        assert configuration["enforceWorkgroupConfiguration"] is True
        assert configuration["bytesScannedCutoffPerQuery"] == gib * GIB
        assert configuration["publishCloudwatchMetricsEnabled"] is True
        assert configuration["engineVersion"] == {"selectedEngineVersion": "Athena engine version 3"}
        assert configuration["resultConfiguration"] == {
            "outputLocation": f"s3://{NAME}-queries-results-bucket-id/athena/",
            "expectedBucketOwner": ACCOUNT,
            "encryptionConfiguration": {"encryptionOption": "SSE_KMS", "kmsKeyArn": key(recording)},
        }
        assert workgroup["forceDestroy"] is (recording is dev)


def test_each_question_is_a_named_query_in_the_markets_time(stack: Recording) -> None:
    queries = {query["name"]: query for query in stack.all("aws:athena/namedQuery:NamedQuery")}
    assert set(queries) == {question.name for question in QUESTIONS}
    for query in queries.values():
        assert query["database"] == DATABASE
        assert query["workgroup"] == f"{NAME}-queries-workgroup"
        assert ":zone" not in query["query"]
        assert query["description"].endswith("?")
    assert "'Asia/Singapore'" in queries["revenue-by-day"]["query"]


def test_readers_may_ask_the_lake_in_this_workgroup_and_change_nothing(stack: Recording) -> None:
    policy = stack.one("aws:iam/policy:Policy", "-readers")["policy"]
    curated, results = bucket(stack, "curated").arn, bucket(stack, "results").arn
    workgroup = stack.one("aws:athena/workgroup:Workgroup").arn
    glue = f"arn:aws:glue:ap-southeast-1:{ACCOUNT}"
    for action, resource in (
        ("athena:StartQueryExecution", workgroup),
        ("glue:GetTable", f"{glue}:table/{DATABASE}/rental_events"),
        ("s3:GetObject", f"{curated}/rental_events/x"),
        ("s3:GetObject", f"{TELEMETRY.arn}/telemetry/x"),
        ("s3:PutObject", f"{results}/athena/x"),
        ("kms:Decrypt", key(stack)),
        ("kms:Decrypt", str(TELEMETRY.key_arn)),
        ("kms:GenerateDataKey", key(stack)),
    ):
        assert allows(policy, Request(action, resource)), (action, resource)
    for action, resource in (
        ("athena:StartQueryExecution", "arn:aws:athena:ap-southeast-1:111122223333:workgroup/primary"),
        ("s3:PutObject", f"{curated}/daily_kpis/x"),
        ("s3:DeleteObject", f"{curated}/rental_events/x"),
        ("glue:DeleteTable", f"{glue}:table/{DATABASE}/rental_events"),
        ("glue:GetTable", f"{glue}:table/other/x"),
    ):
        assert not allows(policy, Request(action, resource)), (action, resource)


def test_a_workgroup_without_a_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="1 GiB or more"):
        QueryWorkgroupArgs(ACCOUNT, "d", "k", "UTC", scan_limit_gib=0, protect=False, tags={})


# ---- key figures -------------------------------------------------------------------------------------------


def test_the_keys_of_the_kpi_table_are_pinned_and_it_is_encrypted_and_recoverable(stack: Recording) -> None:
    table = stack.one("aws:dynamodb/table:Table", "-kpi-table")
    assert (table["hashKey"], table["rangeKey"]) == ("pk", "sk")
    assert table["serverSideEncryption"] == {"enabled": True, "kmsKeyArn": key(stack)}
    assert table["pointInTimeRecovery"] == {"enabled": True}
    assert table["ttl"] == {"attributeName": "expires_at", "enabled": True}


def test_the_intake_gets_the_events_that_it_understands_and_no_others(stack: Recording) -> None:
    pattern = json.loads(stack.one(RULE, "-key-figures")["eventPattern"])
    assert set(pattern["detail-type"]) == set(KPI_EVENT_TYPES) == set(facts.EVENT_TYPES)
    queue = stack.one(QUEUE, "-kpi-events-queue")
    assert stack.one(TARGET, "-key-figures-target")["arn"] == queue.arn
    mapping = stack.one("aws:lambda/eventSourceMapping:EventSourceMapping", "-kpi-mapping")
    assert mapping["eventSourceArn"] == queue.arn
    assert mapping["functionName"] == stack.one("aws:lambda/alias:Alias", "-kpi-intake-alias").arn
    assert mapping["functionResponseTypes"] == ["ReportBatchItemFailures"]
    intake = stack.one(FUNCTION, "-kpi-intake-function")
    assert queue["visibilityTimeoutSeconds"] == 6 * intake["timeout"]
    assert mapping["scalingConfig"]["maximumConcurrency"] <= intake["reservedConcurrentExecutions"]


def test_one_fold_runs_at_a_time_and_both_tasks_at_the_markets_time(stack: Recording) -> None:
    assert stack.one(FUNCTION, "-kpi-fold-function")["reservedConcurrentExecutions"] == 1
    schedules = {s.name.rpartition("-schedules-")[2]: s for s in stack.all("aws:scheduler/schedule:Schedule")}
    assert {name: s["scheduleExpression"] for name, s in schedules.items()} == {
        "fold": "rate(15 minutes)",
        "forecast": "cron(45 0 * * ? *)",
    }
    for name, function in (("fold", "fold"), ("forecast", "forecaster")):
        schedule = schedules[name]
        assert schedule["scheduleExpressionTimezone"] == "Asia/Singapore"
        assert schedule["target"]["arn"] == stack.one("aws:lambda/alias:Alias", f"-kpi-{function}-alias").arn
        assert json.loads(schedule["target"]["input"]) == {"task": name}


def test_each_function_may_do_its_part_and_no_more(stack: Recording) -> None:
    table = stack.one("aws:dynamodb/table:Table", "-kpi-table").arn
    curated = bucket(stack, "curated").arn
    wanted = {
        "-kpi-intake": [("dynamodb:PutItem", table), ("dynamodb:UpdateItem", table)],
        "-kpi-fold": [
            ("dynamodb:Query", table),
            ("dynamodb:BatchWriteItem", table),
            ("dynamodb:DeleteItem", table),
            ("dynamodb:GetItem", table),
            ("dynamodb:PutItem", table),
            ("dynamodb:UpdateItem", table),
            ("s3:PutObject", f"{curated}/daily_kpis/x"),
            ("s3:PutObject", f"{curated}/station_demand/x"),
        ],
        "-kpi-forecaster": [
            ("dynamodb:Query", table),
            ("dynamodb:GetItem", table),
            ("dynamodb:PutItem", table),
            ("s3:PutObject", f"{curated}/demand_forecast/x"),
        ],
    }
    everything = {pair for pairs in wanted.values() for pair in pairs} | {
        ("s3:DeleteObject", f"{curated}/daily_kpis/x"),
        ("s3:PutObject", f"{curated}/rental_events/x"),
        ("dynamodb:Scan", table),
    }
    for name, pairs in wanted.items():
        policy = may(stack, name)
        assert {pair for pair in everything if allows(policy, Request(*pair))} == set(pairs), name
        assert allows(policy, Request("kms:GenerateDataKey", key(stack))), name


def test_functions_know_their_market_table_and_bucket(stack: Recording) -> None:
    for name, service in (
        ("-kpi-intake", "kpi-intake"),
        ("-kpi-fold", "kpi-fold"),
        ("-kpi-forecaster", "demand-forecaster"),
    ):
        function = stack.one(FUNCTION, f"{name}-function")
        assert function["environment"]["variables"] == {
            "MARKET": "sg",
            "KPI_TABLE": f"{NAME}-kpi-table",
            "KPI_REGION": "ap-southeast-1",
            "LAKE_BUCKET": f"{NAME}-curated-bucket-id",
            "POWERTOOLS_SERVICE_NAME": service,
            "POWERTOOLS_METRICS_NAMESPACE": "BlueHorizons/Analytics",
            "POWERTOOLS_LOG_LEVEL": "INFO",
        }
        assert function["kmsKeyArn"] == key(stack)


def test_the_standbys_events_are_counted_in_the_primarys_table(prod_warehouse: Recording) -> None:
    standby = prod_warehouse
    there = standby.only("-kpi-dr-")
    assert {made.provider_name for made in there.resources if made.provider_name} == {
        f"{ACCOUNT}-ap-southeast-5"
    }
    function = there.one(FUNCTION)
    assert function["environment"]["variables"]["KPI_REGION"] == "ap-southeast-1"
    assert function["environment"]["variables"]["KPI_TABLE"] == f"{NAME}-kpi-table"
    policy = may(standby, "-kpi-dr-intake")
    local = standby.one("aws:kms/key:Key", "ap-southeast-5-keys-analytics").arn
    assert allows(policy, Request("kms:Decrypt", local))  # of its queue
    assert allows(policy, Request("kms:GenerateDataKey", key(standby)))  # of the table
    rule = standby.one(RULE, "ap-southeast-5-events-key-figures")
    assert set(json.loads(rule["eventPattern"])["detail-type"]) == set(KPI_EVENT_TYPES)


@pytest.mark.parametrize(
    ("alarm", "namespace", "metric"),
    [
        ("-events-stale", "AWS/Firehose", "DeliveryToS3.DataFreshness"),
        ("-events-lake-dead-letters", "AWS/SQS", "ApproximateNumberOfMessagesVisible"),
        ("-kpi-intake-dead-letters", "AWS/SQS", "ApproximateNumberOfMessagesVisible"),
        ("-kpi-intake-late", "AWS/SQS", "ApproximateAgeOfOldestMessage"),
        ("-kpi-facts-too-old", "BlueHorizons/Analytics", "FactsTooOld"),
        ("-kpi-kpi-intake-errors", "AWS/Lambda", "Errors"),
        ("-kpi-kpi-fold-errors", "AWS/Lambda", "Errors"),
        ("-kpi-demand-forecaster-errors", "AWS/Lambda", "Errors"),
        ("-kpi-scheduled-dead-letters", "AWS/SQS", "ApproximateNumberOfMessagesVisible"),
        ("-kpi-fold-unfinished", "BlueHorizons/Analytics", "Unfinished"),
    ],
)
def test_what_goes_wrong_tells_operations(stack: Recording, alarm: str, namespace: str, metric: str) -> None:
    made = stack.one(ALARM, alarm)
    assert (made["namespace"], made["metricName"]) == (namespace, metric)
    assert made["alarmActions"] == ["arn:aws:sns:ap-southeast-1:111122223333:operations"]


# ---- the warehouse -----------------------------------------------------------------------------------------


def test_without_the_switch_there_is_no_warehouse(stack: Recording) -> None:
    assert not [made.name for made in stack.resources if "redshift" in made.type]


def test_the_warehouse_is_encrypted_private_and_its_password_nobodys(prod_warehouse: Recording) -> None:
    namespace = prod_warehouse.one(NAMESPACE)
    assert namespace["kmsKeyId"] == key(prod_warehouse)
    assert namespace["manageAdminPassword"] is True
    assert namespace["adminPasswordSecretKmsKeyId"] == key(prod_warehouse)
    assert "adminUserPassword" not in namespace.inputs
    assert namespace["adminUsername"] != "admin"
    assert set(namespace["logExports"]) == {"connectionlog", "useractivitylog", "userlog"}
    workgroup = prod_warehouse.one(WORKGROUP)
    assert workgroup["publiclyAccessible"] is False
    assert workgroup["enhancedVpcRouting"] is True
    assert workgroup["subnetIds"] == ["subnet-a", "subnet-b", "subnet-c"]
    parameters = {p["parameterKey"]: p["parameterValue"] for p in workgroup["configParameters"]}
    assert parameters["require_ssl"] == "true"


def test_the_warehouse_hears_its_clients_and_calls_aws_alone(prod_warehouse: Recording) -> None:
    group = prod_warehouse.one("aws:ec2/securityGroup:SecurityGroup")
    assert prod_warehouse.one(WORKGROUP)["securityGroupIds"] == [f"{group.name}-id"]
    ingress = prod_warehouse.one("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert (ingress["fromPort"], ingress["toPort"]) == (5439, 5439)
    assert ingress["referencedSecurityGroupId"] == "sg-workload"
    egress = prod_warehouse.one("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
    assert (egress["fromPort"], egress["toPort"]) == (443, 443)


def test_what_the_warehouse_may_cost_is_limited(dev_warehouse: Recording, prod_warehouse: Recording) -> None:
    for recording, hours, action in (
        (dev_warehouse, 60, "deactivate"),
        (prod_warehouse, 2_000, "emit-metric"),
    ):
        limit = recording.one("aws:redshiftserverless/usageLimit:UsageLimit")
        assert (limit["amount"], limit["period"], limit["breachAction"]) == (hours, "monthly", action)
        assert limit["usageType"] == "serverless-compute"
        assert limit["resourceArn"] == recording.one(WORKGROUP).arn
        workgroup = recording.one(WORKGROUP)
        assert workgroup["baseCapacity"] <= workgroup["maxCapacity"]
        alarm = recording.one(ALARM, "-warehouse-usage-limit")
        assert alarm["threshold"] == 0.8 * hours
        assert alarm["dimensions"]["UsageLimitId"] == f"{limit.name}-id"


def test_spectrum_reads_the_lake_through_an_external_schema(prod_warehouse: Recording) -> None:
    statement = prod_warehouse.one("aws:redshiftdata/statement:Statement")
    assert statement["sql"] == (
        f"CREATE EXTERNAL SCHEMA IF NOT EXISTS lake FROM DATA CATALOG DATABASE '{DATABASE}' IAM_ROLE default;"
    )
    namespace = prod_warehouse.one(NAMESPACE)
    assert statement["secretArn"] == f"{namespace.arn}/admin-secret"
    assert statement["workgroupName"] == prod_warehouse.one(WORKGROUP)["workgroupName"]
    role = prod_warehouse.one("aws:iam/role:Role", "-warehouse-role")
    assert namespace["defaultIamRoleArn"] == role.arn
    assert namespace["iamRoles"] == [role.arn]
    trust = role["assumeRolePolicy"]
    for service in ("redshift.amazonaws.com", "redshift-serverless.amazonaws.com"):
        assert allows(trust, Request("sts:AssumeRole", service=service))
    policy = may(prod_warehouse, "-warehouse")
    curated = bucket(prod_warehouse, "curated").arn
    assert allows(policy, Request("s3:GetObject", f"{curated}/rental_events/x"))
    assert not allows(policy, Request("s3:PutObject", f"{curated}/rental_events/x"))


# ---- all of it ---------------------------------------------------------------------------------------------


def test_everything_is_on_the_regions_own_provider_and_tagged(prod_warehouse: Recording) -> None:
    made = [r for r in prod_warehouse.resources if r.type.startswith("aws:") and r.name.startswith(NAME)]
    assert {r.provider_name for r in made} == {f"{ACCOUNT}-ap-southeast-1"}
    ours = [r for r in made if "tags" in r.inputs]
    assert len(ours) > 25
    assert {(r["tags"]["Component"], r["tags"]["DataClass"]) for r in ours} == {("analytics", "personal")}


def test_every_queue_log_and_function_uses_a_key_of_ours(stack: Recording) -> None:
    for queue in stack.all(QUEUE):
        assert queue["kmsMasterKeyId"] == key(stack), queue.name
    logs = stack.one("aws:kms/key:Key", "ap-southeast-1-keys-logs").arn
    assert {group["kmsKeyId"] for group in stack.all("aws:cloudwatch/logGroup:LogGroup")} == {logs}


def test_names_that_aws_makes_of_ours_are_short_enough(prod_warehouse: Recording) -> None:
    limits = {
        "aws:iam/role:Role": 64,
        FUNCTION: 64,
        BUCKET: 63,
        "aws:scheduler/schedule:Schedule": 64,
        FIREHOSE: 64,
        RULE: 64,
    }
    for made in prod_warehouse.resources:
        if made.type in limits and made.name.startswith(NAME):
            assert len(made.name) + len("-1a2b3c4") <= limits[made.type], made.name
