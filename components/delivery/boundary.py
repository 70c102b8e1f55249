"""What no role that a deployment makes can ever do, whatever its own policies say.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.iam import Condition, Statement, policy_json
from components.tags import DataClass, Tags, component_tags

MAX_POLICY = 6_144
# Services that roles of functions, streams, rules and pipelines use; a role still needs a policy of its own.
SERVICES = (
    "acm",
    "apigateway",
    "aps",
    "athena",
    "autoscaling",
    "cloudfront",
    "cloudwatch",
    "codedeploy",
    "cognito-idp",
    "config",
    "directconnect",
    "dynamodb",
    "ec2",
    "ecr",
    "ecs",
    "eks",
    "elasticloadbalancing",
    "es",
    "events",
    "execute-api",
    "firehose",
    "geo",
    "glue",
    "iot",
    "kinesis",
    "kms",
    "lakeformation",
    "lambda",
    "logs",
    "redshift",
    "redshift-data",
    "redshift-serverless",
    "route53",
    "s3",
    "scheduler",
    "secretsmanager",
    "ses",
    "sns",
    "sqs",
    "ssm",
    "ssmmessages",
    "synthetics",
    "tag",
    "wafv2",
    "xray",
)
# Whoever can do these can undo the fences: they are for people and for the deployment itself.
NEVER = (
    "cloudwatch:DeleteAlarms",
    "cloudwatch:DisableAlarmActions",
    "config:DeleteConfigurationRecorder",
    "config:StopConfigurationRecorder",
    "ec2:CreateVpcPeeringConnection",
    "ec2:ModifySnapshotAttribute",
    "kms:CreateKey",
    "kms:DisableKey",
    "kms:PutKeyPolicy",
    "kms:ScheduleKeyDeletion",
    "lambda:AddPermission",
    "lambda:CreateFunction",
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration",
    "logs:DeleteLogGroup",
    "logs:DeleteRetentionPolicy",
    "s3:BypassGovernanceRetention",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketAcl",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "secretsmanager:PutResourcePolicy",
    "sqs:AddPermission",
)


# What a deployment works with beside them.
DEPLOY_SERVICES = (
    "access-analyzer",
    "budgets",
    "ce",
    "chatbot",
    "cloudtrail",
    "guardduty",
    "iam",
    "resource-groups",
    "route53resolver",
    "servicequotas",
    "shield",
    "signer",
    "ssm-contacts",
    "ssm-incidents",
    "sts",
)
_IAM_CHANGES = tuple(
    f"iam:{verb}*"
    for verb in (
        "Add",
        "Attach",
        "Create",
        "Deactivate",
        "Delete",
        "Detach",
        "Put",
        "Remove",
        "Set",
        "Tag",
        "Untag",
        "Update",
    )
)
# Data that leaves by these leaves the account.
WAYS_OUT = ("dynamodb:*", "kinesis:*", "s3:PutObject", "sns:Publish", "sqs:SendMessage")


@dataclass(frozen=True)
class WorkloadBoundaryArgs:
    """`prefix` starts the policy's name."""

    account_id: str
    prefix: str
    tags: Tags


class WorkloadBoundary(pulumi.ComponentResource):
    """The permission boundary of every role that the stack makes."""

    arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: WorkloadBoundaryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:delivery:WorkloadBoundary", name, None, opts)
        policy = aws.iam.Policy(
            f"{name}-policy",
            aws.iam.PolicyArgs(
                name=f"{args.prefix}-workload-boundary",  # the deploy role names it
                path="/boundaries/",
                description="What roles of the workload can do at most",
                policy=workload_boundary(args.account_id),
                tags=component_tags(args.tags, "delivery", DataClass.INTERNAL),
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = policy.arn
        self.register_outputs({"arn": self.arn})


def workload_boundary(account_id: str) -> pulumi.Output[str]:
    """The boundary as JSON: IAM, STS, organisation, account and billing are not in it at all."""
    return policy_json(
        Statement(
            sid="ServicesOfTheWorkload",
            actions=[f"{service}:*" for service in SERVICES],
            resources=["*"],  # a boundary grants nothing: it is what a role's own policy is cut to
        ),
        Statement(sid="Never", effect="Deny", actions=list(NEVER), resources=["*"]),
        Statement(
            sid="NothingLeavesTheAccount",
            effect="Deny",
            actions=list(WAYS_OUT),
            resources=["*"],
            conditions=[
                Condition(test="StringNotEquals", variable="aws:ResourceAccount", values=[account_id]),
                # A text message goes to a telephone, which is of no account.
                Condition(test="Null", variable="aws:ResourceAccount", values=["false"]),
            ],
        ),
    )


def deploy_boundary(account_id: str, prefix: str) -> pulumi.Output[str]:
    """What GitHub Actions can do at most, as JSON; `prefix` starts the names of its roles.

    A deployment changes neither what it may do itself nor who may deploy: that is an administrator's. And it
    makes no identity that outlives its session.
    """
    iam = f"arn:aws:iam::{account_id}"
    return policy_json(
        Statement(
            sid="ServicesOfThePlatform",
            actions=[f"{service}:*" for service in (*SERVICES, *DEPLOY_SERVICES)],
            resources=["*"],  # as above
        ),
        Statement(
            sid="NothingOfItsOwn",
            effect="Deny",
            actions=[*_IAM_CHANGES, "iam:PassRole"],
            resources=[
                f"{iam}:role/{prefix}-github-*",
                f"{iam}:policy/boundaries/*",
                f"{iam}:oidc-provider/*",
            ],
        ),
        Statement(
            sid="NobodyWhoStays",
            effect="Deny",
            actions=list(_IAM_CHANGES),
            resources=[f"{iam}:user/*", f"{iam}:group/*", f"{iam}:saml-provider/*"],
        ),
    )
