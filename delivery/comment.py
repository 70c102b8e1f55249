"""What a change does to each stack, as Markdown: two offline previews compared, and the policies' findings.

Reads the documents of `ev preview --all --json`. Their secrets are masked where they are written.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

MAX_LENGTH = 60_000  # GitHub takes 65,536 characters
MAX_ROWS = 40
MARKER = "<!-- offline-preview -->"
"""By which the pipeline finds its own comment, to write it anew."""

Previews = Mapping[str, Mapping[str, Any]]


def comment(head: Previews, base: Previews) -> str:
    """The comment on a change from `base` to `head`, both by stack."""
    parts = [
        MARKER,
        "### Offline preview",
        "",
        "| stack | resources | added | removed | changed | errors | mandatory | advisory |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    details: list[str] = []
    for stack in sorted({*head, *base}):
        before, after = _resources(base.get(stack, {})), _resources(head.get(stack, {}))
        added, removed = sorted(after.keys() - before.keys()), sorted(before.keys() - after.keys())
        changed = {
            urn: properties
            for urn in sorted(after.keys() & before.keys())
            if (properties := _differences(before[urn], after[urn]))
        }
        findings = list(_findings(head.get(stack, {})))
        levels = Counter(level for level, _ in findings)
        told = [levels[level] for level in ("error", "mandatory", "advisory")]
        counts = [len(after), len(added), len(removed), len(changed), *told]
        parts.append(f"| {stack} | " + " | ".join(map(str, counts)) + " |")
        rows = [
            *(f"+ {_short(urn)}" for urn in added),
            *(f"- {_short(urn)}" for urn in removed),
            *(f"! {_short(urn)}: {', '.join(properties)}" for urn, properties in changed.items()),
        ]
        details += _folded(f"{stack}: {len(rows)} resources differ", rows, "diff")
        details += _folded(f"{stack}: {len(findings)} findings", [text for _, text in findings], "text")
    parts += ["", *details, _LIMITS]
    text = "\n".join(parts)
    if len(text) <= MAX_LENGTH:
        return text
    return text[:MAX_LENGTH].rpartition("\n")[0] + "\n```\n</details>\n\nThe rest is in the job's artifact.\n"


_LIMITS = (
    "An offline preview is that of a first `pulumi up`: it knows neither state nor what AWS would say. "
    "The deployment previews against the account."
)


def _resources(preview: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {step["urn"]: step["newState"].get("inputs", {}) for step in preview.get("steps", [])}


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return sorted(key for key in {*before, *after} if before.get(key) != after.get(key))


def _findings(preview: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for diagnostic in preview.get("diagnostics", []):
        if diagnostic["severity"] == "error":
            yield "error", f"error: {diagnostic['message'].strip().rpartition(chr(10))[2]}"
    for pack in preview.get("policyPacks", []):
        if "error" in pack:
            yield "error", f"error: {pack['name']}: {pack['error']}"
        for violation in pack["violations"]:
            level = violation["enforcementLevel"]
            where = _short(violation.get("urn", ""))
            yield level, f"{level} {violation['policyName']}: {where}: {violation['message']}"


def _short(urn: str) -> str:
    *_, types, name = urn.rsplit("::", 2) if "::" in urn else ("", urn)
    return f"{types.rpartition('$')[2]} {name}".strip()


def _folded(title: str, rows: list[str], language: str) -> list[str]:
    if not rows:
        return []
    shown = rows[:MAX_ROWS]
    if len(rows) > MAX_ROWS:
        shown.append(f"... and {len(rows) - MAX_ROWS} more")
    # A row must not end the block that it is in.
    safe = [row.replace("```", "'''").replace("\n", " ") for row in shown]
    return [f"<details><summary>{title}</summary>", "", f"```{language}", *safe, "```", "</details>", ""]
