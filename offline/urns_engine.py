"""What Pulumi's engine makes of the resources that a stack has: which it finds again, and under which name.

The rules are those of the engine's step generator (pulumi/pulumi, pkg/resource/deploy/step_generator.go,
`generateAliases` and `generateSteps`). A resource is looked for by its own URN, then by its aliases; the
first that the stack has is it. Its children inherit that one alias and no other: a parent that is found by
its own URN hands nothing down. Where a child's name begins with the parent's, that part changes along.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from offline.graph import Graph, Resource
from offline.urns import AliasSpec, Urn, make

_NONE: Mapping[str, Sequence[AliasSpec]] = {}


@dataclass(frozen=True)
class Conflict:
    """Two resources that claim one URN of the stack, which the engine refuses."""

    urn: str
    first: str
    second: str


@dataclass
class Matching:
    """What became of the URNs that a stack has.

    `taken` is by the URN that the stack has and gives the one in the program; `by_alias` is the other way
    round, for what has another name now.
    """

    taken: dict[str, str] = field(default_factory=dict)
    by_alias: dict[str, str] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)


def match(graph: Graph, olds: Collection[str], extra: Mapping[str, Sequence[AliasSpec]] = _NONE) -> Matching:
    """Find the resources of a stack again in a graph.

    Args:
        olds: the URNs that the stack has.
        extra: aliases to think added, by the resource's URN in the program.
    """
    matching = Matching()
    seen: set[str] = set()
    for resource in graph.resources.values():  # in the order of registration, which is the engine's
        seen.add(resource.urn)
        if resource.external:  # a resource that is read is none that the stack made, whatever its name
            continue
        _claim(resource, olds, (*resource.alias_specs, *extra.get(resource.urn, ())), seen, matching)
    return matching


def match_any(graph: Graph, olds: Collection[str]) -> dict[str, str]:
    """Find former names, of which a stack has one or another of those that a resource went by.

    Returns:
        The URN in the program by the former one.
    """
    taken: dict[str, str] = {}
    left = set(olds)
    while left:
        found = match(graph, left).taken
        if not found:
            break
        taken.update(found)
        left -= found.keys()
    return taken


def former_names(resource: Resource, specs: Sequence[AliasSpec], by_alias: Mapping[str, str]) -> list[str]:
    """Return the URNs under which the engine looks for a resource, after its own, in that order.

    Args:
        by_alias: the former URNs of resources that were found by an alias: the parent's is inherited.
    """
    found: dict[str, None] = {}
    own = Urn.parse(resource.urn)
    collapsed = [_collapse(own, resource.parent, spec, by_alias) for spec in specs]
    found.update(dict.fromkeys(collapsed))
    former_parent = by_alias.get(resource.parent)
    if former_parent is not None:
        inherited = [(own.type, own.name), *((urn.type, urn.name) for urn in map(_parsed, collapsed) if urn)]
        parent_name = Urn.parse(resource.parent).name
        former_name = Urn.parse(former_parent).name
        for type_, name in inherited:
            was = former_name + name[len(parent_name) :] if name.startswith(parent_name) else name
            found[make(own.stack, own.project, former_parent, type_, was)] = None
    found.pop(resource.urn, None)
    return list(found)


def _claim(
    resource: Resource,
    olds: Collection[str],
    specs: Sequence[AliasSpec],
    seen: Collection[str],
    matching: Matching,
) -> None:
    own = resource.urn
    if own in matching.taken:
        matching.conflicts.append(Conflict(own, matching.taken[own], own))
    inherits = resource.parent in matching.by_alias
    names = former_names(resource, specs, matching.by_alias) if specs or inherits else ()
    for name in (own, *names):
        if name not in olds:
            continue
        if name != own:
            if name in seen:
                matching.conflicts.append(Conflict(name, name, own))
            elif name in matching.taken:
                matching.conflicts.append(Conflict(name, matching.taken[name], own))
            matching.by_alias[own] = name
        matching.taken.setdefault(name, own)
        return


def _collapse(own: Urn, parent: str, spec: AliasSpec, by_alias: Mapping[str, str]) -> str:
    if spec.urn:
        return spec.urn
    former_parent = by_alias.get(spec.parent, spec.parent) if spec.parent else parent
    return make(
        spec.stack or own.stack,
        spec.project or own.project,
        "" if spec.no_parent else former_parent,
        spec.type or own.type,
        spec.name or own.name,
    )


def _parsed(urn: str) -> Urn | None:
    try:
        return Urn.parse(urn)
    except ValueError:  # an alias may be any text
        return None
