"""The ECS cluster: capacity, insight, and a key for the disks of its containers."""

import pulumi
import pulumi_aws as aws

from components.encryption import DELETION_WINDOW_DAYS, ROTATION_PERIOD_DAYS
from components.foundation import Foundation
from components.iam import Condition, Principal, Statement, policy_json
from components.tags import Tags


def create_cluster(
    name: str, foundation: Foundation, *, capacity: str, tags: Tags, parent: pulumi.Resource
) -> aws.ecs.Cluster:
    """A cluster whose services run on `capacity`, FARGATE or FARGATE_SPOT, unless they say otherwise."""
    child = pulumi.ResourceOptions(parent=parent)
    key = _storage_key(name, foundation, tags, child)
    cluster = aws.ecs.Cluster(
        f"{name}-cluster",
        aws.ecs.ClusterArgs(
            settings=[aws.ecs.ClusterSettingArgs(name="containerInsights", value="enhanced")],
            configuration=aws.ecs.ClusterConfigurationArgs(
                managed_storage_configuration=aws.ecs.ClusterConfigurationManagedStorageConfigurationArgs(
                    fargate_ephemeral_storage_kms_key_id=key.arn, kms_key_id=key.arn
                )
            ),
            tags=tags,
        ),
        opts=child,
    )
    aws.ecs.ClusterCapacityProviders(
        f"{name}-capacity",
        aws.ecs.ClusterCapacityProvidersArgs(
            cluster_name=cluster.name,
            capacity_providers=["FARGATE", "FARGATE_SPOT"],
            default_capacity_provider_strategies=[
                aws.ecs.ClusterCapacityProvidersDefaultCapacityProviderStrategyArgs(
                    capacity_provider=capacity, weight=1
                )
            ],
        ),
        opts=child,
    )
    return cluster


def _storage_key(name: str, foundation: Foundation, tags: Tags, child: pulumi.ResourceOptions) -> aws.kms.Key:
    """What containers write to their disks. Fargate takes no multi-Region key, which the others may be:
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-create-storage-key.html"""
    account = foundation.account_id
    ours = Condition("StringEquals", "kms:EncryptionContext:aws:ecs:clusterAccount", [account])
    fargate = [Principal("Service", ["fargate.amazonaws.com"])]
    return aws.kms.Key(
        f"{name}-storage",
        aws.kms.KeyArgs(
            description=f"Disks of containers of {foundation.prefix}",
            deletion_window_in_days=DELETION_WINDOW_DAYS,
            enable_key_rotation=True,
            rotation_period_in_days=ROTATION_PERIOD_DAYS,
            policy=policy_json(
                Statement(
                    sid="DelegateToIamOfThisAccount",
                    actions=["kms:*"],
                    resources=["*"],
                    principals=[Principal("AWS", [f"arn:aws:iam::{account}:root"])],
                ),
                Statement(
                    sid="FargateMakesDataKeys",
                    actions=["kms:GenerateDataKeyWithoutPlaintext"],
                    resources=["*"],
                    principals=fargate,
                    conditions=[ours],
                ),
                Statement(
                    sid="FargateLetsItsHostsDecrypt",
                    actions=["kms:CreateGrant"],
                    resources=["*"],
                    principals=fargate,
                    conditions=[
                        ours,
                        Condition("ForAllValues:StringEquals", "kms:GrantOperations", ["Decrypt"]),
                    ],
                ),
            ),
            tags=tags,
        ),
        opts=child,
    )
