"""Where Firehose logs, what it may do, and the bucket of what OpenSearch did not take."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.bucket import EncryptedBucket, EncryptedBucketArgs, expire
from components.encryption import DataDomain
from components.foundation import Foundation
from components.iam import Statement, service_role
from components.tags import Tags

UNDELIVERED_DAYS = 30


@dataclass(frozen=True)
class LogSink:
    """`role_arn` may deliver to the domain, be in its VPC, keep in the bucket and log."""

    role_arn: pulumi.Output[str]
    bucket_arn: pulumi.Output[str]
    log_group_name: pulumi.Output[str]
    log_stream_name: pulumi.Output[str]


def create_log_sink(
    name: str, *, foundation: Foundation, domain_arn: str, tags: Tags, parent: pulumi.Resource
) -> LogSink:
    """Create it as children of `parent`, before the domain, which must know the role."""
    child = pulumi.ResourceOptions(parent=parent)
    key_arn = foundation.key_arn(DataDomain.LOGS)
    undelivered = EncryptedBucket(
        f"{name}-undelivered",
        EncryptedBucketArgs(
            key_arn=key_arn,
            tags=tags,
            protect=foundation.production,
            lifecycle_rules=[expire(UNDELIVERED_DAYS)],
        ),
        opts=child,
    )
    logs = aws.cloudwatch.LogGroup(
        f"{name}-firehose-logs",
        aws.cloudwatch.LogGroupArgs(
            retention_in_days=foundation.log_retention_days, kms_key_id=key_arn, tags=tags
        ),
        opts=child,
    )
    stream = aws.cloudwatch.LogStream(
        f"{name}-firehose-log",
        aws.cloudwatch.LogStreamArgs(log_group_name=logs.name, name="delivery"),
        opts=child,
    )
    role = service_role(
        f"{name}-firehose-role",
        service="firehose.amazonaws.com",
        account_id=foundation.account_id,
        description="Lets Firehose deliver logs to OpenSearch",
        statements=[
            _deliver(domain_arn),
            _be_in_the_vpc(),
            Statement(
                sid="Keep",
                actions=["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
                resources=[pulumi.Output.concat(undelivered.arn, "/*")],
            ),
            Statement(
                sid="FindBucket",
                actions=["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
                resources=[undelivered.arn],
            ),
            Statement(sid="UseKey", actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[key_arn]),
            Statement(
                sid="Log",
                actions=["logs:PutLogEvents"],
                resources=[pulumi.Output.concat(logs.arn, ":log-stream:*")],
            ),
        ],
        tags=tags,
        parent=parent,
    )
    return LogSink(
        role_arn=role.arn,
        bucket_arn=undelivered.arn,
        log_group_name=logs.name,
        log_stream_name=stream.name,
    )


def _deliver(domain_arn: str) -> Statement:
    return Statement(
        sid="Deliver",
        actions=[
            "es:DescribeDomain",
            "es:DescribeDomainConfig",
            "es:DescribeDomains",
            "es:ESHttpGet",
            "es:ESHttpPost",
            "es:ESHttpPut",
        ],
        resources=[domain_arn, f"{domain_arn}/*"],
    )


def _be_in_the_vpc() -> Statement:
    # https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html: Firehose checks these on "*".
    return Statement(
        sid="NetworkInterfaces",
        actions=[
            "ec2:CreateNetworkInterface",
            "ec2:CreateNetworkInterfacePermission",
            "ec2:DeleteNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcAttribute",
            "ec2:DescribeVpcs",
        ],
        resources=["*"],
    )
