"""The rule about keys themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from guardrails.core.rule import Outcome
from guardrails.encryption import kms_keys
from tests.policy.shapes import UNKNOWN, resource

ROOT = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*"}
LOGS = {
    "Effect": "Allow",
    "Principal": {"Service": "logs.ap-southeast-1.amazonaws.com"},
    "Action": "kms:Decrypt",
    "Condition": {
        "ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:ap-southeast-1:111122223333:*"}
    },
}
BARE = {name: value for name, value in LOGS.items() if name != "Condition"}


def _policy(*statements: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


GOOD = {"enableKeyRotation": True, "deletionWindowInDays": 30.0, "policy": _policy(ROOT, LOGS)}


def _outcomes(token: str, **changes: Any) -> dict[str, Outcome]:
    props = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    return {verdict.path: verdict.outcome for verdict in kms_keys.judge(resource(token, props))}


@pytest.mark.parametrize("token", sorted(kms_keys.RULE.types))
def test_a_good_key_passes(token: str) -> None:
    assert _outcomes(token) == {}


def test_what_aws_does_by_itself_may_be_left_out() -> None:
    assert _outcomes(kms_keys.KEY, deletionWindowInDays=None, policy=None) == {}


@pytest.mark.parametrize("value", [False, None, "false"])
def test_a_key_that_does_not_rotate_fails(value: object) -> None:
    assert _outcomes(kms_keys.KEY, enableKeyRotation=value) == {"enableKeyRotation": Outcome.FAIL}


@pytest.mark.parametrize(
    "kind",
    [
        {"customerMasterKeySpec": "RSA_2048", "keyUsage": "SIGN_VERIFY"},
        {"customerMasterKeySpec": "HMAC_256", "keyUsage": "GENERATE_VERIFY_MAC"},
        {"customKeyStoreId": "cks-1"},
    ],
)
def test_a_key_that_aws_cannot_rotate_need_not(kind: dict[str, str]) -> None:
    assert _outcomes(kms_keys.KEY, enableKeyRotation=None, **kind) == {}


def test_only_primary_keys_rotate() -> None:
    assert _outcomes(kms_keys.REPLICA, enableKeyRotation=None) == {}


@pytest.mark.parametrize("days", [7.0, 29.0, "30"])
def test_a_short_deletion_window_fails(days: object) -> None:
    assert _outcomes(kms_keys.REPLICA, deletionWindowInDays=days) == {"deletionWindowInDays": Outcome.FAIL}


@pytest.mark.parametrize("token", sorted(kms_keys.RULE.types))
def test_the_lockout_check_may_not_be_bypassed(token: str) -> None:
    assert _outcomes(token, bypassPolicyLockoutSafetyCheck=False) == {}
    outcomes = _outcomes(token, bypassPolicyLockoutSafetyCheck=True)
    assert outcomes == {"bypassPolicyLockoutSafetyCheck": Outcome.FAIL}


@pytest.mark.parametrize(
    "open_to_all",
    [
        {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt"},
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:Decrypt"},
        {
            "Effect": "Allow",
            "Principal": {"AWS": ["arn:aws:iam::111122223333:root", "*"]},
            "Action": "kms:Decrypt",
        },
        {"Effect": "Allow", "Principal": {"Service": ["*"]}, "Action": "kms:Decrypt"},
        {"Effect": "Allow", "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*"},
        {"Principal": "*", "Action": "kms:Decrypt"},
    ],
)
@pytest.mark.parametrize("token", sorted(kms_keys.RULE.types))
def test_a_policy_for_everyone_fails_at_its_statement(token: str, open_to_all: dict[str, Any]) -> None:
    assert _outcomes(token, policy=_policy(ROOT, open_to_all)) == {"policy Statement[1]": Outcome.FAIL}


def test_a_policy_with_one_statement_and_no_list_is_read_too() -> None:
    policy = json.dumps({"Statement": {"Effect": "Allow", "Principal": "*"}})
    assert _outcomes(kms_keys.KEY, policy=policy) == {"policy Statement[0]": Outcome.FAIL}


@pytest.mark.parametrize(
    ("statement", "fails"),
    [
        (BARE, True),
        ({**BARE, "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}}}, False),
        ({**BARE, "Condition": {"StringLike": {"aws:SourceAccount": "*"}}}, True),
        ({**BARE, "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": "*"}}}, True),
        ({**BARE, "Condition": {"StringEqualsIfExists": {"kms:ViaService": "sqs.x.amazonaws.com"}}}, True),
        ({**LOGS, "Action": "kms:*"}, True),
        ({**LOGS, "Action": ["kms:GenerateDataKey*", "kms:ReEncrypt*", "kms:Decrypt"]}, False),
        ({**LOGS, "Action": ["kms:Decrypt", "kms:Put*"]}, True),
        ({**ROOT, "Action": "*"}, True),
        ({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::1:role/x"}, "NotAction": "kms:Sign"}, True),
    ],
)
def test_services_use_a_key_for_named_sources_and_by_named_actions(
    statement: dict[str, Any], fails: bool
) -> None:
    expected = {"policy Statement[1]": Outcome.FAIL} if fails else {}
    assert _outcomes(kms_keys.KEY, policy=_policy(ROOT, statement)) == expected


@pytest.mark.parametrize(
    ("days", "found"),
    [(365.0, None), (None, None), (UNKNOWN, Outcome.UNKNOWN), (2560.0, Outcome.FAIL)],
)
def test_a_key_is_renewed_each_year(days: object, found: Outcome | None) -> None:
    expected = {"rotationPeriodInDays": found} if found else {}
    assert _outcomes(kms_keys.KEY, rotationPeriodInDays=days) == expected


def test_everyone_may_be_denied() -> None:
    assert _outcomes(kms_keys.KEY, policy=_policy(ROOT, {"Effect": "Deny", "Principal": "*"})) == {}


@pytest.mark.parametrize("text", ["", "{", "[]", '"text"', "{}", "[" * 100_000])
def test_a_policy_that_is_none_fails_and_is_not_repeated(text: str) -> None:
    verdicts = list(kms_keys.judge(resource(kms_keys.KEY, {**GOOD, "policy": text})))
    assert [verdict.path for verdict in verdicts] == ["policy"]
    assert len(verdicts[0].message) < 200


@pytest.mark.parametrize(
    "name", ["enableKeyRotation", "deletionWindowInDays", "bypassPolicyLockoutSafetyCheck", "policy"]
)
def test_what_is_unknown_waits(name: str) -> None:
    assert _outcomes(kms_keys.KEY, **{name: UNKNOWN}) == {name: Outcome.UNKNOWN}
