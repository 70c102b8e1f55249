"""The answer file: what the user knows and an offline preview cannot.

YAML or JSON:

    invokes:
      - token: aws:ec2/getAmi:getAmi
        args: {owners: [amazon]}      # optional: these arguments must be given so
        result: {id: ami-0123456789abcdef0}
    stacks:
      organization/network/prod:
        vpcId: vpc-0123456789abcdef0
        password: {secret: hunter2}
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from offline.errors import UsageError
from offline.invokes import Answer, Answers
from offline.values import Value, secret
from offline.yaml12 import load_yaml


def load_answers(path: Path | None) -> Answers:
    """Read an answer file; None gives no answers.

    Raises:
        UsageError: the file is missing or of another shape.
    """

    if path is None:
        return Answers()
    content = load_yaml(path)
    strangers = sorted(set(content) - {"invokes", "stacks"})
    if strangers:
        raise UsageError(f"{path}: {strangers[0]!r} is not known; allowed: invokes, stacks")
    answers = []
    for number, entry in enumerate(content.get("invokes") or [], 1):
        if not isinstance(entry, dict) or not isinstance(entry.get("result"), dict) or "token" not in entry:
            raise UsageError(
                f"{path}: invoke {number} must have a 'token' and a 'result', which is a mapping"
            )
        answers.append(Answer(str(entry["token"]), entry["result"], dict(entry.get("args") or {})))
    stacks: dict[str, dict[str, Any]] = {}
    for name, outputs in (content.get("stacks") or {}).items():
        if not isinstance(outputs, dict):
            raise UsageError(f"{path}: stack {name!r} must be a mapping of its outputs")
        stacks[str(name)] = {
            str(key): secret(value["secret"]) if _is_secret(value) else value
            for key, value in outputs.items()
        }
    return Answers(tuple(answers), stacks)


def _is_secret(value: Value) -> bool:
    return isinstance(value, dict) and set(value) == {"secret"}
