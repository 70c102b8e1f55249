"""What is drawn of a graph: boxes in boxes, and who needs what of whom."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from offline.graph import Graph, Resource
from offline.urns import PROVIDER_PREFIX, STACK_TYPE

Detail = Literal["component", "resource"]
COMMON = 7
"""From so many dependents on, a box is drawn as a mark on each of them: its arrows would hide all others."""


@dataclass
class Box:
    """A component, or a resource. `label` is its name without what it shares with its parent's."""

    urn: str
    label: str
    kind: str
    module: str
    resources: int
    children: list[Box] = field(default_factory=list)

    def all(self) -> Iterator[Box]:
        """Yield the box and what is in it."""
        yield self
        for child in self.children:
            yield from child.all()


@dataclass
class Picture:
    """The outermost boxes, the arrows between them, and the boxes that too many need for arrows.

    `arrows` counts, by (who needs, what is needed), the references between the resources of the two.
    """

    title: str
    boxes: list[Box]
    arrows: dict[tuple[str, str], int]
    common: list[str]

    def marks(self, urn: str) -> list[int]:
        """The numbers, from 1, of the common boxes that a box needs."""
        return [number for number, other in enumerate(self.common, 1) if (urn, other) in self.arrows]


def needs(resource: Resource) -> set[str]:
    """The URNs that a resource depends on, whichever way it says so."""
    return {
        *resource.dependencies,
        *(urn for urns in resource.property_dependencies.values() for urn in urns),
    } - {resource.urn}


def picture(graph: Graph, detail: Detail = "component") -> Picture:
    """Return what is drawn of a graph: its components, or every resource of them too."""
    shown = [r for r in graph.sorted() if r.type != STACK_TYPE and not r.type.startswith(PROVIDER_PREFIX)]
    below: dict[str, list[Resource]] = defaultdict(list)
    for resource in shown:
        below[resource.parent].append(resource)
    stack = next((r.urn for r in graph.resources.values() if r.type == STACK_TYPE), "")
    outer = [*below[stack], *(below[""] if stack else [])]
    prefix = _shared_prefix([resource.name for resource in outer])
    boxes = [_box(r, r.name.removeprefix(prefix) or r.name, below, detail) for r in outer]
    boxes.sort(key=lambda box: (box.label, box.urn))
    owner = {urn: resource.urn for resource in outer for urn in _urns(resource, below)}
    arrows: Counter[tuple[str, str]] = Counter()
    for resource in shown:
        for urn in needs(resource):
            here, there = owner.get(resource.urn), owner.get(urn)
            if here and there and here != there:
                arrows[here, there] += 1
    needed = Counter(there for _, there in arrows)
    common = sorted((urn for urn, count in needed.items() if count >= COMMON), key=lambda u: (-needed[u], u))
    title = f"{graph.project} {graph.stack}"
    return Picture(title, boxes, dict(sorted(arrows.items())), common)


def _box(resource: Resource, label: str, below: dict[str, list[Resource]], detail: Detail) -> Box:
    children = below[resource.urn] if detail == "resource" else _nested(resource, below)
    inner = f"{resource.name}-"
    boxes = [
        _box(child, label if child.name == resource.name else child.name.removeprefix(inner), below, detail)
        for child in children
    ]
    boxes.sort(key=lambda box: (not box.children, box.kind, box.label, box.urn))
    package, _, rest = resource.type.partition(":")
    module = f"{package}:{rest.partition(':')[0].partition('/')[0]}"
    count = sum(1 for urn in _urns(resource, below) if urn != resource.urn)
    return Box(resource.urn, label, resource.type.rpartition(":")[2], module, count, boxes)


def _nested(resource: Resource, below: dict[str, list[Resource]]) -> list[Resource]:
    """The components under a resource, also those whose parent is a plain resource of it."""
    found: list[Resource] = []
    for child in below[resource.urn]:
        found += _nested(child, below) if child.custom else [child]
    return found


def _urns(resource: Resource, below: dict[str, list[Resource]]) -> Iterator[str]:
    yield resource.urn
    for child in below[resource.urn]:
        yield from _urns(child, below)


def _shared_prefix(names: list[str]) -> str:
    """What all names begin with, up to a hyphen; empty when that would leave nothing of one."""
    first, last = min(names, default=""), max(names, default="")
    shared = 0
    while first != last and first[shared : shared + 1] == last[shared : shared + 1]:
        shared += 1
    return first[: first.rfind("-", 0, shared) + 1]
