"""Resources whose log is a resource of its own have one.

A REST stage has method settings (execution logs), a VPC flow logs, a public zone a log of its queries, a
bucket server access logs, a distribution access logs of either kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pulumi_policy import PolicyResource, Severity

from ..core.companions import Companion, companion_rule, judge_companions
from ..core.conditions import is_given
from ..core.peek import peek, places
from ..core.related import of_types, refers_to
from ..core.rule import StackRule, StackVerdict
from ..exposure.buckets import BUCKETS
from ..waf.endpoints import DISTRIBUTIONS, STAGE
from .settings import GROUP

FLOW_LOG = "aws:ec2/flowLog:FlowLog"
TRAIL = "aws:cloudtrail/trail:Trail"
BUCKET_LOG = ("aws:s3/bucketLogging:BucketLogging", "aws:s3/bucketLoggingV2:BucketLoggingV2")
DELIVERY_SOURCE = "aws:cloudwatch/logDeliverySource:LogDeliverySource"

ROWS = (
    Companion(
        (STAGE,),
        ("aws:apigateway/methodSettings:MethodSettings",),
        "stageName",
        ("stageName",),
        "method settings",
        "Add aws.apigateway.MethodSettings with stage_name wired to it and logging_level ERROR or INFO",
        "APIGateway.1",
    ),
    Companion(
        ("aws:ec2/vpc:Vpc", "awsx:ec2:Vpc"),
        (FLOW_LOG,),
        "vpcId",
        ("id", "vpcId"),
        "flow log",
        "Add an aws.ec2.FlowLog with vpc_id wired to it and traffic_type ALL",
        "EC2.6",
    ),
    Companion(
        ("aws:ec2transitgateway/transitGateway:TransitGateway",),
        (FLOW_LOG,),
        "transitGatewayId",
        ("id",),
        "flow log",
        "Add an aws.ec2.FlowLog with transit_gateway_id wired to it",
    ),
    Companion(
        ("aws:route53/zone:Zone",),
        ("aws:route53/queryLog:QueryLog",),
        "zoneId",
        ("zoneId", "id"),
        "query log",
        "Add an aws.route53.QueryLog with zone_id wired to it",
        "Route53.2",
        unless=("vpcs",),
    ),
    Companion(
        DISTRIBUTIONS,
        (DELIVERY_SOURCE,),
        "resourceArn",
        ("arn",),
        "access log",
        "Add an aws.cloudwatch.LogDeliverySource with resource_arn wired to it, or give it a logging_config",
        "CloudFront.5",
        unless=("loggingConfig",),
    ),
    Companion(
        ("aws:cfg/recorder:Recorder",),
        ("aws:cfg/recorderStatus:RecorderStatus",),
        "name",
        ("name", "id"),
        "status, so it does not record",
        "Add an aws.cfg.RecorderStatus with name wired to it and is_enabled on",
        "Config.1",
    ),
    Companion(
        ("aws:networkfirewall/firewall:Firewall",),
        ("aws:networkfirewall/loggingConfiguration:LoggingConfiguration",),
        "firewallArn",
        ("arn", "id"),
        "logging configuration",
        "Add an aws.networkfirewall.LoggingConfiguration with firewall_arn wired to its arn",
        "NetworkFirewall.2",
    ),
    Companion(
        ("aws:redshift/cluster:Cluster",),
        ("aws:redshift/logging:Logging",),
        "clusterIdentifier",
        ("clusterIdentifier", "id"),
        "audit log",
        "Add an aws.redshift.Logging with cluster_identifier wired to it",
        "Redshift.4",
    ),
)

RULE = companion_rule(
    "logging-companions",
    GROUP,
    "Stages, VPCs, transit gateways, public zones, distributions and firewalls have logs of their own.",
    ROWS,
    url="https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/detection.html",
    severity=Severity.MEDIUM,
)
_KINDS_OF_DATA = (
    "eventSelectors[].dataResources[].type",
    "advancedEventSelectors[].fieldSelectors[].equals[]",
)
_BUCKET_ROWS = (
    Companion(
        BUCKETS,
        BUCKET_LOG,
        "bucket",
        ("bucket", "id"),
        "server access log",
        "Add an aws.s3.BucketLogging with bucket wired to its id and a log bucket as its target_bucket",
        "S3.9",
        unless=("loggings", "logging"),
    ),
)


def judge_buckets(resources: Sequence[PolicyResource]) -> Iterator[StackVerdict]:
    """A verdict for each bucket without access log, unless it is itself where such logs go.

    A trail of the stack that records the events of all objects does instead.
    """
    if any(_records_objects(trail) for trail in of_types(resources, (TRAIL,))):
        return
    buckets, logs = of_types(resources, BUCKETS), of_types(resources, BUCKET_LOG)
    targets = {
        bucket.urn
        for bucket in buckets
        if any(refers_to(log, "targetBucket", bucket, buckets, "bucket", "id") for log in logs)
    }
    for found in judge_companions(_BUCKET_ROWS, resources):
        if found.urn not in targets:
            yield found


def _records_objects(trail: PolicyResource) -> bool:
    """Whether a trail records what is done to the objects of every bucket."""
    kinds = [value for path in _KINDS_OF_DATA for _, value in places(trail.props, path)]
    names = [value for _, value in places(trail.props, "eventSelectors[].dataResources[].values[]")]
    everywhere = "arn:aws:s3" in names or is_given(peek(trail.props, "advancedEventSelectors"))
    return "AWS::S3::Object" in kinds and everywhere


BUCKET_RULE = StackRule(
    name="logging-buckets",
    group=GROUP,
    description="Access to each bucket is logged, but for the buckets that hold such logs.",
    remediation=f"{_BUCKET_ROWS[0].way_out}; or let a trail record the events of all objects.",
    severity=Severity.MEDIUM,
    url="https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html",
    controls=("S3.9",),
    types=frozenset(BUCKETS),
    judge=judge_buckets,
    table=_BUCKET_ROWS,
)
