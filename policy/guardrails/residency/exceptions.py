"""What may be outside the stack's Regions, because AWS keeps it in one place for all.

Each row says why it holds no data of the market. What is in no row must be in an allowed Region.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..core.peek import UNKNOWN, peek

GLOBAL_SERVICES: Mapping[str, str] = {
    "account": "the account itself",
    "budgets": "cost limits",
    "cloudfront": "delivery at the edge",
    "costexplorer": "cost anomalies",
    "cur": "cost reports",
    "ecrpublic": "images that everybody may read",
    "globalaccelerator": "routing",
    "iam": "identities and permissions",
    "networkmanager": "routing",
    "organizations": "accounts and their limits",
    "route53": "names and health checks",
    "route53domains": "names",
    "savingsplans": "costs",
    "shield": "protection of endpoints",
}
"""Services whose resources have no Region, by the module of their tokens."""


@dataclass(frozen=True)
class InGlobalRegion:
    """A type that may be in us-east-1, and the property that shows that it must."""

    reason: str
    path: str = ""
    prefixes: tuple[str, ...] = ()
    """What the value at `path` begins with; one that is not known yet counts."""

    def holds(self, props: Mapping[str, Any]) -> bool:
        """Whether a resource with these inputs may be there."""
        if not self.path:
            return True
        value = peek(props, self.path)
        return value is UNKNOWN or (isinstance(value, str) and value.startswith(self.prefixes))


_OF_CLOUDFRONT = InGlobalRegion("CloudFront reads its web ACL there", "scope", ("CLOUDFRONT",))
_OF_TOPIC = InGlobalRegion("alarms on health checks and costs can only tell a topic of their own Region")

_GUARD = InGlobalRegion("guards the account there too; its findings say what resources are like, no more")
_GUARDS = (
    "aws:accessanalyzer/analyzer:Analyzer",
    "aws:cfg/deliveryChannel:DeliveryChannel",
    "aws:cfg/recorder:Recorder",
    "aws:cfg/recorderStatus:RecorderStatus",
    "aws:cfg/rule:Rule",
    "aws:cloudwatch/eventRule:EventRule",
    "aws:cloudwatch/eventTarget:EventTarget",
    "aws:cloudwatch/logMetricFilter:LogMetricFilter",
    "aws:ebs/defaultKmsKey:DefaultKmsKey",
    "aws:ebs/encryptionByDefault:EncryptionByDefault",
    "aws:ebs/snapshotBlockPublicAccess:SnapshotBlockPublicAccess",
    "aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults",
    "aws:guardduty/detector:Detector",
    "aws:guardduty/detectorFeature:DetectorFeature",
    "aws:sqs/queue:Queue",
    "aws:sqs/queuePolicy:QueuePolicy",
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy",
)

IN_GLOBAL_REGION: Mapping[str, InGlobalRegion] = {
    "aws:acm/certificate:Certificate": InGlobalRegion("CloudFront and Cognito read certificates there"),
    "aws:acm/certificateValidation:CertificateValidation": InGlobalRegion("belongs to such a certificate"),
    "aws:wafv2/webAcl:WebAcl": _OF_CLOUDFRONT,
    "aws:wafv2/ipSet:IpSet": _OF_CLOUDFRONT,
    "aws:wafv2/regexPatternSet:RegexPatternSet": _OF_CLOUDFRONT,
    "aws:wafv2/ruleGroup:RuleGroup": _OF_CLOUDFRONT,
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": InGlobalRegion(
        "belongs to such an ACL"
    ),
    "aws:cloudwatch/logGroup:LogGroup": InGlobalRegion(
        "such an ACL, a public zone, CloudFront and the account's guards log there, to these prefixes",
        "name",
        ("aws-waf-logs-", "/aws/route53/", "/aws/vendedlogs/cloudfront/", "/aws/events/"),
    ),
    "aws:cloudwatch/logDelivery:LogDelivery": InGlobalRegion("carries CloudFront's log to such a group"),
    "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination": InGlobalRegion("names such a group"),
    "aws:cloudwatch/logDeliverySource:LogDeliverySource": InGlobalRegion("names a distribution"),
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": InGlobalRegion("belongs to such a log group"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": InGlobalRegion(
        "health checks, CloudFront and billing have their metrics there"
    ),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": InGlobalRegion("is made of such alarms"),
    "aws:sns/topic:Topic": _OF_TOPIC,
    "aws:sns/topicPolicy:TopicPolicy": _OF_TOPIC,
    "aws:sns/topicSubscription:TopicSubscription": _OF_TOPIC,
    "aws:kms/key:Key": InGlobalRegion("such topics and logs are encrypted with a key of their own Region"),
    "aws:kms/replicaKey:ReplicaKey": InGlobalRegion("likewise"),
    "aws:kms/keyPolicy:KeyPolicy": InGlobalRegion("belongs to such a key"),
    "aws:kms/alias:Alias": InGlobalRegion("belongs to such a key"),
    **dict.fromkeys(_GUARDS, _GUARD),
}
"""Types that may be in us-east-1 besides."""

NETWORK_SERVICES = frozenset({"directconnect", "ec2transitgateway", "ram", "route53"})
"""Modules of network plumbing, which holds no data and may be in `networkRegions`, such as the hub's."""
