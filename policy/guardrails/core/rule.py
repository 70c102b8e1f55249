"""Rules and their verdicts: plain data and pure functions, independent of how Pulumi runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from pulumi_policy import EnforcementLevel, PolicyResource, Severity


class Outcome(Enum):
    """What a rule says of one place; a place that passes gets no verdict at all."""

    FAIL = "fail"
    UNKNOWN = "unknown"
    """Cannot be told before a deployment; the same rule judges the resolved value before creation."""


@dataclass(frozen=True)
class Verdict:
    """One thing a rule found. No field ever holds a value of a property: values may be secret."""

    outcome: Outcome
    path: str
    """The property, camelCase, with list indexes: `replicas[0].kmsKeyArn`."""
    reason: str
    """What is wrong with it, to be read after the path: `is missing`."""
    way_out: str
    """What to do, as a sentence without its full stop."""
    control: str = ""
    """The AWS Security Hub control that says the same, e.g. `Kinesis.1`; empty when there is none."""

    @property
    def message(self) -> str:
        """The finding in one line: path, reason, way out, control."""
        suffix = f" (AWS Security Hub {self.control})" if self.control else ""
        return f"{self.path} {self.reason}. {self.way_out}.{suffix}"


@dataclass(frozen=True)
class Resource:
    """One resource as a resource rule sees it: its inputs, before it is created."""

    type: str
    urn: str
    props: Mapping[str, Any]
    provider: Mapping[str, Any] = field(default_factory=dict)
    """The inputs of its provider; empty when Pulumi did not tell."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """The rule's own settings in the pack's configuration."""


@dataclass(frozen=True)
class StackVerdict:
    """A verdict of a stack rule and the resource that it is about."""

    urn: str
    verdict: Verdict


@dataclass(frozen=True)
class Rule:
    """What all rules tell about themselves. The name is the key in pack configuration and in waivers."""

    name: str
    group: str
    description: str
    remediation: str
    severity: Severity
    url: str
    controls: tuple[str, ...] = ()
    """AWS Security Hub controls that say the same, all of them in FSBP or another of its standards."""
    level: EnforcementLevel = EnforcementLevel.MANDATORY
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """JSON Schema of each setting that the pack's configuration may give the rule."""


@dataclass(frozen=True, kw_only=True)
class ResourceRule(Rule):
    """A rule about one resource on its own: presence and value. It blocks before creation."""

    types: frozenset[str]
    """Type tokens it judges; a resource of another type is passed over without a look."""
    judge: Callable[[Resource], Iterable[Verdict]]
    every_aws_type: bool = False
    """Whether it judges each type of the AWS provider besides `types`."""
    table: tuple[Any, ...] = ()
    """The rows that it amounts to, for the documentation."""

    def concerns(self, token: str) -> bool:
        """Whether it judges resources of this type."""
        return token in self.types or (self.every_aws_type and token.startswith("aws:"))


@dataclass(frozen=True, kw_only=True)
class StackRule(Rule):
    """A rule about how resources relate. At preview it blocks; on `up` it runs after creation."""

    types: frozenset[str]
    """Type tokens it judges, for the rule table."""
    judge: Callable[[Sequence[PolicyResource]], Iterable[StackVerdict]]
    table: tuple[Any, ...] = ()
    """The rows that it amounts to, for the documentation."""


def unique(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """The rules in their order.

    Raises `ValueError` when two have one name: the SDK would accept both, and one configuration entry
    or one waiver would then mean either.
    """
    by_name: dict[str, Rule] = {}
    for rule in rules:
        if rule.name in by_name:
            raise ValueError(f"Two rules are named {rule.name!r}: give one of them another name")
        by_name[rule.name] = rule
    return tuple(by_name.values())
