"""What makes a run of a program more than a preview: somebody who really makes the resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from offline.graph import Resource


@dataclass(frozen=True)
class Provisioned:
    """A resource that exists. `outputs` are wire values; a remote component has no `id`."""

    id: str
    outputs: Mapping[str, Any] = field(default_factory=dict)


class Provisioner(Protocol):
    """Makes what a program registers. Called from several threads at once.

    `settings` are the inputs of the resource's provider.
    """

    def provision(self, resource: Resource, settings: Mapping[str, Any]) -> Provisioned:
        """Make a custom resource, a provider or a remote component. Raises EngineError."""

    def invoke(self, token: str, args: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The result of a provider's function, or None for the engine's own answer."""
