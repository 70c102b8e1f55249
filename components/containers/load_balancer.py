"""The internal load balancer in front of a workload: TLS to it, plain HTTP within the VPC behind it.

It keeps no access logs: those can be encrypted with S3's own keys only, which our policies refuse
(https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html). Each
container writes a line for each request instead.
"""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, create_alarms
from components.containers.workload import HEALTH_PATH, STOP_SECONDS
from components.foundation import Foundation
from components.network import WORKLOAD_PORT, GroupMaker, Network, Peer
from components.network.access_lists import HTTPS
from components.network.addressing import COMPANY
from components.tags import Tags

TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
"""TLS 1.3, and 1.2 with forward secrecy and authenticated encryption only."""
SLOW_SECONDS = 1.0
NAME_PREFIX = "bh-"
"""Names of load balancers end after 32 characters: AWS makes the rest."""


@dataclass(frozen=True)
class LoadBalancerArgs:
    """`certificate_arn` is an ACM certificate of the Region for the name that callers use."""

    foundation: Foundation
    network: Network
    certificate_arn: pulumi.Input[str]
    tags: Tags


class LoadBalancer(pulumi.ComponentResource):
    """Reached from the company's networks only; `error_alarm` is what a deployment is rolled back by."""

    arn: pulumi.Output[str]
    dns_name: pulumi.Output[str]
    zone_id: pulumi.Output[str]
    target_group_arn: pulumi.Output[str]
    requests_label: pulumi.Output[str]
    listener: aws.lb.Listener
    error_alarm: aws.cloudwatch.MetricAlarm

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:containers:LoadBalancer", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        network = args.network
        balancer = aws.lb.LoadBalancer(
            f"{name}-balancer",
            aws.lb.LoadBalancerArgs(
                name_prefix=NAME_PREFIX,
                internal=True,
                load_balancer_type="application",
                subnets=network.private_subnet_ids,
                security_groups=[_group(name, network, args.tags, self)],
                drop_invalid_header_fields=True,
                desync_mitigation_mode="strictest",
                enable_deletion_protection=args.foundation.production,
                enable_zonal_shift=True,
                tags=args.tags,
            ),
            opts=child,
        )
        targets = aws.lb.TargetGroup(
            f"{name}-targets",
            aws.lb.TargetGroupArgs(
                name_prefix=NAME_PREFIX,
                vpc_id=network.vpc_id,
                target_type="ip",
                port=WORKLOAD_PORT,
                protocol="HTTP",
                deregistration_delay=STOP_SECONDS,
                load_balancing_algorithm_type="least_outstanding_requests",
                health_check=aws.lb.TargetGroupHealthCheckArgs(
                    path=HEALTH_PATH, matcher="200", interval=10, timeout=5, healthy_threshold=2
                ),
                tags=args.tags,
            ),
            opts=child,
        )
        self.listener = aws.lb.Listener(
            f"{name}-https",
            aws.lb.ListenerArgs(
                load_balancer_arn=balancer.arn,
                port=HTTPS,
                protocol="HTTPS",
                ssl_policy=TLS_POLICY,
                certificate_arn=args.certificate_arn,
                default_actions=[
                    aws.lb.ListenerDefaultActionArgs(type="forward", target_group_arn=targets.arn)
                ],
                tags=args.tags,
            ),
            opts=child,
        )
        of_both = {"LoadBalancer": balancer.arn_suffix, "TargetGroup": targets.arn_suffix}
        self.error_alarm, *_ = create_alarms(
            name,
            [
                Alarm(
                    name="errors",
                    description="Containers answer with 5xx: read their logs",
                    namespace="AWS/ApplicationELB",
                    metric="HTTPCode_Target_5XX_Count",
                    dimensions=of_both,
                    threshold=5,
                    period_seconds=60,
                    periods=3,
                ),
                Alarm(
                    name="unhealthy",
                    description="Containers do not answer their health check",
                    namespace="AWS/ApplicationELB",
                    metric="UnHealthyHostCount",
                    dimensions=of_both,
                    statistic="Maximum",
                    threshold=0,
                    period_seconds=60,
                    periods=5,
                ),
                Alarm(
                    name="slow",
                    description="Containers answer slowly on average",
                    namespace="AWS/ApplicationELB",
                    metric="TargetResponseTime",
                    dimensions=of_both,
                    statistic="Average",
                    threshold=SLOW_SECONDS,
                    periods=3,
                ),
            ],
            topic_arn=args.foundation.alarm_topic_arn,
            tags=args.tags,
            parent=self,
        )
        self.arn = balancer.arn
        self.dns_name = balancer.dns_name
        self.zone_id = balancer.zone_id
        self.target_group_arn = targets.arn
        self.requests_label = pulumi.Output.concat(balancer.arn_suffix, "/", targets.arn_suffix)
        self.register_outputs({"arn": self.arn, "dnsName": self.dns_name})


def _group(name: str, network: Network, tags: Tags, parent: pulumi.Resource) -> pulumi.Output[str]:
    """The balancer's security group, and the way from it to the containers."""
    maker = GroupMaker(name, network.vpc_id, tags, parent)
    containers = network.security_groups.workload
    group = maker.group("group", "Internal load balancer of containers")
    maker.let_in("in", group, HTTPS, Peer(cidr=COMPANY), "The hub, the standby, depots and the VPC by HTTPS")
    maker.let_out("out", group, WORKLOAD_PORT, Peer(group_id=containers), "To the containers")
    maker.let_in(
        "containers-in", containers, WORKLOAD_PORT, Peer(group_id=group), "From the internal load balancer"
    )
    return group
