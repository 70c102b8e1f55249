"""Which Region answers for a market's names: failover within a market, latency between markets.

Build it in us-east-1: Route 53's control plane and the metrics of its health checks are there, so that
moving riders away from a lost Region asks nothing of that Region.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, create_alarms
from components.edge.dns import FAILOVER, AliasTarget, Choice, DnsName, address_records
from components.edge.names import RegionRole, in_order
from components.edge.probe import HEALTH_PATH, UNREACHABLE_MINUTES, RegionProbe
from components.foundation import Foundation
from components.markets import GLOBAL_REGION, Region
from components.tags import DataClass, Tags, component_tags

CHECKED_FROM = ("ap-northeast-1", "ap-southeast-1", "ap-southeast-2", "eu-west-1", "us-west-2")
"""Far enough apart that a fault of one network is not taken for one of ours; Route 53 wants three or more."""
FAST_SECONDS, SLOW_SECONDS = 10, 30  # the two that Route 53 offers
FAILURES = 3


@dataclass(frozen=True)
class RegionOfMarket:
    """One Region of a market: what answers for the market's name and for the Region's own, and who watches.

    `probe` runs in the other Region.
    """

    region: Region
    api: AliasTarget
    own_name: DnsName
    own_api: AliasTarget
    probe: RegionProbe | None = None


@dataclass(frozen=True)
class NearestMarket:
    """The market's part in the name of all markets. `region` is where its users are near to.

    `target` is the API Gateway domain of that name in the primary Region: API Gateway gives a name to one
    account a Region, and Route 53 a latency record to one market a Region.
    """

    name: DnsName
    region: Region
    target: AliasTarget


@dataclass(frozen=True)
class MarketRoutingArgs:
    """`foundation` is us-east-1's. `standby_writes` swaps the roles of the failover records."""

    foundation: Foundation
    dns_provider: pulumi.ProviderResource
    api: DnsName
    primary: RegionOfMarket
    standby: RegionOfMarket | None = None
    standby_writes: bool = False
    nearest: NearestMarket | None = None

    def __post_init__(self) -> None:
        if self.foundation.region is not GLOBAL_REGION:
            raise ValueError(
                f"routing is built in {self.foundation.region}: health checks tell their state in "
                f"{GLOBAL_REGION} only; hand in that foundation"
            )
        if self.standby_writes and self.standby is None:
            raise ValueError(
                "standby_writes without a standby: nobody would answer; hand in the standby Region"
            )
        if self.standby is None:
            return
        for role, one, other in (
            (RegionRole.PRIMARY, self.primary, self.standby),
            (RegionRole.STANDBY, self.standby, self.primary),
        ):
            if one.probe is None or one.probe.region is not other.region:
                seen_from = one.probe.region if one.probe else "nowhere"
                raise ValueError(
                    f"the {role} Region {one.region} is watched from {seen_from}: its alarm would be "
                    f"lost with it or never raised; probe it from {other.region}"
                )


class MarketRouting(pulumi.ComponentResource):
    """`health_check_ids` and `health_check_arns` say by role if a Region is well; none without standby."""

    health_check_ids: Mapping[RegionRole, pulumi.Output[str]]
    health_check_arns: Mapping[RegionRole, pulumi.Output[str]]

    def __init__(
        self, name: str, args: MarketRoutingArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:edge:MarketRouting", name, None, opts)
        self._name = name
        self._args = args
        self._tags = component_tags(args.foundation.tags, "edge", DataClass.INTERNAL)
        self._child = pulumi.ResourceOptions(parent=self)
        self._records = pulumi.ResourceOptions(parent=self, provider=args.dns_provider)
        regions = {RegionRole.PRIMARY: args.primary}
        if args.standby:
            regions[RegionRole.STANDBY] = args.standby
        for role, region in regions.items():
            address_records(f"{name}-{role}-own", region.own_name, region.own_api, self._records)
        checks = {
            role: self._health(role, region, region.probe) for role, region in regions.items() if region.probe
        }
        self.health_check_ids = {role: check.id for role, check in checks.items()}
        self.health_check_arns = {role: check.arn for role, check in checks.items()}
        for (place, failover), role in zip(
            FAILOVER.items(), in_order(regions, args.standby_writes), strict=False
        ):
            address_records(
                f"{name}-{place}-api",
                args.api,
                regions[role].api,
                self._records,
                Choice(place, checks[role].id, failover=failover) if args.standby else None,
            )
        if args.nearest:
            check = checks.get(RegionRole.PRIMARY) or self._endpoint(RegionRole.PRIMARY, args.primary)
            address_records(
                f"{name}-nearest",
                args.nearest.name,
                args.nearest.target,
                self._records,
                Choice(str(args.foundation.market), check.id, latency_from=args.nearest.region),
            )
        self.register_outputs({"healthCheckIds": {str(r): i for r, i in self.health_check_ids.items()}})

    def _health(
        self, role: RegionRole, region: RegionOfMarket, probe: RegionProbe
    ) -> aws.route53.HealthCheck:
        """A Region is lost when both say so: checkers around the world, and the market's other Region.

        One of the two may err: a network between checkers and Region, or the other Region being lost itself.
        """
        seen = aws.route53.HealthCheck(
            f"{self._name}-{role}-seen",
            aws.route53.HealthCheckArgs(
                type="CLOUDWATCH_METRIC",
                cloudwatch_alarm_name=probe.alarm_name,
                cloudwatch_alarm_region=str(probe.region),
                insufficient_data_health_status="Healthy",
                # Route 53 copies the alarm's rule; a changed rule must be copied anew.
                triggers={"minutes": str(UNREACHABLE_MINUTES)},
                tags=self._tags_named(f"{role}-seen"),
            ),
            opts=self._child,
        )
        health = aws.route53.HealthCheck(
            f"{self._name}-{role}-health",
            aws.route53.HealthCheckArgs(
                type="CALCULATED",
                child_healthchecks=[self._endpoint(role, region).id, seen.id],
                child_health_threshold=1,
                tags=self._tags_named(f"{role}-health"),
            ),
            opts=self._child,
        )
        self._alarm(f"{role}-lost", f"The {role} Region {region.region} is lost: failover runbook", health)
        return health

    def _endpoint(self, role: RegionRole, region: RegionOfMarket) -> aws.route53.HealthCheck:
        check = aws.route53.HealthCheck(
            f"{self._name}-{role}-endpoint",
            aws.route53.HealthCheckArgs(
                type="HTTPS",
                fqdn=region.own_name.name,
                port=443,
                resource_path=HEALTH_PATH,
                enable_sni=True,
                request_interval=FAST_SECONDS if self._args.foundation.production else SLOW_SECONDS,
                failure_threshold=FAILURES,
                regions=list(CHECKED_FROM),
                measure_latency=True,
                tags=self._tags_named(f"{role}-endpoint"),
            ),
            opts=self._child,
        )
        self._alarm(f"{role}-unanswered", f"{region.own_name.name} does not answer the internet", check)
        return check

    def _alarm(self, name: str, description: str, check: aws.route53.HealthCheck) -> None:
        create_alarms(
            self._name,
            [
                Alarm(
                    name=name,
                    description=description,
                    namespace="AWS/Route53",
                    metric="HealthCheckStatus",
                    dimensions={"HealthCheckId": check.id},
                    statistic="Minimum",
                    threshold=1,
                    below=True,
                    period_seconds=60,
                    periods=2,
                )
            ],
            topic_arn=self._args.foundation.alarm_topic_arn,
            tags=self._tags,
            parent=self,
        )

    def _tags_named(self, what: str) -> Tags:
        # The console shows health checks by this tag and has no other name for them.
        return {**self._tags, "Name": f"{self._name}-{what}"}
