"""How changes reach a stack's account: who may bring them, what they can never do, where images wait."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.delivery.github import GithubRoles, GithubRolesArgs, Repository
from components.delivery.registry import ImageRepository, ImageRepositoryArgs
from components.encryption import DataDomain
from components.foundation import Foundation
from components.tags import DataClass, component_tags


@dataclass(frozen=True)
class DeliveryArgs:
    """`foundation` is the primary Region's. Without `repository` nobody deploys from GitHub.

    `images` are short names of image repositories; the others are as GithubRolesArgs says.
    """

    foundation: Foundation
    stack: str
    boundary_arn: pulumi.Input[str]
    repository: Repository | None = None
    images: Sequence[str] = ()
    foreign_role_arns: Sequence[pulumi.Input[str]] = ()
    state_bucket_arn: pulumi.Input[str] | None = None
    state_key_arn: pulumi.Input[str] | None = None


class Delivery(pulumi.ComponentResource):
    """Once a stack. Canaries are a Region's: FunctionCanaries."""

    github: GithubRoles | None = None
    images: dict[str, ImageRepository]

    def __init__(self, name: str, args: DeliveryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:delivery:Delivery", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        base = args.foundation
        if args.repository is not None:
            self.github = GithubRoles(
                f"{name}-github",
                GithubRolesArgs(
                    account_id=base.account_id,
                    prefix=base.prefix,
                    stack=args.stack,
                    repository=args.repository,
                    boundary_arn=args.boundary_arn,
                    tags=base.tags,
                    foreign_role_arns=args.foreign_role_arns,
                    state_bucket_arn=args.state_bucket_arn,
                    state_key_arn=args.state_key_arn,
                ),
                opts=child,
            )
        self.images = {
            image: ImageRepository(
                f"{name}-{image}",
                ImageRepositoryArgs(
                    repository_name=f"{base.prefix}-{image}",
                    key_arn=base.key_arn(DataDomain.LOGS),
                    protect=base.production,
                    tags=component_tags(base.tags, "delivery", DataClass.INTERNAL),
                ),
                opts=child,
            )
            for image in args.images
        }
        self.register_outputs(
            {
                "deployRoleArn": self.github.deploy_role_arn if self.github else None,
                "imageUrls": {image: repository.url for image, repository in self.images.items()},
            }
        )
