"""Which values name a customer-managed key."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from guardrails.core.peek import MISSING, UNKNOWN
from guardrails.encryption.key_id import KeyId, classify
from tests.policy.shapes import KEY_ARN

CUSTOMER = [
    KEY_ARN,
    "arn:aws-cn:kms:cn-north-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "arn:aws:kms:ap-southeast-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab",
    "arn:aws:kms:ap-southeast-1:111122223333:alias/blue/telemetry",
    "1234abcd-12ab-34cd-56ef-1234567890ab",
    "mrk-1234abcd12ab34cd56ef1234567890ab",
    "alias/telemetry",
    "alias/awsome",
]
AWS_MANAGED = [
    "alias/aws/s3",
    "alias/aws/kinesis",
    "ALIAS/AWS/SQS",
    " alias/aws/sns ",
    "aws/lambda",
    "arn:aws:kms:ap-southeast-1:111122223333:alias/aws/dynamodb",
    "arn:aws-us-gov:kms:us-gov-west-1:111122223333:alias/aws/ebs",
]
NO_KEY = [
    "arn:aws:iam::111122223333:role/processor",
    "arn:aws:kms:ap-southeast-1:111122223333:key/",
    "arn:aws:kms:ap-southeast-1:111122223333:key/telemetry",
    "AWS_OWNED_KMS_KEY",
    "telemetry",
    f" {KEY_ARN}",
    f"{KEY_ARN}\n",
    "alias/",
    3.0,
    True,
    [KEY_ARN],
    {"arn": KEY_ARN},
]


@pytest.mark.parametrize("value", CUSTOMER)
def test_arns_ids_and_own_aliases_pass(value: str) -> None:
    assert classify(value) is KeyId.CUSTOMER


@pytest.mark.parametrize("value", AWS_MANAGED)
def test_keys_that_aws_manages_fail_in_every_spelling(value: str) -> None:
    assert classify(value) is KeyId.AWS_MANAGED


@pytest.mark.parametrize("value", ["", " ", "\t\n"])
def test_blank_text_fails(value: str) -> None:
    assert classify(value) is KeyId.BLANK


@pytest.mark.parametrize("value", NO_KEY)
def test_what_names_no_key_fails(value: object) -> None:
    assert classify(value) is KeyId.NOT_A_KEY


def test_an_absent_key_fails_and_an_unknown_one_waits() -> None:
    assert classify(MISSING) is KeyId.ABSENT
    assert classify(UNKNOWN) is KeyId.UNKNOWN


@given(st.text())
def test_no_text_with_the_prefix_of_aws_ever_passes(tail: str) -> None:
    for prefix in ("aws/", "alias/aws/", "arn:aws:kms:us-east-1:111122223333:alias/aws/"):
        assert classify(prefix + tail) is not KeyId.CUSTOMER
