"""Moves aliases by CodeDeploy: all of a release or none of it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from delivery.plan import Canary, Move, deployment

POLL_SECONDS = 15.0
MAX_POLLS = 240
"""An hour; a canary takes minutes, a hook seconds."""
SUCCEEDED = "Succeeded"
_ENDED = frozenset({SUCCEEDED, "Failed", "Stopped"})

Say = Callable[[str], None]
Pause = Callable[[float], None]


class ReleaseError(Exception):
    """A release did not get through and was taken back; the message names each function and why."""


class Aws(Protocol):
    """A client of a Region, by botocore's name of the service."""

    def __call__(self, service: str, region: str) -> Any: ...  # noqa: ANN401 - botocore's clients have no types


@dataclass
class Deployments:
    """Deployments under way, and how each that has ended did: deployment id -> status."""

    aws: Aws
    say: Say
    pause: Pause = time.sleep
    started: dict[str, Move] = field(default_factory=dict)
    ended: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    def start(self, move: Move, *, tried: bool) -> None:
        """Begin one. Raises botocore's errors: another deployment of the same function may be under way."""
        client = self.aws("codedeploy", move.canary.region)
        deployment_id = client.create_deployment(**deployment(move, tried=tried))["deploymentId"]
        self.started[deployment_id] = move
        self.say(f"{move.canary.function}: {move.old} -> {move.new} ({deployment_id})")

    @property
    def waiting(self) -> list[str]:
        """Those that have not ended."""
        return [deployment_id for deployment_id in self.started if deployment_id not in self.ended]

    @property
    def bad(self) -> list[str]:
        """Those that ended otherwise than they should."""
        return [deployment_id for deployment_id, status in self.ended.items() if status != SUCCEEDED]

    @property
    def done(self) -> list[Move]:
        """The moves of those that succeeded."""
        return [self.started[id_] for id_, status in self.ended.items() if status == SUCCEEDED]

    def wait(self, *, until_bad: bool = False) -> None:
        """Wait until all have ended, or one has ended badly. Raises ReleaseError when time is up."""
        for _ in range(MAX_POLLS):
            self._look()
            if not self.waiting or (until_bad and self.bad):
                return
            self.pause(POLL_SECONDS)
        names = ", ".join(self.started[id_].canary.function for id_ in self.waiting)
        raise ReleaseError(f"{names}: no end after {MAX_POLLS * POLL_SECONDS / 60:.0f} minutes")

    def stop(self) -> None:
        """Stop those that have not ended; CodeDeploy takes their traffic back."""
        for deployment_id in self.waiting:
            client = self.aws("codedeploy", self.started[deployment_id].canary.region)
            client.stop_deployment(deploymentId=deployment_id, autoRollbackEnabled=True)

    def _look(self) -> None:
        for deployment_id in self.waiting:
            move = self.started[deployment_id]
            client = self.aws("codedeploy", move.canary.region)
            info = client.get_deployment(deploymentId=deployment_id)["deploymentInfo"]
            if info["status"] in _ENDED:
                self.ended[deployment_id] = info["status"]
                self.reasons[deployment_id] = info.get("errorInformation", {}).get("message", "")
                self.say(f"{move.canary.function}: {info['status']}")

    def faults(self) -> str:
        """Which functions ended badly, and what CodeDeploy says."""
        return "; ".join(
            f"{self.started[id_].canary.function}: {self.ended[id_]} {self.reasons[id_]}".strip()
            for id_ in self.bad
        )


def moves(canaries: Sequence[Canary], aws: Aws) -> list[Move]:
    """The aliases that are not at the version that was published last."""
    found = []
    for canary in canaries:
        client = aws("lambda", canary.region)
        live = client.get_alias(FunctionName=canary.function, Name=canary.alias)["FunctionVersion"]
        if live != canary.version:
            found.append(Move(canary, live, canary.version))
    return found


def release(wanted: Sequence[Move], aws: Aws, say: Say, pause: Pause = time.sleep) -> None:
    """Try out and move every alias; when one does not get through, all go back. Raises ReleaseError."""
    under_way = Deployments(aws, say, pause)
    fault = ""
    for move in wanted:
        try:
            under_way.start(move, tried=True)
        except Exception as error:  # what was started must not go on alone
            fault = f"{move.canary.function}: {type(error).__name__}: {error}"
            break
    if not fault:
        under_way.wait(until_bad=True)
    if fault or under_way.bad:
        under_way.stop()
        under_way.wait()
        take_back(under_way.done, aws, say, pause)
        raise ReleaseError(fault or under_way.faults())


def take_back(done: Sequence[Move], aws: Aws, say: Say, pause: Pause = time.sleep) -> None:
    """Move aliases back to where they were, all traffic at once. Raises ReleaseError when one stays."""
    way_back = Deployments(aws, say, pause)
    for move in done:
        way_back.start(move.back(), tried=False)
    way_back.wait()
    if way_back.bad:
        raise ReleaseError(f"not taken back: {way_back.faults()}")
