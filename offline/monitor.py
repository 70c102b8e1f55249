"""The engine's side of a preview: Pulumi's ResourceMonitor and Engine services as one object.

Its methods take `(request, context=None)`, so it serves a program in its own process and, behind
`offline.server`, one in another. Semantics are those of a first `pulumi preview`: a custom resource has
no id yet and knows no more than its inputs. With a provisioner they are those of an update.
"""

# ruff: noqa: N802, ARG002 - names and parameters of the methods are those of the protocol

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import callback_pb2, engine_pb2, provider_pb2, resource_pb2

from offline.engine_errors import EngineError, NeedsStackError
from offline.graph import Diagnostic, Graph, Resource, Severity
from offline.invokes import Invokes
from offline.providers import Providers, split_reference
from offline.provisioner import Provisioner
from offline.registrar import Registrar
from offline.stack_info import StackInfo
from offline.transforms import Callbacks, transformed, transformed_invoke
from offline.urns import (
    STACK_REFERENCE_TYPE,
    STACK_TYPE,
)
from offline.values import (
    UNKNOWN,
    contains_secret,
    contains_unknown,
    downgrade,
    from_struct,
    reveal,
    secret,
    to_struct,
)

# INVOKE_DEPENDS_ON is left out: the SDK then holds back an invoke whose inputs' resources do not exist yet.
FEATURES = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_TRANSFORMS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_TRANSFORMS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_PARAMETERIZATION,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ERROR_HOOKS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_STATE_MIGRATIONS,
)
_LEGACY_FEATURES = frozenset(
    {
        "secrets",
        "resourceReferences",
        "outputValues",
        "aliasSpecs",
        "deletedWith",
        "replaceWith",
        "transforms",
        "invokeTransforms",
        "parameterization",
        "resourceHooks",
        "errorHooks",
    }
)
_SEVERITIES: dict[int, Severity] = {
    engine_pb2.INFO: "info",
    engine_pb2.WARNING: "warning",
    engine_pb2.ERROR: "error",
}


Context: TypeAlias = grpc.ServicerContext | None


class OfflineMonitor:
    """Answers one program and records what it registers in `graph`.

    Args:
        observe: called with each resource once its inputs are final, in the order of registration.
        provisioner: makes the resources; without one this is a preview.
    """

    def __init__(
        self,
        info: StackInfo,
        observe: Callable[[Resource], None] | None = None,
        provisioner: Provisioner | None = None,
    ) -> None:
        self.info = info
        self.graph = Graph(info.stack, info.project)
        self.needs: str | None = None
        self._observe = observe or (lambda _: None)
        self._provisioner = provisioner
        self._lock = threading.RLock()
        self._providers = Providers(self.graph, info.config, info.secret_keys)
        self._invokes = Invokes(self._providers, info.config, info.answers, self._assume)
        self._registrar = Registrar(info, self.graph, self._providers)
        self._callbacks = Callbacks()
        self._transforms: dict[str, list[callback_pb2.Callback]] = {}
        self._stack_transforms: list[callback_pb2.Callback] = []
        self._invoke_transforms: list[callback_pb2.Callback] = []
        self._hooks: dict[str, resource_pb2.RegisterResourceHookRequest] = {}

    def close(self) -> None:
        """Close the connections to the program's callbacks."""
        self._callbacks.close()

    def diagnose(self, severity: Severity, message: str, urn: str = "") -> None:
        """Add a diagnostic, once."""
        diagnostic = Diagnostic(severity, message, urn)
        with self._lock:
            if diagnostic not in self.graph.diagnostics:
                self.graph.diagnostics.append(diagnostic)

    def _assume(self, what: str) -> None:
        with self._lock:
            if what not in self.graph.assumptions:
                self.graph.assumptions.append(what)

    # What the engine is

    def GetDeploymentInfo(
        self, request: empty_pb2.Empty, context: Context = None
    ) -> resource_pb2.DeploymentInfo:
        return resource_pb2.DeploymentInfo(
            project=self.info.project,
            stack=self.info.stack,
            organization=self.info.organization,
            config=dict(self.info.config),
            configSecretKeys=sorted(self.info.secret_keys),
            dryRun=self._provisioner is None,
            supportedFeatures=FEATURES,
        )

    def SupportsFeature(
        self, request: resource_pb2.SupportsFeatureRequest, context: Context = None
    ) -> resource_pb2.SupportsFeatureResponse:
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in _LEGACY_FEATURES)

    def RequirePulumiVersion(
        self, request: engine_pb2.RequirePulumiVersionRequest, context: Context = None
    ) -> engine_pb2.RequirePulumiVersionResponse:
        self._assume(f"a Pulumi CLI of version {request.pulumi_version_range}: there is none offline")
        return engine_pb2.RequirePulumiVersionResponse()

    def GetRootResource(
        self, request: engine_pb2.GetRootResourceRequest, context: Context = None
    ) -> engine_pb2.GetRootResourceResponse:
        root = next((urn for urn, r in self.graph.resources.items() if r.type == STACK_TYPE), "")
        return engine_pb2.GetRootResourceResponse(urn=root)

    def SetRootResource(
        self, request: engine_pb2.SetRootResourceRequest, context: Context = None
    ) -> engine_pb2.SetRootResourceResponse:
        return engine_pb2.SetRootResourceResponse()

    def StartDebugging(
        self, request: engine_pb2.StartDebuggingRequest, context: Context = None
    ) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def SignalAndWaitForShutdown(self, request: empty_pb2.Empty, context: Context = None) -> empty_pb2.Empty:
        self.close()  # before the program stops serving callbacks, of which gRPC would complain
        return empty_pb2.Empty()

    def Log(self, request: engine_pb2.LogRequest, context: Context = None) -> empty_pb2.Empty:
        severity = _SEVERITIES.get(request.severity)
        if severity is not None and not request.ephemeral:
            self.diagnose(severity, request.message, request.urn)
        return empty_pb2.Empty()

    # Registration

    def RegisterPackage(
        self, request: resource_pb2.RegisterPackageRequest, context: Context = None
    ) -> resource_pb2.RegisterPackageResponse:
        name, version = request.name, request.version
        if request.HasField("parameterization"):
            name, version = request.parameterization.name, request.parameterization.version
        return resource_pb2.RegisterPackageResponse(ref=self._providers.register_package(name, version))

    def RegisterStackTransform(
        self, request: callback_pb2.Callback, context: Context = None
    ) -> empty_pb2.Empty:
        self._stack_transforms.append(request)
        return empty_pb2.Empty()

    def RegisterStackInvokeTransform(
        self, request: callback_pb2.Callback, context: Context = None
    ) -> empty_pb2.Empty:
        self._invoke_transforms.append(request)
        return empty_pb2.Empty()

    def RegisterResourceHook(
        self, request: resource_pb2.RegisterResourceHookRequest, context: Context = None
    ) -> empty_pb2.Empty:
        self._hooks[request.name] = request
        return empty_pb2.Empty()

    def RegisterErrorHook(
        self, request: resource_pb2.RegisterErrorHookRequest, context: Context = None
    ) -> empty_pb2.Empty:
        return empty_pb2.Empty()  # nothing is created offline, so nothing fails to be

    def RegisterResource(
        self, request: resource_pb2.RegisterResourceRequest, context: Context = None
    ) -> resource_pb2.RegisterResourceResponse:
        request = transformed(request, self._transforms_for(request), self._callbacks)
        with self._lock:
            resource = self._registrar.registered(request)
            self._transforms[resource.urn] = list(request.transforms)
            self._add(resource)
        self._run_hooks(resource, request, request.hooks.before_create)
        self._observe(resource)
        known = {} if request.remote else self._echo(resource)
        if self._provisioner is not None and (resource.custom or resource.remote):
            known = self._provision(self._provisioner, resource)
        self._run_hooks(resource, request, request.hooks.after_create)
        return resource_pb2.RegisterResourceResponse(
            urn=resource.urn,
            id=resource.id if self._provisioner else resource.import_id,
            object=to_struct(known),
        )

    def _provision(self, provisioner: Provisioner, resource: Resource) -> dict[str, Any]:
        """Make a resource and return what is known of it then."""
        provider = self.graph.resources.get(split_reference(resource.provider)[0])
        made = provisioner.provision(resource, provider.inputs if provider else {})
        resource.id, resource.outputs = made.id, dict(made.outputs)
        known = {} if resource.remote else self._echo(resource)
        return {**known, **self._hidden(resource, made.outputs)}

    def _transforms_for(
        self, request: resource_pb2.RegisterResourceRequest
    ) -> Iterable[callback_pb2.Callback]:
        yield from request.transforms
        parent = request.parent
        while parent in self.graph.resources:
            yield from self._transforms.get(parent, ())
            parent = self.graph.resources[parent].parent
        yield from self._stack_transforms

    def _add(self, resource: Resource) -> None:
        known = self.graph.resources.get(resource.urn)
        if known is not None:
            where = " and ".join(filter(None, (known.source, resource.source)))
            raise EngineError(
                f"Duplicate resource URN '{resource.urn}'; try giving it a unique name"
                + (f" (registered at {where})" if where else "")
            )
        self.graph.resources[resource.urn] = resource

    def _echo(self, resource: Resource) -> dict[str, Any]:
        """What is known of a resource that does not exist: its inputs."""
        return self._hidden(resource, resource.inputs)

    def _hidden(self, resource: Resource, properties: Mapping[str, Any]) -> dict[str, Any]:
        hidden = set(resource.additional_secret_outputs)
        return {name: secret(value) if name in hidden else value for name, value in properties.items()}

    def _run_hooks(
        self, resource: Resource, request: resource_pb2.RegisterResourceRequest, names: Iterable[str]
    ) -> None:
        for name in names:
            hook = self._hooks.get(name)
            if hook is None or (self._provisioner is None and not hook.on_dry_run):
                continue
            question = resource_pb2.ResourceHookRequest(
                urn=resource.urn,
                id=resource.id if self._provisioner else "",
                name=resource.name,
                type=resource.type,
                new_inputs=request.object,
            )
            reply = self._callbacks.call(hook.callback, question, resource_pb2.ResourceHookResponse)
            if reply.error and not hook.ignore_errors:
                raise EngineError(f"hook {name!r} of {resource.urn} failed: {reply.error}")
            if reply.error:
                self.diagnose("warning", f"hook {name!r} failed: {reply.error}", resource.urn)

    def RegisterResourceOutputs(
        self, request: resource_pb2.RegisterResourceOutputsRequest, context: Context = None
    ) -> empty_pb2.Empty:
        with self._lock:
            resource = self.graph.resources.get(request.urn)
            if resource is None:
                raise EngineError(f"outputs were given for {request.urn!r}, which was never registered")
            resource.outputs = downgrade(from_struct(request.outputs))
        return empty_pb2.Empty()

    # Reading what exists

    def ReadResource(
        self, request: resource_pb2.ReadResourceRequest, context: Context = None
    ) -> resource_pb2.ReadResourceResponse:
        outputs = None
        if request.type == STACK_REFERENCE_TYPE:
            outputs = self._stack_outputs(request.id)
        with self._lock:
            resource = self._registrar.read(request, outputs)
            self._add(resource)
        self._observe(resource)
        known_id = "" if request.id == UNKNOWN else request.id
        return resource_pb2.ReadResourceResponse(
            urn=resource.urn, properties=to_struct(resource.outputs), id=known_id
        )

    def _stack_outputs(self, reference: str) -> dict[str, Any]:
        """Return the properties of a StackReference; without `outputs` they are all unknown."""
        name = self._sibling(reference)
        if reference in self.info.answers.stacks:
            outputs: dict[str, Any] | None = self.info.answers.stacks[reference]
        elif name in self.info.known_stacks:
            outputs = self.info.known_stacks[name].outputs
        elif name in self.info.sibling_stacks:
            self.needs = name
            raise NeedsStackError(name)
        else:
            outputs = None
        if outputs is None:
            self._assume(f"nothing of stack {reference!r}: its outputs are unknown")
            return {"name": reference}
        if contains_unknown(outputs):
            self._assume(f"nothing of stack {reference!r}: one unknown output makes all of them unknown")
        secrets = sorted(key for key, value in outputs.items() if contains_secret(value))
        return {
            "name": reference,
            "outputs": {key: secret(reveal(v)) if key in secrets else v for key, v in outputs.items()},
            "secretOutputNames": secrets,
        }

    def _sibling(self, reference: str) -> str:
        """Return the stack of this project that a reference means, or an empty name."""
        *owner, stack = reference.split("/")
        return stack if not owner or owner[-1] == self.info.project else ""

    def ExistsResource(
        self, request: resource_pb2.ExistsResourceRequest, context: Context = None
    ) -> resource_pb2.ExistsResourceResponse:
        self._assume(f"nothing of {request.type} {request.id!r}: whether it exists is unknown")
        return resource_pb2.ExistsResourceResponse(unknown=True)

    def Invoke(
        self, request: resource_pb2.ResourceInvokeRequest, context: Context = None
    ) -> resource_pb2.ResourceInvokeResponse:
        request = transformed_invoke(request, self._invoke_transforms, self._callbacks)
        args = reveal(downgrade(from_struct(request.args)))
        if request.tok == "pulumi:pulumi:getResource":
            return self._get_resource(str(args.get("urn", "")))
        result = None
        if not contains_unknown(args):
            with self._lock:
                provider = request.provider or self._providers.resolve(
                    request.tok, "", request.parent, request.version, request.packageRef
                )
                given = self._provisioner.invoke(request.tok, args) if self._provisioner else None
                result = dict(given) if given else self._invokes.answer(request.tok, args, provider)
        if result is None and self._provisioner is not None:
            raise EngineError(f"{request.tok} cannot be answered offline, with the arguments {sorted(args)}")
        if result is None:
            with self._lock:
                self.graph.unanswered[request.tok] = self.graph.unanswered.get(request.tok, 0) + 1
            return resource_pb2.ResourceInvokeResponse(unknown=True)
        fields: dict[str, Any] = {"return": to_struct(result)}
        return resource_pb2.ResourceInvokeResponse(**fields)

    def _get_resource(self, urn: str) -> resource_pb2.ResourceInvokeResponse:
        resource = self.graph.resources.get(urn)
        if resource is None:
            raise EngineError(f"unknown resource {urn!r}")
        state = {**self._echo(resource), **resource.outputs}
        fields: dict[str, Any] = {
            "return": to_struct({"urn": urn, "id": resource.id or UNKNOWN, "state": state})
        }
        return resource_pb2.ResourceInvokeResponse(**fields)

    def Call(
        self, request: resource_pb2.ResourceCallRequest, context: Context = None
    ) -> provider_pb2.CallResponse:
        with self._lock:
            self.graph.unanswered[request.tok] = self.graph.unanswered.get(request.tok, 0) + 1
        fields: dict[str, Any] = {"return": to_struct({"result": UNKNOWN})}
        return provider_pb2.CallResponse(**fields)
