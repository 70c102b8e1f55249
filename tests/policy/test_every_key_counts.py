"""Take any one customer-managed key from any resource of the program, and the pack names that resource."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from guardrails.core.peek import MISSING, joined, places, top_level
from guardrails.encryption import SLOTS
from guardrails.encryption.buckets import BUCKETS
from guardrails.encryption.exempt import EXEMPT
from guardrails.encryption.slots import by_type
from guardrails.encryption.storage import BUCKET_ENCRYPTION
from offline.analyzer import PackRun, pack_environment
from offline.graph import Graph
from offline.policy_config import PackConfig
from offline.values import SECRET, signature
from tests.policy import program, sdk, shapes

ROWS = by_type(SLOTS)
MANAGED_ALIAS = "alias/aws/kinesis"
ROLE = "aws:iam/role:Role"


@dataclass(frozen=True)
class Key:
    """One key property of one resource of one stack."""

    stack: str
    urn: str
    path: str
    optional: bool
    """Whether the service takes another key, judged elsewhere, when this one is absent."""

    def __str__(self) -> str:
        return f"{self.stack}-{self.urn.rsplit('$', 1)[-1]}#{self.path}"


def _keys(stack: str) -> Iterator[Key]:
    for urn, node in program.nodes(stack).items():
        inputs = shapes.wrapped(node.inputs)
        for row in ROWS.get(node.type, ()):
            for path, value in places(inputs, row.path):
                if value is not MISSING:
                    yield Key(stack, urn, path, row.if_key)


KEYS = [key for stack in program.STACKS for key in _keys(stack)]
BUCKET_URNS = [
    (stack, node.urn)
    for stack in program.STACKS
    for node in program.nodes(stack).values()
    if node.type in BUCKETS
]
NEEDED = [key for key in KEYS if not key.optional]
each_key = pytest.mark.parametrize("key", KEYS, ids=str)
each_needed_key = pytest.mark.parametrize("key", NEEDED, ids=str)


def _with(inputs: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """The inputs with the value at a path, `MISSING` to take it away; looks through secrets."""
    changed = copy.deepcopy(inputs)
    here: Any = changed
    *way, last = [part for segment in path.split(".") for part in segment.replace("]", "").split("[")]
    for part in way:
        here = here[int(part)] if isinstance(here, list) else here[part]
        here = here["value"] if signature(here) == SECRET else here
    if value is MISSING:
        del here[last]
    else:
        here[last] = value
    return changed


def _named(findings: set[program.Finding], key: Key) -> bool:
    return any(urn == key.urn and path == key.path for _, urn, path in findings)


def _judged(key: Key, node: program.Node, value: object) -> set[program.Finding]:
    return program.judge_resource(key.stack, node, _with(node.inputs, key.path, value), "encryption-")


def test_the_program_has_keys_in_every_service_of_the_pipeline() -> None:
    services = {key.urn.rsplit("::", 2)[1].rsplit("$", 1)[-1].split(":")[1] for key in KEYS}
    modules = {service.partition("/")[0] for service in services}
    assert {"cloudwatch", "dynamodb", "kinesis", "lambda", "s3", "sns", "sqs"} <= modules


@pytest.mark.parametrize("stack", program.STACKS)
def test_the_program_as_it_is_passes(stack: str) -> None:
    nodes = program.nodes(stack)
    found = program.judge_stack(stack, list(program.views(stack).values()))
    found |= {each for node in nodes.values() for each in program.judge_resource(stack, node, node.inputs)}
    assert found == set()


@each_needed_key
def test_a_key_that_is_removed_is_missed(key: Key) -> None:
    node = program.nodes(key.stack)[key.urn]
    assert _named(
        program.judge_resource(key.stack, node, _with(node.inputs, key.path, MISSING), "encryption-"), key
    )


@each_key
def test_a_key_that_aws_manages_is_refused(key: Key) -> None:
    node = program.nodes(key.stack)[key.urn]
    assert _named(
        program.judge_resource(key.stack, node, _with(node.inputs, key.path, MANAGED_ALIAS), "encryption-"),
        key,
    )


@each_key
def test_a_key_that_is_made_from_a_role_is_refused(key: Key) -> None:
    nodes = program.nodes(key.stack)
    role = next(node for node in nodes.values() if node.type == ROLE)
    node = nodes[key.urn]
    sources = {**node.property_dependencies, top_level(key.path): [role.urn]}
    views = program.changed(key.stack, replace(node, property_dependencies=sources))
    assert _named(program.judge_stack(key.stack, views, "encryption-key-provenance"), key)


@pytest.mark.parametrize(("stack", "urn"), BUCKET_URNS)
def test_a_bucket_that_loses_its_encryption_settings_is_named(stack: str, urn: str) -> None:
    lost = [
        node.urn
        for node in program.nodes(stack).values()
        if node.type in BUCKET_ENCRYPTION and urn in node.property_dependencies["bucket"]
    ]
    found = program.judge_stack(stack, program.changed(stack, without=lost), "encryption-bucket-settings")
    assert {about for _, about, _ in found} == {urn}


def test_the_pack_names_each_of_them_through_the_protocol_too() -> None:
    graph = Graph("dev", "blue-horizons")
    for index, key in enumerate(NEEDED):
        node = program.nodes(key.stack)[key.urn]
        urn = f"{node.urn}-{index}"
        graph.resources[urn] = replace(node, urn=urn, inputs=_with(node.inputs, key.path, MISSING))
    environment = pack_environment("blue-horizons", "dev", "test", {})
    with PackRun(program.PACK, PackConfig(), environment, fork=False) as run:
        for node in graph.sorted():
            run.resource(node, None)
        report = run.finish(graph, {})
    assert report.error == ""
    told = {
        (found.urn, found.message.partition(" ")[0])
        for found in report.violations
        if found.level == "mandatory"
    }
    assert {(f"{key.urn}-{index}", key.path) for index, key in enumerate(NEEDED)} - told == set()


@pytest.mark.parametrize("token", program.types())
def test_every_key_input_of_every_type_in_use_is_judged_or_exempt_with_a_reason(token: str) -> None:
    judged = {row.path for row in ROWS.get(token, ())}
    assert sdk.key_like_inputs(token) - judged - set(EXEMPT.get(token, {})) == set()
    assert all(reason for reason in EXEMPT.get(token, {}).values())


def test_paths_of_keys_are_read_as_they_are_written() -> None:
    inputs = {"replicas": [{"kmsKeyArn": "a"}, {"kmsKeyArn": "b"}]}
    assert _with(inputs, joined("replicas[1]", "kmsKeyArn"), MISSING) == {
        "replicas": [{"kmsKeyArn": "a"}, {}]
    }
