"""Services and versions that AWS has closed."""

from __future__ import annotations

from ..core.rule import Rule
from . import services

RULES: tuple[Rule, ...] = (services.RULE, services.VERSIONS)
"""Every rule of the group."""
