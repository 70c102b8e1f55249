"""The preview as text: the tree by component, exports, policy findings, and what could not be known."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Iterator

from offline.analyzer import PackReport, Violation
from offline.graph import Graph, Resource
from offline.urns import PROVIDER_PREFIX, STACK_TYPE, Urn
from offline.values import UNKNOWN, Value, mask
from offline.worker import StackResult

_LONGEST_VALUE = 100
_WIDTH = 110

CANNOT_KNOW = """\
An offline preview is that of a first `pulumi up`. It does not know:
  - existing state: updates, replacements, deletions, drift, imports
  - what providers check: schemas, enums, CIDRs, defaults, auto-names, merged tags
  - the children of remote components, real lookups, credentials, permissions, quotas"""


def render(result: StackResult) -> str:
    """Return the preview of one stack as plain text."""
    graph = result.graph
    sections = [
        [f"Stack {result.stack} of {graph.project}"],
        list(_tree(graph)),
        list(_exports(graph)),
        list(_diagnostics(graph)),
        [line for pack in result.packs for line in _pack(pack)],
        list(_unknown(result)),
        [_summary(result)],
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def short(urn: str) -> str:
    """Return a URN's type and name."""
    try:
        parsed = Urn.parse(urn)
    except ValueError:
        return urn
    return f"{parsed.type} {parsed.name}"


def _tree(graph: Graph) -> Iterator[str]:
    children: dict[str, list[Resource]] = {}
    for resource in graph.sorted():
        children.setdefault(resource.parent, []).append(resource)
    roots = [r for r in graph.sorted() if r.type == STACK_TYPE]
    loose = [r for r in children.get("", []) if r.type != STACK_TYPE]
    for root in roots:
        yield f"{root.name}  {_count(children, root)}"
        yield from _branch(children, root, [*children.get(root.urn, []), *loose], "  ")


def _branch(
    children: dict[str, list[Resource]], parent: Resource, siblings: list[Resource], indent: str
) -> Iterator[str]:
    """Components each get a line and their children; the other resources are counted by type.

    A leading `*` in their names stands for the name of the parent.
    """
    plain = Counter(r.type for r in siblings if not children.get(r.urn) and not _is_component(r))
    for resource in sorted(siblings, key=lambda r: (r.type, r.name)):
        if children.get(resource.urn) or _is_component(resource):
            note = "  (remote: what it builds is not known offline)" if resource.remote else ""
            yield f"{indent}{resource.type} {resource.name}  {_count(children, resource)}{note}"
            yield from _branch(children, resource, children.get(resource.urn, []), indent + "  ")
    for type_, count in sorted(plain.items()):
        names = sorted(
            _relative(r.name, parent.name) for r in siblings if r.type == type_ and not children.get(r.urn)
        )
        line = f"{type_}{f' x{count}' if count > 1 else ''}  {', '.join(names)}"
        yield from textwrap.wrap(
            line, _WIDTH, initial_indent=indent, subsequent_indent=indent + "    ", break_on_hyphens=False
        )


def _relative(name: str, parent: str) -> str:
    return f"*{name[len(parent) :]}" if name.startswith(f"{parent}-") else name


def _is_component(resource: Resource) -> bool:
    return not resource.custom


def _count(children: dict[str, list[Resource]], resource: Resource) -> str:
    below = sum(1 for _ in _below(children, resource.urn))
    return f"({below} resource{'' if below == 1 else 's'})"


def _below(children: dict[str, list[Resource]], urn: str) -> Iterator[Resource]:
    for child in children.get(urn, []):
        yield child
        yield from _below(children, child.urn)


def _exports(graph: Graph) -> Iterator[str]:
    if graph.exports:
        yield "Exports"
    for name, value in sorted(graph.exports.items()):
        yield f"  {name}: {_shown(mask(value))}"


def _shown(value: Value) -> str:
    if value == UNKNOWN:
        return "known after the update"
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    text = text.replace(UNKNOWN, "<unknown>")
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 3] + "..."


def _diagnostics(graph: Graph) -> Iterator[str]:
    if graph.diagnostics:
        yield "Diagnostics"
    for diagnostic in graph.diagnostics:
        where = f" [{short(diagnostic.urn)}]" if diagnostic.urn else ""
        first, *rest = diagnostic.message.splitlines() or [""]
        yield f"  {diagnostic.severity}{where}: {first}"
        yield from (f"    {line}" for line in rest)


def _pack(pack: PackReport) -> Iterator[str]:
    if pack.error:
        yield f"Policy pack {pack.name or pack.path} could not be run"
        yield from (f"  {line}" for line in pack.error.splitlines())
        return
    levels = Counter(violation.level for violation in pack.violations)
    found = ", ".join(f"{count} {level}" for level, count in sorted(levels.items())) or "no findings"
    yield f"Policy pack {pack.name} {pack.version}: {pack.policies} policies, {found}"
    by_policy: dict[tuple[str, str], list[Violation]] = {}
    for violation in pack.violations:
        by_policy.setdefault((violation.level, violation.policy), []).append(violation)
    for (level, policy), violations in sorted(
        by_policy.items(), key=lambda item: (item[0][0] != "mandatory", item)
    ):
        severity = f", {violations[0].severity}" if violations[0].severity else ""
        yield f"  {level}{severity}: {policy}"
        yield f"    {violations[0].description}"
        for violation in violations:
            where = short(violation.urn) if violation.urn else "the stack"
            first, *rest = violation.message.splitlines() or [""]
            yield f"    - {where}: {first}"
            yield from (f"      {line}" for line in rest)
        if violations[0].remediation:
            first, *rest = violations[0].remediation.splitlines()
            yield f"    To fix: {first}"
            yield from (f"            {line}" for line in rest)
        if violations[0].url:
            yield f"    See {violations[0].url}"
    for remedy in pack.remediated:
        yield f"  remediate: {remedy.policy} on {short(remedy.urn)}: {remedy.message}"


def _unknown(result: StackResult) -> Iterator[str]:
    yield CANNOT_KNOW
    graph = result.graph
    for token, count in sorted(graph.unanswered.items()):
        yield f"  - {token}, asked {count} time{'' if count == 1 else 's'}: unknown (give it with --answers)"
    for assumption in sorted(graph.assumptions):
        yield f"  - assumed {assumption}"
    for note in sorted(result.notes):
        yield f"  - {note}"


def _summary(result: StackResult) -> str:
    ops = Counter(resource.op for resource in result.graph.resources.values())
    providers = sum(r.type.startswith(PROVIDER_PREFIX) for r in result.graph.resources.values())
    what = ", ".join(f"{count} to {op}" for op, count in sorted(ops.items())) or "nothing to create"
    verdict = "FAILED" if result.failed else "ok"
    return (
        f"{result.stack}: {verdict}: {what} ({providers} provider{'' if providers == 1 else 's'} among them)"
    )
