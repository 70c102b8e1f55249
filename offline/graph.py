"""What a preview records, and the document that `pulumi preview --json` prints of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from offline.urns import STACK_TYPE, AliasSpec
from offline.values import mask

Severity = Literal["info", "warning", "error"]


@dataclass
class Resource:
    """One resource as the engine would create it.

    `inputs` and `outputs` hold wire values (see `offline.values`), secrets in plain text: mask them
    before they are written anywhere. `provider` is `<urn>::<id>`, empty for components and providers.
    """

    urn: str
    type: str
    name: str
    custom: bool
    parent: str = ""
    provider: str = ""
    providers: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    dependencies: list[str] = field(default_factory=list)
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    aliases: list[str] = field(default_factory=list)
    alias_specs: list[AliasSpec] = field(default_factory=list)
    protect: bool = False
    retain_on_delete: bool = False
    deleted_with: str = ""
    replace_with: list[str] = field(default_factory=list)
    ignore_changes: list[str] = field(default_factory=list)
    replace_on_changes: list[str] = field(default_factory=list)
    additional_secret_outputs: list[str] = field(default_factory=list)
    custom_timeouts: dict[str, str] = field(default_factory=dict)
    delete_before_replace: bool | None = None
    remote: bool = False
    external: bool = False
    id: str = ""
    import_id: str = ""
    version: str = ""
    source: str = ""

    @property
    def op(self) -> str:
        """The step a first update would take: create, read or import."""
        if self.external:
            return "read"
        return "import" if self.import_id else "create"

    def state(self) -> dict[str, Any]:
        """Return `newState` of the preview document; empty fields are left out, as Pulumi does."""
        fields = {
            "urn": self.urn,
            "custom": self.custom,
            "id": self.id,
            "type": self.type,
            "inputs": mask(self.inputs),
            "outputs": mask(self.outputs),
            "parent": self.parent,
            "protect": self.protect,
            "external": self.external,
            "dependencies": self.dependencies,
            "provider": self.provider,
            "propertyDependencies": self.property_dependencies,
            "additionalSecretOutputs": self.additional_secret_outputs,
            "aliases": self.aliases,
            "customTimeouts": self.custom_timeouts,
            "importID": self.import_id,
            "retainOnDelete": self.retain_on_delete,
            "deletedWith": self.deleted_with,
            "replaceWith": self.replace_with,
            "ignoreChanges": self.ignore_changes,
            "replaceOnChanges": self.replace_on_changes,
            "sourcePosition": self.source,
        }
        return {key: value for key, value in fields.items() if value or key in ("urn", "custom", "type")}


@dataclass(frozen=True, order=True)
class Diagnostic:
    """A message of the program, the engine or a policy pack."""

    severity: Severity
    message: str
    urn: str = ""

    def as_json(self) -> dict[str, str]:
        """Return the shape of `diagnostics[]` in the preview document."""
        return {
            **({"urn": self.urn} if self.urn else {}),
            "message": self.message,
            "severity": self.severity,
        }


@dataclass
class Graph:
    """Everything that one preview of one stack recorded."""

    stack: str
    project: str
    resources: dict[str, Resource] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    unanswered: dict[str, int] = field(default_factory=dict)
    assumptions: list[str] = field(default_factory=list)

    def sorted(self) -> list[Resource]:
        """Return the resources by URN: the order of registration is not the same in two runs."""
        return [self.resources[urn] for urn in sorted(self.resources)]

    def of_type(self, type_: str) -> list[Resource]:
        """Return the resources of one type token, by URN."""
        return [resource for resource in self.sorted() if resource.type == type_]

    @property
    def exports(self) -> dict[str, Any]:
        """The stack's outputs, as wire values."""
        return next((r.outputs for r in self.resources.values() if r.type == STACK_TYPE), {})

    @property
    def failed(self) -> bool:
        """Whether the program or the engine reported an error."""
        return any(diagnostic.severity == "error" for diagnostic in self.diagnostics)

    def document(self, config: dict[str, str] | None = None) -> dict[str, Any]:
        """Return what `pulumi preview --json` prints, without the duration; steps sorted by URN."""
        resources = self.sorted()
        steps = [
            {
                "op": resource.op,
                "urn": resource.urn,
                **({"provider": resource.provider} if resource.provider else {}),
                "newState": resource.state(),
            }
            for resource in resources
        ]
        return {
            **({"config": dict(sorted(config.items()))} if config else {}),
            "steps": steps,
            "diagnostics": [diagnostic.as_json() for diagnostic in self.diagnostics],
            "changeSummary": dict(sorted(Counter(resource.op for resource in resources).items())),
        }
