"""Where teams that bring containers run them: ECS or EKS, as the stack's configuration says."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from components.containers.ecs import EcsPlatform, EcsPlatformArgs
from components.containers.eks import EksPlatform, EksPlatformArgs
from components.containers.workload import Workload
from components.foundation import Foundation
from components.network import Network
from components.settings import ContainerPlatformKind


@dataclass(frozen=True)
class ContainerPlatformArgs:
    """`certificate_arn` is for ECS's load balancer; `admins` (name to role ARN) administer an EKS cluster."""

    kind: ContainerPlatformKind
    foundation: Foundation
    network: Network
    workload: Workload
    certificate_arn: pulumi.Input[str] | None = None
    admins: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind is ContainerPlatformKind.NONE:
            raise ValueError("containerPlatform is 'none': create no ContainerPlatform then")
        if self.kind is ContainerPlatformKind.ECS and self.certificate_arn is None:
            raise ValueError("containerPlatform is 'ecs': its load balancer needs a certificate_arn")
        if self.kind is ContainerPlatformKind.EKS and not self.admins:
            raise ValueError("containerPlatform is 'eks': without admins nobody could enter the cluster")


class ContainerPlatform(pulumi.ComponentResource):
    """One of `ecs` and `eks`; the other is None."""

    ecs: EcsPlatform | None = None
    eks: EksPlatform | None = None

    def __init__(
        self, name: str, args: ContainerPlatformArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:containers:ContainerPlatform", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        if args.kind is ContainerPlatformKind.ECS and args.certificate_arn is not None:
            self.ecs = EcsPlatform(
                f"{name}-ecs",
                EcsPlatformArgs(args.foundation, args.network, args.workload, args.certificate_arn),
                opts=child,
            )
        if args.kind is ContainerPlatformKind.EKS:
            self.eks = EksPlatform(
                f"{name}-eks",
                EksPlatformArgs(args.foundation, args.network, args.workload, args.admins),
                opts=child,
            )
        self.register_outputs({})
