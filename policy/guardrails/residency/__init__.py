"""Data residency: where resources are, and where their copies go."""

from __future__ import annotations

from ..core.rule import Rule
from . import regions

RULES: tuple[Rule, ...] = (regions.RULE,)
"""Every rule of the group."""
