"""Flow logs: every connection of a VPC or transit gateway, accepted or not."""

import pulumi
import pulumi_aws as aws

from components.encryption import DataDomain
from components.foundation import Foundation
from components.iam import Statement, service_role
from components.tags import Tags

AGGREGATION_SECONDS = 60
"""The shortest; for transit gateways the only one."""


def log_flows(
    name: str,
    *,
    foundation: Foundation,
    tags: Tags,
    parent: pulumi.Resource,
    vpc_id: pulumi.Input[str] | None = None,
    transit_gateway_id: pulumi.Input[str] | None = None,
) -> None:
    """Log one VPC or one transit gateway to an encrypted log group of its own."""
    child = pulumi.ResourceOptions(parent=parent)
    group = aws.cloudwatch.LogGroup(
        f"{name}-logs",
        aws.cloudwatch.LogGroupArgs(
            retention_in_days=foundation.log_retention_days,
            kms_key_id=foundation.key_arn(DataDomain.LOGS),
            tags=tags,
        ),
        opts=child,
    )
    role = service_role(
        f"{name}-role",
        service="vpc-flow-logs.amazonaws.com",
        account_id=foundation.account_id,
        statements=[
            Statement(
                sid="WriteFlows",
                actions=["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
                resources=[group.arn, pulumi.Output.concat(group.arn, ":*")],
            ),
            Statement(
                sid="FindLogGroup",
                actions=["logs:DescribeLogGroups"],
                resources=[f"arn:aws:logs:{foundation.region}:{foundation.account_id}:log-group:*"],
            ),
        ],
        description="Flow logs write to their log group",
        tags=tags,
        parent=parent,
    )
    aws.ec2.FlowLog(
        name,
        aws.ec2.FlowLogArgs(
            vpc_id=vpc_id,
            transit_gateway_id=transit_gateway_id,
            # Of a transit gateway all traffic is logged; it refuses the choice.
            traffic_type="ALL" if vpc_id is not None else None,
            log_destination_type="cloud-watch-logs",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            max_aggregation_interval=AGGREGATION_SECONDS,
            tags=tags,
        ),
        opts=child,
    )
