"""Which function's alias moves from which version to which, and how CodeDeploy is told."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

ALL_AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"


class OutputsError(ValueError):
    """The stack's outputs are not what a release needs; the message names the output and the reason."""


@dataclass(frozen=True)
class Canary:
    """A row of the stack output `canaries`: a function, and who moves its alias."""

    region: str
    function: str
    alias: str
    version: str
    application: str
    group: str
    hook: str


@dataclass(frozen=True)
class Move:
    """An alias's way: `old` and `new` are published versions."""

    canary: Canary
    old: str
    new: str

    def back(self) -> "Move":
        """The way back."""
        return Move(self.canary, self.new, self.old)


def read_canaries(outputs: Mapping[str, Any]) -> list[Canary]:
    """From `pulumi stack output --json`. A stack without canaries has none. Raises OutputsError."""
    rows = outputs.get("canaries") or []
    try:
        return [Canary(**row) for row in rows]
    except TypeError as error:
        raise OutputsError(f"output canaries: {error}: deploy the stack with this version first") from None


def deployment(move: Move, *, tried: bool) -> dict[str, Any]:
    """The call of CodeDeploy's CreateDeployment.

    `tried`: by the group's plan, after the hook has tried the version; else all traffic at once, for a way
    back to what worked. https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file.html
    """
    canary = move.canary
    specification: dict[str, Any] = {
        "version": 0.0,
        "Resources": [
            {
                "function": {
                    "Type": "AWS::Lambda::Function",
                    "Properties": {
                        "Name": canary.function,
                        "Alias": canary.alias,
                        "CurrentVersion": move.old,
                        "TargetVersion": move.new,
                    },
                }
            }
        ],
    }
    if tried:
        specification["Hooks"] = [{"BeforeAllowTraffic": canary.hook}]
    content = json.dumps(specification, sort_keys=True)
    call: dict[str, Any] = {
        "applicationName": canary.application,
        "deploymentGroupName": canary.group,
        "description": f"{canary.function}: {move.old} to {move.new}",
        "revision": {
            "revisionType": "AppSpecContent",
            "appSpecContent": {
                "content": content,
                "sha256": hashlib.sha256(content.encode()).hexdigest(),
            },
        },
    }
    if not tried:
        call["deploymentConfigName"] = ALL_AT_ONCE
    return call


def to_record(moves: Sequence[Move]) -> str:
    """Moves as JSON, for a later way back."""
    return json.dumps([asdict(move) for move in moves], indent=2)


def from_record(text: str) -> list[Move]:
    """Moves from JSON. Raises OutputsError."""
    try:
        return [Move(Canary(**row["canary"]), row["old"], row["new"]) for row in json.loads(text)]
    except (TypeError, KeyError, ValueError) as error:
        raise OutputsError(f"the record of moves cannot be read: {error!r}") from None
