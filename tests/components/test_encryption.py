"""Keys: who may use which, in which Region, and that nobody else may."""

import pulumi
import pulumi_aws as aws
import pytest

from components.encryption import DataDomain, EncryptionKeys, EncryptionKeysArgs, KeyReplicas
from components.markets import Region
from tests.iam_evaluator import Request, allows
from tests.recording import ACCOUNT, Recording, record

TAGS = {"Project": "p", "Environment": "dev", "Market": "sg", "Owner": "o", "CostCenter": "c"}
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
DECRYPT, DATA_KEY = "kms:Decrypt", "kms:GenerateDataKey"


def keys(*replicas: Region) -> tuple[Recording, dict[str, pulumi.Output[str]]]:
    arns: dict[str, pulumi.Output[str]] = {}

    def build() -> None:
        made = EncryptionKeys(
            "keys",
            EncryptionKeysArgs(
                account_id=ACCOUNT,
                alias_prefix="bluehorizons-dev-sg",
                region=Region.SINGAPORE,
                tags=TAGS,
                replicas={r: KeyReplicas(aws.Provider(f"aws-{r}", region=r)) for r in replicas},
            ),
        )
        arns.update({r: made.arn(DataDomain.TELEMETRY, r) for r in (Region.SINGAPORE, *replicas)})

    return record(build), arns


def policy(domain: DataDomain, region: Region = Region.SINGAPORE) -> str:
    recording, _ = keys(*([] if region is Region.SINGAPORE else [region]))
    if region is Region.SINGAPORE:
        return str(recording.one("aws:kms/key:Key", f"-{domain}")["policy"])
    return str(recording.one("aws:kms/replicaKey:ReplicaKey", f"-{domain}-{region}")["policy"])


def sends(service: str, account: str = ACCOUNT) -> list[Request]:
    context = {"aws:SourceAccount": account}
    return [Request(action, service=service, context=context) for action in (DECRYPT, DATA_KEY)]


def test_there_is_one_rotated_key_a_domain_with_an_alias_and_the_longest_deletion_window() -> None:
    recording, _ = keys()
    made = recording.all("aws:kms/key:Key")
    assert {key.name for key in made} == {f"keys-{domain}" for domain in DataDomain}
    for key in made:
        assert key["enableKeyRotation"] is True
        assert key["deletionWindowInDays"] == 30
        assert "bypassPolicyLockoutSafetyCheck" not in key.inputs
        assert key["multiRegion"] is False
    aliases = {alias["name"] for alias in recording.all("aws:kms/alias:Alias")}
    assert aliases == {f"alias/bluehorizons-dev-sg/{domain}" for domain in DataDomain}


@pytest.mark.parametrize("domain", DataDomain)
def test_the_account_delegates_to_iam_and_no_other_account_is_trusted(domain: DataDomain) -> None:
    document = policy(domain)
    assert allows(document, Request("kms:CreateGrant", aws=ROOT))
    assert not allows(document, Request(DECRYPT, aws="arn:aws:iam::999999999999:root"))


@pytest.mark.parametrize("service", ["cloudwatch", "events", "s3", "sns"])
@pytest.mark.parametrize("domain", [DataDomain.TELEMETRY, DataDomain.RENTAL, DataDomain.BACKOFFICE])
def test_services_can_send_to_encrypted_queues_and_topics(domain: DataDomain, service: str) -> None:
    assert all(allows(policy(domain), request) for request in sends(f"{service}.amazonaws.com"))


def test_a_service_cannot_send_for_another_account() -> None:
    document = policy(DataDomain.TELEMETRY)
    assert not any(allows(document, request) for request in sends("sns.amazonaws.com", "999999999999"))


def test_a_service_that_sends_nothing_to_a_domain_cannot_use_its_key() -> None:
    assert not any(allows(policy(DataDomain.LOGS), request) for request in sends("sns.amazonaws.com"))
    assert not any(allows(policy(DataDomain.TELEMETRY), request) for request in sends("ec2.amazonaws.com"))


@pytest.mark.parametrize("region", [Region.SINGAPORE, Region.MALAYSIA])
def test_logs_of_the_keys_own_region_and_account_can_be_encrypted(region: Region) -> None:
    document = policy(DataDomain.LOGS, region)

    def writes(log_group_region: str, account: str) -> bool:
        context = {
            "kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{log_group_region}:{account}:log-group:/x"
        }
        service = f"logs.{log_group_region}.amazonaws.com"
        return all(
            allows(document, Request(action, service=service, context=context))
            for action in (DECRYPT, DATA_KEY, "kms:Encrypt", "kms:ReEncryptFrom", "kms:DescribeKey")
        )

    assert writes(region, ACCOUNT)
    assert not writes(region, "999999999999")
    assert not writes("us-east-1", ACCOUNT)


def test_a_standby_region_gets_a_replica_with_its_own_policy_and_alias() -> None:
    recording, arns = keys(Region.MALAYSIA)
    replicas = recording.all("aws:kms/replicaKey:ReplicaKey")
    assert {replica.name for replica in replicas} == {f"keys-{d}-ap-southeast-5" for d in DataDomain}
    for domain in DataDomain:
        primary = recording.one("aws:kms/key:Key", f"-{domain}")
        replica = recording.one("aws:kms/replicaKey:ReplicaKey", f"-{domain}-ap-southeast-5")
        assert primary["multiRegion"] is True
        assert replica["primaryKeyArn"] == primary.arn
        assert replica["deletionWindowInDays"] == 30
    assert len(recording.all("aws:kms/alias:Alias")) == 2 * len(DataDomain)
    assert set(arns) == {"ap-southeast-1", "ap-southeast-5"}


def test_a_region_without_the_key_is_named_with_those_that_have_it() -> None:
    def build() -> None:
        made = EncryptionKeys("keys", EncryptionKeysArgs(ACCOUNT, "p", Region.SINGAPORE, TAGS))
        made.arn(DataDomain.LOGS, Region.TOKYO)

    with pytest.raises(KeyError, match="no logs key in ap-northeast-1: it is in ap-southeast-1; add"):
        record(build)


def test_a_region_has_only_the_keys_that_it_needs_and_a_key_without_replicas_stays_in_its_region() -> None:
    def build() -> None:
        only_logs = KeyReplicas(aws.Provider("p", region="us-east-1"), frozenset({DataDomain.LOGS}))
        EncryptionKeys(
            "keys",
            EncryptionKeysArgs(ACCOUNT, "p", Region.SINGAPORE, TAGS, {Region.NORTHERN_VIRGINIA: only_logs}),
        )

    recording = record(build)
    (replica,) = recording.all("aws:kms/replicaKey:ReplicaKey")
    assert replica.name == "keys-logs-us-east-1"
    multi = {key.name for key in recording.all("aws:kms/key:Key") if key["multiRegion"]}
    assert multi == {"keys-logs"}


def test_the_primarys_own_region_cannot_be_a_replica() -> None:
    def build() -> None:
        again = KeyReplicas(aws.Provider("p", region="x"))
        EncryptionKeysArgs(ACCOUNT, "p", Region.SINGAPORE, TAGS, {Region.SINGAPORE: again})

    with pytest.raises(ValueError, match="replicas holds ap-southeast-1"):
        record(build)
