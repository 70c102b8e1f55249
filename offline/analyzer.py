"""Runs a CrossGuard policy pack over a graph, through Pulumi's Analyzer protocol.

A resource is analyzed as it is registered, with its inputs; the stack last, with outputs. A pack is
bound to a stack by its environment, so there is one process for each stack.
"""

from __future__ import annotations

import json
import queue
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from offline.errors import UsageError
from offline.graph import Graph, Resource
from offline.pack_process import PackProcess, version_of
from offline.policy_config import PackConfig
from offline.providers import split_reference
from offline.transforms import CHANNEL_OPTIONS
from offline.values import UNKNOWN, to_struct

Level = Literal["advisory", "mandatory", "disabled", "remediate"]
_START_SECONDS = 60
_CALL_SECONDS = 300
_IN_FLIGHT = 8
"""Calls a pack is given at once. The SDK answers four at a time; the others are on their way to it."""
_SEVERITIES = {1: "low", 2: "medium", 3: "high", 4: "critical"}
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, order=True)
class Violation:
    """One finding of a policy."""

    urn: str
    policy: str
    message: str
    level: str
    description: str = ""
    severity: str = ""
    remediation: str = ""
    url: str = ""


@dataclass
class PackReport:
    """What one pack found. `error` is set when the pack itself could not be run."""

    path: str
    name: str = ""
    version: str = ""
    policies: int = 0
    violations: list[Violation] = field(default_factory=list)
    remediated: list[Violation] = field(default_factory=list)
    not_applicable: dict[str, list[str]] = field(default_factory=dict)
    error: str = ""

    @property
    def failed(self) -> bool:
        """Whether a mandatory policy is violated, or nothing could be said."""
        return bool(self.error) or any(violation.level == "mandatory" for violation in self.violations)

    def as_json(self) -> dict[str, Any]:
        """Return the pack's part of the preview document."""

        def shown(violation: Violation) -> dict[str, str]:
            fields = {
                "urn": violation.urn,
                "policyName": violation.policy,
                "enforcementLevel": violation.level,
                "severity": violation.severity,
                "description": violation.description,
                "message": violation.message,
                "remediationSteps": violation.remediation,
                "url": violation.url,
            }
            return {key: value for key, value in fields.items() if value}

        return {
            "name": self.name,
            "version": self.version,
            "policies": self.policies,
            "violations": [shown(violation) for violation in self.violations],
            "remediations": [shown(violation) for violation in self.remediated],
            **({"error": self.error} if self.error else {}),
        }


class PackError(Exception):
    """The pack cannot be run."""


class PackRun:
    """One pack on one stack. Its process is started at once, so that it loads while the program runs.

    Use as a context manager: leaving it ends the process. With `fork`, make all packs before the first is
    entered: entering starts a thread, and a process with threads must not be forked.
    """

    def __init__(self, pack: Path, config: PackConfig, environment: Mapping[str, str], *, fork: bool) -> None:
        self.report = PackReport(pack.name)
        self._pack = pack
        self._config = config
        self._process = PackProcess(pack, environment, fork=fork)
        self._queue: queue.SimpleQueue[tuple[Resource, Resource | None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._policies: dict[str, analyzer_pb2.PolicyInfo] = {}
        self._remediates = False
        self._seen: set[str] = set()
        self._stub: analyzer_pb2_grpc.AnalyzerStub | None = None
        self._started = threading.Event()
        self._answers: deque[tuple[grpc.Future[analyzer_pb2.AnalyzeResponse], str]] = deque()

    def __enter__(self) -> PackRun:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._queue.put(None)
        self._process.close()
        self._thread.join(timeout=_START_SECONDS)

    def resource(self, resource: Resource, provider: Resource | None) -> None:
        """Hand over a resource whose inputs are final."""
        self._seen.add(resource.urn)
        self._queue.put((resource, provider))

    def wait_until_ready(self) -> None:
        """Wait until the pack answers, or has failed to; only measurements need to."""
        self._started.wait(_START_SECONDS)

    def finish(self, graph: Graph, outputs: Mapping[str, list[str]]) -> PackReport:
        """Wait for the resources, analyze the stack and return the report.

        Args:
            outputs: names of the output properties of each type, to be shown as unknown.
        """
        for resource in graph.sorted():  # default providers are the engine's own: no program registers them
            if resource.urn not in self._seen and not resource.external:
                self._queue.put((resource, None))
        self._queue.put(None)
        self._thread.join()
        if not self.report.error and self._stub is not None:
            try:
                request = _stack_request(graph, outputs)
                self._collect(self._stub.AnalyzeStack.future(request, timeout=_CALL_SECONDS))
            except grpc.RpcError as error:
                self.report.error = f"the stack's policies failed: {error.details()}"
        self.report.violations = sorted(set(self.report.violations))
        self.report.remediated = sorted(set(self.report.remediated))
        return self.report

    def _work(self) -> None:
        try:
            self._connect()
            self._started.set()
            while (item := self._queue.get()) is not None:
                self._analyze(*item)
                if len(self._answers) >= _IN_FLIGHT:
                    self._collect(*self._answers.popleft())
            while self._answers:
                self._collect(*self._answers.popleft())
        except PackError as error:
            self.report.error = str(error)
        except grpc.RpcError as error:
            self.report.error = f"a policy failed: {error.details()}{self._printed()}"
        finally:
            self._started.set()

    def _printed(self) -> str:
        text = self._process.errors()
        return f"\n{text}" if text else ""

    def _connect(self) -> None:
        line = self._process.first_line()
        if not line.isdigit():
            what = f"printed {line!r} instead of its port" if line else "ended before it was ready"
            raise PackError(f"policy pack {self._pack.name} {what}{self._printed()}")
        channel = grpc.insecure_channel(f"127.0.0.1:{line}", options=CHANNEL_OPTIONS)
        stub = analyzer_pb2_grpc.AnalyzerStub(channel)
        info = stub.GetAnalyzerInfo(empty_pb2.Empty(), timeout=_START_SECONDS, wait_for_ready=True)
        self.report.name, self.report.version = info.name, version_of(self._pack) or info.version
        self.report.policies = len(info.policies)
        self._policies = {policy.name: policy for policy in info.policies}
        self._remediates = any(
            self._config.level(policy, info) == analyzer_pb2.REMEDIATE for policy in info.policies
        )
        try:
            stub.Configure(self._config.request(info), timeout=_START_SECONDS)
        except UsageError as error:
            raise PackError(str(error)) from error
        self._stub = stub

    def _analyze(self, resource: Resource, provider: Resource | None) -> None:
        assert self._stub is not None  # noqa: S101 - connected before the first resource
        request = analyzer_pb2.AnalyzeRequest(
            type=resource.type,
            properties=to_struct(resource.inputs),
            urn=resource.urn,
            name=resource.name,
            options=_options(resource),
            provider=_provider(provider),
        )
        if self._remediates:
            for remedy in self._stub.Remediate(request, timeout=_CALL_SECONDS).remediations:
                message = remedy.diagnostic or "the properties would be changed"
                self.report.remediated.append(
                    self._violation(
                        remedy.policyName, message, remedy.description, resource.urn, "remediate", 0
                    )
                )
                if not remedy.diagnostic:
                    request.properties.CopyFrom(remedy.properties)
        self._answers.append((self._stub.Analyze.future(request, timeout=_CALL_SECONDS), resource.urn))

    def _collect(self, answer: grpc.Future[analyzer_pb2.AnalyzeResponse], urn: str = "") -> None:
        response = answer.result()
        for diagnostic in response.diagnostics:
            level = analyzer_pb2.EnforcementLevel.Name(diagnostic.enforcementLevel).lower()
            message = (
                diagnostic.message.removeprefix(diagnostic.description).strip() or diagnostic.description
            )
            self.report.violations.append(
                self._violation(
                    diagnostic.policyName,
                    message,
                    diagnostic.description,
                    urn or diagnostic.urn,
                    level,
                    diagnostic.severity,
                )
            )
        for skipped in response.not_applicable:
            reasons = self.report.not_applicable.setdefault(skipped.policy_name, [])
            if skipped.reason not in reasons:
                reasons.append(skipped.reason)

    def _violation(
        self, policy: str, message: str, description: str, urn: str, level: str, severity: int
    ) -> Violation:
        info = self._policies.get(policy, analyzer_pb2.PolicyInfo())
        return Violation(
            urn=urn,
            policy=policy,
            message=message,
            level=level,
            description=description,
            severity=_SEVERITIES.get(severity or info.severity, ""),
            remediation=info.remediation_steps,
            url=info.url,
        )


def pack_environment(
    project: str, stack: str, organization: str, config: Mapping[str, str]
) -> dict[str, str]:
    """Return the environment that binds a pack to a stack."""
    return {
        "PULUMI_PROJECT": project,
        "PULUMI_STACK": stack,
        "PULUMI_ORGANIZATION": organization,
        "PULUMI_DRY_RUN": "true",
        "PULUMI_CONFIG": json.dumps(dict(config)),
    }


def _options(resource: Resource) -> analyzer_pb2.AnalyzerResourceOptions:
    options = analyzer_pb2.AnalyzerResourceOptions(
        protect=resource.protect,
        ignoreChanges=resource.ignore_changes,
        deleteBeforeReplace=bool(resource.delete_before_replace),
        deleteBeforeReplaceDefined=resource.delete_before_replace is not None,
        additionalSecretOutputs=resource.additional_secret_outputs,
        aliases=resource.aliases,
        parent=resource.parent,
    )
    if resource.custom_timeouts:
        for name, text in resource.custom_timeouts.items():
            setattr(options.customTimeouts, name, _seconds(text))
    return options


def _seconds(text: str) -> float:
    """Return a Go duration of whole units (`1h30m`) in seconds; 0 for anything else."""
    total, number = 0.0, ""
    for character in text:
        if character in _UNITS and number:
            total, number = total + float(number) * _UNITS[character], ""
        elif character.isdigit() or character == ".":
            number += character
        else:
            return 0.0
    return total


def _provider(provider: Resource | None) -> analyzer_pb2.AnalyzerProviderResource | None:
    if provider is None:
        return None
    return analyzer_pb2.AnalyzerProviderResource(
        type=provider.type, properties=to_struct(provider.inputs), urn=provider.urn, name=provider.name
    )


def _stack_request(graph: Graph, outputs: Mapping[str, list[str]]) -> analyzer_pb2.AnalyzeStackRequest:
    request = analyzer_pb2.AnalyzeStackRequest()
    for resource in graph.sorted():
        properties: dict[str, Any] = {}
        if resource.custom and not resource.external:
            # What only an update can know must read as unknown: a missing key would be a KeyError in a rule.
            properties = dict.fromkeys(("id", *outputs.get(resource.type, ())), UNKNOWN)
        properties |= resource.inputs | resource.outputs
        provider = graph.resources.get(split_reference(resource.provider)[0])
        request.resources.add(
            type=resource.type,
            properties=to_struct(properties),
            urn=resource.urn,
            name=resource.name,
            options=_options(resource),
            provider=_provider(provider),
            parent=resource.parent,
            dependencies=resource.dependencies,
            propertyDependencies={
                name: analyzer_pb2.AnalyzerPropertyDependencies(urns=urns)
                for name, urns in resource.property_dependencies.items()
            },
        )
    return request
