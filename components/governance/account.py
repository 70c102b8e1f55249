"""What is so in every account of ours, whoever makes what in it."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.encryption import DataDomain
from components.foundation import Foundation
from components.tags import DataClass, Tags, component_tags


@dataclass(frozen=True)
class AccountBaselineArgs:
    """`config_service_role` is False where the account has Config's role already: IAM takes it once."""

    account_id: str
    tags: Tags
    config_service_role: bool = True


class AccountBaseline(pulumi.ComponentResource):
    """Of the account as a whole; IAM and S3's account settings belong to no Region."""

    def __init__(
        self, name: str, args: AccountBaselineArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:governance:AccountBaseline", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        # One for the account; people sign in by roles, this is for whoever does not. NIST SP 800-63B, 3.1.1:
        # length is what helps, and a change without cause does not.
        aws.iam.AccountPasswordPolicy(
            f"{name}-passwords",
            aws.iam.AccountPasswordPolicyArgs(
                minimum_password_length=16,
                require_lowercase_characters=True,
                require_uppercase_characters=True,
                require_numbers=True,
                require_symbols=True,
                password_reuse_prevention=24,
                allow_users_to_change_password=True,
            ),
            opts=child,
        )
        aws.s3.AccountPublicAccessBlock(
            f"{name}-buckets",
            aws.s3.AccountPublicAccessBlockArgs(
                account_id=args.account_id,
                block_public_acls=True,
                block_public_policy=True,
                ignore_public_acls=True,
                restrict_public_buckets=True,
            ),
            opts=child,
        )
        if args.config_service_role:
            aws.iam.ServiceLinkedRole(
                f"{name}-config-role",
                aws.iam.ServiceLinkedRoleArgs(
                    aws_service_name="config.amazonaws.com",
                    tags=component_tags(args.tags, "governance", DataClass.INTERNAL),
                ),
                opts=child,
            )
        self.register_outputs({})


def region_baseline(name: str, foundation: Foundation, parent: pulumi.Resource) -> None:
    """Of the foundation's Region: disks are encrypted with our key, instances answer no old metadata call."""
    child = pulumi.ResourceOptions(parent=parent)
    key = aws.ebs.DefaultKmsKey(
        f"{name}-disk-key",
        aws.ebs.DefaultKmsKeyArgs(key_arn=foundation.key_arn(DataDomain.LOGS)),
        opts=child,
    )
    aws.ebs.EncryptionByDefault(
        f"{name}-disks",
        aws.ebs.EncryptionByDefaultArgs(enabled=True),
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[key]),
    )
    aws.ebs.SnapshotBlockPublicAccess(
        f"{name}-snapshots", aws.ebs.SnapshotBlockPublicAccessArgs(state="block-all-sharing"), opts=child
    )
    aws.ec2.InstanceMetadataDefaults(
        f"{name}-metadata",
        aws.ec2.InstanceMetadataDefaultsArgs(http_tokens="required", http_put_response_hop_limit=1),
        opts=child,
    )
