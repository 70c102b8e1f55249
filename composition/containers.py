"""Containers, by switch: where teams run images, and the rider API as the first of them."""

from collections.abc import Mapping

import pulumi

from components.containers import (
    ContainerImage,
    ContainerPlatform,
    ContainerPlatformArgs,
    RiderApiArgs,
    rider_api_workload,
)
from components.edge import AliasTarget, Certificate, CertificateArgs, address_records
from components.foundation import Regions
from components.settings import ContainerPlatformKind, StackSettings
from composition.data import MarketData
from composition.hub import HubLink
from composition.networks import Networks
from composition.rental import Rental

IMAGE = "rider-api"


def open_containers(
    settings: StackSettings,
    regions: Regions,
    hub: HubLink,
    networks: Networks,
    data: MarketData,
    rental: Rental,
    images: Mapping[str, ContainerImage],
) -> None:
    """Create the platform that the stack's configuration asks for; `images` may hold the rider API's."""
    if settings.container_platform is ContainerPlatformKind.NONE:
        return
    name, primary = settings.prefix, regions.primary
    on_ecs = settings.container_platform is ContainerPlatformKind.ECS
    at = hub.at(hub.names.containers)
    certificate = None
    if on_ecs:
        certificate = Certificate(
            f"{name}-containers-tls",
            CertificateArgs(names=(at,), dns_provider=hub.dns, tags=settings.base_tags),
            opts=regions.options(primary),
        )
    platform = ContainerPlatform(
        f"{name}-containers",
        ContainerPlatformArgs(
            kind=settings.container_platform,
            foundation=primary,
            network=networks.primary,
            workload=rider_api_workload(
                RiderApiArgs(
                    foundation=primary,
                    tables=data.by_region[primary.region],
                    ingest_region=regions.ingest.region,
                    pool_region=primary.region,
                    pool_id=rental.riders.pool_id,
                    client_id=rental.riders.client_id,
                    image=images.get(IMAGE),
                    writes_enabled=data.writes(primary),
                )
            ),
            certificate_arn=certificate.arn if certificate else None,
            admins={"platform": settings.cluster_admin_role} if settings.cluster_admin_role else {},
        ),
        opts=pulumi.ResourceOptions.merge(
            regions.options(primary), pulumi.ResourceOptions(providers=[networks.awsx])
        ),
    )
    if platform.ecs:
        balancer = platform.ecs.load_balancer
        address_records(
            f"{name}-containers",
            at,
            AliasTarget(balancer.dns_name, balancer.zone_id),
            pulumi.ResourceOptions(provider=hub.dns),
        )
        pulumi.export("containersUrl", f"https://{at.name}")
    if platform.eks:
        pulumi.export("clusterName", platform.eks.cluster_name)
        pulumi.export("containerManifest", platform.eks.manifest)
