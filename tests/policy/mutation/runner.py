"""Judges every mutant of a stack, and counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from guardrails import pack

from .documents import documents
from .firewall import firewall
from .keys import keys, modes
from .mutants import ANY, Mutant, Mutator
from .network import network
from .places import dead, regions, secrets, tags
from .relations import from_a_role, guards, sources
from .settings import addresses, weakened
from .switches import flipped, opened
from .world import RESOURCE_RULES, STACK_RULES, Node, World

MUTATORS: Final[tuple[Mutator, ...]] = (
    keys,
    modes,
    flipped,
    opened,
    weakened,
    addresses,
    documents,
    guards,
    sources,
    from_a_role,
    network,
    firewall,
    regions,
    tags,
    dead,
    secrets,
)
GROUP_OF: Final = {
    rule.name: group.__name__.rpartition(".")[2] for group in pack.GROUPS for rule in group.RULES
}
"""Rule -> the package of the pack that it is in."""


_NARROW: Final = {
    group: tuple(rule for rule in RESOURCE_RULES if GROUP_OF[rule.name] == group)
    for group in ("residency", "tags")
}
"""Groups that alone read what their mutators change; the mutants are many."""


@dataclass(frozen=True, order=True)
class Survivor:
    """A weakening that no mandatory rule saw, of one kind of place: the names differ, the fault does not."""

    group: str
    type: str
    place: str
    kind: str
    why: str = ""
    """`advisory` or `waived` when a rule saw it and the stack's configuration says that it need not block."""


@dataclass
class Score:
    """What one stack, or several, came to."""

    caught: Counter[str] = field(default_factory=Counter)
    """Group -> mutants that a mandatory rule of it saw."""
    seen: set[tuple[str, str, str, str]] = field(default_factory=set)
    """Group, type, place and kind of those: what is the same for many resources is there once."""
    survivors: Counter[tuple[str, Survivor]] = field(default_factory=Counter)
    """(stack, survivor) -> how many."""
    touched: set[str] = field(default_factory=set)
    """Types of which something but tags and Region was weakened."""
    kinds: Counter[str] = field(default_factory=Counter)
    """Mutator -> mutants."""

    def add(self, other: Score) -> None:
        """Count another score in."""
        self.caught.update(other.caught)
        self.seen |= other.seen
        self.survivors.update(other.survivors)
        self.touched |= other.touched
        self.kinds.update(other.kinds)


class Judge:
    """Judges the mutants of one stack."""

    def __init__(self, world: World) -> None:
        self._world = world
        resources = list(world.views.values())
        self._before = {rule.name: world.failing_stack(resources, rule) for rule in STACK_RULES}

    def run(self, score: Score) -> None:
        """Judge every mutant of every resource."""
        for node in self._world.nodes.values():
            for mutator in MUTATORS:
                for mutant in mutator(self._world, node):
                    self._one(node, mutator, mutant, score)

    def _one(self, node: Node, mutator: Mutator, mutant: Mutant, score: Score) -> None:
        now = self._failing(node, mutant)
        before = frozenset() if mutant.change.new else self._world.failing_now(node)
        if before and now & before and now <= before:
            return  # it fails at this place as it is, under a waiver: nothing was weakened
        seen = self.seen(node, mutant, now - before)
        score.kinds[mutator.__name__] += 1
        if mutator not in (regions, tags):
            score.touched.add(node.type)
        token = mutant.change.new[0] if mutant.change.new else node.type
        groups = {GROUP_OF[rule] for rule, urn in seen if not self._world.is_waived(rule, urn)}
        if mutant.group in groups or (mutant.group == ANY and groups):
            group = mutant.group or min(groups)
            score.caught[group] += 1
            score.seen.add((group, token, mutant.place, mutant.kind))
            return
        why = f"seen by {'/'.join(sorted(groups))}" if groups else "waived" if seen else ""
        score.survivors[self._world.stack, Survivor(mutant.group, token, mutant.place, mutant.kind, why)] += 1

    def seen(
        self, node: Node, mutant: Mutant, failing: Collection[tuple[str, str]] | None = None
    ) -> set[tuple[str, str]]:
        """The rules that see a mutant, each with the URN that it names.

        `failing`: what resource rules find newly wrong about it, when that is known already.
        """
        if failing is None:
            failing = self._failing(node, mutant) - self._world.failing_now(node)
        return {(rule, node.urn) for rule, _ in failing} or self._related(node, mutant)

    def _failing(self, node: Node, mutant: Mutant) -> set[tuple[str, str]]:
        """What the resource rules fail about a mutant."""
        change, world = mutant.change, self._world
        if change.new:
            token, inputs = change.new
            added = Node(urn=f"{node.urn}-new", type=token, name="new", custom=True)
            return world.failing_resource(added, inputs, {}, RESOURCE_RULES)
        if change.gone:
            return set()
        inputs = node.inputs if change.inputs is None else change.inputs
        provider = world.provider_of(node) if change.provider is None else change.provider
        return world.failing_resource(node, inputs, provider, _NARROW.get(mutant.group, RESOURCE_RULES))

    def _related(self, node: Node, mutant: Mutant) -> set[tuple[str, str]]:
        """The stack rules that see a mutant, each with the URN that it names."""
        rules = [] if mutant.change.new else self._world.touched(node, mutant.change)
        if not rules:
            return set()
        with self._world.changed(node, mutant.change) as resources:
            return {
                (name, urn)
                for rule in rules
                for name, urn, _ in self._world.failing_stack(resources, rule) - self._before[rule.name]
                if not mutant.blamed or urn in mutant.blamed
            }
