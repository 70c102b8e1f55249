"""The rental half of dev and prod: table, rider pool, API, bus, queues, schedules, functions."""

import json
from typing import Any

import pytest

from components.lambda_function import FUNCTIONS_DIR, FunctionHome, LambdaFunction, LambdaFunctionArgs
from components.openapi import OpenApiError, operations, served_document
from components.queue import ConsumedQueueArgs
from components.rest_api import ApiLogging, ApiLoggingArgs, RestApi, RestApiArgs
from components.schedule import ScheduledTask
from components.sizing import rider_api_throttle
from tests.iam_evaluator import Request, allows
from tests.recording import ACCOUNT, Recorded, Recording, record

QUEUE = "aws:sqs/queue:Queue"
FUNCTION = "aws:lambda/function:Function"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
SCHEDULE = "aws:scheduler/schedule:Schedule"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
DOCUMENT: dict[str, Any] = json.loads((FUNCTIONS_DIR / "rider_api" / "openapi.json").read_text())
TAGS = {"Project": "p", "Environment": "dev", "Market": "sg", "Owner": "o", "CostCenter": "c"}
FUNCTIONS = (
    "rider-api",
    "gbfs-feed",
    "event-publisher",
    "booking-expirer",
    "offline-detector",
    "invoicer",
    "reconciler",
)


RENTAL = (
    "-rental",
    "-riders",
    "-commands",
    "-keys-",
    "-state-alerts",
    "-state-vehicles",
    "-operations-",
    "-dependencies",
    "-api-logging",
)


@pytest.fixture(scope="module")
def dev(dev: Recording) -> Recording:
    """Of dev, the rental and what it builds on."""
    return dev.only(*RENTAL)


@pytest.fixture(scope="module")
def prod(prod: Recording) -> Recording:
    """Likewise of prod, in the primary Region; tests/components/test_standby.py is about the other."""
    return prod.on("aws-ap-southeast-1").only(*RENTAL).without("-canaries")


def rental_table(stack: Recording) -> Recorded:
    return stack.one("aws:dynamodb/table:Table", "-rental-data-table")


def rental_key(stack: Recording) -> str:
    return stack.one("aws:kms/key:Key", "-rental").arn


def function(stack: Recording, name: str) -> Recorded:
    return stack.one(FUNCTION, f"-rental-{name}-function")


def alias(stack: Recording, name: str) -> Recorded:
    return stack.one("aws:lambda/alias:Alias", f"-rental-{name}-alias")


def may(stack: Recording, name: str) -> str:
    return str(stack.one(ROLE_POLICY, f"-rental-{name}-role-policy")["policy"])


# ---- data --------------------------------------------------------------------------------------------------


def test_the_keys_of_the_rental_table_are_pinned(stack: Recording) -> None:
    table = rental_table(stack)
    assert (table["hashKey"], table["rangeKey"]) == ("pk", "sk")
    indexes = {
        index["name"]: [key["attributeName"] for key in index["keySchemas"]]
        for index in table["globalSecondaryIndexes"]
    }
    assert indexes == {
        "by_rider": ["rider_id", "created_at"],
        "due": ["due_kind", "due_at"],
        "by_station": ["station_id", "pk"],
        "by_state": ["state_shard", "pk"],
        "by_vehicle": ["vehicle_id", "created_at"],
        "by_entity": ["entity", "created_at"],
    }


def test_the_rental_table_is_encrypted_recoverable_and_streams_its_changes(stack: Recording) -> None:
    table = rental_table(stack)
    assert table["serverSideEncryption"] == {"enabled": True, "kmsKeyArn": rental_key(stack)}
    assert table["pointInTimeRecovery"] == {"enabled": True}
    assert table["streamViewType"] == "NEW_AND_OLD_IMAGES"
    assert table["ttl"] == {"attributeName": "expires_at", "enabled": True}


def test_in_prod_bookings_survive_the_loss_of_a_region_and_a_slip_of_the_hand(prod: Recording) -> None:
    table = rental_table(prod)
    assert table["deletionProtectionEnabled"] is True
    replica_key = f"{rental_key(prod)}-ap-southeast-5"
    assert table["replicas"] == [
        {
            "regionName": "ap-southeast-5",
            "kmsKeyArn": replica_key,
            "pointInTimeRecovery": True,
            "deletionProtectionEnabled": True,
            "propagateTags": True,
        }
    ]


# ---- riders ------------------------------------------------------------------------------------------------


def test_riders_sign_in_by_an_app_that_keeps_no_secret(stack: Recording) -> None:
    client = stack.one("aws:cognito/userPoolClient:UserPoolClient")
    assert client["generateSecret"] is False
    assert client["allowedOauthFlows"] == ["code"]
    assert "rental/ride" in client["allowedOauthScopes"]
    assert client["preventUserExistenceErrors"] == "ENABLED"
    assert client["enableTokenRevocation"] is True
    assert "ALLOW_USER_PASSWORD_AUTH" not in client["explicitAuthFlows"]
    server = stack.one("aws:cognito/resourceServer:ResourceServer")
    assert (server["identifier"], [s["scopeName"] for s in server["scopes"]]) == ("rental", ["ride"])


def test_the_hosted_login_has_a_style_for_the_app(stack: Recording) -> None:
    branding = stack.one("aws:cognito/managedLoginBranding:ManagedLoginBranding", "-riders-branding")
    assert branding["useCognitoProvidedValues"] is True
    client = stack.one("aws:cognito/userPoolClient:UserPoolClient", "-riders-app")
    assert branding["clientId"] == f"{client.name}-id"


def test_the_rider_pool_is_protected_and_watches_for_attacks_in_prod(dev: Recording, prod: Recording) -> None:
    for stack, protection, tier, mode in (
        (dev, "INACTIVE", "ESSENTIALS", "OFF"),
        (prod, "ACTIVE", "PLUS", "ENFORCED"),
    ):
        pool = stack.one("aws:cognito/userPool:UserPool")
        assert (pool["deletionProtection"], pool["userPoolTier"]) == (protection, tier)
        assert pool["userPoolAddOns"] == {"advancedSecurityMode": mode}
        assert pool["mfaConfiguration"] == "OPTIONAL"
        assert pool["softwareTokenMfaConfiguration"] == {"enabled": True}
        assert pool["passwordPolicy"]["minimumLength"] == 12


def test_who_signs_up_is_registered_by_a_function_that_only_this_pool_may_call(stack: Recording) -> None:
    pool = stack.one("aws:cognito/userPool:UserPool")
    signup = stack.one("aws:lambda/alias:Alias", "-riders-signup-alias").arn
    assert pool["lambdaConfig"] == {"postConfirmation": signup, "postAuthentication": signup}
    permission = stack.one("aws:lambda/permission:Permission", "-riders-signup-permission")
    assert permission["principal"] == "cognito-idp.amazonaws.com"
    assert permission["sourceArn"] == pool.arn
    made = stack.one(FUNCTION, "-riders-signup-function")
    assert made["timeout"] == 5
    document = stack.one(ROLE_POLICY, "-riders-signup-role-policy")["policy"]
    assert allows(document, Request("dynamodb:PutItem", rental_table(stack).arn))


# ---- the API -----------------------------------------------------------------------------------------------


def served(stack: Recording) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(stack.one("aws:apigateway/restApi:RestApi")["body"])
    return document


def test_every_operation_reaches_the_function_of_its_path(stack: Recording) -> None:
    for path, _, operation in operations(served(stack)):
        name = "gbfs-feed" if path.startswith("/gbfs") else "rider-api"
        integration = operation["x-amazon-apigateway-integration"]
        assert integration["type"] == "aws_proxy"
        assert integration["httpMethod"] == "POST"
        assert integration["uri"] == f"{alias(stack, name).arn}/invocations"


def test_riders_operations_want_a_riders_token_and_feeds_are_open(stack: Recording) -> None:
    document = served(stack)
    scheme = document["components"]["securitySchemes"]["cognito"]
    pool = stack.one("aws:cognito/userPool:UserPool").arn
    assert scheme["x-amazon-apigateway-authorizer"]["providerARNs"] == [pool]
    for path, _, operation in operations(document):
        expected = [] if path.startswith("/gbfs") else [{"cognito": ["rental/ride"]}]
        assert operation["security"] == expected, path


def test_the_api_validates_requests_and_answers_problems_itself(stack: Recording) -> None:
    document = served(stack)
    validator = document["x-amazon-apigateway-request-validator"]
    assert document["x-amazon-apigateway-request-validators"][validator] == {
        "validateRequestBody": True,
        "validateRequestParameters": True,
    }
    for kind in ("DEFAULT_4XX", "DEFAULT_5XX"):
        answer = document["x-amazon-apigateway-gateway-responses"][kind]
        assert set(answer["responseTemplates"]) == {"application/json"}
        content_type = answer["responseParameters"]["gatewayresponse.header.Content-Type"]
        assert content_type == "'application/problem+json'"


def test_the_stage_is_logged_traced_and_throttled(dev: Recording, prod: Recording) -> None:
    for stack, rate in ((dev, 20.0), (prod, 200.0)):
        stage = stack.one("aws:apigateway/stage:Stage")
        assert stage["xrayTracingEnabled"] is True
        access_log = stack.one("aws:cloudwatch/logGroup:LogGroup", "-access-log")
        assert stage["accessLogSettings"]["destinationArn"] == access_log.arn
        settings = stack.one("aws:apigateway/methodSettings:MethodSettings")
        assert settings["methodPath"] == "*/*"
        assert settings["settings"] == {
            "metricsEnabled": True,
            "loggingLevel": "ERROR",
            "dataTraceEnabled": False,
            "throttlingRateLimit": rate,
            "throttlingBurstLimit": 2 * rate,
        }
        assert stack.one("aws:apigateway/restApi:RestApi")["endpointConfiguration"] == {"types": "REGIONAL"}


def test_only_this_api_may_call_its_functions(stack: Recording) -> None:
    permissions = stack.only("-rental-api-").all("aws:lambda/permission:Permission")
    api = stack.one("aws:apigateway/restApi:RestApi")
    assert {p["function"] for p in permissions} == {
        function(stack, "rider-api").name,
        function(stack, "gbfs-feed").name,
    }
    for permission in permissions:
        assert permission["principal"] == "apigateway.amazonaws.com"
        assert permission["qualifier"] == "live"
        assert permission["sourceArn"] == f"{api.arn}/execution/*/*"


def api_args(document: dict[str, Any], functions: Any, **changes: Any) -> RestApiArgs:
    arguments: dict[str, Any] = {
        "account_id": ACCOUNT,
        "document": document,
        "functions": functions,
        "user_pool_arn": "arn:pool",
        "stage_name": "live",
        "custom_domain": False,
        "rate": 1,
        "burst": 1,
        "logging": None,
        "log_key_arn": "arn:key",
        "log_retention_days": 14,
        "alarm_topic_arn": "arn:topic",
        "tags": {},
        **changes,
    }
    return RestApiArgs(**arguments)


BOTH = {"/v1": None, "/gbfs": None}


def test_a_path_that_no_function_serves_is_refused() -> None:
    with pytest.raises(OpenApiError, match="no function serves it; add a prefix"):
        api_args(DOCUMENT, {"/v1": None})


def test_an_operation_that_says_nothing_of_security_is_refused() -> None:
    document = json.loads(json.dumps(DOCUMENT))
    _, _, operation = operations(document)[0]
    del operation["security"]
    with pytest.raises(OpenApiError, match=r"says nothing of security; name a scheme or say \[\]"):
        api_args(document, BOTH)


def test_a_document_without_the_riders_scheme_is_refused() -> None:
    document = json.loads(json.dumps(DOCUMENT))
    del document["components"]["securitySchemes"]["cognito"]
    with pytest.raises(OpenApiError, match="no security scheme 'cognito'"):
        api_args(document, BOTH)


def test_serving_a_document_does_not_change_it() -> None:
    before = json.dumps(DOCUMENT)
    served_document(DOCUMENT, user_pool_arn="arn:pool", invoke_arns={"/": "arn:function"})
    assert json.dumps(DOCUMENT) == before


def test_the_throttle_follows_from_the_riders_and_never_locks_a_small_market_out() -> None:
    assert rider_api_throttle(1).rate == 20
    assert rider_api_throttle(10_000).rate == 200
    assert rider_api_throttle(10_000).burst == 400


# ---- functions ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_rental_function_finds_its_tables_and_may_read_or_publish_them(stack: Recording, name: str) -> None:
    made = function(stack, name)
    variables = made["environment"]["variables"]
    assert variables["MARKET"] == "sg"
    assert variables["RENTAL_TABLE"] == rental_table(stack).name
    assert variables["TABLES_REGION"] == "ap-southeast-1"
    assert variables["WRITES_ENABLED"] == "true"
    assert made["handler"] == f"{name.replace('-', '_')}.handler.handler"
    assert made["kmsKeyArn"] == rental_key(stack)


def test_who_may_change_bookings_and_who_may_only_read(stack: Recording) -> None:
    table = rental_table(stack).arn
    for name, writes in (
        ("rider-api", True),
        ("booking-expirer", True),
        ("offline-detector", True),
        ("invoicer", True),
        ("reconciler", True),
        ("gbfs-feed", False),
        ("event-publisher", False),
    ):
        assert allows(may(stack, name), Request("dynamodb:UpdateItem", table)) is writes, name
        assert not allows(may(stack, name), Request("dynamodb:DeleteItem", table)), name
        assert not allows(may(stack, name), Request("dynamodb:Scan", table)), name


def test_only_what_opens_and_closes_cars_may_command_them_and_only_those_of_this_market(
    dev: Recording,
) -> None:
    topic = f"arn:aws:iot:ap-southeast-1:{ACCOUNT}:topic/bh/sg/SG-EV-000001/commands"
    other = f"arn:aws:iot:ap-southeast-1:{ACCOUNT}:topic/bh/my/MY-EV-000001/commands"
    commanding = {name for name in FUNCTIONS if allows(may(dev, name), Request("iot:Publish", topic))}
    assert commanding == {"rider-api"}
    answers = str(dev.one(ROLE_POLICY, "-commands-function-role-policy")["policy"])
    assert allows(answers, Request("iot:Publish", topic))
    for document in (may(dev, "rider-api"), answers):
        assert not allows(document, Request("iot:Publish", other))


def test_functions_that_command_cars_know_where_cars_connect_and_the_publisher_knows_its_tables(
    dev: Recording,
) -> None:
    answers = dev.one(FUNCTION, "-commands-function-function")
    for made in (function(dev, "rider-api"), answers):
        assert made["environment"]["variables"]["IOT_REGION"] == "ap-southeast-1"
    variables = function(dev, "event-publisher")["environment"]["variables"]
    assert variables["ALERTS_TABLE"] == dev.one("aws:dynamodb/table:Table", "-state-alerts").name
    assert variables["EVENT_BUS"] == dev.one("aws:cloudwatch/eventBus:EventBus")["name"]


def test_only_what_decides_by_telemetry_may_read_it_and_only_what_changes_vehicles_may_mirror_it(
    stack: Recording,
) -> None:
    state = stack.one("aws:dynamodb/table:Table", "-state-vehicles").arn
    for name, reads, mirrors in (
        ("rider-api", True, True),
        ("gbfs-feed", True, False),
        ("offline-detector", True, True),
        ("booking-expirer", False, True),
        ("invoicer", False, False),
        ("event-publisher", False, False),
    ):
        assert allows(may(stack, name), Request("dynamodb:BatchGetItem", state)) is reads, name
        assert allows(may(stack, name), Request("dynamodb:UpdateItem", state)) is mirrors, name


def test_every_change_of_every_table_reaches_the_publisher(stack: Recording) -> None:
    mappings = stack.only("-rental-outbox-").all(MAPPING)
    tables = stack.all("aws:dynamodb/table:Table")
    assert {m["eventSourceArn"] for m in mappings} == {f"{table.arn}/stream" for table in tables}
    bucket = stack.one("aws:s3/bucket:Bucket", "-outbox-failed-bucket")
    for mapping in mappings:
        assert mapping["functionName"] == alias(stack, "event-publisher").arn
        assert mapping["functionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["bisectBatchOnFunctionError"] is True
        assert mapping["maximumRetryAttempts"] == 20
        assert mapping["maximumRecordAgeInSeconds"] == 43_200
        assert mapping["destinationConfig"] == {"onFailure": {"destinationArn": bucket.arn}}


def test_the_publisher_may_read_the_streams_and_put_to_the_bus_only(stack: Recording) -> None:
    document = may(stack, "event-publisher")
    bus = stack.one("aws:cloudwatch/eventBus:EventBus").arn
    assert allows(document, Request("events:PutEvents", bus))
    assert not allows(document, Request("events:PutEvents", "arn:aws:events:r:a:event-bus/default"))
    assert allows(document, Request("dynamodb:GetRecords", f"{rental_table(stack).arn}/stream"))
    assert not allows(document, Request("dynamodb:GetItem", rental_table(stack).arn))


# ---- bus, queues, schedules --------------------------------------------------------------------------------


def test_the_bus_is_encrypted_and_every_event_can_be_replayed(stack: Recording) -> None:
    bus = stack.one("aws:cloudwatch/eventBus:EventBus")
    assert bus["kmsKeyIdentifier"] == rental_key(stack)
    archive = stack.one("aws:cloudwatch/eventArchive:EventArchive")
    assert (archive["eventSourceArn"], archive["retentionDays"]) == (bus.arn, 90)
    assert archive["kmsKeyIdentifier"] == rental_key(stack)


def test_a_completed_trip_reaches_the_invoicer_by_a_queue_and_is_kept_when_it_cannot(
    stack: Recording,
) -> None:
    rule = stack.one("aws:cloudwatch/eventRule:EventRule", "-events-invoices")
    assert json.loads(rule["eventPattern"])["detail-type"] == ["trip.completed"]
    queue, dead = stack.one(QUEUE, "-invoices-queue"), stack.one(QUEUE, "-invoices-dead-letters")
    target = stack.one("aws:cloudwatch/eventTarget:EventTarget", "-events-invoices-target")
    assert target["arn"] == queue.arn
    assert target["deadLetterConfig"] == {"arn": dead.arn}
    for made in (queue, dead):
        policy = next(
            p for p in stack.all("aws:sqs/queuePolicy:QueuePolicy") if p["queueUrl"].endswith(made.name)
        )
        for source, allowed in ((rule.arn, True), ("arn:aws:events:r:a:rule/other", False)):
            request = Request(
                "sqs:SendMessage",
                made.arn,
                service="events.amazonaws.com",
                context={"aws:SourceArn": source},
            )
            assert allows(policy["policy"], request) is allowed


@pytest.mark.parametrize(("name", "timeout"), [("-rental-invoices", 30), ("-commands-acks", 15)])
def test_a_consumed_queue_hides_long_enough_gives_up_and_keeps_what_it_gave_up(
    stack: Recording, name: str, timeout: int
) -> None:
    queue, dead = stack.one(QUEUE, f"{name}-queue"), stack.one(QUEUE, f"{name}-dead-letters")
    assert queue["visibilityTimeoutSeconds"] == 6 * timeout
    assert json.loads(queue["redrivePolicy"]) == {"deadLetterTargetArn": dead.arn, "maxReceiveCount": 5}
    allow = stack.one("aws:sqs/redriveAllowPolicy:RedriveAllowPolicy", f"{name}-redrive-allow")
    assert allow["queueUrl"].endswith(dead.name)
    assert json.loads(allow["redriveAllowPolicy"]) == {
        "redrivePermission": "byQueue",
        "sourceQueueArns": [queue.arn],
    }
    assert dead["messageRetentionSeconds"] == 1_209_600
    assert {queue["kmsMasterKeyId"], dead["kmsMasterKeyId"]} == {rental_key(stack)}


def test_a_queue_for_a_consumer_that_lambda_cannot_run_is_refused() -> None:
    with pytest.raises(ValueError, match="function_timeout_seconds is 901"):
        ConsumedQueueArgs(key_arn="arn:key", function_timeout_seconds=901, tags={})


def test_what_must_happen_by_itself_happens_at_the_markets_time_and_says_when_it_did_not(
    stack: Recording,
) -> None:
    schedules = {s.name.split("-schedules-")[1]: s for s in stack.only("-rental-").all(SCHEDULE)}
    assert {name: s["scheduleExpression"] for name, s in schedules.items()} == {
        "expire": "rate(1 minute)",
        "offline": "rate(5 minutes)",
        "reconcile": "rate(15 minutes)",
        "invoice-catch-up": "cron(0 3 * * ? *)",
    }
    dead = stack.one(QUEUE, "-rental-schedules-dead-letters")
    for name, function_name, task in (
        ("expire", "booking-expirer", "expire"),
        ("offline", "offline-detector", "detect"),
        ("reconcile", "reconciler", "reconcile"),
        ("invoice-catch-up", "invoicer", "catch-up"),
    ):
        made = schedules[name]
        assert made["scheduleExpressionTimezone"] == "Asia/Singapore"
        assert made["kmsKeyArn"] == rental_key(stack)
        assert made["flexibleTimeWindow"] == {"mode": "OFF"}
        target = made["target"]
        assert target["arn"] == alias(stack, function_name).arn
        assert json.loads(target["input"]) == {"task": task}
        assert target["deadLetterConfig"] == {"arn": dead.arn}
        assert target["retryPolicy"] == {"maximumEventAgeInSeconds": 3_600, "maximumRetryAttempts": 5}


@pytest.mark.parametrize("name", ["booking-expirer", "offline-detector", "invoicer", "reconciler"])
def test_what_a_scheduled_function_fails_at_is_kept(stack: Recording, name: str) -> None:
    dead = stack.one(QUEUE, "-rental-schedules-dead-letters").arn
    made = stack.one("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig", f"-{name}-failures")
    assert (made["functionName"], made["qualifier"]) == (function(stack, name).name, "live")
    assert made["destinationConfig"] == {"onFailure": {"destination": dead}}
    assert (made["maximumRetryAttempts"], made["maximumEventAgeInSeconds"]) == (2, 3_600)
    assert allows(may(stack, name), Request("sqs:SendMessage", dead))
    assert allows(may(stack, name), Request("kms:GenerateDataKey", rental_key(stack)))


def test_behind_a_name_of_ours_the_execute_api_endpoint_is_off() -> None:
    for custom_domain in (True, False):

        def build(custom_domain: bool = custom_domain) -> None:
            key = "arn:aws:kms:ap-southeast-1:111122223333:key/1"
            function = LambdaFunction(
                "fn",
                LambdaFunctionArgs(
                    "rider_api",
                    "d",
                    FunctionHome(ACCOUNT, "arn:layer", key, 14),
                    {},
                    key,
                    [],
                    {},
                    ("http_api", "rental_store"),
                ),
            )
            args = api_args(
                DOCUMENT,
                {"/v1": function, "/gbfs": function},
                custom_domain=custom_domain,
                logging=ApiLogging("logging", ApiLoggingArgs(ACCOUNT, TAGS)),
            )
            RestApi("api", args)

        api = record(build).one("aws:apigateway/restApi:RestApi")
        assert api["disableExecuteApiEndpoint"] is custom_domain


def test_the_schedules_may_call_their_functions_and_no_other(stack: Recording) -> None:
    document = str(stack.one(ROLE_POLICY, "-rental-schedules-role-policy")["policy"])
    for name in FUNCTIONS:
        called = name in {"booking-expirer", "offline-detector", "invoicer", "reconciler"}
        request = Request("lambda:InvokeFunction", alias(stack, name).arn)
        assert allows(document, request) is called, name


def test_an_expression_that_the_scheduler_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match=r"schedule nightly: '3 am' is no expression"):
        ScheduledTask("nightly", "d", "3 am", {}, "arn:function")


# ---- commands to cars --------------------------------------------------------------------------------------


def test_a_cars_answer_reaches_the_function_that_starts_the_trip(stack: Recording) -> None:
    rule = stack.one("aws:iot/topicRule:TopicRule", "-commands-rule")
    assert rule["name"].endswith("_command_acks")
    assert rule["sql"].endswith(
        "topic(3) AS topicVehicleId, timestamp() AS receivedAt FROM 'bh/sg/+/command-acks'"
    )
    queue, dead = stack.one(QUEUE, "-acks-queue"), stack.one(QUEUE, "-acks-dead-letters")
    (action,) = rule["sqs"]
    assert action["queueUrl"].endswith(queue.name)
    assert rule["errorAction"]["sqs"]["queueUrl"].endswith(dead.name)
    mapping = stack.one(MAPPING, "-commands-mapping")
    assert mapping["eventSourceArn"] == queue.arn
    assert mapping["functionResponseTypes"] == ["ReportBatchItemFailures"]
    function_ = stack.one(FUNCTION, "-commands-function-function")
    assert function_["handler"] == "command_acks.handler.handler"


# ---- alarms ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        *(f"-rental-{name}-{what}" for name in FUNCTIONS for what in ("errors", "throttles")),
        "-rental-invoices-dead-letters",
        "-rental-schedules-dead-letters",
        "-rental-outbox-late",
        *(f"-rental-outbox-{table}-set-aside" for table in ("rental", "vehicle-state", "alerts")),
        "-rental-api-server-errors",
        "-rental-api-slow",
        "-commands-acks-dead-letters",
        "-commands-acks-errors",
        "-commands-acks-throttles",
        *(
            f"-rental-{name}-{what}-items"
            for name in ("booking-expirer", "offline-detector", "invoicer", "reconciler")
            for what in ("failed", "unfinished")
        ),
        "-riders-signup-errors",
        "-riders-signup-throttles",
    ],
)
def test_what_goes_wrong_in_the_rental_tells_operations(stack: Recording, name: str) -> None:
    made = stack.one(ALARM, name)
    assert made["alarmActions"] == [stack.one("aws:sns/topic:Topic", "-ap-southeast-1-operations-topic").arn]
    assert all(made["dimensions"].values())
