"""Logs that AWS delivers itself, of CloudFront, Cognito and AWS WAF: a group, and leave to write to it."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.encryption import DataDomain
from components.foundation import Foundation
from components.iam import Condition, Principal, Statement, policy_json
from components.tags import Tags


@dataclass(frozen=True)
class DeliveredLog:
    """`arn` is the group's; whoever starts a delivery waits for `may_write`."""

    arn: pulumi.Output[str]
    may_write: aws.cloudwatch.LogResourcePolicy


def delivered_log(
    name: str, *, group_name: str, foundation: Foundation, tags: Tags, parent: pulumi.Resource
) -> DeliveredLog:
    """An encrypted log group of the foundation's Region that ends, and that log delivery may write to.

    `group_name` is fixed because some services write only to groups of certain names. CloudWatch Logs takes
    ten resource policies a Region, of which each such group uses one.
    """
    group = aws.cloudwatch.LogGroup(
        f"{name}-logs",
        aws.cloudwatch.LogGroupArgs(
            name=group_name,
            retention_in_days=foundation.log_retention_days,
            kms_key_id=foundation.key_arn(DataDomain.LOGS),
            tags=tags,
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    account, region = foundation.account_id, foundation.region
    deliver = Statement(
        sid="DeliverLogs",
        actions=["logs:CreateLogStream", "logs:PutLogEvents"],
        resources=[pulumi.Output.concat(group.arn, ":*")],
        principals=[Principal("Service", ["delivery.logs.amazonaws.com"])],
        conditions=[
            Condition("StringEquals", "aws:SourceAccount", [account]),
            Condition("ArnLike", "aws:SourceArn", [f"arn:aws:logs:{region}:{account}:*"]),
        ],
    )
    policy = aws.cloudwatch.LogResourcePolicy(
        f"{name}-logs-policy",
        aws.cloudwatch.LogResourcePolicyArgs(
            policy_name=f"{name}-logs", policy_document=policy_json(deliver)
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return DeliveredLog(group.arn, policy)
