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
    keys, modes, flipped, opened, weakened, addresses, documents, guards, sources, from_a_role, network,
    firewall, regions, tags, dead, secrets,
)
GROUP_OF: Final = {
    rule.name: group.__name__.rpartition(".")[2] for group in pack.GROUPS for rule in group.RULES
}
"""Rule -> the package of the pack that it is in."""


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
    survivors: Counter[tuple[str, Survivor]] = field(default_factory=Counter)
    """(stack, survivor) -> how many."""
    touched: set[str] = field(default_factory=set)
    """Types of which something but tags and Region was weakened."""
    kinds: Counter[str] = field(default_factory=Counter)
    """Mutator -> mutants."""

    def add(self, other: Score) -> None:
        """Count another score in."""
        self.caught.update(other.caught)
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
        score.kinds[mutator.__name__] += 1
        if mutator not in (regions, tags):
            score.touched.add(node.type)
        seen = self.seen(node, mutant)
        blocking = {rule for rule, urn in seen if not self._world.is_waived(rule, urn)}
        groups = {GROUP_OF[rule] for rule in blocking}
        if mutant.group in groups or (mutant.group == ANY and groups):
            score.caught[mutant.group or sorted(groups)[0]] += 1
            return
        why = ""
        if {GROUP_OF[rule] for rule, _ in seen} & ({mutant.group} if mutant.group else set(GROUP_OF.values())):
            why = "waived"
        elif groups:
            why = f"seen by {'/'.join(sorted(groups))}"
        token = mutant.change.new[0] if mutant.change.new else node.type
        score.survivors[self._world.stack, Survivor(mutant.group, token, mutant.place, mutant.kind, why)] += 1

    def seen(self, node: Node, mutant: Mutant) -> set[tuple[str, str]]:
        """The rules that see a mutant, each with the URN that it names."""
        change, world = mutant.change, self._world
        if change.new:
            token, inputs = change.new
            added = Node(urn=f"{node.urn}-new", type=token, name="new", custom=True)
            found = world.failing_resource(added, inputs, {}, RESOURCE_RULES)
            return {(rule, added.urn) for rule, _ in found}
        seen: set[tuple[str, str]] = set()
        if not change.gone:
            inputs = node.inputs if change.inputs is None else change.inputs
            provider = world.provider_of(node) if change.provider is None else change.provider
            now = world.failing_resource(node, inputs, provider, RESOURCE_RULES)
            before = world.failing_now(node)
            seen |= {(rule, node.urn) for rule, _ in now - before}
        if seen or not self._can_relate(node, mutant):
            return seen
        blamed: Collection[str] = mutant.blamed or (node.urn,)
        resources = world.changed(node, change)
        for rule in STACK_RULES:
            for name, urn, _path in world.failing_stack(resources, rule) - self._before[rule.name]:
                if urn in blamed:
                    seen.add((name, urn))
        return seen

    def _can_relate(self, node: Node, mutant: Mutant) -> bool:
        """Whether a stack rule could see it: it is about relations, or about a type that such rules judge."""
        related = bool(mutant.change.sources or mutant.change.gone or mutant.blamed)
        return related or any(node.type in rule.types for rule in STACK_RULES)
