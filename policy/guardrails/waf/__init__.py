"""Web application firewall: every public endpoint has a web ACL, and every web ACL blocks."""

from __future__ import annotations

from ..core.rule import Rule
from . import association, bypass, distribution, logging, quality, scope

RULES: tuple[Rule, ...] = (
    distribution.RULE,
    quality.RULE,
    logging.SETTINGS,
    bypass.RULE,
    association.RULE,
    scope.RULE,
    logging.RULE,
)
"""Every rule of the group."""
