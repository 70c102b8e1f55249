"""What the rename guard found, as text and as JSON."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from offline.graph import Diagnostic
from offline.render import short
from offline.urns import Urn
from offline.urns_guard import Comparison, Gone, Moved
from offline.urns_list import FOLDER, IGNORE, SUFFIX
from offline.urns_successors import Successor

Status = Literal["ok", "stale", "refused", "failed"]
_SHOWN = 10
_PROTECTED = (
    "PROTECTED: it was to outlive every mistake, and `pulumi up` will stop at it.",
    "Whoever means to lose it deploys protect=False first, as a change of its own.",
)


@dataclass(frozen=True)
class Report:
    """The result for one stack. Without a `comparison` the program failed, and `diagnostics` say why.

    `stale` says that the list is not as it should be, `written` that it was brought up to date just now.
    """

    stack: str
    project: str
    comparison: Comparison | None = None
    stale: bool = False
    written: bool = False
    diagnostics: Sequence[Diagnostic] = ()

    @property
    def status(self) -> Status:
        """What to do: nothing, write the list, give aliases or accept, or mend the program."""
        if self.comparison is None:
            return "failed"
        if self.comparison.refused:
            return "refused"
        return "stale" if self.stale else "ok"

    @property
    def file(self) -> str:
        """The list, relative to the project."""
        return f"{FOLDER}/{self.stack}{SUFFIX}"

    def document(self) -> dict[str, Any]:
        """Return the result as JSON values; `docs/offline.md` describes them."""
        document: dict[str, Any] = {
            "stack": self.stack,
            "project": self.project,
            "list": self.file,
            "status": self.status,
            "written": self.written,
            "diagnostics": [diagnostic.as_json() for diagnostic in self.diagnostics],
        }
        comparison = self.comparison
        if comparison is None:
            return document
        return {
            **document,
            "listed": comparison.listed,
            "urns": len(comparison.wanted.current),
            "ignored": comparison.ignored,
            "gone": [_gone_json(gone) for gone in comparison.gone],
            "moved": [
                {
                    "urn": moved.entry.urn,
                    "from": moved.entry.provider,
                    "to": moved.provider,
                    "protected": moved.entry.protected,
                    "accepted": moved.accepted,
                }
                for moved in comparison.moved
            ],
            "conflicts": [
                {"urn": conflict.urn, "claimedBy": [conflict.first, conflict.second]}
                for conflict in comparison.conflicts
            ],
            "renamed": dict(comparison.renamed),
            "new": list(comparison.new),
            "changed": list(comparison.changed),
        }


def _gone_json(gone: Gone) -> dict[str, Any]:
    successor = gone.successor
    return {
        "urn": gone.entry.urn,
        "protected": gone.entry.protected,
        "accepted": gone.accepted,
        "reason": _reason(gone),
        "likely": None
        if successor is None
        else {
            "urn": successor.urn,
            "source": successor.resource.source,
            "options": successor.options(),
            "covers": list(successor.covers),
        },
    }


def _reason(gone: Gone) -> str:
    if gone.read:
        return "now read"
    return "alias removed" if gone.entry.now else "removed"


def render(report: Report) -> str:
    """Return the result for one stack as plain text."""
    comparison = report.comparison
    if comparison is None:
        errors = [d for d in report.diagnostics if d.severity == "error"]
        return "\n".join(
            [
                f"{report.stack}: the program failed, so that its URNs are not known",
                *(f"  {line}" for error in errors for line in error.message.splitlines()),
            ]
        )
    blocks = [
        _header(report, comparison),
        *_gone_blocks(comparison),
        *_moved_blocks(comparison),
        *(
            f"  {short(conflict.first)} and {short(conflict.second)} both claim\n    {conflict.urn}\n"
            "    The engine refuses that: take the alias from one of them."
            for conflict in comparison.conflicts
        ),
        *_accepted(comparison),
        *_differences(report, comparison),
        *_way_out(report, comparison),
    ]
    return "\n\n".join(blocks) if comparison.refused else "\n".join(blocks)


def _header(report: Report, comparison: Comparison) -> str:
    if comparison.refused:
        return _refusal(report, comparison)
    urns = _count(len(comparison.wanted.current), "URN")
    ignored = f" ({comparison.ignored} more left out by {FOLDER}/{IGNORE})" if comparison.ignored else ""
    if report.written:
        verdict = f"written to {report.file}"
    elif not report.stale:
        verdict = f"as in {report.file}"
    elif comparison.listed:
        verdict = f"{report.file} is out of date"
    else:
        verdict = f"there is no {report.file} yet"
    return f"{report.stack}: {urns}{ignored}, {verdict}"


def _refusal(report: Report, comparison: Comparison) -> str:
    gone = sum(not found.accepted for found in comparison.gone)
    moved = sum(not found.accepted for found in comparison.moved)
    what = [
        *([f"{_count(gone, 'URN')} gone without an alias"] if gone else []),
        *([f"{_count(moved, 'resource')} on another provider"] if moved else []),
        *([f"{_count(len(comparison.conflicts), 'URN')} claimed twice"] if comparison.conflicts else []),
    ]
    return (
        f"{report.stack}: REFUSED: {', '.join(what)}. `pulumi up` would delete, replace or refuse what a "
        f"live stack has. {report.file} stays as it is."
    )


def _gone_blocks(comparison: Comparison) -> Iterator[str]:
    gone = [found for found in comparison.gone if not found.accepted]
    shown: set[str] = set()
    for found in gone:
        successor = found.successor
        if successor is None or successor.covers[0] in shown:
            continue
        shown.add(successor.covers[0])
        covered = [each for each in gone if each.successor is successor]
        yield "\n".join([*_successor_lines(covered, successor), *_on_it(comparison, successor)])
    without = [found for found in gone if found.successor is None]
    if without:
        yield "\n".join(_lost_lines(without))


def _successor_lines(covered: Sequence[Gone], successor: Successor) -> Iterator[str]:
    root = next((found for found in covered if found.entry.urn == successor.covers[0]), covered[0])
    others = len(covered) - 1
    yield f"  {root.entry.urn}" + (f"  and {others} below it" if others else "")
    yield from _loud(covered)
    if root.entry.now:
        yield "    had an alias, which was taken away. A stack that has not been updated since still has it."
    source = successor.resource.source.removeprefix("project:///").replace("#", ":")
    verb = "is now" if root.entry.now else "is likely now"
    yield f"    {verb} {short(successor.urn)}" + (f"  ({source})" if source else "") + "; to keep it, add"
    yield f"        {successor.options()}"


def _on_it(comparison: Comparison, successor: Successor) -> Iterator[str]:
    """Say what a renamed provider serves: it is on another provider as long as the alias is missing."""
    follow = [moved for moved in comparison.moved if _follows(moved, [successor])]
    if follow:
        yield f"    so that the provider of {_count(len(follow), 'resource')} stays the same"


def _follows(moved: Moved, found: Sequence[Successor]) -> bool:
    """Whether a resource changes its provider because that has another name."""
    return any(
        successor.urn.endswith(f":{moved.provider}")
        and successor.covers[0].endswith(f":{moved.entry.provider}")
        for successor in found
    )


def _lost_lines(gone: Sequence[Gone]) -> Iterator[str]:
    yield "  Nothing in the program looks like the successor of"
    for root, below in _trees(gone):
        note = "  (it is only read now: kept only if it is read by its own id)" if root.read else ""
        yield f"    {root.entry.urn}" + (f"  and {below} below it" if below else "") + note
    yield from _loud(gone)


def _trees(gone: Sequence[Gone]) -> list[tuple[Gone, int]]:
    """Return what is gone without what is below it, which is counted: its name begins with that above."""
    trees: list[tuple[Gone, Urn, int]] = []
    for found in sorted(gone, key=lambda found: found.entry.urn.count("$")):
        urn = Urn.parse(found.entry.urn)
        for number, (root, above, below) in enumerate(trees):
            if urn.qualified_type.startswith(f"{above.qualified_type}$") and urn.name.startswith(above.name):
                trees[number] = (root, above, below + 1)
                break
        else:
            trees.append((found, urn, 0))
    return [(root, below) for root, _, below in trees]


def _loud(found: Collection[Gone | Moved]) -> Iterator[str]:
    protected = [each for each in found if each.entry.protected]
    if protected:
        yield from (f"    {line}" for line in _PROTECTED)
    if protected and len(found) > 1:
        yield from (f"      {each.entry.urn}" for each in protected)


def _moved_blocks(comparison: Comparison) -> Iterator[str]:
    renamed = [gone.successor for gone in comparison.gone if gone.successor is not None and not gone.accepted]
    ways: dict[tuple[str, str], list[Moved]] = {}
    for found in comparison.moved:
        if not found.accepted and not _follows(found, renamed):
            ways.setdefault((found.entry.provider, found.provider), []).append(found)
    for (before, after), resources in sorted(ways.items()):
        lines = [
            f"  {_count(len(resources), 'resource')} from provider {before or 'none'} to {after or 'none'}: "
            "deleted and created again, unless the two are configured alike",
            *_some([found.entry.urn for found in resources]),
            *_loud(resources),
            "    Give each its provider back, or accept the change like a deletion.",
        ]
        yield "\n".join(lines)


def _some(urns: Sequence[str]) -> Iterator[str]:
    yield from (f"    {urn}" for urn in urns[:_SHOWN])
    if len(urns) > _SHOWN:
        yield f"    ... and {len(urns) - _SHOWN} more (--json has them all)"


def _accepted(comparison: Comparison) -> Iterator[str]:
    accepted = [found for found in comparison.losses if found.accepted]
    if accepted:
        yield "\n".join(
            [
                "  Accepted: `pulumi up` will delete or replace",
                *_some([found.entry.urn for found in accepted]),
                *_loud(accepted),
            ]
        )


def _differences(report: Report, comparison: Comparison) -> Iterator[str]:
    if comparison.refused or not comparison.listed:
        return
    for title, urns in (
        ("new", comparison.new),
        ("renamed by an alias", [f"{old} -> {short(new)}" for old, new in comparison.renamed.items()]),
        ("with another provider or protection", comparison.changed),
    ):
        if urns:
            yield "\n".join([f"  {_count(len(urns), 'URN')} {title}", *_some(list(urns))])
    if report.status == "stale" and not (comparison.new or comparison.renamed or comparison.changed):
        yield "  The lines are not those that `ev urns write` writes: former names, order or comments differ."


def _way_out(report: Report, comparison: Comparison) -> Iterator[str]:
    stack = shlex.quote(report.stack)
    if comparison.refused:
        refused = [found for found in comparison.losses if not found.accepted]
        lines = []
        if any(gone.successor for gone in comparison.gone):
            lines = [f"  With the aliases in place: ev urns write {stack}"]
        if refused:
            lost = [gone for gone in comparison.gone if not gone.accepted and gone.successor is None]
            first = _trees(lost)[0][0] if lost else refused[0]
            example = shlex.quote(first.entry.urn)
            lines += [
                f"  If a deletion is meant, name it: ev urns write {stack} --accept-deletion {example}",
                "  (repeatable, a glob does too; --accept-deletions accepts all)",
            ]
        if lines:
            yield "\n".join(lines)
    elif report.status == "stale" and not report.written:
        yield f"  Run: ev urns write {stack}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
