"""Service control policies: what nobody in a member account can do, its administrators included.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_examples.html
They do not bind the management account.
"""

import json
from collections.abc import Collection
from typing import Any

from components.markets import GLOBAL_REGION, Region

MAX_POLICY = 5_120
ADMINISTRATORS = "arn:aws:iam::*:role/OrganizationAccountAccessRole"
DEPLOYMENTS = "arn:aws:iam::*:role/bluehorizons-*-github-deploy"
# Services whose API is in one Region, whatever Region they serve.
GLOBAL_SERVICES = (
    "account:*",
    "aws-portal:*",
    "budgets:*",
    "ce:*",
    "cloudfront:*",
    "cur:*",
    "directconnect:*",
    "globalaccelerator:*",
    "health:*",
    "iam:*",
    "invoicing:*",
    "networkmanager:*",
    "organizations:*",
    "payments:*",
    "pricing:*",
    "route53:*",
    "route53domains:*",
    "s3:GetAccountPublicAccessBlock",
    "s3:ListAllMyBuckets",
    "s3:PutAccountPublicAccessBlock",
    "shield:*",
    "sts:*",
    "support:*",
    "tax:*",
    "trustedadvisor:*",
    "waf:*",
)
# us-east-1 is for certificates, web ACLs and alarms of the edge: what makes a store or a function is not.
STORES = (
    "dynamodb:CreateTable",
    "ec2:RunInstances",
    "ecs:CreateCluster",
    "eks:CreateCluster",
    "firehose:CreateDeliveryStream",
    "iot:CreateThing",
    "kinesis:CreateStream",
    "lambda:CreateFunction",
    "rds:CreateDBCluster",
    "rds:CreateDBInstance",
    "redshift-serverless:CreateNamespace",
    "redshift:CreateCluster",
    "s3:CreateBucket",
)


class GuardRailError(ValueError):
    """A policy is larger than Organizations takes; the message says by how much."""


def fences() -> str:
    """Of every member account: it stays, it is watched, root does nothing, no identity outlives a job."""
    return _document(
        {
            "Sid": "Stay",
            "Effect": "Deny",
            "Action": ["account:CloseAccount", "organizations:LeaveOrganization"],
            "Resource": "*",
        },
        {
            "Sid": "StayWatched",
            "Effect": "Deny",
            "Action": [
                "access-analyzer:DeleteAnalyzer",
                "cloudtrail:DeleteTrail",
                "cloudtrail:PutEventSelectors",
                "cloudtrail:StopLogging",
                "cloudtrail:UpdateTrail",
                "config:DeleteConfigRule",
                "config:DeleteConfigurationRecorder",
                "config:DeleteDeliveryChannel",
                "config:StopConfigurationRecorder",
                "guardduty:DeleteDetector",
                "guardduty:DisassociateFromAdministratorAccount",
                "guardduty:DisassociateFromMasterAccount",
                "guardduty:StopMonitoringMembers",
                "guardduty:UpdateDetector",
            ],
            "Resource": "*",
            "Condition": _but_for(ADMINISTRATORS, DEPLOYMENTS),
        },
        {
            "Sid": "NoRoot",
            "Effect": "Deny",
            "Action": "*",
            "Resource": "*",
            "Condition": {
                "StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"},
                # But for sessions that the management account opens for what only root can do.
                "BoolIfExists": {"aws:AssumedRoot": "false"},
            },
        },
        {
            "Sid": "NobodyWhoStays",
            "Effect": "Deny",
            "Action": ["iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:CreateUser"],
            "Resource": "*",
            "Condition": _but_for(ADMINISTRATORS),
        },
        {
            "Sid": "KeepTheBaseline",
            "Effect": "Deny",
            "Action": [
                "ec2:DisableEbsEncryptionByDefault",
                "ec2:DisableSnapshotBlockPublicAccess",
                "iam:DeleteAccountPasswordPolicy",
                "s3:PutAccountPublicAccessBlock",
            ],
            "Resource": "*",
            "Condition": _but_for(ADMINISTRATORS, DEPLOYMENTS),
        },
    )


def regions(allowed: Collection[Region]) -> str:
    """Of a market's account: nothing is outside of its Regions, and us-east-1 holds no data of it.

    Raises GuardRailError when no Region is allowed, or the policy is too large.
    """
    homes = sorted({*allowed} - {GLOBAL_REGION})
    if not homes:
        raise GuardRailError("a market without a Region can have nothing: name its Regions")
    return _document(
        {
            "Sid": "OnlyItsRegions",
            "Effect": "Deny",
            "NotAction": list(GLOBAL_SERVICES),
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": [*homes, str(GLOBAL_REGION)]}},
        },
        {
            "Sid": "NoDataAtTheEdge",
            "Effect": "Deny",
            "Action": list(STORES),
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestedRegion": str(GLOBAL_REGION)}},
        },
    )


def _but_for(*roles: str) -> dict[str, Any]:
    return {"ArnNotLike": {"aws:PrincipalArn": list(roles)}}


def _document(*statements: dict[str, Any]) -> str:
    text = json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))
    if len(text) > MAX_POLICY:
        raise GuardRailError(
            f"a service control policy has {len(text)} characters: Organizations takes {MAX_POLICY}; split it"
        )
    return text
