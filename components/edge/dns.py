"""Records in Route 53: a name in its zone, and what an alias points at.

Zones are the hub's: whoever makes a record is handed the zone's id and a provider that may change the zone.
"""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.markets import Region

ADDRESS_TYPES = ("A", "AAAA")
TTL_SECONDS = 60  # how long a resolver may hold on to a Region that is gone


@dataclass(frozen=True)
class DnsName:
    """A full name without the dot at its end, and the id of the zone that it is in."""

    name: str
    zone_id: pulumi.Input[str]

    def __post_init__(self) -> None:
        if self.name != self.name.lower().strip(".") or "." not in self.name:
            raise ValueError(
                f"{self.name!r} is no DNS name as Route 53 keeps it: "
                "use lower case, at least two labels and no dot at the end"
            )


@dataclass(frozen=True)
class AliasTarget:
    """An AWS endpoint: its own DNS name and the id of AWS's zone for such endpoints."""

    dns_name: pulumi.Input[str]
    zone_id: pulumi.Input[str]

    def alias(self) -> aws.route53.RecordAliasArgs:
        """The alias block of a record.

        API Gateway and CloudFront call themselves unhealthy only when the whole service is down in a Region,
        so a target's own health decides nothing here: health checks of ours do.
        """
        return aws.route53.RecordAliasArgs(
            name=self.dns_name, zone_id=self.zone_id, evaluate_target_health=False
        )


@dataclass(frozen=True)
class Choice:
    """One of several records of a name: which to take is decided by failover or by latency.

    `failover` is PRIMARY or SECONDARY; `latency_from` is the Region whose users are near to it.
    """

    set_identifier: str
    health_check_id: pulumi.Input[str]
    failover: str | None = None
    latency_from: Region | None = None

    def __post_init__(self) -> None:
        if (self.failover is None) == (self.latency_from is None):
            raise ValueError(
                f"record {self.set_identifier}: say either failover or latency_from: Route 53 takes one"
            )

    def apply(self, args: aws.route53.RecordArgs) -> aws.route53.RecordArgs:
        """The record with the routing policy set."""
        args.set_identifier = self.set_identifier
        args.health_check_id = self.health_check_id
        if self.failover:
            args.failover_routing_policies = [aws.route53.RecordFailoverRoutingPolicyArgs(type=self.failover)]
        if self.latency_from:
            args.latency_routing_policies = [
                aws.route53.RecordLatencyRoutingPolicyArgs(region=str(self.latency_from))
            ]
        return args


FAILOVER = {"first": "PRIMARY", "second": "SECONDARY"}
"""Set identifier and failover type of the two records of a name. Which Region each points at changes with who
writes, its type never does: Route 53 refuses a second record of a type, so two could not swap theirs."""


def address_records(
    name: str,
    at: DnsName,
    target: AliasTarget,
    opts: pulumi.ResourceOptions,
    choice: Choice | None = None,
) -> list[aws.route53.Record]:
    """An alias for IPv4 and one for IPv6."""
    made = []
    for kind in ADDRESS_TYPES:
        args = aws.route53.RecordArgs(name=at.name, type=kind, zone_id=at.zone_id, aliases=[target.alias()])
        made.append(
            aws.route53.Record(f"{name}-{kind.lower()}", choice.apply(args) if choice else args, opts=opts)
        )
    return made


def name_record(
    name: str,
    at: DnsName,
    target: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
    choice: Choice | None = None,
) -> None:
    """A CNAME, for endpoints that no alias can point at."""
    args = aws.route53.RecordArgs(
        name=at.name, type="CNAME", zone_id=at.zone_id, records=[target], ttl=TTL_SECONDS
    )
    aws.route53.Record(f"{name}-cname", choice.apply(args) if choice else args, opts=opts)
