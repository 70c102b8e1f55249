"""CodeDeploy and Lambda aliases as far as a release uses them; how each deployment ends is scripted."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from delivery.plan import ALL_AT_ONCE, Canary


def canary(function: str, version: str = "2", region: str = "ap-southeast-1") -> Canary:
    """A function whose newest version is `version`."""
    return Canary(region, function, "live", version, "application", f"group-of-{function}", "hook")


@dataclass
class Deployment:
    """One under way."""

    function: str
    old: str
    new: str
    outcome: str
    polls: int
    status: str = "InProgress"


@dataclass
class FakeAws:
    """`outcomes`: function -> how its canary ends; `polls`: function -> how often it is asked until then."""

    aliases: dict[str, str]
    outcomes: Mapping[str, str] = field(default_factory=dict)
    polls: Mapping[str, int] = field(default_factory=dict)
    refuses: str = ""
    deployments: dict[str, Deployment] = field(default_factory=dict)
    calls: list[dict[str, Any]] = field(default_factory=list)
    regions: set[str] = field(default_factory=set)

    def __call__(self, service: str, region: str) -> "FakeAws":
        assert service in ("codedeploy", "lambda")
        self.regions.add(region)
        return self

    def get_alias(self, *, FunctionName: str, Name: str) -> dict[str, str]:  # noqa: N803 - AWS's names
        assert Name == "live"
        return {"FunctionVersion": self.aliases[FunctionName]}

    def create_deployment(self, **call: Any) -> dict[str, str]:
        content = call["revision"]["appSpecContent"]["content"]
        assert call["revision"]["revisionType"] == "AppSpecContent"
        assert call["revision"]["appSpecContent"]["sha256"] == hashlib.sha256(content.encode()).hexdigest()
        specification = json.loads(content)
        properties = specification["Resources"][0]["function"]["Properties"]
        function = properties["Name"]
        tried = bool(specification.get("Hooks"))
        assert tried is (call.get("deploymentConfigName") != ALL_AT_ONCE)
        if function == self.refuses and tried:
            raise RuntimeError("DeploymentLimitExceededException")
        assert self.aliases[function] == properties["CurrentVersion"]
        self.calls.append(call)
        outcome = self.outcomes.get(function, "Succeeded") if tried else "Succeeded"
        id_ = f"d-{len(self.deployments)}"
        self.deployments[id_] = Deployment(
            function,
            properties["CurrentVersion"],
            properties["TargetVersion"],
            outcome,
            self.polls.get(function, 0) if tried else 0,
        )
        return {"deploymentId": id_}

    def get_deployment(self, *, deploymentId: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        one = self.deployments[deploymentId]
        if one.status == "InProgress":
            if one.polls:
                one.polls -= 1
            else:
                one.status = one.outcome
                if one.outcome == "Succeeded":
                    self.aliases[one.function] = one.new
        information = {} if one.status == "Succeeded" else {"errorInformation": {"message": "an alarm"}}
        return {"deploymentInfo": {"status": one.status, **information}}

    def stop_deployment(self, *, deploymentId: str, autoRollbackEnabled: bool) -> None:  # noqa: N803 - likewise
        assert autoRollbackEnabled
        one = self.deployments[deploymentId]
        if one.status == "InProgress":
            one.status = "Stopped"
