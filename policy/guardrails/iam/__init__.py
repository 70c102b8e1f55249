"""IAM: what identities may do, who may become them, and how they sign in."""

from __future__ import annotations

from ..core.rule import Rule
from . import deputies, escalation, identities, permissions, trust

RULES: tuple[Rule, ...] = (
    permissions.RULE,
    escalation.RULE,
    trust.RULE,
    deputies.RULE,
    identities.RULE,
    identities.USERS,
)
"""Every rule of the group."""
