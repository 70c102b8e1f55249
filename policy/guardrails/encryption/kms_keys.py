"""The customer-managed keys themselves.

PASS     rotation on (where AWS can rotate) once a year at least, 30 days before deletion, the lockout check
         in force, and a key policy whose Allow statements name their principals and actions, and services
         under a condition on the source or the encryption context
FAIL     any of these otherwise, or a key policy that is no JSON document
UNKNOWN  the property is known only at deployment
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_policy import Severity

from ..core.documents import VALID_DOCUMENT, Statement, statements
from ..core.peek import MISSING, UNKNOWN, peek, text_of
from ..core.pinned import is_pinned
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

ROTATION_DAYS = 366
_PERIOD = "Leave it out, or set it to 90 to 365"
_ROTATE = "Set it to true: AWS then renews the key material each year and keeps the old"
_WINDOW = f"Set it to {DELETION_WINDOW_DAYS}, or leave it out"
_LOCKOUT = "Leave it out: without the check a key can become unmanageable for everyone"
_SOURCE = "Add a condition on aws:SourceAccount, aws:SourceArn or the encryption context"
_ACTIONS = "Write each action in full, kms:GenerateDataKey* and kms:ReEncrypt* aside"
_FAMILIES = ("kms:GenerateDataKey*", "kms:ReEncrypt*")
"""Wildcards of AWS's own documentation: a family of actions that do the same."""
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
        period = peek(props, "rotationPeriodInDays")
        if period is UNKNOWN:
            yield Verdict(
                Outcome.UNKNOWN, "rotationPeriodInDays", "is known only at deployment", _PERIOD, "KMS.4"
            )
        elif isinstance(period, int | float) and period > ROTATION_DAYS:
            reason = f"is more than {ROTATION_DAYS} days"
            yield Verdict(Outcome.FAIL, "rotationPeriodInDays", reason, _PERIOD, "KMS.4")
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
        if statement.allows:
            yield from _statement(f"policy {statement.path}", statement)


def _statement(path: str, statement: Statement) -> Iterator[Verdict]:
    if statement.is_for_anyone:
        yield Verdict(Outcome.FAIL, path, "allows every principal", _PRINCIPAL, "KMS.5")
    kinds = {kind for kind, _ in statement.principals()}
    if "Service" in kinds and not _is_pinned(statement):
        reason = "allows a service for whatever account it acts"
        yield Verdict(Outcome.FAIL, path, reason, _SOURCE)
    actions = statement.texts("Action")
    # `kms:*` for the account itself is AWS's own default: it leaves the rest to IAM.
    wide = any(action.endswith("*") and action not in _FAMILIES for action in actions)
    delegates = kinds == {"AWS"} and actions == ["kms:*"]
    if statement.has("NotAction") or (wide and not delegates):
        yield Verdict(Outcome.FAIL, path, "has a wildcard in an action", _ACTIONS)


def _is_pinned(statement: Statement) -> bool:
    """Whether a condition says for whom a service acts, or for which of its resources it encrypts."""
    return is_pinned(statement) or any(
        key.startswith(("kms:encryptioncontext:", "kms:viaservice"))
        and operator.lower().startswith(("stringequals", "stringlike", "arnequals", "arnlike"))
        and not operator.lower().endswith("ifexists")
        and bool(values)
        and not any(isinstance(value, str) and not value.strip("*?:") for value in values)
        for operator, key, values in statement.conditions()
    )


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
