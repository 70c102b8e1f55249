"""Resource names (URNs), and the names that an alias stands for.

`urn:pulumi:<stack>::<project>::<parent type>$<type>::<name>`; the stack resource is left out of the
parent types.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

STACK_TYPE = "pulumi:pulumi:Stack"
STACK_REFERENCE_TYPE = "pulumi:pulumi:StackReference"
PROVIDER_PREFIX = "pulumi:providers:"


@dataclass(frozen=True)
class Urn:
    """The four parts of a URN."""

    stack: str
    project: str
    qualified_type: str
    name: str

    @classmethod
    def parse(cls, urn: str) -> Urn:
        """Split a URN. Raises ValueError for anything that is none."""
        prefix, _, rest = urn.partition("urn:pulumi:")
        parts = rest.split("::", 3)
        if prefix or len(parts) != 4:
            raise ValueError(f"{urn!r} is not a URN (urn:pulumi:<stack>::<project>::<type>::<name>)")
        return cls(*parts)

    @property
    def type(self) -> str:
        return self.qualified_type.rpartition("$")[2]

    @property
    def parent_type(self) -> str:
        """The qualified type of the parent; empty for the stack's own children."""
        return self.qualified_type.rpartition("$")[0]

    @property
    def local(self) -> str:
        """What tells it from the other resources of its stack: `<qualified type>::<name>`."""
        return f"{self.qualified_type}::{self.name}"

    def __str__(self) -> str:
        return f"urn:pulumi:{self.stack}::{self.project}::{self.qualified_type}::{self.name}"


def make(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """Return the URN of a resource; `parent` is a URN, or empty for none."""
    parent_type = Urn.parse(parent).qualified_type if parent else ""
    qualified = type_ if parent_type in ("", STACK_TYPE) else f"{parent_type}${type_}"
    return str(Urn(stack, project, qualified, name))


def package_of(type_: str) -> str:
    """Return the package that serves a type token or a provider type."""
    if type_.startswith(PROVIDER_PREFIX):
        return type_.removeprefix(PROVIDER_PREFIX)
    return type_.partition(":")[0]


@dataclass(frozen=True)
class AliasSpec:
    """An alias as the program gave it: a URN, or the parts that differ from the resource's own."""

    urn: str = ""
    name: str = ""
    type: str = ""
    stack: str = ""
    project: str = ""
    parent: str = ""
    no_parent: bool = False


def resolve_aliases(
    own: Urn,
    parent: str,
    specs: Sequence[AliasSpec],
    parent_aliases: Iterable[str],
) -> list[str]:
    """Return the URNs that a resource was known by, in the order given and without repeats.

    A child also has the names that follow from its parent's aliases; where its name begins with the
    parent's name, that part changes along.
    """
    found: dict[str, None] = {}
    for spec in specs:
        found[_resolve(own, parent, spec)] = None
    if parent:
        parent_name = Urn.parse(parent).name
        for parent_alias in parent_aliases:
            for spec in (AliasSpec(), *(s for s in specs if not (s.urn or s.parent or s.no_parent))):
                name = spec.name or own.name
                if name.startswith(parent_name):
                    name = Urn.parse(parent_alias).name + name[len(parent_name) :]
                follows = AliasSpec(
                    name=name, type=spec.type, stack=spec.stack, project=spec.project, parent=parent_alias
                )
                found[_resolve(own, parent, follows)] = None
    found.pop(str(own), None)
    return list(found)


def _resolve(own: Urn, parent: str, spec: AliasSpec) -> str:
    if spec.urn:
        return spec.urn
    alias_parent = "" if spec.no_parent else spec.parent or parent
    return make(
        spec.stack or own.stack,
        spec.project or own.project,
        alias_parent,
        spec.type or own.type,
        spec.name or own.name,
    )
