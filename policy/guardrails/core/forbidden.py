"""Types and services that must not be used at all.

PASS     never: a type that is on the list fails wherever it is used
FAIL     a resource of such a type, or of such a service
UNKNOWN  never
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pulumi_policy import Severity

from .rule import Outcome, Resource, ResourceRule, Verdict


@dataclass(frozen=True)
class Forbidden:
    """One row: a type token, or the module of a service (`qldb`), and why it is out of bounds."""

    what: str
    reason: str
    """To be read after `The resource`."""
    way_out: str
    control: str = ""


def forbidden_rule(
    name: str,
    group: str,
    description: str,
    rows: tuple[Forbidden, ...],
    *,
    url: str,
    severity: Severity = Severity.HIGH,
) -> ResourceRule:
    """The resource rule that a list of forbidden types and services amounts to."""
    index = {row.what: row for row in rows}
    modules = frozenset(what for what in index if ":" not in what)

    def judge(resource: Resource) -> Iterator[Verdict]:
        parts = resource.type.split(":")
        module = parts[1].partition("/")[0] if len(parts) > 1 else ""
        row = index.get(resource.type) or index.get(module)
        if row is not None:
            yield Verdict(Outcome.FAIL, "The resource", row.reason, row.way_out, row.control)

    return ResourceRule(
        name=name,
        group=group,
        description=description,
        remediation="Use what the message names instead.",
        severity=severity,
        url=url,
        controls=tuple(dict.fromkeys(row.control for row in rows if row.control)),
        types=frozenset(index) - modules,
        every_aws_type=bool(modules),
        judge=judge,
        table=rows,
    )
