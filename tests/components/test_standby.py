"""The rental of prod a second time, in the Region that stands by: on replicas, at rest until a failover."""

from typing import Any

import pulumi
import pytest

from components.encryption import DataDomain
from components.foundation import Regions, lay_foundations
from components.markets import Region
from components.rental import (
    RentalData,
    RentalService,
    RentalServiceArgs,
    RentalTables,
    RiderPool,
    RiderPoolArgs,
    VehicleCommands,
    VehicleCommandsArgs,
)
from components.rest_api import ApiLogging, ApiLoggingArgs
from components.settings import NAMESPACE, StackSettings, load_settings
from components.table import DataArgs
from components.telemetry import (
    EvTelemetryPipeline,
    EvTelemetryPipelineArgs,
    VehicleStateTables,
)
from tests.iam_evaluator import Request, allows
from tests.recording import ACCOUNT, Recorded, Recording, record
from tests.stacks import stack_config

HERE, THERE = Region.SINGAPORE, Region.MALAYSIA
FUNCTION = "aws:lambda/function:Function"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
SCHEDULE = "aws:scheduler/schedule:Schedule"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
TABLE = "aws:dynamodb/table:Table"


def build(settings: StackSettings, regions: Regions, *, writer: Region | None, epoch: int) -> None:
    """Tables, and rental, commands and telemetry of both Regions, as the program has them."""
    name, here, there = settings.prefix, regions.primary, regions.standby
    assert there is not None
    state = VehicleStateTables(
        f"{name}-state",
        DataArgs(
            key_arn=here.key_arn(DataDomain.TELEMETRY),
            replicas=regions.replica_keys(DataDomain.TELEMETRY),
            protect=True,
            tags=settings.base_tags,
        ),
        opts=regions.options(here),
    )
    data = RentalData(
        f"{name}-rental-data",
        DataArgs(
            key_arn=here.key_arn(DataDomain.RENTAL),
            replicas=regions.replica_keys(DataDomain.RENTAL),
            protect=True,
            tags=settings.base_tags,
        ),
        opts=regions.options(here),
    )
    tables = RentalTables(
        rental=data.table,
        rental_key_arn=here.key_arn(DataDomain.RENTAL),
        vehicle_state=state.vehicle_state,
        alerts=state.alerts,
        telemetry_key_arn=here.key_arn(DataDomain.TELEMETRY),
        writer_epoch=epoch,
    )
    writers = {
        HERE: tables,
        THERE: tables.replica(
            THERE,
            rental_key_arn=there.key_arn(DataDomain.RENTAL),
            telemetry_key_arn=there.key_arn(DataDomain.TELEMETRY),
        ),
    }
    riders = RiderPool(
        f"{name}-riders",
        RiderPoolArgs(
            foundation=here,
            domain_prefix=f"{name}-riders",
            tables=writers[writer or HERE],
            tables_region=writer,
            writes_enabled=writer is not None,
        ),
        opts=regions.options(here),
    )
    for base, suffix in ((here, ""), (there, "-dr")):
        opts = regions.options(base)
        logging = ApiLogging(
            f"{name}-api-logging{suffix}", ApiLoggingArgs(ACCOUNT, settings.base_tags), opts=opts
        )
        RentalService(
            f"{name}-{'rental' if base is here else 'rent-dr'}",
            RentalServiceArgs(
                foundation=base,
                time_zone=settings.facts.time_zone,
                ingest_region=base.region,
                tables=writers[base.region],
                rider_pool_arn=riders.pool_arn,
                api_logging=logging,
                throttle=settings.rider_api_throttle,
                writes_enabled=writer is base.region,
            ),
            opts=opts,
        )
        VehicleCommands(
            f"{name}-commands{suffix}",
            VehicleCommandsArgs(
                foundation=base,
                tables=writers[writer or HERE],
                tables_region=writer or HERE,
                writes_enabled=writer is not None,
            ),
            opts=opts,
        )
        EvTelemetryPipeline(
            f"{name}-{'telemetry' if base is here else 'cars-dr'}",
            EvTelemetryPipelineArgs(
                foundation=base,
                sizing=settings.telemetry_sizing,
                tables_region=HERE,
                vehicle_state=state.vehicle_state,
                alerts=state.alerts,
                tables_key_arn=here.key_arn(DataDomain.TELEMETRY),
                writers=writers,
                expects_cars=writer is base.region,
            ),
            opts=opts,
        )


def recorded(writer: Region | None, epoch: int) -> Recording:
    def program() -> None:
        settings = load_settings(pulumi.Config(NAMESPACE).get, "prod")
        build(settings, lay_foundations(settings), writer=writer, epoch=epoch)

    return record(program, stack="prod", config=stack_config("prod"))


@pytest.fixture(scope="module")
def before() -> Recording:
    """The primary Region writes."""
    return recorded(HERE, 1)


@pytest.fixture(scope="module")
def after() -> Recording:
    """The standby has taken over."""
    return recorded(THERE, 2)


@pytest.fixture(scope="module")
def between() -> Recording:
    """A planned switch: nobody writes until the last change is replicated."""
    return recorded(None, 1)


RENTAL_FUNCTIONS = ("rider-api", "gbfs-feed", "event-publisher", "booking-expirer", "offline-detector")


def variables(stack: Recording, name: str) -> dict[str, Any]:
    found: dict[str, Any] = stack.one(FUNCTION, f"{name}-function")["environment"]["variables"]
    return found


def of_standby(stack: Recording, type_: str) -> list[Recorded]:
    return stack.only("-rent-dr-").all(type_)


def test_before_a_failover_only_the_primary_writes(before: Recording) -> None:
    for name in RENTAL_FUNCTIONS:
        assert variables(before, f"-rental-{name}")["WRITES_ENABLED"] == "true"
        assert variables(before, f"-rent-dr-{name}")["WRITES_ENABLED"] == "false"
    assert {s["state"] for s in of_standby(before, SCHEDULE)} == {"DISABLED"}
    assert {s["state"] for s in before.only("-rental-schedules").all(SCHEDULE)} == {"ENABLED"}


def test_after_a_failover_only_the_standby_writes_under_a_later_epoch(after: Recording) -> None:
    for name in RENTAL_FUNCTIONS:
        assert variables(after, f"-rental-{name}")["WRITES_ENABLED"] == "false"
        here = variables(after, f"-rent-dr-{name}")
        assert (here["WRITES_ENABLED"], here["WRITER_EPOCH"]) == ("true", "2")
        assert here["TABLES_REGION"] == THERE
    assert {s["state"] for s in of_standby(after, SCHEDULE)} == {"ENABLED"}
    assert {s["state"] for s in after.only("-rental-schedules").all(SCHEDULE)} == {"DISABLED"}


def test_between_nobody_writes(between: Recording) -> None:
    switches = {
        f.name: f["environment"]["variables"]["WRITES_ENABLED"]
        for f in between.only("-rental-", "-commands", "-riders-").all(FUNCTION)
    }
    assert set(switches.values()) == {"false"}
    assert {s["state"] for s in between.all(SCHEDULE)} == {"DISABLED"}


def test_one_regions_streams_are_read_at_a_time_and_whoever_takes_over_reads_from_the_oldest_change(
    before: Recording, after: Recording
) -> None:
    for stack, writing in ((before, "-rental-outbox"), (after, "-rent-dr-outbox")):
        mappings = [m for m in stack.all(MAPPING) if "-outbox-" in m.name]
        assert len(mappings) == 6
        for mapping in mappings:
            assert mapping["enabled"] is (writing in mapping.name), mapping.name
            assert mapping["startingPosition"] == "TRIM_HORIZON"


def test_the_standby_reads_the_streams_that_the_replicas_have_of_their_own(before: Recording) -> None:
    table = before.one(TABLE, "-rental-data-table")
    here = before.one(MAPPING, "-rental-outbox-rental")
    there = before.one(MAPPING, "-rent-dr-outbox-rental")
    assert here["eventSourceArn"] == f"{table.arn}/stream"
    assert there["eventSourceArn"] == f"{table.arn}/{THERE}/stream"
    document = before.one(ROLE_POLICY, "-rent-dr-event-publisher-role-policy")["policy"]
    assert allows(document, Request("dynamodb:GetRecords", there["eventSourceArn"]))
    assert not allows(document, Request("dynamodb:GetRecords", here["eventSourceArn"]))


def test_the_standby_may_change_its_replicas_and_no_table_of_the_primary(before: Recording) -> None:
    table = before.one(TABLE, "-rental-data-table").arn
    replica = table.replace(HERE, THERE)
    document = before.one(ROLE_POLICY, "-rent-dr-rider-api-role-policy")["policy"]
    for action in ("dynamodb:ConditionCheckItem", "dynamodb:PutItem", "dynamodb:UpdateItem"):
        assert allows(document, Request(action, replica)), action
        assert not allows(document, Request(action, table)), action
    key = before.one("aws:kms/replicaKey:ReplicaKey", f"-keys-rental-{THERE}").arn
    assert allows(document, Request("kms:Decrypt", key))


def test_everything_of_the_standby_is_in_its_region_and_uses_its_keys(before: Recording) -> None:
    mine = before.only("-rent-dr", "-commands-dr", "-cars-dr", "-api-logging-dr")
    assert {r.provider_name for r in mine.resources if r.provider_name} == {f"aws-{THERE}"}
    for made in mine.all(FUNCTION):
        assert made["kmsKeyArn"].endswith(f"-{THERE}"), made.name
        assert made["layers"] == [
            before.one("aws:lambda/layerVersion:LayerVersion", f"-{THERE}-dependencies").arn
        ]


def test_riders_of_both_regions_are_those_of_one_pool(before: Recording) -> None:
    pool = before.one("aws:cognito/userPool:UserPool").arn
    for api in before.all("aws:apigateway/restApi:RestApi"):
        assert pool in api["body"], api.name


def test_telemetry_and_answers_go_where_bookings_are_made(before: Recording, after: Recording) -> None:
    for stack, writer in ((before, HERE), (after, THERE)):
        for name in ("-commands-function", "-commands-dr-function"):
            assert variables(stack, name)["TABLES_REGION"] == writer
        for name in ("-telemetry-processor", "-cars-dr-processor"):
            found = variables(stack, name)
            # Not by configuration: the function follows the fence, and a failover need not touch it.
            assert (found["TABLES_REGION"], found["WRITER_REGIONS"]) == (HERE, f"{HERE} {THERE}")
            assert found["RENTAL_TABLE"] == stack.one(TABLE, "-rental-data-table").name


def test_the_processor_may_write_the_tables_of_both_regions_and_read_the_fence(before: Recording) -> None:
    document = before.one(ROLE_POLICY, "-cars-dr-processor-role-policy")["policy"]
    for suffix, action in (
        ("-state-vehicles", "dynamodb:UpdateItem"),
        ("-state-alerts", "dynamodb:PutItem"),
        ("-rental-data-table", "dynamodb:GetItem"),
    ):
        table = before.one(TABLE, suffix).arn
        for arn in (table, table.replace(HERE, THERE)):
            assert allows(document, Request(action, arn)), arn
    assert not allows(document, Request("dynamodb:UpdateItem", before.one(TABLE, "-rental-data-table").arn))


def test_riders_are_registered_where_the_market_is_written(after: Recording) -> None:
    assert variables(after, "-riders-signup")["TABLES_REGION"] == THERE
    document = after.one(ROLE_POLICY, "-riders-signup-role-policy")["policy"]
    replica = after.one(TABLE, "-rental-data-table").arn.replace(HERE, THERE)
    assert allows(document, Request("dynamodb:PutItem", replica))


def test_a_region_at_rest_raises_no_alarm_for_what_it_does_not_do(before: Recording) -> None:
    alarms = before.only("-rent-dr", "-commands-dr", "-cars-dr").all(ALARM)
    assert alarms
    for alarm in alarms:
        assert alarm["treatMissingData"] == "notBreaching", alarm.name
        assert THERE in alarm["alarmActions"][0], alarm.name
    assert [a.name for a in before.all(ALARM, "-fleet-silent")] == [
        "bluehorizons-prod-sg-telemetry-fleet-silent"
    ]


def test_names_of_the_standby_fit_aws_limits(before: Recording) -> None:
    mine = before.only("-rent-dr", "-commands-dr", "-cars-dr", "-api-logging-dr")
    limits = {FUNCTION: 64, "aws:iam/role:Role": 64, "aws:s3/bucket:Bucket": 63, SCHEDULE: 64}
    for type_, longest in limits.items():
        for made in mine.all(type_):
            assert len(made.name) + 8 <= longest, made.name


def test_a_table_that_is_not_replicated_there_is_named_with_the_regions_that_it_has() -> None:
    def program() -> None:
        settings = load_settings(pulumi.Config(NAMESPACE).get, "prod")
        regions = lay_foundations(settings)
        state = VehicleStateTables(
            "state",
            DataArgs(
                key_arn="arn:key",
                replicas=regions.replica_keys(DataDomain.TELEMETRY),
                protect=True,
                tags=settings.base_tags,
            ),
            opts=regions.options(regions.primary),
        )
        with pytest.raises(KeyError, match=f"no replica in {Region.TOKYO}, but in {THERE}"):
            state.alerts.replica(Region.TOKYO)

    record(program, stack="prod", config=stack_config("prod"))


def test_epochs_count_from_one() -> None:
    table: Any = None  # nothing else is looked at
    with pytest.raises(ValueError, match="writer_epoch is 0: epochs count from 1"):
        RentalTables(table, "arn:key", table, table, "arn:key", writer_epoch=0)
