"""The roles of an EKS cluster on Fargate: its control plane's, its pods' start, its workload's.

Their trust is bound to the cluster, by `aws:SourceArn` or by the cluster's own tokens:
https://docs.aws.amazon.com/eks/latest/userguide/cross-service-confused-deputy-prevention.html
"""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws
from pulumi_aws.eks.outputs import ClusterIdentity

from components.containers.workload import ContainerImage, Workload
from components.iam import Condition, Principal, Statement, policy_json
from components.tags import Tags

_MANAGED = "arn:aws:iam::aws:policy"


def cluster_role(
    name: str, *, cluster_arn: str, key_arn: pulumi.Input[str], tags: Tags, parent: pulumi.Resource
) -> pulumi.Output[str]:
    """The ARN of what the control plane is, known once it may do its work; bound to the one cluster."""
    role = aws.iam.Role(
        f"{name}-cluster-role",
        aws.iam.RoleArgs(
            description="Runs the control plane of the cluster",
            assume_role_policy=policy_json(
                Statement(
                    actions=["sts:AssumeRole"],
                    principals=[Principal("Service", ["eks.amazonaws.com"])],
                    conditions=[Condition("ArnLike", "aws:SourceArn", [cluster_arn])],
                )
            ),
            tags=tags,
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    may_run = [
        aws.iam.RolePolicyAttachment(
            f"{name}-cluster-role-eks",
            aws.iam.RolePolicyAttachmentArgs(role=role.name, policy_arn=f"{_MANAGED}/AmazonEKSClusterPolicy"),
            opts=pulumi.ResourceOptions(parent=role),
        ),
        aws.iam.RolePolicy(
            f"{name}-cluster-role-policy",
            aws.iam.RolePolicyArgs(
                role=role.name,
                policy=policy_json(
                    Statement(
                        sid="EncryptSecrets",
                        actions=["kms:Encrypt", "kms:Decrypt", "kms:DescribeKey", "kms:ListGrants"],
                        resources=[key_arn],
                    )
                ),
            ),
            opts=pulumi.ResourceOptions(parent=role),
        ),
    ]
    return _once_allowed(role, may_run)


def pod_execution_role(
    name: str,
    *,
    profiles: str,
    log_group_arn: pulumi.Input[str],
    image: ContainerImage | None,
    tags: Tags,
    parent: pulumi.Resource,
) -> pulumi.Output[str]:
    """What Fargate does to start a pod; containers themselves cannot use it.

    `profiles` is the ARN pattern of the cluster's Fargate profiles, which its trust is bound to:
    https://docs.aws.amazon.com/eks/latest/userguide/pod-execution-role.html
    """
    role = aws.iam.Role(
        f"{name}-pod-role",
        aws.iam.RoleArgs(
            description="Starts pods of the cluster",
            assume_role_policy=policy_json(
                Statement(
                    actions=["sts:AssumeRole"],
                    principals=[Principal("Service", ["eks-fargate-pods.amazonaws.com"])],
                    conditions=[Condition("ArnLike", "aws:SourceArn", [profiles])],
                )
            ),
            tags=tags,
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    policy = aws.iam.RolePolicy(
        f"{name}-pod-role-policy",
        aws.iam.RolePolicyArgs(
            role=role.name,
            policy=policy_json(
                Statement(
                    sid="WriteLogs",
                    actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                    resources=[log_group_arn, pulumi.Output.concat(log_group_arn, ":*")],
                ),
                *(image.pull_statements() if image else []),
            ),
        ),
        opts=pulumi.ResourceOptions(parent=role),
    )
    # The add-ons' images are in registries of AWS's, which only its own policy keeps up with.
    managed = aws.iam.RolePolicyAttachment(
        f"{name}-pod-role-fargate",
        aws.iam.RolePolicyAttachmentArgs(
            role=role.name, policy_arn=f"{_MANAGED}/AmazonEKSFargatePodExecutionRolePolicy"
        ),
        opts=pulumi.ResourceOptions(parent=role),
    )
    return _once_allowed(role, [policy, managed])


def workload_role(
    name: str, cluster: aws.eks.Cluster, workload: Workload, *, tags: Tags, parent: pulumi.Resource
) -> pulumi.Output[str]:
    """A role for the workload's service account alone. Pod Identity's agent does not run on Fargate."""
    issuer = cluster.identities.apply(_issuer)
    provider = aws.iam.OpenIdConnectProvider(
        f"{name}-oidc",
        aws.iam.OpenIdConnectProviderArgs(url=issuer, client_id_lists=["sts.amazonaws.com"], tags=tags),
        opts=pulumi.ResourceOptions(parent=parent),
    )

    def trust(host: str) -> pulumi.Output[str]:
        account = f"system:serviceaccount:{workload.name}:{workload.name}"
        return policy_json(
            Statement(
                actions=["sts:AssumeRoleWithWebIdentity"],
                principals=[Principal("Federated", [provider.arn])],
                conditions=[
                    Condition("StringEquals", f"{host}:sub", [account]),
                    Condition("StringEquals", f"{host}:aud", ["sts.amazonaws.com"]),
                ],
            )
        )

    role = aws.iam.Role(
        f"{name}-workload-role",
        aws.iam.RoleArgs(
            description=f"What {workload.name} may do",
            assume_role_policy=issuer.apply(lambda url: trust(url.removeprefix("https://"))),
            tags=tags,
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    policy = aws.iam.RolePolicy(
        f"{name}-workload-role-policy",
        aws.iam.RolePolicyArgs(role=role.name, policy=policy_json(*workload.statements)),
        opts=pulumi.ResourceOptions(parent=role),
    )
    return _once_allowed(role, [policy])


def _once_allowed(role: aws.iam.Role, policies: Sequence[pulumi.CustomResource]) -> pulumi.Output[str]:
    """The role's ARN, known only when its policies are there: EKS checks them when it is given the role."""
    return pulumi.Output.all(role.arn, *(policy.id for policy in policies)).apply(lambda made: str(made[0]))


def _issuer(identities: Sequence[ClusterIdentity]) -> str:
    """The address that the cluster's tokens name as their issuer."""
    (identity,) = identities
    (provider,) = identity.oidcs or ()
    return str(provider.issuer)
