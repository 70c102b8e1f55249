"""Backup and deletion protection."""

from __future__ import annotations

from ..core.rule import Rule
from . import companions, settings

RULES: tuple[Rule, ...] = (settings.BACKUPS, settings.DELETION, companions.RULE)
"""Every rule of the group."""
