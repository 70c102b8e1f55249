"""The staff API and the back office's table: what the function may do, who may call it, from where."""

import json
from typing import Any

import pulumi
import pytest

from components.backoffice.data import BackofficeData
from components.backoffice.staff_service import (
    ALERT_INDEXES,
    BACKOFFICE_INDEXES,
    PACKAGES,
    RENTAL_INDEXES,
    BackofficeTables,
    StaffService,
    StaffServiceArgs,
)
from components.encryption import DataDomain
from components.lambda_function import FUNCTIONS_DIR
from components.markets import Region
from components.openapi import operations
from components.rental.access import RentalTables
from components.rest_api import ApiLogging, ApiLoggingArgs
from components.table import DataArgs, TableReference
from components.telemetry import VehicleStateTables
from components.telemetry.processor import TelemetryProcessor, TelemetryProcessorArgs
from tests.components.edge_building import Market, build
from tests.functions.rental.fake_dynamodb import ALERTS, ALL_INDEXES, BACKOFFICE
from tests.functions.staff_api.office import ENVIRONMENT
from tests.iam_evaluator import Request, allows, statements
from tests.recording import ACCOUNT, Recording

TABLE = "aws:dynamodb/table:Table"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ORIGIN = "https://backoffice.sg.example.com"
POOL = "arn:aws:cognito-idp:ap-southeast-1:111122223333:userpool/staff"


def reference(name: str) -> TableReference:
    arn = f"arn:aws:dynamodb:ap-southeast-1:{ACCOUNT}:table/{name}"
    return TableReference(
        pulumi.Output.from_input(name),
        pulumi.Output.from_input(arn),
        pulumi.Output.from_input(f"{arn}/stream"),
    )


def arn(name: str) -> str:
    return f"arn:aws:dynamodb:ap-southeast-1:{ACCOUNT}:table/{name}"


def back_office(of: Market) -> None:
    """The table and the API, wired as the program does it; other parts' tables are only named."""
    base, name = of.regions.primary, of.settings.prefix
    options = of.regions.options(base)
    data = BackofficeData(
        f"{name}-backoffice-data",
        DataArgs(
            key_arn=base.key_arn(DataDomain.BACKOFFICE),
            protect=base.production,
            tags=base.tags,
            replicas=of.regions.replica_keys(DataDomain.BACKOFFICE),
        ),
        opts=options,
    )
    StaffService(
        f"{name}-staff",
        StaffServiceArgs(
            foundation=base,
            tables=RentalTables(
                rental=reference("rental"),
                rental_key_arn=base.key_arn(DataDomain.RENTAL),
                vehicle_state=reference("vehicles"),
                alerts=reference("alerts"),
                telemetry_key_arn=base.key_arn(DataDomain.TELEMETRY),
            ),
            backoffice=BackofficeTables(
                backoffice=data.table,
                backoffice_key_arn=base.key_arn(DataDomain.BACKOFFICE),
                recent_telemetry=reference("recent"),
                kpi=reference("kpi"),
                kpi_key_arn=base.key_arn(DataDomain.ANALYTICS),
            ),
            ingest_region=Region.SINGAPORE,
            staff_pool_arn=POOL,
            origin=ORIGIN,
            locale="en-SG",
            api_logging=ApiLogging(f"{name}-logging", ApiLoggingArgs(ACCOUNT, base.tags), opts=options),
            custom_domain=True,
        ),
        opts=options,
    )


@pytest.fixture(scope="module", params=["dev", "prod"])
def stack(request: pytest.FixtureRequest) -> Recording:
    return build(request.param, back_office)


@pytest.fixture(scope="module")
def dev() -> Recording:
    return build("dev", back_office)


def may(stack: Recording) -> str:
    return str(stack.one(ROLE_POLICY, "-staff-function-role-policy")["policy"])


def key(stack: Recording, domain: str) -> str:
    return stack.one("aws:kms/key:Key", f"-{domain}").arn


# ---- the table ---------------------------------------------------------------------------------------------


def test_the_keys_of_the_table_are_pinned_and_those_that_the_code_asks_for(stack: Recording) -> None:
    table = stack.one(TABLE, "-backoffice-data-table")
    assert (table["hashKey"], table["rangeKey"]) == ("pk", "sk")
    indexes = {
        index["name"]: tuple(one["attributeName"] for one in index["keySchemas"])
        for index in table["globalSecondaryIndexes"]
    }
    assert indexes == {
        "by_subject": ("subject", "sk"),
        "by_status": ("work_order_status", "opened_at"),
        "by_vehicle": ("vehicle_id", "opened_at"),
    }
    assert indexes == ALL_INDEXES[BACKOFFICE]


def test_the_trail_is_encrypted_recoverable_and_in_prod_survives_a_slip_and_a_region() -> None:
    prod = build("prod", back_office)
    table = prod.one(TABLE, "-backoffice-data-table")
    assert table["serverSideEncryption"] == {"enabled": True, "kmsKeyArn": key(prod, "backoffice")}
    assert table["pointInTimeRecovery"] == {"enabled": True}
    assert table["deletionProtectionEnabled"] is True
    assert [replica["regionName"] for replica in table["replicas"]] == ["ap-southeast-5"]


# ---- what the function may do ------------------------------------------------------------------------------


def item(action: str, table: str, leading: str | None = None) -> Request:
    context = {} if leading is None else {"dynamodb:LeadingKeys": leading}
    return Request(f"dynamodb:{action}", table, context=context)


def test_the_trail_is_added_to_and_never_changed(dev: Recording) -> None:
    document, table = may(dev), dev.one(TABLE, "-backoffice-data-table").arn
    assert allows(document, item("PutItem", table, "AUDIT#2026-03-04"))
    assert allows(document, item("PutItem", table, "WORKORDER#1"))
    assert not allows(document, item("PutItem", table, "ANYTHING#1"))
    for action in ("UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLUpdate", "PartiQLDelete"):
        assert not allows(document, item(action, table, "AUDIT#2026-03-04")), action
    denied = [one for one in statements(document) if one["Effect"] == "Deny"]
    assert [one["Resource"] for one in denied] == [[table]], "whatever is allowed one day"


def test_staff_never_change_a_booking_an_invoice_or_the_fence_but_to_claim_it(dev: Recording) -> None:
    document, rental = may(dev), arn("rental")
    for action, leading, allowed in (
        ("PutItem", "COMMAND#1", True),
        ("PutItem", "VEHICLE#1", True),
        ("PutItem", "STATION#1", True),
        ("PutItem", "IDEMPOTENCY#staff:1#k", True),
        ("PutItem", "FENCE#1", True),
        ("PutItem", "BOOKING#1", False),
        ("PutItem", "INVOICE#1", False),
        ("PutItem", "RIDER#1", False),
        ("UpdateItem", "VEHICLE#1", True),
        ("UpdateItem", "RIDER#1", True),
        ("UpdateItem", "STATION#1", True),
        ("UpdateItem", "BOOKING#1", False),
        ("UpdateItem", "FENCE#1", False),
        ("ConditionCheckItem", "FENCE#1", True),
        ("ConditionCheckItem", "BOOKING#1", False),
        ("DeleteItem", "VEHICLE#1", False),
    ):
        assert allows(document, item(action, rental, leading)) is allowed, (action, leading)


def test_the_function_reads_what_it_lists_and_nothing_is_scanned(dev: Recording) -> None:
    document, backoffice = may(dev), dev.one(TABLE, "-backoffice-data-table").arn
    for table, indexes in (
        (arn("rental"), RENTAL_INDEXES),
        (arn("alerts"), ALERT_INDEXES),
        (backoffice, BACKOFFICE_INDEXES),
    ):
        assert allows(document, item("GetItem", table))
        assert not allows(document, item("Scan", table))
        for index in indexes:
            assert allows(document, item("Query", f"{table}/index/{index}"))
    assert not allows(document, item("Query", f"{arn('rental')}/index/due"))
    assert not allows(document, item("Query", arn("rental")))
    assert allows(document, item("Query", arn("recent")))
    assert allows(document, item("Query", arn("kpi")))
    assert not allows(document, item("GetItem", arn("kpi")))
    assert not allows(document, item("PutItem", arn("alerts")))
    assert set(ALERT_INDEXES) == set(ALL_INDEXES[ALERTS])


def test_the_function_may_use_the_keys_of_what_it_reads_and_writes_with_those_it_changes(
    dev: Recording,
) -> None:
    document = may(dev)
    for domain, writes in (
        ("rental", True),
        ("telemetry", True),
        ("backoffice", True),
        ("analytics", False),
    ):
        assert allows(document, Request("kms:Decrypt", key(dev, domain))), domain
        assert allows(document, Request("kms:GenerateDataKey", key(dev, domain))) is writes, domain
    assert not allows(document, Request("kms:Decrypt", key(dev, "logs")))


def test_it_commands_cars_of_this_market_only(dev: Recording) -> None:
    topic = f"arn:aws:iot:ap-southeast-1:{ACCOUNT}:topic/bh/sg/SG-EV-000001/commands"
    assert allows(may(dev), Request("iot:Publish", topic))
    assert not allows(may(dev), Request("iot:Publish", topic.replace("/sg/", "/my/")))


def test_nothing_is_allowed_on_everything_but_traces(stack: Recording) -> None:
    wide = [one["Sid"] for one in statements(may(stack)) if "*" in one.get("Resource", [])]
    assert wide == ["Traces"]
    assert all("*" not in action for one in statements(may(stack)) for action in one["Action"])


# ---- the API -----------------------------------------------------------------------------------------------


def served(stack: Recording) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(stack.one("aws:apigateway/restApi:RestApi")["body"])
    return document


def test_every_operation_wants_a_staff_token_of_the_pool_and_reaches_the_function(stack: Recording) -> None:
    document = served(stack)
    scheme = document["components"]["securitySchemes"]["cognito"]
    assert scheme["x-amazon-apigateway-authorizer"]["providerARNs"] == [POOL]
    alias = stack.one("aws:lambda/alias:Alias", "-staff-function-alias").arn
    assert len(operations(document)) > 30
    for path, _, operation in operations(document):
        assert operation["security"] == [{"cognito": ["backoffice/staff"]}], path
        assert operation["x-amazon-apigateway-integration"]["uri"] == f"{alias}/invocations"


def test_the_web_app_and_no_other_page_may_call_it(stack: Recording) -> None:
    document = served(stack)
    preflight = json.dumps(document["paths"]["/v1/vehicles/{vehicleId}/commands"]["options"])
    assert ORIGIN in preflight
    assert "Idempotency-Key" in preflight
    assert '"security": []' in preflight
    for answer in document["x-amazon-apigateway-gateway-responses"].values():
        headers = answer["responseParameters"]
        assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == f"'{ORIGIN}'"
    function = stack.one("aws:lambda/function:Function", "-staff-function-function")
    assert function["environment"]["variables"]["ALLOWED_ORIGIN"] == ORIGIN


def test_an_origin_that_would_let_any_page_in_is_refused() -> None:
    def anybody(of: Market) -> None:
        StaffService(
            "staff",
            StaffServiceArgs(
                foundation=of.regions.primary,
                tables=RentalTables(reference("r"), "arn:key", reference("v"), reference("a"), "arn:key"),
                backoffice=BackofficeTables(
                    reference("b"), "arn:key", reference("s"), reference("k"), "arn:key"
                ),
                ingest_region=Region.SINGAPORE,
                staff_pool_arn=POOL,
                origin="*",
                locale="en-SG",
                api_logging=ApiLogging("l", ApiLoggingArgs(ACCOUNT, of.regions.primary.tags)),
            ),
            opts=of.regions.options(of.regions.primary),
        )

    with pytest.raises(ValueError, match="any web page"):
        build("dev", anybody)


def test_the_function_has_every_variable_that_its_code_reads_and_its_shared_folders(dev: Recording) -> None:
    function = dev.one("aws:lambda/function:Function", "-staff-function-function")
    variables = function["environment"]["variables"]
    assert set(ENVIRONMENT) <= set(variables)
    assert (variables["RENTAL_TABLE"], variables["KPI_TABLE"]) == ("rental", "kpi")
    assert variables["RECENT_TELEMETRY_TABLE"] == "recent"
    assert variables["LOCALE"] == "en-SG"
    assert function["handler"] == "staff_api.handler.handler"
    assert function["kmsKeyArn"] == key(dev, "backoffice")
    assert all((FUNCTIONS_DIR / package).is_dir() for package in PACKAGES)


def test_the_api_is_reached_by_its_own_name_only_and_throttled(stack: Recording) -> None:
    api = stack.one("aws:apigateway/restApi:RestApi")
    assert api["disableExecuteApiEndpoint"] is True
    settings = stack.one("aws:apigateway/methodSettings:MethodSettings")["settings"]
    assert (settings["throttlingRateLimit"], settings["throttlingBurstLimit"]) == (50, 100)
    for alarm in ("staff-api-errors", "staff-api-throttles", "server-errors", "slow"):
        assert stack.one("aws:cloudwatch/metricAlarm:MetricAlarm", f"-{alarm}")["alarmActions"], alarm


# ---- samples -----------------------------------------------------------------------------------------------


def processor(of: Market, recent: bool) -> None:
    base, name = of.regions.primary, of.settings.prefix
    options = of.regions.options(base)
    state = VehicleStateTables(
        f"{name}-state",
        DataArgs(base.key_arn(DataDomain.TELEMETRY), False, base.tags),
        opts=options,
    )
    TelemetryProcessor(
        f"{name}-processor",
        TelemetryProcessorArgs(
            home=base.function_home,
            market=base.market,
            tables_region=base.region,
            vehicle_state=state.vehicle_state,
            alerts=state.alerts,
            tables_key_arn="arn:key",
            stream_arn="arn:stream",
            stream_key_arn="arn:key",
            sizing=of.settings.telemetry_sizing,
            protect=False,
            tags=base.tags,
            recent_telemetry=state.recent_telemetry if recent else None,
        ),
        opts=options,
    )


@pytest.mark.parametrize("recent", [True, False])
def test_the_processor_keeps_samples_where_there_is_a_table_for_them(recent: bool) -> None:
    made = build("dev", lambda of: processor(of, recent))
    table = made.one(TABLE, "-recent")
    document = str(made.one(ROLE_POLICY, "-processor-role-policy")["policy"])
    variables = made.one("aws:lambda/function:Function", "-processor-function")["environment"]["variables"]
    assert variables.get("RECENT_TELEMETRY_TABLE") == (table.name if recent else None)
    assert allows(document, item("BatchWriteItem", table.arn)) is recent
    assert not allows(document, item("DeleteItem", table.arn))
