"""Event sources and queues: finite retries, and nothing lost."""

from __future__ import annotations

from ..core.rule import Rule
from . import asynchronous, queues, sources

RULES: tuple[Rule, ...] = (
    sources.RULE,
    asynchronous.RULE,
    queues.SETTINGS,
    queues.REDRIVE_RULE,
    queues.VISIBILITY_RULE,
)
"""Every rule of the group."""
