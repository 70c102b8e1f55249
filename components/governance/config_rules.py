"""The managed rules of AWS Config that matter to us, as data.

Identifiers and parameters: https://docs.aws.amazon.com/config/latest/developerguide/managed-rules-by-aws-config.html
A Region that has not a rule refuses it: name it in `lacking`, as the rule's page there says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from components.markets import Region
from components.tags import REQUIRED_KEYS

_NONE: Mapping[str, str] = MappingProxyType({})
MAX_TAG_KEYS = 6  # of REQUIRED_TAGS


@dataclass(frozen=True)
class ManagedRule:
    """`account_wide` is of the account, not of a Region: checked in the primary Region only."""

    identifier: str
    description: str
    parameters: Mapping[str, str] = field(default_factory=lambda: _NONE)
    account_wide: bool = False
    lacking: frozenset[Region] = frozenset()

    @property
    def name(self) -> str:
        """As AWS's console calls it."""
        return self.identifier.lower().replace("_", "-")


RULES = (
    # Who may do what.
    ManagedRule("IAM_ROOT_ACCESS_KEY_CHECK", "The root user has no access key", account_wide=True),
    ManagedRule("ROOT_ACCOUNT_MFA_ENABLED", "The root user has a second factor", account_wide=True),
    ManagedRule(
        "IAM_PASSWORD_POLICY", "Passwords are long", {"MinimumPasswordLength": "14"}, account_wide=True
    ),
    ManagedRule("IAM_USER_NO_POLICIES_CHECK", "No policy hangs on a single user", account_wide=True),
    ManagedRule(
        "MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS", "Console users have a second factor", account_wide=True
    ),
    ManagedRule("ACCESS_KEYS_ROTATED", "No access key is old", {"maxAccessKeyAge": "90"}, account_wide=True),
    ManagedRule(
        "IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS", "No policy of ours allows everything", account_wide=True
    ),
    # Who did what.
    ManagedRule("MULTI_REGION_CLOUD_TRAIL_ENABLED", "A trail of all Regions records", account_wide=True),
    ManagedRule("CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED", "Trails can be validated", account_wide=True),
    ManagedRule("CLOUD_TRAIL_ENCRYPTION_ENABLED", "Trails are encrypted with a key", account_wide=True),
    # What is public.
    ManagedRule("S3_BUCKET_PUBLIC_READ_PROHIBITED", "No bucket can be read by the world"),
    ManagedRule("S3_BUCKET_PUBLIC_WRITE_PROHIBITED", "No bucket can be written by the world"),
    ManagedRule("S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED", "Every bucket blocks public access"),
    ManagedRule("LAMBDA_FUNCTION_PUBLIC_ACCESS_PROHIBITED", "No function can be called by the world"),
    ManagedRule("VPC_DEFAULT_SECURITY_GROUP_CLOSED", "Default security groups let nothing through"),
    ManagedRule("INCOMING_SSH_DISABLED", "No security group lets SSH in from the world"),
    # What is encrypted.
    ManagedRule("S3_BUCKET_SSL_REQUESTS_ONLY", "Buckets refuse plain HTTP"),
    ManagedRule("S3_DEFAULT_ENCRYPTION_KMS", "Buckets encrypt with a key"),
    ManagedRule("DYNAMODB_TABLE_ENCRYPTED_KMS", "Tables are encrypted with a key"),
    ManagedRule("KINESIS_STREAM_ENCRYPTED", "Streams are encrypted"),
    ManagedRule("SNS_ENCRYPTED_KMS", "Topics are encrypted with a key"),
    ManagedRule("CLOUDWATCH_LOG_GROUP_ENCRYPTED", "Log groups are encrypted with a key"),
    ManagedRule("EC2_EBS_ENCRYPTION_BY_DEFAULT", "New disks are encrypted"),
    ManagedRule("CMK_BACKING_KEY_ROTATION_ENABLED", "Keys are rotated"),
    ManagedRule("KMS_CMK_NOT_SCHEDULED_FOR_DELETION", "No key is about to be deleted"),
    # What can be brought back.
    ManagedRule("DYNAMODB_PITR_ENABLED", "Tables can be restored to any second"),
    ManagedRule("S3_BUCKET_VERSIONING_ENABLED", "Buckets keep old versions"),
    ManagedRule(
        "CW_LOGGROUP_RETENTION_PERIOD_CHECK", "Logs are kept, and not for ever", {"MinRetentionTime": "14"}
    ),
    # What is watched.
    ManagedRule("GUARDDUTY_ENABLED_CENTRALIZED", "GuardDuty is on"),
    ManagedRule("VPC_FLOW_LOGS_ENABLED", "Networks keep flow logs"),
    ManagedRule("API_GW_EXECUTION_LOGGING_ENABLED", "API stages log"),
    ManagedRule("API_GW_ASSOCIATED_WITH_WAF", "API stages have a web ACL"),
    ManagedRule(
        "REQUIRED_TAGS",
        "Resources have the agreed tags",
        {f"tag{number}Key": key for number, key in enumerate(REQUIRED_KEYS[:MAX_TAG_KEYS], start=1)},
    ),
)


def rules_of(region: Region, *, primary: bool) -> list[ManagedRule]:
    """The rules to be checked in a Region."""
    return [rule for rule in RULES if region not in rule.lacking and (primary or not rule.account_wide)]
