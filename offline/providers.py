"""Which provider serves a resource: its own, its parents', or the package's default one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from offline.config import DISABLE_KEY, disabled_packages
from offline.engine_errors import EngineError
from offline.graph import Graph, Resource
from offline.urns import PROVIDER_PREFIX, make, package_of
from offline.values import UNKNOWN, Value, secret


def split_reference(reference: str) -> tuple[str, str]:
    """Split `<urn>::<id>` of a provider reference."""
    urn, _, identifier = reference.rpartition("::")
    return urn, identifier


class Providers:
    """The providers of one stack.

    Args:
        config: the stack's configuration; `<package>:*` becomes the inputs of a default provider.
        secret_keys: the keys among them that are secret.
    """

    def __init__(self, graph: Graph, config: Mapping[str, str], secret_keys: frozenset[str]) -> None:
        self._graph = graph
        self._config = config
        self._secret_keys = secret_keys
        self._packages: dict[str, tuple[str, str]] = {}
        self._disabled = disabled_packages(config)

    def register_package(self, name: str, version: str) -> str:
        """Return the reference under which resources will name a parameterized package."""
        reference = f"{name}@{version}"
        self._packages[reference] = (name, version)
        return reference

    def resolve(self, type_: str, given: str, parent: str, version: str, package_ref: str) -> str:
        """Return the reference of the provider that serves a resource of this type.

        Raises:
            EngineError: the provider is not in the stack, or a default provider would be needed where
                `pulumi:disable-default-providers` forbids it.
        """
        package = package_of(type_)
        if package_ref in self._packages:
            package, version = self._packages[package_ref]
        reference = given or self._inherited(package, parent)
        if not reference:
            return self._default(package, version, type_)
        urn, _ = split_reference(reference)
        if urn not in self._graph.resources:
            raise EngineError(f"{type_} names the provider {urn!r}, which this stack does not have")
        return reference

    def _inherited(self, package: str, parent: str) -> str:
        while parent in self._graph.resources:
            resource = self._graph.resources[parent]
            if package in resource.providers:
                return resource.providers[package]
            parent = resource.parent
        return ""

    def _default(self, package: str, version: str, type_: str) -> str:
        if package != "pulumi" and not self._disabled.isdisjoint({"*", package}):
            raise EngineError(
                f"Default provider for '{package}' disabled. '{type_}' must use an explicit provider: pass "
                f"one with ResourceOptions(provider=...), or take {package!r} out of {DISABLE_KEY}"
            )
        name = f"default_{version.replace('.', '_')}" if version else "default"
        type_ = PROVIDER_PREFIX + package
        urn = make(self._graph.stack, self._graph.project, "", type_, name)
        if urn not in self._graph.resources:
            inputs = self._package_config(package)
            if version:
                inputs["version"] = version
            self._graph.resources[urn] = Resource(
                urn=urn, type=type_, name=name, custom=True, inputs=inputs, version=version
            )
        return f"{urn}::{UNKNOWN}"

    def _package_config(self, package: str) -> dict[str, Any]:
        prefix = f"{package}:"
        return {
            key.removeprefix(prefix): secret(value) if key in self._secret_keys else value
            for key, value in self._config.items()
            if key.startswith(prefix) and package != "pulumi"
        }

    def setting(self, reference: str, name: str) -> Value:
        """Return an input of a provider, or None when it is absent or unknown."""
        urn, _ = split_reference(reference)
        resource = self._graph.resources.get(urn)
        value = resource.inputs.get(name) if resource else None
        return None if value == UNKNOWN else value
