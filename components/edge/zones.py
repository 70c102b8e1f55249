"""The hub's DNS zones: one that all markets share, one for each market, and who may change what in them.

Build it in us-east-1: Route 53 writes query logs there only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.encryption import DataDomain
from components.foundation import Foundation
from components.iam import Condition, Principal, Statement, policy_json
from components.markets import GLOBAL_REGION, Market
from components.tags import DataClass, component_tags

DELEGATION_TTL_SECONDS = 3_600
AMAZON_CAS = ("amazon.com", "amazonaws.com", "amazontrust.com", "awstrust.com")
"""The names by which ACM's authority is allowed: https://docs.aws.amazon.com/acm/latest/userguide/setup-caa.html"""
_RECORDS = "route53:ChangeResourceRecordSetsRecordTypes"
_NAMES = "route53:ChangeResourceRecordSetsNormalizedRecordNames"


@dataclass(frozen=True)
class DnsZonesArgs:
    """`foundation` is us-east-1's; `domain` is shared by `markets`, which get `<market>.<domain>` each."""

    foundation: Foundation
    domain: str
    markets: Sequence[Market]

    def __post_init__(self) -> None:
        if self.foundation.region is not GLOBAL_REGION:
            raise ValueError(
                f"zones are built in {self.foundation.region}: Route 53 logs queries in {GLOBAL_REGION} "
                "only; hand in that foundation"
            )
        if len(set(self.markets)) != len(self.markets) or not self.markets:
            raise ValueError(
                f"markets is {[str(m) for m in self.markets]}: name each market once, and one at least"
            )


@dataclass(frozen=True)
class HostedZone:
    """A public zone: its name, id and ARN."""

    name: str
    zone_id: pulumi.Output[str]
    arn: pulumi.Output[str]


class DnsZones(pulumi.ComponentResource):
    """`root` and, by market, `markets`. `name_servers` is what the registrar or the parent zone must name."""

    root: HostedZone
    markets: Mapping[Market, HostedZone]
    name_servers: pulumi.Output[Sequence[str]]

    def __init__(self, name: str, args: DnsZonesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:edge:DnsZones", name, None, opts)
        self._name = name
        self._args = args
        self._tags = component_tags(args.foundation.tags, "edge", DataClass.PUBLIC)
        self._child = pulumi.ResourceOptions(parent=self)
        self._may_log = self._let_route53_log()
        root = self._zone("root", args.domain)
        self.root = HostedZone(args.domain, root.zone_id, root.arn)
        self.name_servers = root.name_servers
        aws.route53.Record(
            f"{name}-authorities",
            aws.route53.RecordArgs(
                name=args.domain,
                type="CAA",
                zone_id=root.zone_id,
                ttl=DELEGATION_TTL_SECONDS,
                # No other authority may issue for any name of ours, and none for all names at once.
                records=[*(f'0 issue "{ca}"' for ca in AMAZON_CAS), '0 issuewild ";"'],
            ),
            opts=self._child,
        )
        markets = {}
        for market in args.markets:
            domain = f"{market}.{args.domain}"
            zone = self._zone(str(market), domain)
            aws.route53.Record(
                f"{name}-{market}-delegation",
                aws.route53.RecordArgs(
                    name=domain,
                    type="NS",
                    zone_id=root.zone_id,
                    ttl=DELEGATION_TTL_SECONDS,
                    records=zone.name_servers,
                ),
                opts=self._child,
            )
            markets[market] = HostedZone(domain, zone.zone_id, zone.arn)
        self.markets = markets
        self.register_outputs({"rootZoneId": self.root.zone_id, "nameServers": self.name_servers})

    def _zone(self, what: str, domain: str) -> aws.route53.Zone:
        base = self._args.foundation
        zone = aws.route53.Zone(
            f"{self._name}-{what}",
            aws.route53.ZoneArgs(
                name=domain,
                comment=f"Blue Horizons, {what}",
                force_destroy=False,
                # Changes are possible again within an hour when us-east-1 is lost.
                enable_accelerated_recovery=base.production,
                tags=self._tags,
            ),
            opts=pulumi.ResourceOptions(parent=self, protect=base.production),
        )
        logs = aws.cloudwatch.LogGroup(
            f"{self._name}-{what}-queries",
            aws.cloudwatch.LogGroupArgs(
                name=f"/aws/route53/{domain}",
                retention_in_days=base.log_retention_days,
                kms_key_id=base.key_arn(DataDomain.LOGS),
                tags=self._tags,
            ),
            opts=self._child,
        )
        aws.route53.QueryLog(
            f"{self._name}-{what}-query-log",
            aws.route53.QueryLogArgs(zone_id=zone.zone_id, cloudwatch_log_group_arn=logs.arn),
            opts=pulumi.ResourceOptions(parent=zone, depends_on=[self._may_log]),
        )
        return zone

    def _let_route53_log(self) -> aws.cloudwatch.LogResourcePolicy:
        base = self._args.foundation
        return aws.cloudwatch.LogResourcePolicy(
            f"{self._name}-queries-policy",
            aws.cloudwatch.LogResourcePolicyArgs(
                policy_name=f"{self._name}-queries",
                policy_document=policy_json(
                    Statement(
                        sid="QueryLogs",
                        actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                        resources=[f"arn:aws:logs:{base.region}:{base.account_id}:log-group:/aws/route53/*"],
                        principals=[Principal("Service", ["route53.amazonaws.com"])],
                        conditions=[
                            Condition("StringEquals", "aws:SourceAccount", [base.account_id]),
                            Condition("ArnLike", "aws:SourceArn", ["arn:aws:route53:::hostedzone/*"]),
                        ],
                    )
                ),
            ),
            opts=self._child,
        )


def dns_link_statements(
    *,
    root: HostedZone,
    market: HostedZone,
    latency_name: str | None,
) -> list[Statement]:
    """What a market's account may do in the hub's zones: change names of its own zone, never the delegation.

    With `latency_name` (`api.<domain>`) it may also change that name in the root zone, and the records that
    prove it to ACM. Route 53 cannot tell records of one name apart: markets that share the name could change
    each other's record of it, and no other name. Actions and condition keys:
    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-conditions-route53.html
    """
    statements = [
        Statement(
            sid="ReadZones",
            actions=["route53:GetHostedZone", "route53:ListResourceRecordSets"],
            resources=[market.arn, root.arn],
        ),
        Statement(
            sid="AwaitChanges", actions=["route53:GetChange"], resources=["arn:aws:route53:::change/*"]
        ),
        _change("ChangeOwnZone", market.arn, types=["A", "AAAA", "CNAME"], names=[f"*.{market.name}"]),
    ]
    if latency_name:
        statements += [
            _change("ChangeLatencyRecord", root.arn, types=["A", "AAAA"], names=[latency_name]),
            _change("ProveLatencyName", root.arn, types=["CNAME"], names=[f"_*.{latency_name}"]),
        ]
    return statements


def _change(sid: str, zone_arn: pulumi.Input[str], *, types: list[str], names: list[str]) -> Statement:
    return Statement(
        sid=sid,
        actions=["route53:ChangeResourceRecordSets"],
        resources=[zone_arn],
        conditions=[
            Condition("ForAllValues:StringEquals", _RECORDS, types),
            Condition("ForAllValues:StringLike", _NAMES, names),
            # "For all values" holds when there is none.
            Condition("Null", _RECORDS, ["false"]),
            Condition("Null", _NAMES, ["false"]),
        ],
    )
