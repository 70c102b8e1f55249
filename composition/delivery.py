"""How changes reach a stack: rules that everything inherits, canaries of its functions, who may deploy it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pulumi

from components.containers import ContainerImage
from components.delivery import (
    CodeSigning,
    CodeSigningArgs,
    Delivery,
    DeliveryArgs,
    FunctionCanaries,
    FunctionCanariesArgs,
    Releases,
    Repository,
    WorkloadBoundary,
    WorkloadBoundaryArgs,
)
from components.foundation import Foundation, Regions, Rules
from components.markets import GLOBAL_REGION, REGIONS, Region, Service
from components.settings import StackSettings
from composition.hub import HubLink

IMAGES = ("rider-api",)


@dataclass(frozen=True)
class Preparation:
    """What comes before everything else: `rules` says what all resources of a Region inherit."""

    boundary_arn: pulumi.Output[str]
    releases: Releases
    rules: Callable[[Foundation], Rules]


def prepare_releases(
    settings: StackSettings, providers: Mapping[Region, pulumi.ProviderResource]
) -> Preparation:
    """Create the boundary of every role, and the rules by which releases are tried out."""
    boundary = WorkloadBoundary(
        f"{settings.prefix}-boundary",
        WorkloadBoundaryArgs(settings.account_id, settings.prefix, settings.base_tags),
        opts=pulumi.ResourceOptions(providers=[providers[settings.facts.primary]]),
    )
    releases = Releases(canaries=settings.is_production, boundary_arn=boundary.arn)

    def rules(base: Foundation) -> Rules:
        inherited = releases.rules(base.region)
        if settings.code_signing and base.region is not GLOBAL_REGION and _has_signer(base.region):
            signing = CodeSigning(
                f"{settings.prefix}-{base.region}-signing",
                CodeSigningArgs(base),
                opts=pulumi.ResourceOptions(providers=[providers[base.region]], transformations=inherited),
            )
            inherited = [*inherited, signing.rule]
        return inherited

    return Preparation(boundary.arn, releases, rules)


def _has_signer(region: Region) -> bool:
    return Service.SIGNER not in REGIONS[region].lacks


def open_delivery(
    settings: StackSettings, regions: Regions, hub: HubLink, boundary_arn: pulumi.Output[str]
) -> Mapping[str, ContainerImage]:
    """Create who may deploy and where images wait; the images that the configuration names."""
    repository = Repository(settings.github_repository) if settings.github_repository else None
    state = f"arn:aws:s3:::{settings.state_bucket}" if settings.state_bucket else None
    delivery = Delivery(
        f"{settings.prefix}-delivery",
        DeliveryArgs(
            foundation=regions.primary,
            stack=settings.stack,
            boundary_arn=boundary_arn,
            repository=repository,
            images=IMAGES,
            foreign_role_arns=[hub.role_arn] if hub.role_arn is not None else [],
            state_bucket_arn=state,
            state_key_arn=settings.state_key_arn,
        ),
        opts=regions.options(regions.primary),
    )
    if delivery.github:
        pulumi.export("deployRoleArn", delivery.github.deploy_role_arn)
        pulumi.export("previewRoleArn", delivery.github.preview_role_arn)
    pulumi.export("imageUrls", {image: made.url for image, made in delivery.images.items()})
    if settings.container_image_digest is None:
        return {}
    return {
        image: ContainerImage(made.arn, made.url, settings.container_image_digest)
        for image, made in delivery.images.items()
    }


def try_out_releases(settings: StackSettings, regions: Regions, releases: Releases) -> None:
    """Create the canaries of every function that there is; call it when all are there."""
    if not releases.canaries:
        return
    bases = [regions.primary, regions.ingest, *([regions.standby] if regions.standby else [])]
    name = f"{settings.prefix}-canaries"
    made = [
        FunctionCanaries(
            name if base is regions.primary else f"{name}-dr" if base is regions.standby else f"{name}-in",
            FunctionCanariesArgs(base, releases.functions(base.region)),
            opts=regions.options(base),
        )
        for base in {base.region: base for base in bases}.values()
    ]
    pulumi.export(
        "canaries",
        pulumi.Output.all(*(canaries.canaries for canaries in made)).apply(
            lambda regional: [canary for one in regional for canary in one]
        ),
    )
