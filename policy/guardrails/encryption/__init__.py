"""Encryption at rest with customer-managed keys."""

from __future__ import annotations

from ..core.rule import ResourceRule, Rule
from . import (
    analytics,
    buckets,
    compute,
    databases,
    kms_keys,
    messaging,
    observability,
    provenance,
    secrets,
    storage,
)
from .slots import KeySlot

TABLES: tuple[tuple[ResourceRule, tuple[KeySlot, ...]], ...] = tuple(
    (module.RULE, module.SLOTS)
    for module in (storage, databases, messaging, compute, secrets, observability, analytics)
)
"""Each rule that is a table of key slots, with its table."""

SLOTS: tuple[KeySlot, ...] = tuple(row for _, rows in TABLES for row in rows)

RULES: tuple[Rule, ...] = (
    *(rule for rule, _ in TABLES),
    kms_keys.RULE,
    buckets.RULE,
    provenance.rule(SLOTS),
)
"""Every rule of the group."""
