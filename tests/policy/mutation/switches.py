"""Every boolean of every resource is flipped, whatever its name; and what opens is set where absent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from tests.policy import sdk

from .leaves import leaves, pattern, put
from .mutants import ANY, Mutant
from .world import Change, Node, World

OPENING: Final[Mapping[str, tuple[object, str]]] = {
    "forceDestroy": (True, "protection"),
    "forceDelete": (True, "protection"),
    "skipFinalSnapshot": (True, "protection"),
    "publiclyAccessible": (True, "exposure"),
    "mapPublicIpOnLaunch": (True, "exposure"),
    "associatePublicIpAddress": (True, "exposure"),
    "bypassPolicyLockoutSafetyCheck": (True, "encryption"),
    "acl": ("public-read", "exposure"),
    "allowOverwrite": (True, "hardening"),
    "enableExecuteCommand": (True, "hardening"),
    "autoAcceptSharedAttachments": ("enable", "exposure"),
    "managedPolicyArns": (["arn:aws:iam::aws:policy/AdministratorAccess"], "iam"),
    "publicReadAccess": (True, "exposure"),
}
"""Inputs that the program leaves out, what would open the resource, and who must see it."""


def flipped(_world: World, node: Node) -> Iterator[Mutant]:
    """Each boolean becomes the other one. Which of the two is the weak one, `neutral.py` says."""
    for way, value in leaves(node.inputs):
        if isinstance(value, bool):
            change = Change(put(node.inputs, way, not value))
            yield Mutant(f"switched {'off' if value else 'on'}", ANY, pattern(way), change)


def opened(_world: World, node: Node) -> Iterator[Mutant]:
    """Each switch of the table that the type has and the program leaves out."""
    if not node.type.startswith("aws:"):
        return
    for name in OPENING.keys() & sdk.input_names(node.type) - node.inputs.keys():
        value, group = OPENING[name]
        yield Mutant("opened", group, name, Change({**node.inputs, name: value}))
