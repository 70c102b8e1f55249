"""A stack as the rules see it, whole or changed in one place, and what they say of it.

Rules are asked in this process: they are pure functions of plain data. Only what a change can alter is asked
again: the resource rules of the type, on the changed resource; the stack rules, on the changed stack.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, cast

from pulumi_policy import PolicyCustomTimeouts, PolicyResource, PolicyResourceOptions

from guardrails.core.rule import Outcome, Resource, ResourceRule, StackRule
from guardrails.pack import RULES
from local.deploy.unset import complaint
from offline import graph as offline_graph
from offline.providers import split_reference
from offline.values import contains_unknown, reveal
from tests.policy import program, shapes

Node = offline_graph.Resource
RESOURCE_RULES: Final = tuple(rule for rule in RULES if isinstance(rule, ResourceRule))
STACK_RULES: Final = tuple(rule for rule in RULES if isinstance(rule, StackRule))
_OPTIONS: Final = PolicyResourceOptions(False, [], None, [], PolicyCustomTimeouts(0, 0, 0), [])


@dataclass(frozen=True)
class Change:
    """What is done to a stack: to a resource's inputs, sources or provider; or one is gone or new."""

    inputs: Mapping[str, Any] | None = None
    provider: Mapping[str, Any] | None = None
    sources: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Property -> the URNs that it comes from now."""
    gone: bool = False
    new: tuple[str, Mapping[str, Any]] | None = None
    """Type and inputs of a resource that is added beside."""


EVERY: Final = "*"
"""Stands for all properties, when a rule went through their names."""


class _Watched(dict[str, Any]):
    """The properties of a resource, or where they come from; they remember which of them were looked at."""

    def __init__(
        self, side: str, token: str, found: Mapping[str, Any], looked: set[tuple[str, str, str]]
    ) -> None:
        super().__init__(found)
        self._at, self._looked = (side, token), looked

    def _look(self, name: str) -> None:
        self._looked.add((*self._at, name))

    def __getitem__(self, name: str) -> Any:
        self._look(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self._look(str(name))
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self._look(name)
        return super().get(name, default)

    def __iter__(self) -> Iterator[str]:
        self._look(EVERY)
        return super().__iter__()

    def keys(self) -> Any:
        self._look(EVERY)
        return super().keys()

    def items(self) -> Any:
        self._look(EVERY)
        return super().items()

    def values(self) -> Any:
        self._look(EVERY)
        return super().values()


class World:
    """One stack with the pack's configuration of it."""

    def __init__(self, stack: str, graph: offline_graph.Graph) -> None:
        self.stack = stack
        self.nodes: dict[str, Node] = {
            node.urn: replace(node, inputs=reveal(node.inputs), outputs=reveal(node.outputs))
            for node in graph.sorted()
        }
        self._config = {rule.name: program.settings_of(stack, rule.name) for rule in RULES}

        self.by_type: dict[str, list[Node]] = defaultdict(list)
        for node in self.nodes.values():
            self.by_type[node.type].append(node)
        self._failing: dict[str, set[tuple[str, str]]] = {}

    def is_waived(self, rule: str, urn: str) -> bool:
        """Whether the configuration of the stack waives a rule, or switches it down, for a resource."""
        return program.is_waived(self.stack, rule, urn)

    def failing_now(self, node: Node) -> set[tuple[str, str]]:
        """What the resource rules fail about a resource as it is."""
        if node.urn not in self._failing:
            provider = self.provider_of(node)
            self._failing[node.urn] = self.failing_resource(node, node.inputs, provider, RESOURCE_RULES)
        return self._failing[node.urn]

    def queues_of(self, function: str) -> list[str]:
        """The queues that a function consumes, by URN."""
        found = []
        for mapping in self.by_type["aws:lambda/eventSourceMapping:EventSourceMapping"]:
            behind = set(mapping.property_dependencies.get("functionName", ()))
            for urn in list(behind):
                behind |= (
                    set(self.nodes[urn].property_dependencies.get("functionName", ()))
                    if urn in self.nodes
                    else set()
                )
            if function in behind:
                sources = mapping.property_dependencies.get("eventSourceArn", ())
                found += [
                    urn
                    for urn in sources
                    if urn in self.nodes and self.nodes[urn].type == "aws:sqs/queue:Queue"
                ]
        return found

    def provider_of(self, node: Node) -> Mapping[str, Any]:
        """The inputs of the provider that a resource is on."""
        provider = self.nodes.get(split_reference(node.provider)[0])
        return provider.inputs if provider else {}

    @cached_property
    def views(self) -> dict[str, PolicyResource]:
        """The resources as AnalyzeStack gives them after an update."""
        found = {urn: _view(node) for urn, node in self.nodes.items()}
        for urn, node in self.nodes.items():
            found[urn].parent = found.get(node.parent)
            found[urn].property_dependencies = _related(node.property_dependencies, found)
        return found

    def failing_resource(
        self,
        node: Node,
        inputs: Mapping[str, Any],
        provider: Mapping[str, Any],
        rules: Sequence[ResourceRule],
    ) -> set[tuple[str, str]]:
        """Rule and path of what these rules fail about a resource with these inputs."""
        if contains_unknown(inputs):
            inputs = shapes.wrapped(inputs)
        return {
            (rule.name, verdict.path)
            for rule in rules
            if rule.concerns(node.type)
            for verdict in rule.judge(
                Resource(node.type, node.urn, inputs, provider, self._config[rule.name])
            )
            if verdict.outcome is Outcome.FAIL
        }

    @cached_property
    def readers(self) -> dict[str, frozenset[tuple[str, str, str]]]:
        """Stack rule -> (side, type, property) of what it looks at.

        Whatever else changes cannot change its answer: a rule that never looked at a property of any
        resource of a type comes by the same way to where it would.
        """
        looked: set[tuple[str, str, str]] = set()
        before = {urn: (view.props, view.property_dependencies) for urn, view in self.views.items()}
        found = {}
        try:
            for view in self.views.values():
                token = view.resource_type
                view.props = _Watched("props", token, view.props, looked)
                view.property_dependencies = _Watched("from", token, view.property_dependencies, looked)
            for rule in STACK_RULES:
                looked.clear()
                list(rule.judge(list(self.views.values())))
                found[rule.name] = frozenset(looked)
        finally:
            for urn, view in self.views.items():
                view.props, view.property_dependencies = before[urn]
        return found

    def touched(self, node: Node, change: Change) -> list[StackRule]:
        """The stack rules whose answer a change may change."""
        given = node.inputs if change.inputs is None else change.inputs
        names = {name for name in {*given, *node.inputs} if given.get(name) != node.inputs.get(name)}
        kept, known = _kept(node, change), node.property_dependencies
        moved = {name for name in {*kept, *known} if kept.get(name) != known.get(name)}
        sides = {("props", node.type, name) for name in names} | {("from", node.type, name) for name in moved}
        sides |= {("props", node.type, EVERY)} if names else set()
        sides |= {("from", node.type, EVERY)} if moved else set()
        return [rule for rule in STACK_RULES if change.gone or sides & self.readers[rule.name]]

    def failing_stack(
        self, resources: Sequence[PolicyResource], rule: StackRule
    ) -> set[tuple[str, str, str]]:
        """Rule, URN and path of what a stack rule fails about these resources."""
        return {
            (rule.name, found.urn, found.verdict.path)
            for found in rule.judge(resources)
            if found.verdict.outcome is Outcome.FAIL
        }

    @contextmanager
    def changed(self, node: Node, change: Change) -> Iterator[list[PolicyResource]]:
        """The resources of the stack with one of them changed or gone.

        The view itself is changed for the time, because those of others refer to it.
        """
        view = self.views[node.urn]
        if change.gone:
            yield [other for urn, other in self.views.items() if urn != node.urn]
            return
        given = node.inputs if change.inputs is None else change.inputs
        before = view.props, view.property_dependencies
        view.props = _props(node, given)
        view.property_dependencies = _related(_kept(node, change), self.views)
        try:
            yield list(self.views.values())
        finally:
            view.props, view.property_dependencies = before


def _kept(node: Node, change: Change) -> dict[str, Sequence[str]]:
    """Where the properties come from after a change: what was taken away comes from nowhere."""
    given = node.inputs if change.inputs is None else change.inputs
    sources = {**node.property_dependencies, **change.sources}
    return {name: urns for name, urns in sources.items() if name in given or name in change.sources}


def _props(node: Node, given: Mapping[str, Any]) -> dict[str, Any]:
    """What AWS would tell of a resource with these inputs: outputs that are no inputs, and the inputs."""
    told = {name: value for name, value in node.outputs.items() if name not in node.inputs}
    props = {**{name: value for name, value in told.items() if not complaint(value)}, **given}
    return cast("dict[str, Any]", shapes.wrapped(props)) if contains_unknown(props) else props


def _view(node: Node) -> PolicyResource:
    return PolicyResource(
        node.type, _props(node, node.inputs), node.urn, node.name, _OPTIONS, None, None, [], {}
    )


def _related(
    dependencies: Mapping[str, Sequence[str]], known: Mapping[str, PolicyResource]
) -> dict[str, list[PolicyResource]]:
    return {name: [known[urn] for urn in urns if urn in known] for name, urns in dependencies.items()}
