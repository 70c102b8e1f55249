"""Shield Advanced, by switch, for what of a stack can have it: CloudFront and, in the hub, the zones."""

from components.backoffice import BackofficeSpa
from components.edge import Protected, Shield, ShieldArgs
from components.foundation import Regions
from components.settings import StackSettings
from composition.hub import HubLink


def raise_shield(settings: StackSettings, regions: Regions, hub: HubLink, pages: BackofficeSpa) -> None:
    """Protect the pages' distribution, and the zones in the account that owns them."""
    if not settings.shield_advanced:
        return
    resources = {"pages": Protected(pages.distribution_arn)}
    if hub.zones:
        resources["root-zone"] = Protected(hub.zones.root.arn)
        resources |= {f"{market}-zone": Protected(zone.arn) for market, zone in hub.zones.markets.items()}
    Shield(
        f"{settings.prefix}-shield",
        ShieldArgs(resources=resources, tags=settings.base_tags),
        opts=regions.options(regions.edge),
    )
