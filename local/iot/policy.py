"""Whether a policy of AWS IoT lets a car do something.

https://docs.aws.amazon.com/iot/latest/developerguide/iot-policies.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any


class Policies:
    """`documents`: as JSON text."""

    def __init__(self, documents: Sequence[str]) -> None:
        self._statements = [one for text in documents for one in _list(json.loads(text)["Statement"])]

    def allow(self, action: str, resource: str, *, thing: str, client_id: str) -> bool:
        """Whether `iot:<action>` is allowed on what an ARN ends with, such as `topic/a/b`."""
        variables = {
            "iot:Connection.Thing.ThingName": thing,
            "iot:ClientId": client_id,
            "iot:Connection.Thing.IsAttached": "true",
        }
        allowed = False
        for statement in self._statements:
            if not any(_like(one, f"iot:{action}", {}) for one in _list(statement["Action"])):
                continue
            if not any(
                _like(one.split(":", 5)[-1], resource, variables) for one in _list(statement["Resource"])
            ):
                continue
            if not _holds(statement.get("Condition") or {}, variables):
                continue
            if statement["Effect"] == "Deny":
                return False
            allowed = True
        return allowed


def _holds(conditions: Mapping[str, Mapping[str, Any]], variables: Mapping[str, str]) -> bool:
    for kind, keys in conditions.items():
        for key, wanted in keys.items():
            found = variables.get(key)
            values = [str(value).lower() if kind == "Bool" else str(value) for value in _list(wanted)]
            if found is None or not any(_like(value, found, variables) for value in values):
                return False
    return True


def _like(pattern: str, text: str, variables: Mapping[str, str]) -> bool:
    for name, value in variables.items():
        pattern = pattern.replace("${" + name + "}", value)
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), text) is not None


def _list(value: Any) -> list[Any]:  # noqa: ANN401 - one or many
    return list(value) if isinstance(value, list | tuple) else [value]
