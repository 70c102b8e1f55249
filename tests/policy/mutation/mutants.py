"""A mutant: one weakening of one place of one stack, and which group of rules must see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from .world import Change, Node, World

ANY = ""


@dataclass(frozen=True)
class Mutant:
    """One weakening. Groups are named as the packages of the pack: `encryption`, `tls`."""

    kind: str
    group: str
    place: str
    """Where, without indexes and names: two resources of a type have the same."""
    change: Change
    blamed: tuple[str, ...] = ()
    """URNs of which one must be named; empty: the changed resource."""


Mutator = Callable[[World, Node], Iterator[Mutant]]
"""The weakenings of one resource."""


def mutants(world: World, node: Node, mutators: Sequence[Mutator]) -> Iterator[Mutant]:
    """Every weakening of a resource."""
    for mutator in mutators:
        yield from mutator(world, node)
