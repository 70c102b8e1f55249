"""Conditions that say who or where the caller is."""

from __future__ import annotations

from .documents import Statement
from .peek import UNKNOWN

PINNING_KEYS = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:vpcsourceip",
        "kms:calleraccount",
        "lambda:functionurlauthtype",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
    }
)
"""Condition keys that say who or where the caller is, in lower case. AWS's own test of public access:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"""


def is_pinned(statement: Statement, keys: frozenset[str] = PINNING_KEYS) -> bool:
    """Whether a condition on one of these keys, in lower case, limits the callers to named ones.

    A value not known yet counts as named.
    """
    return any(
        key in keys and _is_positive(operator) and bool(values) and not any(map(is_wild, values))
        for operator, key, values in statement.conditions()
    ) or any(values == [UNKNOWN] and not key for _, key, values in statement.conditions())


def _is_positive(operator: str) -> bool:
    plain = operator.lower().rpartition(":")[2]  # ForAnyValue:StringEquals
    if plain.endswith("ifexists") or operator.lower().startswith("forallvalues"):
        return False  # both hold when the key is absent
    return plain.startswith(("stringequals", "stringlike", "arnequals", "arnlike", "ipaddress"))


def is_wild(value: object) -> bool:
    """Whether a value of such a condition is any caller or the whole world."""
    return isinstance(value, str) and (not value.strip("*?:") or value in ("0.0.0.0/0", "::/0"))
