"""The program in every market: each resource in the Region that the market's row gives it."""

import json
from collections.abc import Iterator

import pytest

from components.markets import (
    GLOBAL_REGION,
    HOME_MARKET,
    MARKETS,
    Environment,
    Market,
    MarketFacts,
    answers_nearest,
    stack_name,
)
from ev_rental import vocabulary
from ev_rental.rental.market import rental_market
from gbfs_feed import market_files
from offline.graph import Graph, Resource
from tests.program.graphs import graphs, region_of
from tests.stacks import ROOT, STACKS

KMS_PROPERTIES = (
    "kmsKeyId",
    "kmsKeyArn",
    "kmsMasterKeyId",
    "kmsKeyIdentifier",
    "serverSideEncryption",
    "encryptionConfiguration",
)
KEY_TYPES = ("aws:kms/key:Key", "aws:kms/replicaKey:ReplicaKey")


@pytest.fixture(params=Market)
def market(request: pytest.FixtureRequest) -> tuple[MarketFacts, Graph]:
    """Each market's row with the graph of its prod stack."""
    return MARKETS[request.param], graphs()[stack_name(Environment.PROD, request.param)]


def regions(graph: Graph, type_: str, *parts: str) -> set[str]:
    found = [r for r in graph.of_type(type_) if not parts or any(part in r.name for part in parts)]
    assert found, (type_, parts)
    return {region_of(resource) for resource in found}


def dependencies(graph: Graph, resource: Resource, name: str, *types: str) -> Iterator[Resource]:
    for urn in resource.property_dependencies.get(name, []):
        other = graph.resources[urn]
        if other.type in types:
            yield other


def test_cars_connect_to_the_ingest_region_and_to_the_standby(market: tuple[MarketFacts, Graph]) -> None:
    facts, graph = market
    served = {facts.telemetry_ingest, facts.standby}
    for type_ in (
        "aws:iot/topicRule:TopicRule",
        "aws:iot/provisioningTemplate:ProvisioningTemplate",
        "aws:iot/domainConfiguration:DomainConfiguration",
    ):
        assert regions(graph, type_) == served, type_
    assert regions(graph, "aws:kinesis/stream:Stream", "-telemetry-", "-cars-dr-") == served


def test_bookings_are_made_in_the_primary_region_and_may_be_in_the_standby(
    market: tuple[MarketFacts, Graph],
) -> None:
    facts, graph = market
    for type_, part in (
        ("aws:lambda/function:Function", "-rider-api-"),
        ("aws:cloudwatch/eventBus:EventBus", ""),
        ("aws:scheduler/schedule:Schedule", "-expire"),
    ):
        assert regions(graph, type_, part) == {facts.primary, facts.standby}, type_
    assert regions(graph, "aws:dynamodb/table:Table") == {facts.primary}
    assert regions(graph, "aws:cognito/userPool:UserPool") == {facts.primary}
    assert regions(graph, "aws:kms/key:Key") == {facts.primary}


def test_a_function_works_on_the_tables_of_its_own_region_or_of_the_writer(
    market: tuple[MarketFacts, Graph],
) -> None:
    facts, graph = market
    for function in graph.of_type("aws:lambda/function:Function"):
        variables = function.inputs["environment"]["variables"]
        if "TABLES_REGION" not in variables:
            continue
        if any(part in function.name for part in ("-commands-", "-telemetry-", "-cars-dr-", "-kpi-dr-")):
            assert variables["TABLES_REGION"] == facts.primary, function.name
        else:
            assert variables["TABLES_REGION"] == region_of(function), function.name


def test_cars_are_commanded_where_they_connect(market: tuple[MarketFacts, Graph]) -> None:
    facts, graph = market
    asked = {
        region_of(function): function.inputs["environment"]["variables"]["IOT_REGION"]
        for function in graph.of_type("aws:lambda/function:Function")
        if function.name.endswith("-rider-api-function")
    }
    assert asked == {facts.primary: facts.telemetry_ingest, facts.standby: facts.standby}


def test_only_the_primary_region_writes_before_a_failover(market: tuple[MarketFacts, Graph]) -> None:
    facts, graph = market
    for function in graph.of_type("aws:lambda/function:Function"):
        if "-rental-" in function.name or "-rent-dr-" in function.name:
            writes = function.inputs["environment"]["variables"]["WRITES_ENABLED"]
            assert writes == ("true" if region_of(function) == facts.primary else "false"), function.name


def test_an_alarm_tells_the_topic_of_its_own_region(market: tuple[MarketFacts, Graph]) -> None:
    _, graph = market
    for alarm in graph.of_type("aws:cloudwatch/metricAlarm:MetricAlarm"):
        topics = list(dependencies(graph, alarm, "alarmActions", "aws:sns/topic:Topic"))
        assert {region_of(topic) for topic in topics} <= {region_of(alarm)}, alarm.name


def test_a_function_uses_the_layer_of_its_own_region(market: tuple[MarketFacts, Graph]) -> None:
    _, graph = market
    for function in graph.of_type("aws:lambda/function:Function"):
        layers = dependencies(graph, function, "layers", "aws:lambda/layerVersion:LayerVersion")
        assert {region_of(layer) for layer in layers} <= {region_of(function)}, function.name


def test_every_key_is_of_the_region_of_what_it_encrypts(market: tuple[MarketFacts, Graph]) -> None:
    facts, graph = market
    checked = 0
    for resource in graph.sorted():
        for property_ in KMS_PROPERTIES:
            for key in dependencies(graph, resource, property_, *KEY_TYPES):
                assert region_of(key) == region_of(resource), (resource.name, property_)
                checked += 1
    assert checked > 80
    replicated = [
        table for table in graph.of_type("aws:dynamodb/table:Table") if table.inputs.get("replicas")
    ]
    # What can be computed again, and what is of no use after a day, is in one Region.
    alone = {table.name for table in graph.of_type("aws:dynamodb/table:Table")} - {t.name for t in replicated}
    assert {name.rpartition("-")[2] for name in alone} == {"recent", "table"}, alone
    for table in replicated:
        (replica,) = table.inputs["replicas"]
        assert replica["regionName"] == facts.standby
        keys = dependencies(graph, table, "replicas", *KEY_TYPES)
        assert {region_of(key) for key in keys} == {facts.standby}


def test_no_region_outside_the_markets_row_is_used_but_for_what_belongs_to_none(
    market: tuple[MarketFacts, Graph],
) -> None:
    facts, graph = market
    own = {p.inputs["region"] for p in graph.of_type("pulumi:providers:aws") if "-hub-" not in p.name}
    assert own == {facts.primary, facts.telemetry_ingest, facts.standby, GLOBAL_REGION}


def test_a_provider_refuses_every_account_but_the_stacks_own_and_the_hubs(
    market: tuple[MarketFacts, Graph],
) -> None:
    _, graph = market
    accounts = {
        stack: json.loads(graphs()[stack].of_type("pulumi:providers:aws")[0].inputs["allowedAccountIds"])
        for stack in STACKS
    }
    assert len({json.dumps(account) for account in accounts.values()}) == len(STACKS)
    for provider in graph.of_type("pulumi:providers:aws"):
        expected = accounts["prod" if "-hub-" in provider.name else graph.stack]
        assert json.loads(provider.inputs["allowedAccountIds"]) == expected, provider.name


@pytest.mark.parametrize("stack", STACKS)
def test_the_policy_pack_allows_exactly_the_regions_of_the_markets_row(stack: str) -> None:
    settings = json.loads((ROOT / f"Pulumi.{stack}.policy.json").read_text())["residency-regions"]
    code = stack.partition("-")[2] or str(HOME_MARKET)
    facts = MARKETS[Market(code)]
    assert set(settings["allowedRegions"]) == {facts.primary, facts.telemetry_ingest, facts.standby}
    assert set(settings.get("networkRegions", [])) <= {MARKETS[HOME_MARKET].primary}
    assert settings["enforcementLevel"] == "mandatory"


def test_one_market_a_region_answers_who_asks_for_the_nearest() -> None:
    answering = [market for market in Market if answers_nearest(market)]
    assert len({MARKETS[market].primary for market in answering}) == len(answering)
    assert {MARKETS[market].primary for market in Market} == {MARKETS[m].primary for m in answering}
    for market in Market:
        graph = graphs()[stack_name(Environment.PROD, market)]
        latency = [
            r for r in graph.of_type("aws:route53/record:Record") if "latencyRoutingPolicies" in r.inputs
        ]
        assert bool(latency) is answers_nearest(market), market


def test_names_in_the_account_carry_the_market(market: tuple[MarketFacts, Graph]) -> None:
    _, graph = market
    code = graph.stack.partition("-")[2] or str(HOME_MARKET)
    rules = {rule.inputs["name"] for rule in graph.of_type("aws:iot/topicRule:TopicRule")}
    purposes = ("telemetry", "lifecycle", "command_acks")
    assert rules == {f"bluehorizons_prod_{code}_{purpose}" for purpose in purposes}


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
    "aws:wafv2/webAcl:WebAcl": 128,
}


@pytest.mark.parametrize("type_", _LONGEST_NAMES)
def test_no_name_is_longer_than_aws_takes(market: tuple[MarketFacts, Graph], type_: str) -> None:
    _, graph = market
    made = graph.of_type(type_)
    assert made
    names = {r.name: r.inputs.get("name", f"{r.name}-1234567") for r in made}
    too_long = {name for name, given in names.items() if len(str(given)) > _LONGEST_NAMES[type_]}
    assert too_long == set()


@pytest.mark.parametrize("code", vocabulary.Market)
def test_the_feeds_say_the_opening_hours_of_the_markets_row(code: vocabulary.Market) -> None:
    told = market_files.system(rental_market(code), "https://bluehorizons.example/manifest.json")
    assert told.opening_hours == MARKETS[Market(code.value)].opening_hours


def test_the_functions_know_the_same_markets_as_the_stacks() -> None:
    assert {market.value for market in vocabulary.Market} == {market.value for market in Market}
