"""What a deployment did."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.deploy.kinds import Kind, kind_of
from local.deployment import Deployed


@dataclass
class DeployResult:
    """`changes`: how many custom resources were created, updated, replaced, deleted, or are the same.
    `kinds`: how many there are now, by kind and type. `seconds`: how long the program ran.
    """

    stack: str
    changes: Counter[str] = field(default_factory=Counter)
    kinds: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    exports: Mapping[str, Any] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether anything of it could not be done."""
        return bool(self.errors)

    def count(self, resources: Mapping[str, Deployed]) -> None:
        """Take down what there is now."""
        kinds: dict[str, Counter[str]] = {str(kind): Counter() for kind in Kind}
        for one in resources.values():
            if one.type.startswith("aws:"):
                kinds[kind_of(one.type)][one.type] += 1
        self.kinds = {kind: dict(sorted(types.items())) for kind, types in kinds.items()}

    def document(self) -> dict[str, Any]:
        """It as JSON. Exports are left out: deployment.json has them, and they may be secret."""
        return {
            "stack": self.stack,
            "failed": self.failed,
            "changes": dict(sorted(self.changes.items())),
            "kinds": self.kinds,
            "errors": self.errors,
            "warnings": self.warnings,
            "seconds": round(self.seconds, 2),
        }

    def text(self) -> str:
        """It for a person."""
        lines = []
        for kind, types in self.kinds.items():
            lines.append(f"{kind}: {sum(types.values())}")
            lines += [f"  {count:4} {type_}" for type_, count in types.items()]
        lines += [f"warning: {words}" for words in self.warnings]
        lines += [f"error: {words}" for words in self.errors]
        changes = ", ".join(f"{count} {what}" for what, count in sorted(self.changes.items())) or "nothing"
        lines.append(f"{self.stack}: {changes}, in {self.seconds:.1f} s")
        return "\n".join(lines) + "\n"
