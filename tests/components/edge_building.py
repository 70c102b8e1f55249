"""A market's whole edge under mocks, wired as the program does it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pulumi
import pulumi_aws as aws

from components.edge import (
    ApiEndpoint,
    Audience,
    DnsName,
    MarketNames,
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
    iot_data_endpoint,
)
from components.foundation import Foundation, Regions, lay_foundations
from components.rest_api import RestApi
from components.settings import StackSettings
from tests.recording import Recording, record
from tests.stacks import stack_config

ZONE, ROOT_ZONE = "zone-of-the-market", "zone-of-all-markets"


def settings(stack: str, **changes: Any) -> StackSettings:
    """The settings of a stack file, changed."""
    given = {
        key.split(":")[1]: value
        for key, value in stack_config(stack).items()
        if key.startswith("blue-horizons:")
    }
    return StackSettings.model_validate({**given, **changes})


class Api(RestApi):
    """As much of a REST API as the edge looks at."""

    def __init__(self, name: str) -> None:
        pulumi.ComponentResource.__init__(self, "test:Api", name)
        stage = f"arn:aws:apigateway:::/restapis/{name}/stages/live"
        self.api_id = pulumi.Output.from_input(name)
        self.stage_name = pulumi.Output.from_input("live")
        self.stage_arn = pulumi.Output.from_input(stage)


@dataclass(frozen=True)
class Market:
    """What every builder here is handed."""

    settings: StackSettings
    regions: Regions
    names: MarketNames
    dns: aws.Provider


def build(stack: str, builder: Callable[[Market], object], **changes: Any) -> Recording:
    """Run `builder` with the foundations of a stack."""

    def everything() -> None:
        chosen = settings(stack, **changes)
        builder(
            Market(
                chosen,
                lay_foundations(chosen),
                MarketNames(chosen.domain, chosen.market_domain),
                aws.Provider("dns", aws.ProviderArgs(region="ap-southeast-1")),
            )
        )

    return record(everything, stack=stack)


def edge_of(
    market: Market, role: RegionRole, foundation: Foundation, other: RegionalEdge | None = None, **more: Any
) -> RegionalEdge:
    """The public side of one of the market's Regions: riders' API and pool, staff's in the primary."""
    names, primary = market.names, role is RegionRole.PRIMARY
    riders = [DnsName(names.api, ZONE), DnsName(names.api_in(role), ZONE)]
    if primary:
        riders.append(DnsName(names.global_api, ROOT_ZONE))
    apis = [ApiEndpoint("rider-api", Audience.RIDERS, Api(f"rider-api-{role}"), tuple(riders))]
    if primary:
        apis.append(
            ApiEndpoint("staff-api", Audience.STAFF, Api("staff-api"), (DnsName(names.staff_api, ZONE),))
        )
    return RegionalEdge(
        f"{market.settings.prefix}-edge-{role}",
        RegionalEdgeArgs(
            foundation=foundation,
            dns_provider=market.dns,
            apis=tuple(apis),
            user_pools={"rider-pool": "arn:rider-pool", "staff-pool": "arn:staff-pool"} if primary else {},
            proven_by=other.certificate if other else None,
            **more,
        ),
        opts=market.regions.options(foundation),
    )


def whole_edge(market: Market, *, standby_writes: bool = False) -> None:
    """Edge, probes, routing and MQTT of every Region of the market."""
    regions, names, prefix = market.regions, market.names, market.settings.prefix
    first = edge_of(market, RegionRole.PRIMARY, regions.primary)
    second = edge_of(market, RegionRole.STANDBY, regions.standby, first) if regions.standby else None

    def side(
        role: RegionRole, edge: RegionalEdge, here: Foundation, there: Foundation | None
    ) -> RegionOfMarket:
        host = names.api_in(role)
        probe = (
            RegionProbe(
                f"{prefix}-probe-{role}", RegionProbeArgs(there, role, host), opts=regions.options(there)
            )
            if there
            else None
        )
        return RegionOfMarket(
            here.region, edge.targets[names.api], DnsName(host, ZONE), edge.targets[host], probe
        )

    routing = MarketRouting(
        f"{prefix}-routing",
        MarketRoutingArgs(
            foundation=regions.edge,
            dns_provider=market.dns,
            api=DnsName(names.api, ZONE),
            primary=side(RegionRole.PRIMARY, first, regions.primary, regions.standby),
            standby=side(RegionRole.STANDBY, second, regions.standby, regions.primary)
            if second and regions.standby
            else None,
            standby_writes=standby_writes,
            nearest=NearestMarket(
                DnsName(names.global_api, ROOT_ZONE), regions.primary.region, first.targets[names.global_api]
            ),
        ),
        opts=regions.options(regions.edge),
    )
    mqtt = DnsName(names.mqtt, ZONE)
    args = MqttEndpointArgs(mqtt, market.dns, market.settings.base_tags)
    cars = {RegionRole.PRIMARY: regions.ingest}
    if regions.standby and regions.standby.region is not regions.ingest.region:
        cars[RegionRole.STANDBY] = regions.standby
    made: MqttEndpoint | None = None
    endpoints = {}
    for role, foundation in cars.items():
        made = MqttEndpoint(
            f"{prefix}-mqtt-{role}",
            replace(args, proven_by=made.certificate if made else None),
            opts=regions.options(foundation),
        )
        endpoints[role] = iot_data_endpoint(pulumi.InvokeOutputOptions(provider=regions.provider(foundation)))
    MqttRouting(
        f"{prefix}-mqtt",
        MqttRoutingArgs(mqtt, market.dns, endpoints, routing.health_check_ids, standby_writes),
        opts=regions.options(regions.edge),
    )


@cache
def market(stack: str) -> Market:
    """The foundations of a stack, for args that are judged before anything is built."""
    held: list[Market] = []
    build(stack, held.append)
    return held[0]


@cache
def whole(stack: str, *, standby_writes: bool = False) -> Recording:
    """The whole edge of a stack, built once."""
    return build(stack, lambda market: whole_edge(market, standby_writes=standby_writes))
