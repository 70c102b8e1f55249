"""The offline graph of every stack: exact relations pinned, and the ones that matter said in words."""

import json

import pytest

from offline.graph import Graph, Resource
from tests.program.graphs import PINNED, graphs, region_of, relations
from tests.stacks import ROOT, STACKS


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
    # AWS IoT Core's own name is made when an account first asks for it; no resource tells it.
    assert set(graph.unanswered) <= {"aws:iot/getEndpoint:getEndpoint"}


def test_parents_providers_protection_and_dependencies_are_as_pinned() -> None:
    pinned = json.loads(PINNED.read_text())
    assert relations(graphs()["dev"]) == pinned, "read the difference, then `python -m tests.program.graphs`"


def test_every_resource_of_ours_is_on_an_explicit_provider_and_under_a_component_or_the_stack(
    graph: Graph,
) -> None:
    providers = {p.urn for p in graph.of_type("pulumi:providers:aws")}
    assert not [p for p in providers if "::default" in p]
    for resource in graph.sorted():
        if resource.custom and resource.type.startswith("aws:"):
            assert resource.provider.rpartition("::")[0] in providers, resource.urn
        # The engine itself makes the provider of stack references, which has no parent.
        if resource.type not in ("pulumi:pulumi:Stack", "pulumi:providers:pulumi"):
            assert resource.parent in graph.resources, resource.urn


def test_children_are_named_after_their_parents(graph: Graph) -> None:
    for resource in graph.sorted():
        parent = graph.resources.get(resource.parent)
        if parent is not None and parent.type.startswith("bluehorizons:"):
            assert resource.name.startswith(parent.name), resource.urn


def test_components_are_named_after_their_module(graph: Graph) -> None:
    modules = {r.type.split(":")[1] for r in graph.sorted() if r.type.startswith("bluehorizons:")}
    assert modules <= {path.stem for path in (ROOT / "components").iterdir()}


def test_what_holds_data_is_protected_in_prod_and_only_there() -> None:
    for stack, expected in (("dev", False), ("prod", True)):
        graph = graphs()[stack]
        for type_ in (
            "aws:route53/zone:Zone",
            "aws:dynamodb/table:Table",
            "aws:s3/bucket:Bucket",
            "aws:cognito/userPool:UserPool",
        ):
            assert {r.protect for r in graph.of_type(type_)} == {expected}


def test_a_rule_writes_to_the_stream_and_the_queue_with_a_role_whose_policy_is_attached(graph: Graph) -> None:
    for purpose in ("telemetry", "lifecycle"):
        rule = one(graph, "aws:iot/topicRule:TopicRule", f"-telemetry-ingest-{purpose}")
        depends = rule.property_dependencies
        role = {"aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"}
        assert types_of(depends["kineses"]) == {"aws:kinesis/stream:Stream", *role}
        assert types_of(depends["errorAction"]) == {"aws:sqs/queue:Queue", *role}


def test_the_mapping_joins_the_stream_the_alias_and_the_bucket_of_refused_records(graph: Graph) -> None:
    mapping = one(graph, "aws:lambda/eventSourceMapping:EventSourceMapping", "-telemetry-processor-mapping")
    depends = mapping.property_dependencies
    assert types_of(depends["eventSourceArn"]) == {"aws:kinesis/stream:Stream"}
    assert types_of(depends["functionName"]) == {"aws:lambda/alias:Alias"}
    assert depends["destinationConfig"] == [
        one(graph, "aws:s3/bucket:Bucket", "-telemetry-processor-refused-bucket").urn
    ]


def test_the_function_waits_for_its_policy_and_uses_the_layer_and_its_log_group(graph: Graph) -> None:
    for function in graph.of_type("aws:lambda/function:Function"):
        depends = function.property_dependencies
        assert types_of(depends["role"]) == {"aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"}
        assert types_of(depends["layers"]) == {"aws:lambda/layerVersion:LayerVersion"}
        assert types_of(depends["loggingConfig"]) == {"aws:cloudwatch/logGroup:LogGroup"}
        assert types_of(depends["kmsKeyArn"]) <= {"aws:kms/key:Key", "aws:kms/replicaKey:ReplicaKey"}


def test_replica_keys_are_on_the_provider_of_the_region_that_their_name_says() -> None:
    replicas = graphs()["prod"].of_type("aws:kms/replicaKey:ReplicaKey")
    in_standby = [replica for replica in replicas if region_of(replica) == "ap-southeast-5"]
    assert len(in_standby) == 5
    for replica in replicas:
        assert replica.name.endswith(f"-{region_of(replica)}")
        assert types_of(replica.property_dependencies["primaryKeyArn"]) == {"aws:kms/key:Key"}


def test_a_tables_replicas_are_encrypted_with_the_key_of_their_region() -> None:
    for table in graphs()["prod"].of_type("aws:dynamodb/table:Table"):
        if table.inputs.get("replicas"):
            assert types_of(table.property_dependencies["replicas"]) == {"aws:kms/replicaKey:ReplicaKey"}
        assert types_of(table.property_dependencies["serverSideEncryption"]) == {"aws:kms/key:Key"}


def test_every_stage_is_behind_names_of_ours_and_a_web_acl(graph: Graph) -> None:
    stages = graph.of_type("aws:apigateway/stage:Stage")
    protected = {
        urn
        for association in graph.of_type("aws:wafv2/webAclAssociation:WebAclAssociation")
        for urn in association.property_dependencies["resourceArn"]
    }
    assert {stage.urn for stage in stages} <= protected
    assert {pool.urn for pool in graph.of_type("aws:cognito/userPool:UserPool")} <= protected
    for api in graph.of_type("aws:apigateway/restApi:RestApi"):
        assert api.inputs["disableExecuteApiEndpoint"] is True, api.name


def test_an_event_target_sends_to_its_queue_and_keeps_what_it_cannot(graph: Graph) -> None:
    target = one(graph, "aws:cloudwatch/eventTarget:EventTarget", "-rental-events-invoices-target")
    queue = one(graph, "aws:sqs/queue:Queue", "-rental-invoices-queue").urn
    assert target.property_dependencies["arn"] == [queue]
    dead_letters = one(graph, "aws:sqs/queue:Queue", "-rental-invoices-dead-letters").urn
    assert target.property_dependencies["deadLetterConfig"] == [dead_letters]


def test_a_stage_waits_until_api_gateway_may_log(graph: Graph) -> None:
    accounts = {
        region_of(account): account.urn for account in graph.of_type("aws:apigateway/account:Account")
    }
    for type_ in ("aws:apigateway/stage:Stage", "aws:apigateway/methodSettings:MethodSettings"):
        for resource in graph.of_type(type_):
            assert accounts[region_of(resource)] in resource.dependencies, resource.name
