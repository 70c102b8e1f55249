"""The rename guard: compares what a program registers with the list of what its stack has.

The list stands for the live stack as it is once its last change has been deployed. What is in it and not in
the program, nor covered by an alias, is what `pulumi up` would delete.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from offline.graph import Graph
from offline.urns import Urn
from offline.urns_engine import Conflict, match, match_any
from offline.urns_list import Entry, UrnList, entries_of, listable, matches, provider_of, provider_urn
from offline.urns_successors import Successor, successors


@dataclass(frozen=True)
class Gone:
    """A URN that the program no longer has. `read` says that the program now reads what it managed."""

    entry: Entry
    successor: Successor | None = None
    read: bool = False
    accepted: bool = False


@dataclass(frozen=True)
class Moved:
    """A resource that another provider serves than before, which may delete it and create it anew."""

    entry: Entry
    urn: str
    provider: str
    accepted: bool = False


@dataclass(frozen=True)
class Comparison:
    """What became of a list. `wanted` is the list as it should be when all that is gone is meant to be.

    `new` are URNs that the list does not have, `renamed` those that an alias has renamed, by the former one,
    and `changed` those whose provider or protection the list has otherwise.
    """

    wanted: UrnList
    listed: bool = True
    gone: Sequence[Gone] = ()
    moved: Sequence[Moved] = ()
    conflicts: Sequence[Conflict] = ()
    new: Sequence[str] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    changed: Sequence[str] = ()
    ignored: int = 0

    @property
    def losses(self) -> list[Gone | Moved]:
        """What would be deleted or replaced, accepted or not."""
        return [*self.gone, *self.moved]

    @property
    def refused(self) -> bool:
        """Whether something would be deleted, or replaced, that nobody has accepted."""
        return bool(self.conflicts) or any(not found.accepted for found in self.losses)


def compare(
    graph: Graph,
    listed: UrnList | None,
    ignored: Collection[str] = (),
    accepts: Callable[[str], bool] = lambda _urn: False,
) -> Comparison:
    """Compare a preview with the list of its stack.

    Args:
        listed: None when the stack has no list yet; then everything is new.
        ignored: globs of URNs that belong into no list.
        accepts: whether the deletion of a URN is accepted.
    """
    now = {entry.urn: entry for entry in entries_of(graph, ignored)}
    left_out = sum(map(listable, graph.resources.values())) - len(now)
    if listed is None:
        wanted = UrnList.of(graph.stack, graph.project, now.values())
        return Comparison(wanted, listed=False, new=sorted(now), ignored=left_out)
    current, former = (
        {urn: entry for urn, entry in part.items() if not matches(urn, ignored)}
        for part in (listed.current, listed.former)
    )
    matching = match(graph, current)
    taken = {**match_any(graph, former), **matching.taken}
    renamed = {old: new for old, new in taken.items() if old != new}
    kept = [
        Entry(old, protected=entry.protected, now=Urn.parse(renamed[old]).local)
        for old, entry in {**current, **former}.items()
        if old in renamed and old not in now
    ]
    gone = [
        replace(found, accepted=accepts(found.entry.urn))
        for part in (current, former)
        for found in _gone(graph, part, taken)
    ]
    moved = [
        replace(found, accepted=accepts(found.entry.urn)) for found in _moved(graph, current, matching.taken)
    ]
    return Comparison(
        wanted=UrnList.of(graph.stack, graph.project, [*now.values(), *kept]),
        gone=gone,
        moved=moved,
        conflicts=matching.conflicts,
        new=sorted(set(now) - set(current) - set(renamed.values())),
        renamed={old: new for old, new in sorted(renamed.items()) if old in current},
        changed=sorted(urn for urn, entry in current.items() if urn in now and now[urn] != entry),
        ignored=left_out,
    )


def _gone(graph: Graph, olds: Mapping[str, Entry], taken: Mapping[str, str]) -> list[Gone]:
    entries = {urn: entry for urn, entry in olds.items() if urn not in taken}
    covering = {urn: found for found in successors(graph, olds, entries) for urn in found.covers}
    return [
        Gone(entry, covering.get(urn), read=urn in graph.resources) for urn, entry in sorted(entries.items())
    ]


def _moved(graph: Graph, olds: Mapping[str, Entry], taken: Mapping[str, str]) -> list[Moved]:
    found = []
    for old, new in sorted(taken.items()):
        before, after = olds[old].provider, provider_of(graph.resources[new])
        if before == after:
            continue
        if before and after and taken.get(provider_urn(before, graph)) == provider_urn(after, graph):
            continue  # the provider has an alias: it is the same one
        found.append(Moved(olds[old], new, after))
    return found
