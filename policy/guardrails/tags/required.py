"""Every resource that can have tags has those that are agreed, with values.

Tags may come from the resource or from the provider's `defaultTags`. Which tags, the rule's setting
`requiredTags` says.

PASS     each agreed tag is there, from either, and not blank
FAIL     one is missing or blank
UNKNOWN  the tags, or the value of one, are known only at deployment
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pulumi_policy import Severity

from ..core.documents import parsed
from ..core.peek import MISSING, UNKNOWN, elements, is_list, peek
from ..core.rule import Outcome, Resource, ResourceRule, Verdict

SETTING = "requiredTags"
DEFAULT = ("Component", "CostCenter", "DataClass", "Environment", "Market", "Owner", "Project")
_SETTINGS: Mapping[str, Mapping[str, Any]] = {
    SETTING: {
        "type": "array",
        "items": {"type": "string", "pattern": r"[\w .:/=+\-@]{1,128}"},
        "default": list(DEFAULT),
        "description": "The tags that every resource has.",
    }
}


@cache
def taggable() -> frozenset[str]:
    """Every type of the AWS provider that takes a block `tags`; a file beside, kept by a test."""
    text = Path(__file__).with_name("taggable.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line)


def judge(resource: Resource) -> Iterator[Verdict]:
    """The verdict on the tags of one resource, for each that is missing."""
    own, inherited = peek(resource.props, "tags"), _default_tags(resource.provider)
    for name in _required(resource.config):
        found = _first_known(peek(own, name), peek(inherited, name))
        way_out = "Set it in the resource's tags, or in the provider's default_tags"
        if found is UNKNOWN or (found is MISSING and UNKNOWN in (own, inherited)):
            yield Verdict(Outcome.UNKNOWN, f"tags.{name}", "is known only at deployment", way_out)
        elif not isinstance(found, str) or not found.strip():
            yield Verdict(Outcome.FAIL, f"tags.{name}", "is missing", way_out)


def _first_known(own: object, inherited: object) -> object:
    return inherited if own is MISSING else own


def _default_tags(provider: Mapping[str, Any]) -> object:
    """The provider's own tags. Pulumi keeps a provider's blocks as JSON text."""
    return peek(parsed(peek(provider, "defaultTags")), "tags")


def _required(config: Mapping[str, Any]) -> list[str]:
    names = peek(config, SETTING)
    given = [name for name in elements(names) if isinstance(name, str)] if is_list(names) else list(DEFAULT)
    return sorted(given)


RULE = ResourceRule(
    name="tags-required",
    group="tags",
    description="Every resource that can have tags has the agreed ones.",
    remediation="Give the resource the tags, or the provider default_tags.",
    severity=Severity.LOW,
    url="https://docs.aws.amazon.com/whitepapers/latest/tagging-best-practices/tagging-best-practices.html",
    types=taggable(),
    settings=_SETTINGS,
    judge=judge,
)
