"""A service in a container, whatever runs it: image, variables, permissions, size."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

from components.iam import Statement

USER_ID = 10_001
"""Who every container of ours runs as: its image's USER."""
HEALTH_PATH = "/health"
STOP_SECONDS = 30
"""What a container has to finish its requests; its server's own patience is shorter."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_NAME = re.compile(r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?")
# Fargate's sizes that our workloads may have: CPU units to MiB.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
_SIZES: Mapping[int, range] = {
    256: range(512, 2_049, 512),
    512: range(1_024, 4_097, 1_024),
    1_024: range(2_048, 8_193, 1_024),
    2_048: range(4_096, 16_385, 1_024),
}


@dataclass(frozen=True)
class ContainerImage:
    """An image in a repository of the Region. `digest` names one image for ever, which a tag does not."""

    repository_arn: pulumi.Input[str]
    repository_url: pulumi.Input[str]
    digest: str

    def __post_init__(self) -> None:
        if not _DIGEST.fullmatch(self.digest):
            raise ValueError(
                f"image digest is {self.digest!r}: sha256: and 64 hexadecimal digits are expected, as the "
                "push of the image printed them"
            )

    @property
    def uri(self) -> pulumi.Output[str]:
        """What a container runtime pulls."""
        return pulumi.Output.concat(self.repository_url, "@", self.digest)

    def pull_statements(self) -> list[Statement]:
        """What pulling the image takes."""
        return [
            Statement(
                sid="LogInToRegistry",
                actions=["ecr:GetAuthorizationToken"],
                resources=["*"],  # a registry's token has no resource-level permission
            ),
            Statement(
                sid="PullImage",
                actions=[
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:BatchGetImage",
                    "ecr:GetDownloadUrlForLayer",
                ],
                resources=[self.repository_arn],
            ),
        ]


@dataclass(frozen=True)
class Workload:
    """What runs, and what it may do.

    `cpu` in units (1,024 is one vCPU) and `memory` in MiB are one of Fargate's sizes. `minimum` to `maximum`
    copies run. `secrets` maps a variable to the ARN of the secret in Secrets Manager that it is filled from;
    `secret_key_arns` are the keys those are encrypted with. `image` is None until the pipeline has pushed the
    first: then all stands but nothing runs.
    """

    name: str
    image: ContainerImage | None
    environment: Mapping[str, pulumi.Input[str]]
    statements: Sequence[Statement]
    minimum: int
    maximum: int
    cpu: int = 512
    memory: int = 1_024
    secrets: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    secret_key_arns: Sequence[pulumi.Input[str]] = ()

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"workload {self.name!r}: use up to 32 lower-case letters, digits and hyphens")
        if self.memory not in _SIZES.get(self.cpu, ()):
            sizes = "; ".join(f"{cpu}: {r.start} to {r[-1]} by {r.step}" for cpu, r in _SIZES.items())
            raise ValueError(
                f"workload {self.name}: Fargate has no {self.cpu} CPU units with {self.memory} MiB; "
                f"it has {sizes}"
            )
        if not 1 <= self.minimum <= self.maximum:
            raise ValueError(
                f"workload {self.name}: {self.minimum} to {self.maximum} copies: let at least 1 run, and the "
                "maximum be no less"
            )
        both = sorted(self.environment.keys() & self.secrets.keys())
        if both:
            raise ValueError(f"workload {self.name}: {', '.join(both)} is both a variable and a secret")
        if self.secrets and not self.secret_key_arns:
            raise ValueError(
                f"workload {self.name}: secrets need secret_key_arns, or they cannot be decrypted"
            )


def usual_copies(production: bool) -> tuple[int, int]:
    """(minimum, maximum): one a zone in production, one at all elsewhere."""
    return (3, 12) if production else (1, 2)
