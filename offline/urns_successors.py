"""What became of a URN that is gone: the likely successor in the program, and the alias that says so.

A successor is a new resource that differs from the one that is gone in one thing - its name, its parent, or
its type when it is a component. It may differ in two of them when the names are alike, and in any when its
children are those that are gone. Of several, the one whose alias covers most of what is gone is taken (an
alias on a component covers its children), then the one that differs in least, then the one with the nearest
name.
"""

from __future__ import annotations

import json
from collections import ChainMap, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from offline.graph import Graph, Resource
from offline.urns import PROVIDER_PREFIX, STACK_TYPE, AliasSpec, Urn
from offline.urns_engine import former_names, match
from offline.urns_list import Entry, listable

_ALIKE = 0.5


@dataclass(frozen=True)
class Successor:
    """A resource of the program that may be what is gone.

    `covers` holds the URNs that are no longer gone with the alias, first the one that it is an alias of.
    """

    resource: Resource
    alias: AliasSpec
    covers: tuple[str, ...]

    @property
    def urn(self) -> str:
        return self.resource.urn

    def options(self) -> str:
        """Return the resource options to give it, as Python to paste; they hold in every stack."""
        return f"pulumi.ResourceOptions(aliases=[{self.code()}])"

    def code(self) -> str:
        """Return the alias as a Python expression."""
        alias = self.alias
        if alias.urn:
            return _urn_code(alias.urn, self.urn)
        arguments = [
            *([f"name={_literal(alias.name)}"] if alias.name else []),
            *([f"type_={_literal(alias.type)}"] if alias.type else []),
            *([f"parent={_urn_code(alias.parent, self.urn)}"] if alias.parent else []),
            *(["parent=pulumi.ROOT_STACK_RESOURCE"] if alias.no_parent else []),
        ]
        return f"pulumi.Alias({', '.join(arguments)})"


def successors(graph: Graph, olds: Collection[str], gone: Mapping[str, Entry]) -> list[Successor]:
    """Return likely successors, each with the alias to add, parents before children.

    Args:
        olds: the URNs that the stack has.
        gone: those among them that the program no longer has. Where an entry says what it has become (`now`),
            that resource alone is its successor.
    """
    search = _Search(graph, olds, gone)
    return search.run()


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _urn_code(urn: str, own: str) -> str:
    """Return a URN as Python, with the stack and the project left to the program where they are its own."""
    try:
        parsed, here = Urn.parse(urn), Urn.parse(own)
    except ValueError:
        return _literal(urn)
    if (parsed.stack, parsed.project) != (here.stack, here.project):
        return _literal(urn)
    local = _literal(parsed.local).replace("{", "{{").replace("}", "}}")
    return f'f"urn:pulumi:{{pulumi.get_stack()}}::{{pulumi.get_project()}}::{local[1:]}'


def _likeness(one: str, other: str) -> float:
    """Return how much of the longer name the two share at their beginnings and ends, 0 to 1."""
    shorter, longer = sorted((len(one), len(other)))
    start = 0
    while start < shorter and one[start] == other[start]:
        start += 1
    end = 0
    while end < shorter - start and one[-1 - end] == other[-1 - end]:
        end += 1
    return (start + end) / longer if longer else 1.0


class _Search:
    def __init__(self, graph: Graph, olds: Collection[str], gone: Mapping[str, Entry]) -> None:
        self._graph = graph
        self._left = dict(gone)
        self._by_alias = dict(match(graph, olds).by_alias)
        self._free = {
            resource.urn: resource
            for resource in graph.resources.values()
            if listable(resource) and resource.urn not in olds and resource.urn not in self._by_alias
        }
        self._children: dict[str, list[Resource]] = defaultdict(list)
        self._by_type: dict[str, list[Resource]] = defaultdict(list)
        self._components: list[Resource] = []
        self._by_chain: dict[str, list[str]] = defaultdict(list)
        for urn in sorted({*graph.resources, *olds}):
            self._by_chain[Urn.parse(urn).qualified_type].append(urn)
        for resource in graph.sorted():
            self._children[resource.parent].append(resource)
            if resource.urn in self._free:
                self._by_type[resource.type].append(resource)
                if not resource.custom:
                    self._components.append(resource)

    def run(self) -> list[Successor]:
        levels: dict[int, list[str]] = defaultdict(list)
        for urn in sorted(self._left):
            levels[Urn.parse(urn).qualified_type.count("$")].append(urn)
        found = []
        for _, urns in sorted(levels.items()):
            scored = sorted(
                (pair for urn in urns if urn in self._left for pair in self._pairs(urn)), reverse=True
            )
            for _, old, new in scored:
                if old in self._left and (new in self._free or self._left[old].now):
                    found.append(self._settle(old, self._graph.resources[new]))
        return found

    def _pairs(self, old: str) -> Iterator[tuple[tuple[int, int, float], str, str]]:
        """Yield what might be the successor of a URN, each with its score."""
        entry, was = self._left[old], Urn.parse(old)
        for resource in self._candidates(entry, was):
            differences = (
                (self._former_parent_type(resource) != was.parent_type)
                + (resource.name != was.name)
                + (resource.type != was.type)
            )
            likeness = _likeness(resource.name, was.name)
            covers = len(self._follow(old, resource))
            alike = differences < 2 or (differences == 2 and likeness >= _ALIKE)
            if alike or covers > 1 or entry.now:
                yield (covers, -differences, likeness), old, resource.urn

    def _candidates(self, entry: Entry, was: Urn) -> list[Resource]:
        if entry.now:
            known = self._graph.resources.get(str(Urn(was.stack, was.project, *entry.now.split("::", 1))))
            return [known] if known and listable(known) else []
        found = list(self._by_type[was.type])
        if not entry.provider and not was.type.startswith(PROVIDER_PREFIX):
            found += [component for component in self._components if component.type != was.type]
        return found

    def _former_parent(self, resource: Resource) -> str:
        return self._by_alias.get(resource.parent, resource.parent)

    def _former_parent_type(self, resource: Resource) -> str:
        parent = self._former_parent(resource)
        type_ = Urn.parse(parent).qualified_type if parent else ""
        return "" if type_ == STACK_TYPE else type_

    def _follow(self, old: str, resource: Resource) -> dict[str, str]:
        """Return what an alias covers, the resource's children included: former URNs by the new ones."""
        found = {resource.urn: old}
        parents = [resource]
        while parents:
            for child in self._children[parents.pop().urn]:
                if child.urn not in self._free:
                    continue  # found by its own URN or an alias, so it hands nothing down
                names = former_names(child, child.alias_specs, ChainMap(found, self._by_alias))
                name = next((name for name in names if name in self._left), None)
                if name is not None and name not in found.values():
                    found[child.urn] = name
                    parents.append(child)
        return found

    def _settle(self, old: str, resource: Resource) -> Successor:
        alias = self._alias(old, resource)
        covered = self._follow(old, resource)
        self._by_alias.update(covered)
        for urn, former in covered.items():
            self._free.pop(urn, None)
            self._left.pop(former)
        return Successor(resource, alias, tuple(covered.values()))

    def _alias(self, old: str, resource: Resource) -> AliasSpec:
        """Return the parts that differ; the whole URN where the engine would not come to it from them."""
        was = Urn.parse(old)
        moved = self._former_parent_type(resource) != was.parent_type
        spec = AliasSpec(
            name=was.name if was.name != resource.name else "",
            type=was.type if was.type != resource.type else "",
            parent=self._parent_of(was) if moved and was.parent_type else "",
            no_parent=moved and not was.parent_type,
        )
        names = former_names(resource, (*resource.alias_specs, spec), self._by_alias)
        return spec if old in names else AliasSpec(urn=old)

    def _parent_of(self, was: Urn) -> str:
        """Return the URN of the parent that a resource had: of those of its type the most likely one.

        A URN holds the types of the parents but not their names, so that each one of the type gives the same.
        """
        of_type = [urn for urn in self._by_chain[was.parent_type] if urn not in self._by_alias]
        fallback = str(Urn(was.stack, was.project, was.parent_type, was.name))
        return max(of_type, key=lambda urn: _begins(was.name, Urn.parse(urn).name), default=fallback)


def _begins(name: str, parent: str) -> int:
    """Return how long a parent's name is where the child's name begins with it; 0 where it does not."""
    return len(parent) if name.startswith(parent) else 0
