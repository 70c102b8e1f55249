"""One customer-managed key a data domain, with key policies that let the right services use it.

Services that act with a role of ours (Kinesis, Firehose, Lambda, IoT rules, DynamoDB, S3) need nothing but
the account's delegation to IAM: their roles carry the permission. Services that act in their own name (Logs,
SNS, EventBridge, CloudWatch alarms, S3 events) need a statement here, or what they send is silently lost:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

import pulumi
import pulumi_aws as aws

from components.iam import Condition, Principal, Statement, policy_json
from components.markets import Region
from components.tags import DataClass, Tags, component_tags

DELETION_WINDOW_DAYS = 30
ROTATION_PERIOD_DAYS = 365
_USE = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
_SEND = ["kms:GenerateDataKey*", "kms:Decrypt", "kms:DescribeKey"]


class DataDomain(StrEnum):
    """What a key protects; who may read one domain cannot read another."""

    TELEMETRY = "telemetry"
    RENTAL = "rental"
    BACKOFFICE = "backoffice"
    LOGS = "logs"
    ANALYTICS = "analytics"


# Services that write in their own name to encrypted queues, topics and buckets of a domain.
_SENDERS: Mapping[DataDomain, tuple[str, ...]] = MappingProxyType(
    {
        DataDomain.TELEMETRY: ("aps", "cloudwatch", "events", "s3", "sns"),
        DataDomain.RENTAL: ("cloudwatch", "events", "s3", "sns"),
        DataDomain.BACKOFFICE: ("cloudwatch", "events", "s3", "sns"),
        DataDomain.LOGS: ("config", "events"),
        DataDomain.ANALYTICS: ("events", "s3", "sns"),
    }
)

_DATA_CLASS: Mapping[DataDomain, DataClass] = MappingProxyType(
    {
        DataDomain.TELEMETRY: DataClass.PERSONAL,
        DataDomain.RENTAL: DataClass.PERSONAL,
        DataDomain.BACKOFFICE: DataClass.CONFIDENTIAL,
        DataDomain.LOGS: DataClass.CONFIDENTIAL,
        DataDomain.ANALYTICS: DataClass.CONFIDENTIAL,
    }
)


@dataclass(frozen=True)
class KeyReplicas:
    """The domains whose keys a further Region has, and a provider of that Region."""

    provider: pulumi.ProviderResource
    domains: frozenset[DataDomain] = frozenset(DataDomain)


@dataclass(frozen=True)
class EncryptionKeysArgs:
    """What the keys need.

    `region` is where the primary keys are; `replicas` says which keys every other Region must have; a key
    without replicas is a single-Region key.
    """

    account_id: str
    alias_prefix: str
    region: Region
    tags: Tags
    replicas: Mapping[Region, KeyReplicas] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.region in self.replicas:
            raise ValueError(f"replicas holds {self.region}, the primary's own Region: leave it out")


class EncryptionKeys(pulumi.ComponentResource):
    """A key, an alias and, where asked, replicas for each data domain."""

    def __init__(
        self, name: str, args: EncryptionKeysArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:encryption:EncryptionKeys", name, None, opts)
        self._arns: dict[tuple[DataDomain, Region], pulumi.Output[str]] = {}
        for domain in DataDomain:
            tags = component_tags(args.tags, "encryption", _DATA_CLASS[domain])
            self._add_key(name, domain, args, tags)
        self.region = args.region
        self.register_outputs(
            {f"{domain}KeyArn": self.arn(domain, args.region) for domain in DataDomain},
        )

    def arn(self, domain: DataDomain, region: Region) -> pulumi.Output[str]:
        """The ARN of a domain's key in a Region.

        Raises KeyError that names the Regions that have it.
        """
        try:
            return self._arns[domain, region]
        except KeyError:
            regions = ", ".join(sorted(held for of, held in self._arns if of is domain))
            raise KeyError(
                f"no {domain} key in {region}: it is in {regions}; add {region} to the replicas"
            ) from None

    def _add_key(self, name: str, domain: DataDomain, args: EncryptionKeysArgs, tags: Tags) -> None:
        alias = f"alias/{args.alias_prefix}/{domain}"
        replicas = {region: held.provider for region, held in args.replicas.items() if domain in held.domains}
        key = aws.kms.Key(
            f"{name}-{domain}",
            aws.kms.KeyArgs(
                description=f"{domain} data of {args.alias_prefix}",
                deletion_window_in_days=DELETION_WINDOW_DAYS,
                enable_key_rotation=True,
                rotation_period_in_days=ROTATION_PERIOD_DAYS,
                multi_region=bool(replicas),
                policy=key_policy(domain, args.account_id, args.region),
                tags=tags,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self._arns[domain, args.region] = key.arn
        aws.kms.Alias(
            f"{name}-{domain}-alias",
            aws.kms.AliasArgs(name=alias, target_key_id=key.key_id),
            opts=pulumi.ResourceOptions(parent=key),
        )
        for region, provider in replicas.items():
            replica = aws.kms.ReplicaKey(
                f"{name}-{domain}-{region}",
                aws.kms.ReplicaKeyArgs(
                    primary_key_arn=key.arn,
                    description=f"{domain} data of {args.alias_prefix}, replica",
                    deletion_window_in_days=DELETION_WINDOW_DAYS,
                    policy=key_policy(domain, args.account_id, region),
                    tags=tags,
                ),
                opts=pulumi.ResourceOptions(parent=self, provider=provider),
            )
            self._arns[domain, region] = replica.arn
            aws.kms.Alias(
                f"{name}-{domain}-{region}-alias",
                aws.kms.AliasArgs(name=alias, target_key_id=replica.key_id),
                opts=pulumi.ResourceOptions(parent=replica, provider=provider),
            )


def key_policy(domain: DataDomain, account_id: str, region: Region) -> pulumi.Output[str]:
    """The key policy of a domain's key in a Region, as JSON.

    A key policy's resource is the key itself, so `*` there means this key and no other:
    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
    """
    statements = [
        Statement(
            sid="DelegateToIamOfThisAccount",
            actions=["kms:*"],
            resources=["*"],
            principals=[Principal(type="AWS", identifiers=[f"arn:aws:iam::{account_id}:root"])],
        )
    ]
    if senders := _SENDERS[domain]:
        services = [f"{sender}.amazonaws.com" for sender in senders]
        statements.append(
            Statement(
                sid="SendersToEncryptedQueuesTopicsAndBuckets",
                actions=_SEND,
                resources=["*"],
                principals=[Principal(type="Service", identifiers=services)],
                conditions=[
                    Condition(test="StringEquals", variable="aws:SourceAccount", values=[account_id])
                ],
            )
        )
    if domain is DataDomain.BACKOFFICE:
        statements.append(
            Statement(
                sid="CloudFrontReadsPages",
                actions=["kms:Decrypt"],
                resources=["*"],
                principals=[Principal(type="Service", identifiers=["cloudfront.amazonaws.com"])],
                # Which distribution it is, is known after bucket and key; the bucket's policy names it alone.
                conditions=[
                    Condition(
                        test="ArnLike",
                        variable="aws:SourceArn",
                        values=[f"arn:aws:cloudfront::{account_id}:distribution/*"],
                    )
                ],
            )
        )
    if domain is DataDomain.LOGS:
        statements.append(
            Statement(
                sid="CloudWatchLogs",
                actions=_USE,
                resources=["*"],
                principals=[Principal(type="Service", identifiers=[f"logs.{region}.amazonaws.com"])],
                conditions=[
                    Condition(
                        test="ArnLike",
                        variable="kms:EncryptionContext:aws:logs:arn",
                        values=[f"arn:aws:logs:{region}:{account_id}:log-group:*"],
                    )
                ],
            )
        )
        statements += _trails(account_id)
    return policy_json(*statements)


def _trails(account_id: str) -> list[Statement]:
    """Let this account's trails encrypt: a trail may be of any Region, its bucket is in one.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
    """
    trails = f"arn:aws:cloudtrail:*:{account_id}:trail/*"
    principals = [Principal(type="Service", identifiers=["cloudtrail.amazonaws.com"])]
    of_this_account = Condition(test="ArnLike", variable="aws:SourceArn", values=[trails])
    return [
        Statement(
            sid="TrailsEncrypt",
            actions=["kms:GenerateDataKey*"],
            resources=["*"],
            principals=principals,
            conditions=[
                of_this_account,
                Condition(
                    test="ArnLike", variable="kms:EncryptionContext:aws:cloudtrail:arn", values=[trails]
                ),
            ],
        ),
        Statement(
            sid="TrailsDescribe",
            actions=["kms:DescribeKey"],
            resources=["*"],
            principals=principals,
            conditions=[of_this_account],
        ),
    ]
