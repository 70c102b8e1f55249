"""Configuration of a policy pack: Pulumi's own JSON, and the trap in sending it.

`{"<policy>": "mandatory" | {"enforcementLevel": "...", "<property>": ...}, "all": ...}`. The protocol has
no "level not given": what is sent without one arrives as advisory and would disarm a mandatory rule. So
each entry is sent with the level that holds without it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from pulumi.runtime.proto import analyzer_pb2

from offline.errors import UsageError

_LEVELS = {
    "advisory": analyzer_pb2.ADVISORY,
    "mandatory": analyzer_pb2.MANDATORY,
    "remediate": analyzer_pb2.REMEDIATE,
    "disabled": analyzer_pb2.DISABLED,
}
_ALL = "all"


@dataclass(frozen=True)
class PackConfig:
    """A pack's configuration as written; `source` names its file in errors."""

    entries: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""

    @classmethod
    def load(cls, path: Path) -> PackConfig:
        """Read a policy configuration file.

        Raises:
            UsageError: it is missing, no JSON, or of another shape.
        """
        try:
            entries = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise UsageError(f"policy configuration {path} does not exist") from error
        except ValueError as error:
            raise UsageError(f"policy configuration {path} is no JSON: {error}") from error
        if not isinstance(entries, dict):
            raise UsageError(f"policy configuration {path} must be an object of policy names")
        for name, entry in entries.items():
            level = entry.get("enforcementLevel") if isinstance(entry, dict) else entry
            if not isinstance(entry, (dict, str)) or (level is not None and level not in _LEVELS):
                raise UsageError(
                    f"policy configuration {path}: {name!r} has the level {level!r}; "
                    f"allowed: {', '.join(_LEVELS)}"
                )
        return cls(entries, path.name)

    def level(self, policy: analyzer_pb2.PolicyInfo, info: analyzer_pb2.AnalyzerInfo) -> int:
        """Return the enforcement level that holds for a policy of a pack."""
        for key in (policy.name, _ALL):
            entry = self.entries.get(key)
            level = entry.get("enforcementLevel") if isinstance(entry, Mapping) else entry
            if level is not None:
                return int(_LEVELS[level])
        initial = info.initialConfig[policy.name].enforcementLevel if policy.name in info.initialConfig else 0
        return int(initial or policy.enforcementLevel)

    def request(self, info: analyzer_pb2.AnalyzerInfo) -> analyzer_pb2.ConfigureAnalyzerRequest:
        """Return the Configure request for a pack.

        Raises:
            UsageError: the file names a policy that the pack does not have, or lacks a required property.
        """
        names = {policy.name for policy in info.policies}
        strangers = sorted(set(self.entries) - names - {_ALL})
        if strangers:
            raise UsageError(
                f"policy configuration {self.source} names {', '.join(map(repr, strangers))}, which pack "
                f"{info.name!r} does not have; its policies: {', '.join(sorted(names))}"
            )
        request = analyzer_pb2.ConfigureAnalyzerRequest()
        for policy in info.policies:
            properties = self._properties(policy, info)
            missing = sorted(set(policy.configSchema.required) - set(properties))
            if missing:
                raise UsageError(
                    f"policy {policy.name!r} of pack {info.name!r} needs {', '.join(map(repr, missing))}; "
                    "set it with --policy-pack-config"
                )
            entry = request.policyConfig[policy.name]
            entry.enforcementLevel = analyzer_pb2.EnforcementLevel.ValueType(self.level(policy, info))
            entry.properties.update(properties)
        return request

    def _properties(self, policy: analyzer_pb2.PolicyInfo, info: analyzer_pb2.AnalyzerInfo) -> dict[str, Any]:
        properties: dict[str, Any] = {}
        schema = json_format.MessageToDict(policy.configSchema.properties)
        for name, declared in schema.items():
            if isinstance(declared, dict) and "default" in declared:
                properties[name] = declared["default"]
        if policy.name in info.initialConfig:
            properties |= json_format.MessageToDict(info.initialConfig[policy.name].properties)
        entry = self.entries.get(policy.name)
        if isinstance(entry, Mapping):
            properties |= {key: value for key, value in entry.items() if key != "enforcementLevel"}
        return properties
