"""Tags."""

from __future__ import annotations

from ..core.rule import Rule
from . import required

RULES: tuple[Rule, ...] = (required.RULE,)
"""Every rule of the group."""
