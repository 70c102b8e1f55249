"""`python -m tests.policy.coverage` writes docs/policy-coverage.md.

`... refresh PYTHON` first reads the names of checkov's checks anew, with the interpreter of an environment
that has checkov: `python -m venv build/checkov && build/checkov/bin/pip install checkov`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.policy.coverage.compare import FOLDER, Row, checkov_rows, fsbp_rows

PAGE = Path(__file__).resolve().parents[3] / "docs" / "policy-coverage.md"

# Runs in checkov's environment, which has nothing of ours.
_READ = """
import json, sys
import checkov.terraform.checks.resource, checkov.terraform.checks.data.aws
from checkov.common.checks_infra.registry import get_graph_checks_registry
from checkov.terraform.checks.data.registry import data_registry
from checkov.terraform.checks.resource.registry import resource_registry
found = {}
def add(check, types):
    if check.id.startswith(("CKV_AWS_", "CKV2_AWS_")):
        found.setdefault(check.id, {"name": check.name, "on": set()})["on"].update(types)
for prefix, registry in (("", resource_registry), ("data.", data_registry)):
    for name, checks in {**registry.checks, **registry.wildcard_checks}.items():
        for check in checks:
            add(check, {prefix + name})
graphs = get_graph_checks_registry("terraform")
graphs.load_checks()
for check in graphs.checks:
    add(check, set(check.resource_types))
for facts in found.values():
    facts["on"] = ["*"] if len(facts["on"]) > 100 else sorted(facts["on"])
key = lambda check: (check.split("_")[0], int(check.rsplit("_", 1)[1]))
print(json.dumps({check: found[check] for check in sorted(found, key=key)}, indent=1))
"""


def refresh(python: str) -> None:
    """Write checkov.json anew."""
    done = subprocess.run([python, "-c", _READ], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    (FOLDER / "checkov.json").write_text(done.stdout, encoding="utf-8")


def page() -> str:
    """The text of docs/policy-coverage.md."""
    fsbp, checkov = fsbp_rows(), checkov_rows()
    decided = [row for row in checkov if row.decided]
    lines = [
        "# Policy coverage",
        "",
        "What `policy/` has instead of the controls of AWS Foundational Security Best Practices (FSBP) and",
        "of checkov's checks for AWS, as far as they are about services and types that the program uses or",
        "may soon use. Written by `python -m tests.policy.coverage`; our decisions are in",
        "`tests/policy/coverage/decisions.py`. A test fails when the program begins to use a type that one",
        "of checkov's checks is about and nobody has decided on it.",
        "",
        "| rule set | concern us | covered | not covered, with a reason |",
        "| --- | --- | --- | --- |",
        f"| AWS FSBP | {_figures(fsbp)} |",
        f"| checkov | {_figures(decided)} |",
        "",
        "## AWS FSBP",
        "",
        "| control | what it wants | our rules |",
        "| --- | --- | --- |",
        *map(_line, fsbp),
        "",
        "## checkov",
        "",
        f"{len(checkov) - len(decided)} of its {len(checkov)} checks are about types that are not used.",
        "",
        "| check | what it wants | our rules |",
        "| --- | --- | --- |",
        *map(_line, decided),
        "",
    ]
    return "\n".join(lines)


def _figures(rows: list[Row]) -> str:
    covered = sum(bool(row.rules) for row in rows)
    return f"{len(rows)} | {covered} | {len(rows) - covered}"


def _line(row: Row) -> str:
    ours = ", ".join(f"`{name}`" for name in row.rules) or f"none: {row.reason}"
    return f"| {row.check} | {row.name.replace('|', '/')} | {ours} |"


def main(arguments: list[str]) -> int:
    """Run the command; 0 if all is well, 2 if used wrongly."""
    if arguments and (arguments[0] != "refresh" or len(arguments) != 2):
        sys.stderr.write(__doc__ or "")
        return 2
    if arguments:
        refresh(arguments[1])
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
