"""The hub: what all markets of an environment share, in the account of the home market.

Each other market has an account of its own. It joins by one role here, which may change that market's names,
accept its peering and its depots' association, and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.edge import DnsZones, DnsZonesArgs, dns_link_statements
from components.foundation import Foundation
from components.hub_reference import HubOutput
from components.iam import Condition, Principal, Statement, policy_json
from components.markets import HOME_MARKET, Market, answers_nearest
from components.network import (
    DirectConnectGateway,
    DirectConnectGatewayArgs,
    TransitGateway,
    hub_link_statements,
)
from components.tags import DataClass, component_tags


@dataclass(frozen=True)
class HubArgs:
    """`primary` and `edge` are the home market's foundations, `edge` of us-east-1.

    `markets` maps every other market of the environment to its account; `on_direct_connect` counts the
    markets, the home market included, whose depots are on Direct Connect. `gateway` only in production.
    """

    primary: Foundation
    edge: Foundation
    domain: str
    markets: Mapping[Market, str]
    on_direct_connect: int = 0
    gateway: TransitGateway | None = None

    def __post_init__(self) -> None:
        if HOME_MARKET in self.markets:
            raise ValueError(
                f"markets holds {HOME_MARKET}, the hub's own market: it needs no role; leave it out"
            )
        own = [str(m) for m, account in self.markets.items() if account == self.primary.account_id]
        if own:
            raise ValueError(
                f"{', '.join(own)} has the hub's own account {self.primary.account_id}: "
                "each market has an account of its own"
            )
        if self.on_direct_connect and self.gateway is None:
            raise ValueError("a Direct Connect gateway without a transit gateway: depots would reach nothing")


class Hub(pulumi.ComponentResource):
    """`outputs` is what the home stack exports for `HubReference`."""

    zones: DnsZones
    direct_connect: DirectConnectGateway | None
    outputs: dict[HubOutput, pulumi.Input[object]]

    def __init__(self, name: str, args: HubArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:hub:Hub", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self._name = name
        self._args = args
        self.zones = DnsZones(
            f"{name}-dns",
            DnsZonesArgs(foundation=args.edge, domain=args.domain, markets=(HOME_MARKET, *args.markets)),
            opts=child,
        )
        self.direct_connect = None
        if args.on_direct_connect:
            self.direct_connect = DirectConnectGateway(
                f"{name}-direct-connect",
                DirectConnectGatewayArgs(markets=args.on_direct_connect, tags=args.primary.tags),
                opts=child,
            )
        roles = {str(market): self._link_role(market, account) for market, account in args.markets.items()}
        self.outputs = {
            HubOutput.DOMAIN: args.domain,
            HubOutput.ROOT_ZONE_ID: self.zones.root.zone_id,
            HubOutput.MARKET_ZONE_IDS: {str(m): zone.zone_id for m, zone in self.zones.markets.items()},
            HubOutput.MARKET_LINK_ROLE_ARNS: roles,
        }
        if args.gateway:
            self.outputs[HubOutput.TRANSIT_GATEWAY_ID] = args.gateway.gateway_id
            self.outputs[HubOutput.TRANSIT_GATEWAY_VPC_TABLE_ID] = args.gateway.vpc_table_id
            self.outputs[HubOutput.TRANSIT_GATEWAY_OUTSIDE_TABLE_ID] = args.gateway.outside_table_id
        if self.direct_connect:
            self.outputs[HubOutput.DIRECT_CONNECT_GATEWAY_ID] = self.direct_connect.gateway_id
        self.register_outputs({"rootZoneId": self.zones.root.zone_id})

    def _link_role(self, market: Market, account: str) -> pulumi.Output[str]:
        """The role by which a market's stack works in the hub's account."""
        base = self._args.primary
        trust = Statement(
            actions=["sts:AssumeRole"],
            principals=[Principal("AWS", [f"arn:aws:iam::{account}:root"])],
            # No secret: it says for which market the caller means to act.
            conditions=[Condition("StringEquals", "sts:ExternalId", [external_id(base.prefix, market)])],
        )
        role = aws.iam.Role(
            f"{self._name}-link-{market}",
            aws.iam.RoleArgs(
                description=f"Lets the stack of market {market} join the hub",
                assume_role_policy=policy_json(trust),
                max_session_duration=3_600,
                tags=component_tags(base.tags, "hub", DataClass.INTERNAL),
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        policy = aws.iam.RolePolicy(
            f"{self._name}-link-{market}-policy",
            aws.iam.RolePolicyArgs(role=role.name, policy=policy_json(*self._statements(market))),
            opts=pulumi.ResourceOptions(parent=role),
        )
        return pulumi.Output.all(role.arn, policy.id).apply(lambda values: str(values[0]))

    def _statements(self, market: Market) -> list[Statement]:
        args = self._args
        statements = dns_link_statements(
            root=self.zones.root,
            market=self.zones.markets[market],
            latency_name=f"api.{args.domain}" if answers_nearest(market) else None,
        )
        if args.gateway:
            statements += hub_link_statements(
                account_id=args.primary.account_id,
                region=args.primary.region,
                vpc_table_arn=args.gateway.vpc_table_arn,
                outside_table_arn=args.gateway.outside_table_arn,
                dx_gateway_id=self.direct_connect.gateway_id if self.direct_connect else None,
            )
        return statements


def external_id(prefix: str, market: Market) -> str:
    """What a market's stack says when it takes its role in the hub whose names begin with `prefix`."""
    return f"{prefix}-{market}"
