"""The SDK's server of a pack, which does not do the same work for each policy.

The SDK asks every policy about every resource, and reads a resource's relations anew for each of them. Here a
resource is shown to the policies that concern its type, and the relations of a stack are read once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import Policy, ResourceValidationPolicy

from .remember import remembering

READS = ("_get_resource_options", "_get_provider_resource")
"""Methods of the SDK's server that read a request, and nothing else."""

_ASKED = ("Analyze", "AnalyzeStack", "Configure", "ConfigureStack")


class TypedPolicy(ResourceValidationPolicy):
    """A policy that knows which types of resources it judges."""

    def __init__(self, concerns: Callable[[str], bool], **arguments: Any) -> None:  # noqa: ANN401 - what the SDK takes
        super().__init__(**arguments)
        self.concerns = concerns


def can_narrow(server: type[Any] | None) -> bool:
    """Whether the class is the SDK's server as it is known here."""
    return all(callable(getattr(server, name, None)) for name in (*READS, *_ASKED))


def narrowing(server: type[Any]) -> type[Any]:
    """The SDK's server, of one that is narrowed to the policies that concern it for each type of resource."""
    reading = _reading(server)

    class Server(reading):  # type: ignore[misc,valid-type]  # the SDK's class is found by name
        def __init__(self, name: str, version: str, policies: Sequence[Policy], *more: object) -> None:
            super().__init__(name, version, policies, *more)
            self._made_with = name, version, policies, more
            self._configured: dict[str, object] = {}
            self._narrow: dict[str, Any] = {}

        def Configure(self, request: object, context: object) -> object:  # noqa: N802 - the protocol's name
            return self._configure("Configure", request, context)

        def ConfigureStack(self, request: object, context: object) -> object:  # noqa: N802 - the protocol's name
            return self._configure("ConfigureStack", request, context)

        def Analyze(self, request: analyzer_pb2.AnalyzeRequest, context: object) -> object:  # noqa: N802 - the protocol's name
            narrow = self._narrow.get(request.type)
            if narrow is None:
                narrow = self._narrow[request.type] = self._narrowed(request.type, context)
            return narrow.Analyze(request, context)

        def _configure(self, name: str, request: object, context: object) -> object:
            self._configured[name] = request
            self._narrow = {}
            return getattr(super(), name)(request, context)

        def _narrowed(self, token: str, context: object) -> Any:  # noqa: ANN401 - the SDK's class is found by name
            name, version, policies, more = self._made_with
            concerned = [
                policy for policy in policies if not isinstance(policy, TypedPolicy) or policy.concerns(token)
            ]
            narrow = reading(name, version, concerned or policies, *more)
            for method, request in self._configured.items():
                getattr(narrow, method)(request, context)
            return narrow

    return Server


def _reading(server: type[Any]) -> type[Any]:
    """The SDK's server, which reads each request from the wire once."""

    class Reading(server):  # type: ignore[misc]  # the SDK's class is found by name
        def AnalyzeStack(self, request: analyzer_pb2.AnalyzeStackRequest, context: object) -> object:  # noqa: N802 - the protocol's name
            read = SimpleNamespace(resources=[_StackResource(resource) for resource in request.resources])
            return super().AnalyzeStack(read, context)

    for name in READS:
        setattr(Reading, name, _remembering_method(getattr(server, name)))
    return Reading


def _remembering_method(method: Callable[[object, object], object]) -> Callable[[object, object], object]:
    """The method, with its results kept by the identity of the request it reads, whoever's method it is."""
    known = remembering(lambda request, server: method(server, request))
    return lambda server, request: known(request, server)


class _StackResource:
    """An `AnalyzerResource` message, whose fields are read when it is made."""

    def __init__(self, message: analyzer_pb2.AnalyzerResource) -> None:
        self.type, self.urn, self.name, self.parent = message.type, message.urn, message.name, message.parent
        self.properties, self.options, self.provider = message.properties, message.options, message.provider
        self.dependencies = list(message.dependencies)
        self.propertyDependencies = {  # the protocol's name
            name: SimpleNamespace(urns=list(found.urns))
            for name, found in message.propertyDependencies.items()
        }
        self.HasField = message.HasField  # the protocol's name
