"""A companion: a resource beside another that gives it a setting, as S3 does for each setting of a bucket.

PASS     a companion in this stack whose property comes from this resource, or holds its name, id or ARN
FAIL     none, or only one of another resource, or one that comes from several
UNKNOWN  never: what is wired is known even while its value is not
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pulumi_policy import PolicyResource, Severity

from .conditions import is_given
from .related import input_of, of_types, refers_to, told
from .rule import Outcome, StackRule, StackVerdict, Verdict


@dataclass(frozen=True)
class Companion:
    """One row of a table: resources of the types `of` need one of the types `by`."""

    of: tuple[str, ...]
    by: tuple[str, ...]
    via: str
    """The property of the companion that names the resource."""
    outputs: tuple[str, ...]
    """The outputs of the resource that the property may hold."""
    what: str
    """What is missing, to be read after `has no` and before `in this stack`."""
    way_out: str
    """What to do, as a sentence without its full stop."""
    control: str = ""
    unless: tuple[str, ...] = ()
    """Properties of the resource that make the companion needless when the program gave one of them."""


def judge_companions(
    rows: Sequence[Companion], resources: Sequence[PolicyResource]
) -> Iterator[StackVerdict]:
    """A verdict for each resource that lacks a companion."""
    for row in rows:
        alike = of_types(resources, row.of)
        companions = of_types(resources, row.by)
        for resource in alike:
            if any(_was_given(resource, name) for name in row.unless):
                continue
            if any(refers_to(one, row.via, resource, alike, *row.outputs) for one in companions):
                continue
            subject = f"The {resource.resource_type.rpartition(':')[2]}"
            reason = f"has no {row.what} in this stack"
            yield told(resource, Verdict(Outcome.FAIL, subject, reason, row.way_out, row.control))


def _was_given(resource: PolicyResource, name: str) -> bool:
    """Whether the program gave the property: its value may also be an output that only AWS decided."""
    return name in resource.property_dependencies and is_given(input_of(resource, name))


def companion_rule(
    name: str,
    group: str,
    description: str,
    rows: Sequence[Companion],
    *,
    url: str,
    severity: Severity = Severity.HIGH,
) -> StackRule:
    """The stack rule that a table of companions amounts to."""
    table = tuple(rows)
    return StackRule(
        name=name,
        group=group,
        description=description,
        remediation=" ".join(dict.fromkeys(f"{row.way_out}." for row in table)),
        severity=severity,
        url=url,
        controls=tuple(dict.fromkeys(row.control for row in table if row.control)),
        types=frozenset(token for row in table for token in row.of),
        judge=lambda resources: judge_companions(table, resources),
        table=table,
    )
