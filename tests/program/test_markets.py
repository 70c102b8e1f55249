"""The program in every market: each resource in the Region that the market's row gives it."""

import runpy

import pytest

from components.markets import MARKETS, Environment, Market, stack_name
from ev_rental import vocabulary
from ev_rental.rental.market import rental_market
from gbfs_feed import market_files
from tests.recording import Recording, record
from tests.stacks import ROOT, stack_config


def program(market: Market) -> Recording:
    stack = stack_name(Environment.PROD, market)
    config = {**stack_config("prod"), "blue-horizons:market": str(market)}

    def build() -> None:
        runpy.run_path(str(ROOT / "__main__.py"))

    return record(build, stack=stack, config=config)


@pytest.fixture(scope="module", params=Market)
def market(request: pytest.FixtureRequest) -> tuple[Market, Recording]:
    """Each market with the resources of its prod stack."""
    return request.param, program(request.param)


def test_cars_connect_to_the_ingest_region_and_state_is_kept_in_the_primary_region(
    market: tuple[Market, Recording],
) -> None:
    name, stack = market
    facts = MARKETS[name]
    in_ingest, in_primary = f"aws-{facts.telemetry_ingest}", f"aws-{facts.primary}"
    for type_, suffix, provider in (
        ("aws:iot/topicRule:TopicRule", None, in_ingest),
        ("aws:kinesis/stream:Stream", None, in_ingest),
        ("aws:lambda/function:Function", "-telemetry-processor-function", in_ingest),
        ("aws:lambda/function:Function", "-commands-function-function", in_ingest),
        ("aws:lambda/function:Function", "-rental-rider-api-function", in_primary),
        ("aws:apigateway/stage:Stage", None, in_primary),
        ("aws:cognito/userPool:UserPool", None, in_primary),
        ("aws:cloudwatch/eventBus:EventBus", None, in_primary),
        ("aws:scheduler/schedule:Schedule", None, in_primary),
        ("aws:dynamodb/table:Table", None, in_primary),
        ("aws:kms/key:Key", None, in_primary),
    ):
        assert {resource.provider_name for resource in stack.all(type_, suffix)} == {provider}, type_
    for function in stack.all("aws:lambda/function:Function"):
        assert function["environment"]["variables"]["TABLES_REGION"] == facts.primary


def test_cars_are_commanded_where_they_connect(market: tuple[Market, Recording]) -> None:
    name, stack = market
    rider_api = stack.one("aws:lambda/function:Function", "-rental-rider-api-function")
    assert rider_api["environment"]["variables"]["IOT_REGION"] == MARKETS[name].telemetry_ingest


def test_an_alarm_tells_the_topic_of_its_own_region(market: tuple[Market, Recording]) -> None:
    _, stack = market
    regions = {topic.arn: topic.provider_name for topic in stack.all("aws:sns/topic:Topic")}
    for alarm in stack.all("aws:cloudwatch/metricAlarm:MetricAlarm"):
        (action,) = alarm["alarmActions"]
        assert regions[action] == alarm.provider_name, alarm.name


def test_a_function_uses_the_layer_of_its_own_region(market: tuple[Market, Recording]) -> None:
    _, stack = market
    regions = {layer.arn: layer.provider_name for layer in stack.all("aws:lambda/layerVersion:LayerVersion")}
    for function in stack.all("aws:lambda/function:Function"):
        (layer,) = function["layers"]
        assert regions[layer] == function.provider_name, function.name


def test_every_key_is_of_the_region_of_what_it_encrypts(market: tuple[Market, Recording]) -> None:
    name, stack = market
    keys = stack.all("aws:kms/key:Key") + stack.all("aws:kms/replicaKey:ReplicaKey")
    regions = {key.arn: key.provider_name for key in keys}
    for resource in stack.resources:
        for property_ in ("kmsKeyId", "kmsKeyArn", "kmsMasterKeyId", "kmsKeyIdentifier"):
            if property_ in resource.inputs:
                assert regions[resource[property_]] == resource.provider_name, resource.name
    for table in stack.all("aws:dynamodb/table:Table"):
        assert regions[table["serverSideEncryption"]["kmsKeyArn"]] == f"aws-{MARKETS[name].primary}"
        (replica,) = table["replicas"]
        assert regions[replica["kmsKeyArn"]] == f"aws-{replica['regionName']}"
        assert replica["regionName"] == MARKETS[name].standby


def test_no_region_outside_the_markets_row_is_used(market: tuple[Market, Recording]) -> None:
    name, stack = market
    facts = MARKETS[name]
    regions = {provider["region"] for provider in stack.all("pulumi:providers:aws")}
    assert regions == {facts.primary, facts.telemetry_ingest, facts.standby}


def test_names_in_the_account_carry_the_market(market: tuple[Market, Recording]) -> None:
    name, stack = market
    rules = {rule["name"] for rule in stack.all("aws:iot/topicRule:TopicRule")}
    purposes = ("telemetry", "lifecycle", "command_acks")
    assert rules == {f"bluehorizons_prod_{name}_{purpose}" for purpose in purposes}


# AWS's limits on names; Pulumi adds a hyphen and seven characters to a name that it makes.
_LONGEST_NAMES = {
    "aws:cloudwatch/eventArchive:EventArchive": 48,
    "aws:cloudwatch/eventRule:EventRule": 64,
    "aws:iam/role:Role": 64,
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": 64,
    "aws:lambda/function:Function": 64,
    "aws:s3/bucket:Bucket": 63,
    "aws:scheduler/schedule:Schedule": 64,
    "aws:scheduler/scheduleGroup:ScheduleGroup": 64,
    "aws:sqs/queue:Queue": 80,
}


@pytest.mark.parametrize("type_", _LONGEST_NAMES)
def test_no_name_is_longer_than_aws_takes(market: tuple[Market, Recording], type_: str) -> None:
    _, stack = market
    made = stack.all(type_)
    assert made
    lengths = {r.name: len(str(r.inputs.get("name") or f"{r.name}-1234567")) for r in made}
    assert {name: length for name, length in lengths.items() if length > _LONGEST_NAMES[type_]} == {}


@pytest.mark.parametrize("code", vocabulary.Market)
def test_the_feeds_say_the_opening_hours_of_the_markets_row(code: vocabulary.Market) -> None:
    told = market_files.system(rental_market(code), "https://bluehorizons.example/manifest.json")
    assert told.opening_hours == MARKETS[Market(code.value)].opening_hours


def test_the_functions_know_the_same_markets_as_the_stacks() -> None:
    assert {market.value for market in vocabulary.Market} == {market.value for market in Market}
