"""GitHub Actions in our accounts: an OIDC provider and two roles, no key that lives longer than a job.

https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.delivery.boundary import deploy_boundary
from components.iam import Condition, Statement, policy_json
from components.tags import DataClass, Tags, component_tags

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
PREVIEW_SESSION_SECONDS = 3_600
DEPLOY_SESSION_SECONDS = 2 * 3_600
# Services that act with roles of ours.
_PASSED_TO = tuple(
    f"{service}.amazonaws.com"
    for service in (
        "apigateway",
        "chatbot",
        "cloudtrail",
        "codedeploy",
        "cognito-idp",
        "ecs-tasks",
        "eks",
        "eks-fargate-pods",
        "events",
        "firehose",
        "glue",
        "iot",
        "lambda",
        "pods.eks",
        "redshift",
        "redshift-serverless",
        "scheduler",
        "sns",
        "vpc-flow-logs",
    )
)
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_BRANCH = re.compile(r"[\w./-]+", re.ASCII)
_POWER_USER = "arn:aws:iam::aws:policy/PowerUserAccess"
_VIEW_ONLY = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"  # what there is, not what is in it


@dataclass(frozen=True)
class Repository:
    """`name` is "owner/repository"; deployments come from `branch` only."""

    name: str
    branch: str = "main"

    def __post_init__(self) -> None:
        if not _REPOSITORY.fullmatch(self.name):
            raise ValueError(f'repository is {self.name!r}: use "owner/repository"')
        if not _BRANCH.fullmatch(self.branch):
            # A * would let every branch deploy.
            raise ValueError(f"branch is {self.branch!r}: use letters, digits and ._/-")


@dataclass(frozen=True)
class GithubRolesArgs:
    """`stack` is the GitHub environment of deployments, "<stack>-preview" that of previews.

    Names of what the stack makes begin with `prefix`; roles that it makes have the boundary.
    `foreign_role_arns` are those of other accounts that a deployment works with; `state_bucket_arn` and
    `state_key_arn` are of Pulumi's state, where it is in S3.
    """

    account_id: str
    prefix: str
    stack: str
    repository: Repository
    boundary_arn: pulumi.Input[str]
    tags: Tags
    foreign_role_arns: Sequence[pulumi.Input[str]] = ()
    state_bucket_arn: pulumi.Input[str] | None = None
    state_key_arn: pulumi.Input[str] | None = None


class GithubRoles(pulumi.ComponentResource):
    """The provider of this account, a role that previews and a role that deploys."""

    provider_arn: pulumi.Output[str]
    preview_role_arn: pulumi.Output[str]
    deploy_role_arn: pulumi.Output[str]

    def __init__(self, name: str, args: GithubRolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:delivery:GithubRoles", name, None, opts)
        self._name = name
        self._args = args
        self._tags = component_tags(args.tags, "delivery", DataClass.INTERNAL)
        provider = aws.iam.OpenIdConnectProvider(
            f"{name}-provider",
            aws.iam.OpenIdConnectProviderArgs(
                url=f"https://{ISSUER}", client_id_lists=[AUDIENCE], tags=self._tags
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        boundary = aws.iam.Policy(
            f"{name}-boundary",
            aws.iam.PolicyArgs(
                name=f"{args.prefix}-deploy-boundary",
                path="/boundaries/",
                description="What GitHub Actions can do at most",
                policy=deploy_boundary(args.account_id, args.prefix),
                tags=self._tags,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self._own_boundary_arn = boundary.arn
        self.provider_arn = provider.arn
        self.preview_role_arn = self._role(
            "preview",
            f"{args.stack}-preview",
            _VIEW_ONLY,
            PREVIEW_SESSION_SECONDS,
            [*self._use_state(write=False), *self._work_elsewhere()],
        )
        self.deploy_role_arn = self._role(
            "deploy",
            args.stack,
            _POWER_USER,
            DEPLOY_SESSION_SECONDS,
            [*self._manage_roles(), *self._use_state(write=True), *self._work_elsewhere()],
        )
        self.register_outputs(
            {"previewRoleArn": self.preview_role_arn, "deployRoleArn": self.deploy_role_arn}
        )

    def _role(
        self,
        purpose: str,
        environment: str,
        managed_policy: str,
        session_seconds: int,
        statements: Sequence[Statement],
    ) -> pulumi.Output[str]:
        role = aws.iam.Role(
            f"{self._name}-{purpose}",
            aws.iam.RoleArgs(
                name=f"{self._args.prefix}-github-{purpose}",  # the workflow names it
                description=f"GitHub Actions, {purpose} of {self._args.stack}",
                assume_role_policy=trust(self.provider_arn, self._args.repository, environment),
                max_session_duration=session_seconds,
                permissions_boundary=self._own_boundary_arn,
                tags=self._tags,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        aws.iam.RolePolicyAttachment(
            f"{self._name}-{purpose}-managed",
            aws.iam.RolePolicyAttachmentArgs(role=role.name, policy_arn=managed_policy),
            opts=pulumi.ResourceOptions(parent=role),
        )
        if statements:
            aws.iam.RolePolicy(
                f"{self._name}-{purpose}-policy",
                aws.iam.RolePolicyArgs(role=role.name, policy=policy_json(*statements)),
                opts=pulumi.ResourceOptions(parent=role),
            )
        return role.arn

    def _manage_roles(self) -> list[Statement]:
        """Make roles, but none that can do more than the workload's boundary."""
        args = self._args
        iam = f"arn:aws:iam::{args.account_id}"
        roles, policies = f"{iam}:role/{args.prefix}-*", f"{iam}:policy/{args.prefix}-*"
        bounded = Condition(
            test="StringEquals", variable="iam:PermissionsBoundary", values=[args.boundary_arn]
        )
        return [
            Statement(
                sid="GiveBoundedRolesPolicies",
                actions=[
                    "iam:AttachRolePolicy",
                    "iam:CreateRole",
                    "iam:DeleteRolePolicy",
                    "iam:DetachRolePolicy",
                    "iam:PutRolePermissionsBoundary",
                    "iam:PutRolePolicy",
                ],
                resources=[roles],
                conditions=[bounded],
            ),
            Statement(
                sid="PassRoles",
                actions=["iam:PassRole"],
                resources=[roles],
                conditions=[
                    Condition(test="StringEquals", variable="iam:PassedToService", values=list(_PASSED_TO))
                ],
            ),
            Statement(
                sid="KeepRoles",
                actions=[
                    "iam:DeleteRole",
                    "iam:TagRole",
                    "iam:UntagRole",
                    "iam:UpdateAssumeRolePolicy",
                    "iam:UpdateRole",
                    "iam:UpdateRoleDescription",
                ],
                resources=[roles],
            ),
            Statement(
                sid="KeepPolicies",
                actions=[
                    "iam:CreatePolicy",
                    "iam:CreatePolicyVersion",
                    "iam:DeletePolicy",
                    "iam:DeletePolicyVersion",
                    "iam:SetDefaultPolicyVersion",
                    "iam:TagPolicy",
                    "iam:UntagPolicy",
                ],
                resources=[policies],
            ),
            Statement(
                sid="ReadIam",
                actions=["iam:Get*", "iam:List*"],
                resources=["*"],  # reading tells no secret, and lists have no resource
            ),
        ]

    def _use_state(self, *, write: bool) -> list[Statement]:
        """Pulumi's state in S3. A preview writes nothing but its lock."""
        args = self._args
        statements: list[Statement] = []
        if args.state_bucket_arn is not None:
            statements += [
                Statement(sid="ListState", actions=["s3:ListBucket"], resources=[args.state_bucket_arn]),
                Statement(
                    sid="UseState",
                    actions=["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
                    resources=[
                        pulumi.Output.concat(args.state_bucket_arn, "/.pulumi/", "*" if write else "locks/*")
                    ],
                ),
            ]
        if args.state_key_arn is not None:
            # The stack's secrets are encrypted with it: a preview reads them too.
            actions = ["kms:Decrypt", *(["kms:Encrypt"] if write else [])]
            statements.append(Statement(sid="UseStateKey", actions=actions, resources=[args.state_key_arn]))
        return statements

    def _work_elsewhere(self) -> list[Statement]:
        """Names and links of the market are the hub's: the program works there by a role of its own."""
        if not self._args.foreign_role_arns:
            return []
        return [
            Statement(
                sid="WorkInTheHub",
                actions=["sts:AssumeRole"],
                resources=list(self._args.foreign_role_arns),
            )
        ]


def trust(provider_arn: pulumi.Input[str], repository: Repository, environment: str) -> pulumi.Output[str]:
    """Only a job of this repository in this environment, on this branch, with a token meant for AWS.

    `sub` of a job in an environment does not tell its branch, so the claim `ref` must:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
    """

    def claim(name: str, value: str) -> dict[str, str]:
        return {f"{ISSUER}:{name}": value}

    expected = {
        **claim("aud", AUDIENCE),
        **claim("sub", f"repo:{repository.name}:environment:{environment}"),
        **claim("ref", f"refs/heads/{repository.branch}"),
    }
    document: pulumi.Output[str] = pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Principal": {"Federated": provider_arn},
                    "Condition": {"StringEquals": expected},
                }
            ],
        },
        sort_keys=True,
    )
    return document
