"""Encryption in transit."""

from __future__ import annotations

from ..core.rule import Rule
from . import buckets, settings

RULES: tuple[Rule, ...] = (settings.RULE, buckets.DOCUMENTS, buckets.RULE)
"""Every rule of the group."""
