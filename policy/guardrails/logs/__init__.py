"""Logging, tracing and auditing."""

from __future__ import annotations

from ..core.rule import Rule
from . import companions, settings

RULES: tuple[Rule, ...] = (settings.RULE, companions.RULE, companions.BUCKET_RULE)
"""Every rule of the group."""
