"""Logging, tracing and auditing."""

from __future__ import annotations

from ..core.rule import Rule
from . import alarms, companions, settings

RULES: tuple[Rule, ...] = (settings.RULE, companions.RULE, companions.BUCKET_RULE, alarms.RULE)
"""Every rule of the group."""
