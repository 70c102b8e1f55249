"""The customer-managed keys themselves.

PASS     rotation on (where AWS can rotate), 30 days before deletion, the lockout check in force, and a key
         policy whose Allow statements name their principals
FAIL     any of these otherwise, or a key policy that is no JSON document
UNKNOWN  the property is known only at deployment
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_policy import Severity

from ..core.documents import VALID_DOCUMENT, statements
from ..core.peek import MISSING, UNKNOWN, peek, text_of
from ..core.rule import Outcome, Resource, ResourceRule, Verdict
from .slots import GROUP

KEY = "aws:kms/key:Key"
REPLICA = "aws:kms/replicaKey:ReplicaKey"
EXTERNAL = "aws:kms/externalKey:ExternalKey"
REPLICA_EXTERNAL = "aws:kms/replicaExternalKey:ReplicaExternalKey"
KEY_POLICY = "aws:kms/keyPolicy:KeyPolicy"
ALIAS = "aws:kms/alias:Alias"

DELETION_WINDOW_DAYS = 30
"""The longest AWS offers, and its default: the time in which a deletion by mistake can be undone."""

_ROTATE = "Set it to true: AWS then renews the key material each year and keeps the old"
_WINDOW = f"Set it to {DELETION_WINDOW_DAYS}, or leave it out"
_LOCKOUT = "Leave it out: without the check a key can become unmanageable for everyone"
_PRINCIPAL = "Name the accounts, roles or services that may use the key in each Allow statement"


def judge(resource: Resource) -> Iterator[Verdict]:
    """The verdicts on one key, replica key or key policy."""
    props = resource.props
    if resource.type == KEY:
        yield from _rotation(props)
    if resource.type != KEY_POLICY:
        yield from _deletion_window(props)
    yield from _lockout_check(props)
    yield from _policy(peek(props, "policy"))


def _rotation(props: Mapping[str, Any]) -> Iterator[Verdict]:
    # AWS rotates only symmetric keys that encrypt and whose material it holds itself.
    spec, usage = peek(props, "customerMasterKeySpec"), peek(props, "keyUsage")
    if spec not in (MISSING, UNKNOWN, "SYMMETRIC_DEFAULT") or usage not in (
        MISSING,
        UNKNOWN,
        "ENCRYPT_DECRYPT",
    ):
        return
    if peek(props, "customKeyStoreId") is not MISSING:
        return
    enabled = text_of(peek(props, "enableKeyRotation"))
    if enabled == "true":
        return
    outcome = Outcome.UNKNOWN if UNKNOWN in (enabled, spec, usage) else Outcome.FAIL
    yield Verdict(outcome, "enableKeyRotation", "is not true", _ROTATE, "KMS.4")


def _deletion_window(props: Mapping[str, Any]) -> Iterator[Verdict]:
    days = peek(props, "deletionWindowInDays")
    if days is MISSING:
        return
    if days is UNKNOWN:
        yield Verdict(Outcome.UNKNOWN, "deletionWindowInDays", "is known only at deployment", _WINDOW)
    elif not isinstance(days, int | float) or days < DELETION_WINDOW_DAYS:
        reason = f"is less than {DELETION_WINDOW_DAYS} days"
        yield Verdict(Outcome.FAIL, "deletionWindowInDays", reason, _WINDOW)


def _lockout_check(props: Mapping[str, Any]) -> Iterator[Verdict]:
    bypass = text_of(peek(props, "bypassPolicyLockoutSafetyCheck"))
    if bypass in (MISSING, "false"):
        return
    outcome = Outcome.UNKNOWN if bypass is UNKNOWN else Outcome.FAIL
    yield Verdict(outcome, "bypassPolicyLockoutSafetyCheck", "is not false", _LOCKOUT)


def _policy(policy: object) -> Iterator[Verdict]:
    if policy is MISSING:  # AWS then writes one that gives the key to its own account
        return
    if policy is UNKNOWN:
        yield Verdict(Outcome.UNKNOWN, "policy", "is known only at deployment", _PRINCIPAL, "KMS.5")
        return
    found = statements(policy)
    if found is None:
        yield Verdict(Outcome.FAIL, "policy", "is not a JSON policy document", VALID_DOCUMENT, "KMS.5")
        return
    for statement in found:
        if statement.allows and statement.is_for_anyone:
            path = f"policy {statement.path}"
            yield Verdict(Outcome.FAIL, path, "allows every principal", _PRINCIPAL, "KMS.5")


RULE = ResourceRule(
    name="encryption-kms-keys",
    group=GROUP,
    description="Customer-managed keys rotate, are not lost in haste and serve named principals only.",
    remediation=f"Turn rotation on, keep a deletion window of {DELETION_WINDOW_DAYS} days and the policy "
    "lockout check, and name the principals in the key policy.",
    severity=Severity.CRITICAL,
    url="https://docs.aws.amazon.com/kms/latest/developerguide/best-practices.html",
    controls=("KMS.4", "KMS.5"),
    types=frozenset({KEY, REPLICA, EXTERNAL, REPLICA_EXTERNAL, KEY_POLICY}),
    judge=judge,
)
