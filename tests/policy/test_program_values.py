"""The program with every value known, as `pulumi up` shows it: a preview sees policy documents as unknown."""

from __future__ import annotations

import json

import pytest

from guardrails.exposure.policies import DOCUMENTS
from guardrails.iam.documents import PERMISSIONS
from offline.values import contains_unknown
from tests.policy.mutation.known import deployed
from tests.policy.mutation.world import RESOURCE_RULES, STACK_RULES, World

STACKS = ("dev", "prod")


def _world(stack: str) -> World:
    return World(stack, deployed(stack))


@pytest.mark.parametrize("stack", STACKS)
def test_the_program_passes_with_every_value_known(stack: str) -> None:
    world = _world(stack)
    found = {
        (rule, node.urn)
        for node in world.nodes.values()
        for rule, _ in world.failing_resource(node, node.inputs, world.provider_of(node), RESOURCE_RULES)
    }
    for rule in STACK_RULES:
        found |= {(name, urn) for name, urn, _ in world.failing_stack(list(world.views.values()), rule)}
    assert {one for one in found if not world.is_waived(*one)} == set()


@pytest.mark.parametrize("stack", STACKS)
def test_every_policy_document_was_there_to_be_judged(stack: str) -> None:
    paths = {**{token: path for token, (path, _) in DOCUMENTS.items()}, **PERMISSIONS}
    nodes = _world(stack).nodes.values()
    assert not any(contains_unknown(node.inputs) for node in nodes)
    judged = [
        json.loads(node.inputs[paths[node.type]])
        for node in nodes
        if node.type in paths and paths[node.type] in node.inputs
    ]
    assert len(judged) > 50
    assert all(document["Statement"] for document in judged)
