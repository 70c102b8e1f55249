"""The program with every value known: policy documents in particular, which a preview shows as unknown."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from guardrails.core.rule import Outcome, Resource, ResourceRule
from guardrails.exposure.policies import DOCUMENTS
from guardrails.iam.documents import PERMISSIONS
from guardrails.pack import RULES
from tests.policy import program, shapes
from tests.policy.values import recorded
from tests.recording import Recorded

STACKS = ("prod",)


def _judge(stack: str, found: Recorded) -> Iterator[tuple[str, str, str]]:
    providers = {one.name: one for one in recorded(stack).all("pulumi:providers:aws")}
    on = providers[found.provider_name].inputs if found.provider_name in providers else {}
    for rule in RULES:
        if isinstance(rule, ResourceRule) and rule.concerns(found.type):
            config = program.pack_config(stack).get(rule.name, {})
            props, provider = shapes.wrapped(found.inputs), shapes.wrapped(on)
            for verdict in rule.judge(Resource(found.type, found.name, props, provider, config)):
                if verdict.outcome is Outcome.FAIL and not program.is_waived(stack, rule.name, found.name):
                    yield rule.name, found.name, verdict.message


@pytest.mark.parametrize("stack", STACKS)
def test_the_program_passes_with_every_value_known(stack: str) -> None:
    found = [each for resource in recorded(stack).resources for each in _judge(stack, resource)]
    assert found == []


@pytest.mark.parametrize("stack", STACKS)
def test_every_policy_document_was_there_to_be_judged(stack: str) -> None:
    paths = {**{token: path for token, (path, _) in DOCUMENTS.items()}, **PERMISSIONS}
    judged = [
        json.loads(resource[paths[resource.type]])
        for resource in recorded(stack).resources
        if resource.type in paths and paths[resource.type] in resource.inputs
    ]
    assert len(judged) > 50
    assert all(document["Statement"] for document in judged)
