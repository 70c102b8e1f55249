"""Every property that the tables name exists in the installed pulumi_aws, spelt exactly so."""

from __future__ import annotations

import pytest

from guardrails.encryption import SLOTS, buckets, kms_keys, provenance, storage
from guardrails.encryption.exempt import EXEMPT
from guardrails.encryption.slots import KeySlot
from tests.policy import sdk

ROWS = [(token, row) for row in SLOTS for token in row.types]


def _is_input(token: str, path: str) -> bool:
    paths = sdk.input_paths(token)
    return path in paths or f"{path}[]" in paths


@pytest.mark.parametrize(("token", "row"), ROWS, ids=[f"{token}#{row.path}" for token, row in ROWS])
def test_every_path_of_the_row_is_an_input_of_the_type(token: str, row: KeySlot) -> None:
    named = {row.path, *(condition.path for condition in row.when)}
    named |= {f"{row.block}.{setting.path}" if row.block else setting.path for setting in row.settings}
    assert {path for path in named if not _is_input(token, path)} == set()


@pytest.mark.parametrize("token", sorted(kms_keys.RULE.types | provenance.KEY_TYPES | buckets.BUCKETS))
def test_every_type_that_a_rule_names_exists(token: str) -> None:
    assert sdk.input_paths(token)


def test_the_properties_of_keys_are_inputs_of_keys() -> None:
    named = {
        "enableKeyRotation",
        "deletionWindowInDays",
        "bypassPolicyLockoutSafetyCheck",
        "policy",
        "keyUsage",
    }
    named |= {"customerMasterKeySpec", "customKeyStoreId"}
    assert named <= sdk.input_paths(kms_keys.KEY)
    assert {"policy", "bypassPolicyLockoutSafetyCheck"} <= sdk.input_paths(kms_keys.KEY_POLICY)


def test_the_properties_of_buckets_are_inputs_of_buckets() -> None:
    for token in buckets.BUCKETS:
        assert "bucket" in sdk.input_paths(token)
    for token in storage.BUCKET_ENCRYPTION:
        assert "bucket" in sdk.input_paths(token)


@pytest.mark.parametrize("token", sorted(EXEMPT))
def test_every_exempt_input_exists_and_looks_like_a_key(token: str) -> None:
    assert set(EXEMPT[token]) <= sdk.key_like_inputs(token)


@pytest.mark.parametrize("token", sorted({token for token, _ in ROWS}))
def test_a_type_with_a_row_has_no_other_key_that_nobody_judges(token: str) -> None:
    judged = {row.path for of, row in ROWS if of == token} | set(EXEMPT.get(token, {}))
    assert sdk.key_like_inputs(token) - judged == set()
