"""Our own program as the policies see it: the graphs of its stacks, and the whole pack run over one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

from pulumi_policy import PolicyCustomTimeouts, PolicyResource, PolicyResourceOptions

from guardrails.core.rule import Outcome, Resource, ResourceRule, StackRule
from guardrails.pack import RULES
from offline import graph as offline_graph
from offline.config import Project
from offline.run import preview_in_process
from offline.values import UNKNOWN
from offline.worker import StackResult
from tests.policy import shapes

ROOT = Path(__file__).resolve().parents[2]
PACK = ROOT / "policy"
STACKS = ("dev", "prod")

Node = offline_graph.Resource
AWAITED: frozenset[tuple[str, str]] = frozenset()
"""Rule and type of what the program still lacks."""

Finding = tuple[str, str, str]
"""Rule, URN, path."""


@cache
def preview(stack: str) -> StackResult:
    """The offline preview of a stack, without policies."""
    result = preview_in_process(Project.find(ROOT), stack)
    assert not result.graph.failed, result.graph.diagnostics
    return result


def nodes(stack: str) -> dict[str, Node]:
    """The resources of a stack by URN, in the order of the URNs."""
    return {node.urn: node for node in preview(stack).graph.sorted()}


@cache
def types() -> tuple[str, ...]:
    """Every AWS type that the program uses in any of the stacks."""
    used = {node.type for stack in STACKS for node in nodes(stack).values()}
    return tuple(sorted(token for token in used if token.startswith("aws:")))


@cache
def pack_config(stack: str) -> dict[str, Mapping[str, Any]]:
    """The settings of each rule in the pack's configuration of a stack."""
    entries = json.loads((ROOT / f"Pulumi.{stack}.policy.json").read_text(encoding="utf-8"))
    return {name: entry for name, entry in entries.items() if isinstance(entry, dict)}


def judge_resource(stack: str, node: Node, inputs: Mapping[str, Any]) -> set[Finding]:
    """What the resource rules fail about a resource with these inputs."""
    provider = nodes(stack).get(node.provider.rpartition("::")[0])
    props, on = shapes.wrapped(inputs), shapes.wrapped(provider.inputs if provider else {})
    return {
        (rule.name, node.urn, verdict.path)
        for rule in RULES
        if isinstance(rule, ResourceRule) and rule.concerns(node.type)
        for verdict in rule.judge(
            Resource(node.type, node.urn, props, on, pack_config(stack).get(rule.name, {}))
        )
        if verdict.outcome is Outcome.FAIL
    }


def judge_stack(resources: Iterable[Node]) -> set[Finding]:
    """What the stack rules fail about these resources."""
    views = _views(resources)
    return {
        (rule.name, found.urn, found.verdict.path)
        for rule in RULES
        if isinstance(rule, StackRule)
        for found in rule.judge(views)
        if found.verdict.outcome is Outcome.FAIL
    }


def _views(resources: Iterable[Node]) -> list[PolicyResource]:
    """The resources as AnalyzeStack gives them: with outputs, those that only an update knows as unknown."""
    by_urn: dict[str, tuple[Node, PolicyResource]] = {}
    for node in resources:
        outputs = {"id": UNKNOWN} if node.custom else {}
        props = cast("dict[str, Any]", shapes.wrapped({**outputs, **node.inputs, **node.outputs}))
        options = PolicyResourceOptions(node.protect, [], None, [], PolicyCustomTimeouts(0, 0, 0), [])
        view = PolicyResource(node.type, props, node.urn, node.name, options, None, None, [], {})
        by_urn[node.urn] = (node, view)
    for node, view in by_urn.values():
        view.parent = by_urn[node.parent][1] if node.parent in by_urn else None
        view.property_dependencies = {
            name: [by_urn[urn][1] for urn in urns if urn in by_urn]
            for name, urns in node.property_dependencies.items()
        }
    return [view for _, view in by_urn.values()]
