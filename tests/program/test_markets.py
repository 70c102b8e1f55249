"""The program in every market: each resource in the Region that the market's row gives it."""

import runpy

import pytest

from components.markets import MARKETS, Environment, Market, stack_name
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
    for type_, region in (
        ("aws:iot/topicRule:TopicRule", facts.telemetry_ingest),
        ("aws:kinesis/stream:Stream", facts.telemetry_ingest),
        ("aws:lambda/function:Function", facts.telemetry_ingest),
        ("aws:cloudwatch/metricAlarm:MetricAlarm", facts.telemetry_ingest),
        ("aws:dynamodb/table:Table", facts.primary),
        ("aws:kms/key:Key", facts.primary),
    ):
        assert {resource.provider_name for resource in stack.all(type_)} == {f"aws-{region}"}, type_
    function = stack.one("aws:lambda/function:Function")
    assert function["environment"]["variables"]["TABLES_REGION"] == facts.primary


def test_every_key_is_of_the_region_of_what_it_encrypts(market: tuple[Market, Recording]) -> None:
    name, stack = market
    facts = MARKETS[name]
    replicas = {
        r.arn
        for r in stack.all("aws:kms/replicaKey:ReplicaKey")
        if r.provider_name == f"aws-{facts.telemetry_ingest}"
    }
    primary = {k.arn for k in stack.all("aws:kms/key:Key")}
    in_ingest = primary if facts.telemetry_ingest is facts.primary else replicas
    assert stack.one("aws:kinesis/stream:Stream")["kmsKeyId"] in in_ingest
    assert {g["kmsKeyId"] for g in stack.all("aws:cloudwatch/logGroup:LogGroup")} <= in_ingest
    for table in stack.all("aws:dynamodb/table:Table"):
        assert table["serverSideEncryption"]["kmsKeyArn"] in primary
        (replica,) = table["replicas"]
        assert replica["regionName"] == facts.standby


def test_no_region_outside_the_markets_row_is_used(market: tuple[Market, Recording]) -> None:
    name, stack = market
    facts = MARKETS[name]
    regions = {provider["region"] for provider in stack.all("pulumi:providers:aws")}
    assert regions == {facts.primary, facts.telemetry_ingest, facts.standby}


def test_names_in_the_account_carry_the_market(market: tuple[Market, Recording]) -> None:
    name, stack = market
    rules = {rule["name"] for rule in stack.all("aws:iot/topicRule:TopicRule")}
    assert rules == {f"bluehorizons_prod_{name}_telemetry", f"bluehorizons_prod_{name}_lifecycle"}
