"""The offline graph of every stack: exact relations pinned, and the ones that matter said in words."""

import json

import pytest

from offline.graph import Graph, Resource
from tests.program.graphs import PINNED, graphs, relations
from tests.stacks import STACKS


@pytest.fixture(params=STACKS)
def graph(request: pytest.FixtureRequest) -> Graph:
    """Each stack's graph in turn."""
    return graphs()[request.param]


def one(graph: Graph, type_: str, name: str = "") -> Resource:
    found = [r for r in graph.of_type(type_) if r.name.endswith(name)]
    assert len(found) == 1, [r.name for r in found]
    return found[0]


def types_of(urns: list[str]) -> set[str]:
    return {urn.split("::")[2].rpartition("$")[2] for urn in urns}


def test_every_stack_previews_without_error_and_without_a_guess(graph: Graph) -> None:
    assert [d.message for d in graph.diagnostics if d.severity == "error"] == []
    assert graph.unanswered == {}


@pytest.mark.parametrize("stack", STACKS)
def test_urns_parents_providers_protection_and_dependencies_are_as_pinned(stack: str) -> None:
    pinned = json.loads((PINNED / f"{stack}.json").read_text())
    assert relations(graphs()[stack]) == pinned, "read the difference, then `python -m tests.program.graphs`"


def test_every_resource_of_ours_is_on_an_explicit_provider_and_under_a_component_or_the_stack(
    graph: Graph,
) -> None:
    providers = {p.urn for p in graph.of_type("pulumi:providers:aws")}
    assert not [p for p in providers if "::default" in p]
    for resource in graph.sorted():
        if resource.custom and resource.type.startswith("aws:"):
            assert resource.provider.rpartition("::")[0] in providers, resource.urn
        if resource.type != "pulumi:pulumi:Stack":
            assert resource.parent in graph.resources, resource.urn


def test_children_are_named_after_their_parents(graph: Graph) -> None:
    for resource in graph.sorted():
        parent = graph.resources.get(resource.parent)
        if parent is not None and parent.type.startswith("bluehorizons:"):
            assert resource.name.startswith(parent.name), resource.urn


def test_components_are_named_after_their_module(graph: Graph) -> None:
    modules = {r.type.split(":")[1] for r in graph.sorted() if r.type.startswith("bluehorizons:")}
    assert modules == {
        "alarms",
        "bucket",
        "encryption",
        "events",
        "lambda_function",
        "queue",
        "rental",
        "rest_api",
        "schedule",
        "telemetry",
    }


def test_what_holds_data_is_protected_in_prod_and_only_there() -> None:
    for stack, expected in (("dev", False), ("prod", True)):
        graph = graphs()[stack]
        for type_ in (
            "aws:dynamodb/table:Table",
            "aws:s3/bucket:Bucket",
            "aws:cognito/userPool:UserPool",
        ):
            assert {r.protect for r in graph.of_type(type_)} == {expected}


def test_a_rule_writes_to_the_stream_and_the_queue_with_a_role_whose_policy_is_attached(graph: Graph) -> None:
    for purpose in ("telemetry", "lifecycle"):
        rule = one(graph, "aws:iot/topicRule:TopicRule", f"-{purpose}")
        depends = rule.property_dependencies
        role = {"aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"}
        assert types_of(depends["kineses"]) == {"aws:kinesis/stream:Stream", *role}
        assert types_of(depends["errorAction"]) == {"aws:sqs/queue:Queue", *role}


def test_the_mapping_joins_the_stream_the_alias_and_the_bucket_of_refused_records(graph: Graph) -> None:
    mapping = one(graph, "aws:lambda/eventSourceMapping:EventSourceMapping", "-processor-mapping")
    depends = mapping.property_dependencies
    assert types_of(depends["eventSourceArn"]) == {"aws:kinesis/stream:Stream"}
    assert types_of(depends["functionName"]) == {"aws:lambda/alias:Alias"}
    assert depends["destinationConfig"] == [one(graph, "aws:s3/bucket:Bucket", "-refused-bucket").urn]


def test_the_function_waits_for_its_policy_and_uses_the_layer_and_its_log_group(graph: Graph) -> None:
    functions = graph.of_type("aws:lambda/function:Function")
    assert len(functions) == 9
    for function in functions:
        depends = function.property_dependencies
        assert types_of(depends["role"]) == {"aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"}
        assert types_of(depends["layers"]) == {"aws:lambda/layerVersion:LayerVersion"}
        assert types_of(depends["loggingConfig"]) == {"aws:cloudwatch/logGroup:LogGroup"}
        assert types_of(depends["kmsKeyArn"]) == {"aws:kms/key:Key"}


def test_the_standbys_replica_keys_are_on_the_standbys_provider() -> None:
    graph = graphs()["prod"]
    replicas = graph.of_type("aws:kms/replicaKey:ReplicaKey")
    assert len(replicas) == 5
    for replica in replicas:
        assert replica.provider.rpartition("::")[0].endswith("pulumi:providers:aws::aws-ap-southeast-5")
        assert types_of(replica.property_dependencies["primaryKeyArn"]) == {"aws:kms/key:Key"}


def test_a_tables_replicas_are_encrypted_with_the_key_of_their_region() -> None:
    for table in graphs()["prod"].of_type("aws:dynamodb/table:Table"):
        assert types_of(table.property_dependencies["replicas"]) == {"aws:kms/replicaKey:ReplicaKey"}
        assert types_of(table.property_dependencies["serverSideEncryption"]) == {"aws:kms/key:Key"}


def test_the_public_endpoints_are_known_by_the_stage_and_the_pool_that_a_web_acl_will_attach_to(
    graph: Graph,
) -> None:
    stage = one(graph, "aws:apigateway/stage:Stage")
    assert types_of(stage.property_dependencies["deployment"]) == {"aws:apigateway/deployment:Deployment"}
    assert len(graph.of_type("aws:apigateway/stage:Stage")) == 1
    assert len(graph.of_type("aws:cognito/userPool:UserPool")) == 1
    assert "riderApiStageArn" in graph.exports


def test_an_event_target_sends_to_its_queue_and_keeps_what_it_cannot(graph: Graph) -> None:
    target = one(graph, "aws:cloudwatch/eventTarget:EventTarget")
    assert target.property_dependencies["arn"] == [one(graph, "aws:sqs/queue:Queue", "-invoices-queue").urn]
    dead_letters = one(graph, "aws:sqs/queue:Queue", "-invoices-dead-letters").urn
    assert target.property_dependencies["deadLetterConfig"] == [dead_letters]


def test_a_stage_waits_until_api_gateway_may_log(graph: Graph) -> None:
    account = one(graph, "aws:apigateway/account:Account").urn
    assert account in one(graph, "aws:apigateway/stage:Stage").dependencies
    assert account in one(graph, "aws:apigateway/methodSettings:MethodSettings").dependencies
