"""The public side of a market: endpoints behind names and web ACLs in each Region, and the way to them."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.edge import (
    ApiEndpoint,
    Audience,
    MarketRouting,
    MarketRoutingArgs,
    MqttEndpoint,
    MqttEndpointArgs,
    MqttRouting,
    MqttRoutingArgs,
    NearestMarket,
    RegionalEdge,
    RegionalEdgeArgs,
    RegionOfMarket,
    RegionProbe,
    RegionProbeArgs,
    RegionRole,
    address_records,
    iot_data_endpoint,
)
from components.foundation import Foundation, Regions
from components.markets import answers_nearest
from components.settings import StackSettings, Writer
from composition.backoffice import Backoffice
from composition.hub import HubLink
from composition.rental import Rental


@dataclass(frozen=True)
class Edge:
    """The edges of the market's Regions by role, and the routing between them."""

    regional: Mapping[RegionRole, RegionalEdge]
    routing: MarketRouting


def open_edge(
    settings: StackSettings,
    regions: Regions,
    hub: HubLink,
    rental: Rental,
    backoffice: Backoffice,
) -> Edge:
    """Put every endpoint behind its names and a web ACL, and lead riders and cars to the Region that writes.

    Staff's API and pool are in the primary Region only.
    """
    name, names = settings.prefix, hub.names
    roles = {RegionRole.PRIMARY: regions.primary}
    if regions.standby:
        roles[RegionRole.STANDBY] = regions.standby
    nearest = answers_nearest(settings.market)
    regional: dict[RegionRole, RegionalEdge] = {}
    for role, base in roles.items():
        is_primary = role is RegionRole.PRIMARY
        rider_names = [names.api, names.api_in(role), *([names.global_api] if is_primary and nearest else [])]
        riders = ApiEndpoint(
            "rider-api",
            Audience.RIDERS,
            rental.services[base.region].api,
            tuple(hub.at(rider_name) for rider_name in rider_names),
        )
        pools = {"riders": rental.riders.pool_arn, "staff": backoffice.pool.pool_arn}
        regional[role] = RegionalEdge(
            f"{name}-edge" if is_primary else f"{name}-edge-dr",
            RegionalEdgeArgs(
                foundation=base,
                dns_provider=hub.dns,
                apis=(riders, backoffice.endpoint) if is_primary else (riders,),
                user_pools=pools if is_primary else {},
                web_origins={Audience.STAFF: backoffice.origin} if is_primary else {},
                proven_by=None if is_primary else regional[RegionRole.PRIMARY].certificate,
            ),
            opts=regions.options(base),
        )
    routing = _route(settings, regions, hub, roles, regional)
    address_records(
        f"{name}-staff-api",
        hub.at(names.staff_api),
        regional[RegionRole.PRIMARY].targets[names.staff_api],
        pulumi.ResourceOptions(provider=hub.dns),
    )
    _route_cars(settings, regions, hub, rental, routing)
    return Edge(regional, routing)


def _route(
    settings: StackSettings,
    regions: Regions,
    hub: HubLink,
    roles: Mapping[RegionRole, Foundation],
    regional: Mapping[RegionRole, RegionalEdge],
) -> MarketRouting:
    name, names = settings.prefix, hub.names

    def region(role: RegionRole) -> RegionOfMarket:
        targets = regional[role].targets
        own = names.api_in(role)
        probe = None
        if len(roles) > 1:
            (watcher,) = (base for other, base in roles.items() if other is not role)
            probe = RegionProbe(
                f"{name}-{role}-probe",
                RegionProbeArgs(foundation=watcher, watched=role, host=own),
                opts=regions.options(watcher),
            )
        return RegionOfMarket(
            region=roles[role].region,
            api=targets[names.api],
            own_name=hub.at(own),
            own_api=targets[own],
            probe=probe,
        )

    nearest = None
    if answers_nearest(settings.market):
        nearest = NearestMarket(
            name=hub.at(names.global_api),
            region=regions.primary.region,
            target=regional[RegionRole.PRIMARY].targets[names.global_api],
        )
    return MarketRouting(
        f"{name}-routing",
        MarketRoutingArgs(
            foundation=regions.edge,
            dns_provider=hub.dns,
            api=hub.at(names.api),
            primary=region(RegionRole.PRIMARY),
            standby=region(RegionRole.STANDBY) if regions.standby else None,
            standby_writes=settings.writer is Writer.STANDBY,
            nearest=nearest,
        ),
        opts=regions.options(regions.edge),
    )


def _route_cars(
    settings: StackSettings, regions: Regions, hub: HubLink, rental: Rental, routing: MarketRouting
) -> None:
    """Cars find AWS IoT Core by one name; where one Region serves both roles there is nothing to choose."""
    at = hub.at(hub.names.mqtt)
    endpoints: dict[RegionRole, pulumi.Input[str]] = {}
    first: MqttEndpoint | None = None
    for region in rental.pipelines:
        is_ingest = region is regions.ingest.region
        role = RegionRole.PRIMARY if is_ingest else RegionRole.STANDBY
        made = MqttEndpoint(
            f"{settings.prefix}-mqtt" if is_ingest else f"{settings.prefix}-mqtt-dr",
            MqttEndpointArgs(
                name=at,
                dns_provider=hub.dns,
                tags=settings.base_tags,
                proven_by=first.certificate if first else None,
            ),
            opts=pulumi.ResourceOptions(providers=[regions.providers[region]]),
        )
        first = first or made
        endpoints[role] = iot_data_endpoint(pulumi.InvokeOutputOptions(provider=regions.providers[region]))
    MqttRouting(
        f"{settings.prefix}-mqtt-routing",
        MqttRoutingArgs(
            name=at,
            dns_provider=hub.dns,
            endpoints=endpoints,
            health_check_ids=routing.health_check_ids,
            standby_writes=settings.writer is Writer.STANDBY,
        ),
        opts=regions.options(regions.edge),
    )
