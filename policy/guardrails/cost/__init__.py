"""Cost guards."""

from __future__ import annotations

from ..core.rule import Rule
from . import settings

RULES: tuple[Rule, ...] = (settings.RULE, settings.COMPANIONS)
"""Every rule of the group."""
