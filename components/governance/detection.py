"""Threats and exposure in a Region: GuardDuty, Access Analyzer, and what becomes of their findings."""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarms import Alarm, create_alarms, dead_letter_alarm
from components.encryption import DataDomain
from components.events import RETRY_POLICY, rule_may_send
from components.foundation import Foundation
from components.iam import Condition, Principal, Statement, policy_json
from components.queue import dead_letter_queue
from components.tags import DataClass, Tags, component_tags

NAMESPACE = "BlueHorizons/Findings"
SEVERE = (
    7  # GuardDuty's "high": https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html
)
UNUSED_DAYS = 90
FEATURES = (
    "EBS_MALWARE_PROTECTION",
    "EKS_AUDIT_LOGS",
    "LAMBDA_NETWORK_LOGS",
    "RDS_LOGIN_EVENTS",
    "S3_DATA_EVENTS",
)
"""Charged for each on its own: on where there are riders' data."""


@dataclass(frozen=True)
class ThreatDetectionArgs:
    """`primary`: of the account; what is unused is looked for once, as IAM belongs to no Region."""

    foundation: Foundation
    primary: bool


class ThreatDetection(pulumi.ComponentResource):
    """Detector with its features, analyzers, and one log of all findings with alarms on the grave ones."""

    detector_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: ThreatDetectionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:governance:ThreatDetection", name, None, opts)
        base = args.foundation
        tags = component_tags(base.tags, "governance", DataClass.CONFIDENTIAL)
        detector = aws.guardduty.Detector(
            f"{name}-detector",
            aws.guardduty.DetectorArgs(
                enable=True, finding_publishing_frequency="FIFTEEN_MINUTES", tags=tags
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        for feature in FEATURES:
            # Said also where it is off: GuardDuty switches some on by itself.
            aws.guardduty.DetectorFeature(
                f"{name}-{feature.lower().replace('_', '-')}",
                aws.guardduty.DetectorFeatureArgs(
                    detector_id=detector.id,
                    name=feature,
                    status="ENABLED" if base.production else "DISABLED",
                ),
                opts=pulumi.ResourceOptions(parent=self),
            )
        self._analyzers(name, args, tags)
        self._findings(name, base, tags)
        self.detector_id = detector.id
        self.register_outputs({"detectorId": self.detector_id})

    def _analyzers(self, name: str, args: ThreatDetectionArgs, tags: Tags) -> None:
        base = args.foundation
        aws.accessanalyzer.Analyzer(
            f"{name}-analyzer",
            aws.accessanalyzer.AnalyzerArgs(
                analyzer_name=f"{base.prefix}-shared-outside", type="ACCOUNT", tags=tags
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        if args.primary and base.production:
            aws.accessanalyzer.Analyzer(
                f"{name}-unused",
                aws.accessanalyzer.AnalyzerArgs(
                    analyzer_name=f"{base.prefix}-unused",
                    type="ACCOUNT_UNUSED_ACCESS",
                    configuration=aws.accessanalyzer.AnalyzerConfigurationArgs(
                        unused_access=aws.accessanalyzer.AnalyzerConfigurationUnusedAccessArgs(
                            unused_access_age=UNUSED_DAYS
                        )
                    ),
                    tags=tags,
                ),
                opts=pulumi.ResourceOptions(parent=self),
            )

    def _findings(self, name: str, base: Foundation, tags: Tags) -> None:
        """Into a log group, which every service can write to in its own name, and alarms on that.

        A topic would be nearer, but EventBridge tells an encrypted topic's key no source account.
        """
        child = pulumi.ResourceOptions(parent=self)
        logs = aws.cloudwatch.LogGroup(
            f"{name}-findings",
            aws.cloudwatch.LogGroupArgs(
                name=f"/aws/events/{base.prefix}-findings",  # EventBridge writes to no other place
                retention_in_days=base.log_retention_days,
                kms_key_id=base.key_arn(DataDomain.LOGS),
                tags=tags,
            ),
            opts=child,
        )
        rule = aws.cloudwatch.EventRule(
            f"{name}-rule",
            aws.cloudwatch.EventRuleArgs(
                description="What GuardDuty and Access Analyzer find",
                event_pattern=json.dumps(
                    {
                        "source": ["aws.guardduty", "aws.access-analyzer"],
                        "detail-type": [
                            "GuardDuty Finding",
                            "Access Analyzer Finding",
                            "Unused Access Finding for IAM entities",
                        ],
                    }
                ),
                tags=tags,
            ),
            opts=child,
        )
        policy = aws.cloudwatch.LogResourcePolicy(
            f"{name}-findings-policy",
            aws.cloudwatch.LogResourcePolicyArgs(
                policy_name=f"{base.prefix}-findings",
                policy_document=policy_json(*_may_write(logs.arn, rule.arn)),
            ),
            opts=child,
        )
        lost = dead_letter_queue(
            f"{name}-findings-lost", key_arn=base.key_arn(DataDomain.LOGS), tags=tags, parent=self
        )
        may_send = aws.sqs.QueuePolicy(
            f"{name}-findings-lost-policy",
            aws.sqs.QueuePolicyArgs(queue_url=lost.url, policy=rule_may_send(lost.arn, rule.arn)),
            opts=child,
        )
        aws.cloudwatch.EventTarget(
            f"{name}-findings-target",
            aws.cloudwatch.EventTargetArgs(
                rule=rule.name,
                arn=logs.arn,
                dead_letter_config=aws.cloudwatch.EventTargetDeadLetterConfigArgs(arn=lost.arn),
                retry_policy=RETRY_POLICY,
            ),
            opts=pulumi.ResourceOptions(parent=rule, depends_on=[policy, may_send]),
        )
        patterns = {
            "threat": f'{{ ($.source = "aws.guardduty") && ($.detail.severity >= {SEVERE}) }}',
            "shared-outside": (
                '{ ($.source = "aws.access-analyzer") && ($.detail.status = "ACTIVE") && '
                '($.detail-type = "Access Analyzer Finding") }'
            ),
        }
        for purpose, pattern in patterns.items():
            aws.cloudwatch.LogMetricFilter(
                f"{name}-{purpose}",
                aws.cloudwatch.LogMetricFilterArgs(
                    log_group_name=logs.name,
                    pattern=pattern,
                    metric_transformation=aws.cloudwatch.LogMetricFilterMetricTransformationArgs(
                        namespace=NAMESPACE, name=f"{base.prefix}-{purpose}", value="1"
                    ),
                ),
                opts=child,
            )
        create_alarms(
            name,
            [
                dead_letter_alarm("findings", lost.name, "Findings did not reach their log group"),
                *(
                    Alarm(
                        name=purpose,
                        description=description,
                        namespace=NAMESPACE,
                        metric=f"{base.prefix}-{purpose}",
                        dimensions={},
                        threshold=0,
                    )
                    for purpose, description in (
                        ("threat", "GuardDuty found a grave threat: see the log group of findings"),
                        ("shared-outside", "Something of the account can be reached from outside of it"),
                    )
                ),
            ],
            topic_arn=base.alarm_topic_arn,
            tags=tags,
            parent=self,
        )


def _may_write(logs_arn: pulumi.Output[str], rule_arn: pulumi.Output[str]) -> list[Statement]:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-cloudwatchlogs-permissions"""
    principals = [
        Principal(type="Service", identifiers=["delivery.logs.amazonaws.com", "events.amazonaws.com"])
    ]
    resources = [pulumi.Output.concat(logs_arn, ":*")]
    return [
        Statement(
            sid="OpenStreams", actions=["logs:CreateLogStream"], resources=resources, principals=principals
        ),
        Statement(
            sid="Findings",
            actions=["logs:PutLogEvents"],
            resources=resources,
            principals=principals,
            conditions=[Condition(test="ArnEquals", variable="aws:SourceArn", values=[rule_arn])],
        ),
    ]
