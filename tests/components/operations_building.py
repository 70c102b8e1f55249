"""Foundations under mocks, for the tests of what operates the platform."""

import pulumi
import pulumi_aws as aws

from components.encryption import DataDomain, EncryptionKeys, EncryptionKeysArgs
from components.foundation import Foundation
from components.markets import Market, Region
from tests.recording import ACCOUNT, Recording


def prefix(*, production: bool) -> str:
    """How names of the stack begin."""
    return f"bluehorizons-{'prod' if production else 'dev'}-sg"


def foundation(*, production: bool, region: Region = Region.SINGAPORE) -> Foundation:
    """A Region's foundation with keys of its own."""
    tags = {
        "Project": "blue-horizons",
        "Environment": "prod" if production else "dev",
        "Market": "sg",
        "Owner": "o",
        "CostCenter": "c",
    }
    name = f"{prefix(production=production)}-{region}"
    provider = aws.Provider(f"aws-{region}", aws.ProviderArgs(region=region))
    keys = EncryptionKeys(
        f"{name}-keys",
        EncryptionKeysArgs(account_id=ACCOUNT, alias_prefix=name, region=region, tags=tags),
        opts=pulumi.ResourceOptions(providers=[provider]),
    )
    return Foundation(
        account_id=ACCOUNT,
        market=Market.SINGAPORE,
        region=region,
        prefix=prefix(production=production),
        production=production,
        keys=keys,
        alarm_topic_arn="arn:topic",
        tags=tags,
        layer="arn:layer",
    )


def key_arn(stack: Recording, domain: DataDomain = DataDomain.LOGS) -> str:
    """The ARN of a domain's key."""
    return stack.one("aws:kms/key:Key", f"-keys-{domain}").arn
