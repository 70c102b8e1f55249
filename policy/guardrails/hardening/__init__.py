"""Hardening of machines, images, containers and services."""

from __future__ import annotations

from ..core.rule import Rule
from . import containers, secrets, settings

RULES: tuple[Rule, ...] = (settings.RULE, containers.RULE, secrets.RULE, settings.COMPANIONS)
"""Every rule of the group."""
