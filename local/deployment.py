"""What was deployed: every resource of the stack with its outputs, as `deployment.json` has it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from local.folder import write_whole


@dataclass(frozen=True)
class Deployed:
    """One resource. `created`: it exists in the emulated AWS; otherwise a process of the platform serves it,
    or it is only recorded, with outputs that were made up (`local.deploy.kinds`). `region` is its effective
    one. Inputs and outputs are Pulumi's (camelCase), secrets in plain text; assets stay marked as on
    Pulumi's wire.
    """

    urn: str
    type: str
    name: str
    id: str
    created: bool
    region: str = ""
    parent: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    dependencies: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - as the resource has it
        """An output."""
        return self.outputs[name]

    @property
    def arn(self) -> str:
        """Its ARN."""
        return str(self.outputs["arn"])


@dataclass(frozen=True)
class Deployment:
    """Resources by URN, and the stack's exports."""

    project: str
    stack: str
    account: str
    resources: Mapping[str, Deployed]
    exports: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read `deployment.json`. Raises FileNotFoundError when nothing was deployed."""
        known = json.loads(file.read_text(encoding="utf-8"))
        resources = {
            urn: Deployed(**{**made, "dependencies": tuple(made["dependencies"])})
            for urn, made in known.pop("resources").items()
        }
        return cls(**known, resources=resources)

    def save(self, file: Path) -> None:
        """Write `deployment.json`, sorted by URN."""
        resources = {urn: asdict(made) for urn, made in sorted(self.resources.items())}
        known = {**vars(self), "resources": resources}
        write_whole(file, json.dumps(known, separators=(",", ":")) + "\n")

    def all(self, type_: str) -> Iterator[Deployed]:
        """The resources of a type, by URN."""
        return (made for _, made in sorted(self.resources.items()) if made.type == type_)

    def by_arn(self, arn: str) -> Deployed | None:
        """The resource that has this ARN."""
        return next((made for made in self.resources.values() if made.outputs.get("arn") == arn), None)
