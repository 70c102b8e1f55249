"""Turns a program's requests into the resources that the engine records."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from pulumi.runtime.proto import alias_pb2, resource_pb2, source_pb2

from offline.assets import AssetHasher
from offline.graph import Graph, Resource
from offline.providers import Providers
from offline.stack_info import StackInfo
from offline.urns import PROVIDER_PREFIX, STACK_TYPE, AliasSpec, Urn, make, resolve_aliases
from offline.values import downgrade, from_struct


class Registrar:
    """Does the engine's own part of a registration: name, provider, aliases, inheritance, assets."""

    def __init__(self, info: StackInfo, graph: Graph, providers: Providers) -> None:
        self._info = info
        self._graph = graph
        self._providers = providers
        self._assets = AssetHasher(info.program_directory)

    def registered(self, request: resource_pb2.RegisterResourceRequest) -> Resource:
        """Return the resource that a registration makes, after all transforms.

        Raises:
            EngineError: it has no provider, or an asset is missing.
        """
        urn = make(self._info.stack, self._info.project, request.parent, request.type, request.name)
        parent = self._graph.resources.get(request.parent)
        inherits = parent is not None and parent.type != STACK_TYPE
        provider = ""
        if (request.custom or request.remote) and not request.type.startswith(PROVIDER_PREFIX):
            provider = self._providers.resolve(
                request.type, request.provider, request.parent, request.version, request.packageRef
            )
        specs = [*map(_alias, request.aliases), *(AliasSpec(urn=alias) for alias in request.aliasURNs)]
        return Resource(
            urn=urn,
            type=request.type,
            name=request.name,
            custom=request.custom,
            parent=request.parent,
            provider=provider,
            providers=dict(sorted(request.providers.items())),
            inputs=self._inputs(request, urn),
            dependencies=sorted(set(request.dependencies)),
            property_dependencies={
                name: sorted(set(dependencies.urns))
                for name, dependencies in sorted(request.propertyDependencies.items())
            },
            aliases=resolve_aliases(Urn.parse(urn), request.parent, specs, parent.aliases if parent else ()),
            alias_specs=specs,
            protect=request.protect
            if request.HasField("protect")
            else bool(inherits and parent and parent.protect),
            retain_on_delete=request.retainOnDelete
            if request.HasField("retainOnDelete")
            else bool(inherits and parent and parent.retain_on_delete),
            deleted_with=request.deletedWith or (parent.deleted_with if inherits and parent else ""),
            replace_with=sorted(request.replace_with),
            ignore_changes=list(request.ignoreChanges),
            replace_on_changes=list(request.replaceOnChanges),
            additional_secret_outputs=sorted(request.additionalSecretOutputs),
            custom_timeouts=_timeouts(request),
            delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
            remote=request.remote,
            import_id=request.importId,
            id=request.importId,
            version=request.version,
            source=self._source(request.sourcePosition),
        )

    def read(
        self, request: resource_pb2.ReadResourceRequest, outputs: dict[str, Any] | None = None
    ) -> Resource:
        """Return the resource that a read makes; without `outputs` it has what the program gave."""
        properties = downgrade(from_struct(request.properties))
        return Resource(
            urn=make(self._info.stack, self._info.project, request.parent, request.type, request.name),
            type=request.type,
            name=request.name,
            custom=True,
            external=True,
            parent=request.parent,
            provider=self._providers.resolve(
                request.type, request.provider, request.parent, request.version, request.packageRef
            ),
            id=request.id,
            inputs=properties,
            outputs=dict(properties) if outputs is None else outputs,
            dependencies=sorted(set(request.dependencies)),
            additional_secret_outputs=sorted(request.additionalSecretOutputs),
            version=request.version,
            source=self._source(request.sourcePosition),
        )

    def _inputs(self, request: resource_pb2.RegisterResourceRequest, urn: str) -> dict[str, Any]:
        inputs = downgrade(from_struct(request.object))
        return {
            name: self._assets.with_hashes(value, f"{urn}, property {name!r}")
            for name, value in inputs.items()
        }

    def _source(self, position: source_pb2.SourcePosition) -> str:
        """Return the place in the program, relative to the project; nothing for what lies outside."""
        path = Path(unquote(urlparse(position.uri).path))
        if not position.uri or not path.is_relative_to(self._info.root):
            return ""
        return f"project:///{path.relative_to(self._info.root).as_posix()}#{position.line}"


def _alias(alias: alias_pb2.Alias) -> AliasSpec:
    if alias.HasField("urn"):
        return AliasSpec(urn=alias.urn)
    spec = alias.spec
    return AliasSpec(
        name=spec.name,
        type=spec.type,
        stack=spec.stack,
        project=spec.project,
        parent=spec.parentUrn,
        no_parent=spec.noParent,
    )


def _timeouts(request: resource_pb2.RegisterResourceRequest) -> dict[str, str]:
    given = request.customTimeouts
    named = {"create": given.create, "update": given.update, "delete": given.delete, "read": given.read}
    return {name: value for name, value in named.items() if value}
