"""Our own program as the policies see it: the graphs of its stacks, and the whole pack run over one."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, cast

from pulumi_policy import PolicyCustomTimeouts, PolicyResource, PolicyResourceOptions

from guardrails.core.rule import Outcome, Resource, ResourceRule, StackRule
from guardrails.core.waivers import Waiver, parse
from guardrails.pack import RULES
from offline import graph as offline_graph
from offline.values import UNKNOWN
from tests.policy import shapes
from tests.program.graphs import graph

ROOT = Path(__file__).resolve().parents[2]
PACK = ROOT / "policy"
STACKS = ("dev", "prod")

Node = offline_graph.Resource
Finding = tuple[str, str, str]
"""Rule, URN, path."""


@cache
def nodes(stack: str) -> Mapping[str, Node]:
    """The resources of a stack by URN, in the order of the URNs."""
    found = graph(stack)
    assert not found.failed, found.diagnostics
    return {node.urn: node for node in found.sorted()}


@cache
def types() -> tuple[str, ...]:
    """Every AWS type that the program uses in any of the stacks."""
    used = {node.type for stack in STACKS for node in nodes(stack).values()}
    return tuple(sorted(token for token in used if token.startswith("aws:")))


@cache
def pack_config(stack: str) -> dict[str, Mapping[str, Any]]:
    """The settings of each rule in the pack's configuration of a stack."""
    entries = json.loads((ROOT / f"Pulumi.{stack}.policy.json").read_text(encoding="utf-8"))
    return {
        name: entry if isinstance(entry, dict) else {"enforcementLevel": entry}
        for name, entry in entries.items()
    }


def settings_of(stack: str, rule: str) -> Mapping[str, Any]:
    """The settings of one rule in the pack's configuration of a stack."""
    return pack_config(stack).get(rule, {})


@cache
def _waivers(stack: str) -> tuple[Waiver, ...]:
    settings = {key: pack_config(stack)["waivers"][key] for key in pack_config(stack).get("waivers", {})}
    settings.pop("enforcementLevel", None)
    parsed = parse(settings, (rule.name for rule in RULES), date.min)
    assert parsed.faults == ()
    return parsed.waivers


def is_waived(stack: str, rule: str, urn: str) -> bool:
    """Whether the stack's configuration waives a rule, or switches it down, for a resource."""
    if pack_config(stack).get(rule, {}).get("enforcementLevel", "mandatory") != "mandatory":
        return True
    return any(waiver.covers(rule, urn) for waiver in _waivers(stack))


def judge_resource(stack: str, node: Node, inputs: Mapping[str, Any], rules: str = "") -> set[Finding]:
    """What the resource rules whose names begin so fail about a resource with these inputs."""
    provider = nodes(stack).get(node.provider.rpartition("::")[0])
    props, on = shapes.wrapped(inputs), shapes.wrapped(provider.inputs if provider else {})
    return {
        (rule.name, node.urn, verdict.path)
        for rule in RULES
        if isinstance(rule, ResourceRule) and rule.name.startswith(rules) and rule.concerns(node.type)
        for verdict in rule.judge(
            Resource(node.type, node.urn, props, on, pack_config(stack).get(rule.name, {}))
        )
        if verdict.outcome is Outcome.FAIL and not is_waived(stack, rule.name, node.urn)
    }


def judge_stack(stack: str, views: Sequence[PolicyResource], rules: str = "") -> set[Finding]:
    """What the stack rules whose names begin so fail about these resources."""
    return {
        (rule.name, found.urn, found.verdict.path)
        for rule in RULES
        if isinstance(rule, StackRule) and rule.name.startswith(rules)
        for found in rule.judge(views)
        if found.verdict.outcome is Outcome.FAIL and not is_waived(stack, rule.name, found.urn)
    }


@cache
def views(stack: str) -> Mapping[str, PolicyResource]:
    """The resources as AnalyzeStack gives them, by URN: what only an update knows is unknown."""
    found = {urn: _view(node) for urn, node in nodes(stack).items()}
    for urn, node in nodes(stack).items():
        found[urn].parent = found.get(node.parent)
        found[urn].property_dependencies = _related(node, found)
    return found


def changed(stack: str, *changes: Node, without: Collection[str] = ()) -> list[PolicyResource]:
    """The resources of a stack, some of them changed and others left out."""
    known = views(stack)
    altered: dict[str, PolicyResource] = {}
    for node in changes:
        altered[node.urn] = _view(node)
        altered[node.urn].parent = known.get(node.parent)
        altered[node.urn].property_dependencies = _related(node, known)
    return [altered.get(urn, view) for urn, view in known.items() if urn not in without]


def _view(node: Node) -> PolicyResource:
    outputs = {"id": UNKNOWN} if node.custom else {}
    props = cast("dict[str, Any]", shapes.wrapped({**outputs, **node.inputs, **node.outputs}))
    options = PolicyResourceOptions(node.protect, [], None, [], PolicyCustomTimeouts(0, 0, 0), [])
    return PolicyResource(node.type, props, node.urn, node.name, options, None, None, [], {})


def _related(node: Node, known: Mapping[str, PolicyResource]) -> dict[str, list[PolicyResource]]:
    return {
        name: [known[urn] for urn in urns if urn in known]
        for name, urns in node.property_dependencies.items()
    }
