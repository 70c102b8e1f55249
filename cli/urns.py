"""`ev urns check` and `ev urns write`: the rename guard."""

from __future__ import annotations

import argparse

from cli.command import CLEAN, FAILED, STALE, Commands, add_command
from cli.options import add_run_options, chosen, print_json, print_parts, progress, run_options
from offline.errors import UsageError


def add(commands: Commands) -> None:
    """Add the command and its two verbs."""
    urns = add_command(
        commands,
        "urns",
        None,
        "the rename guard: keep a list of every stack's URNs",
        "ev urns check --all\nev urns write dev",
        "A URN that changes without an alias is a resource that a live stack deletes.",
    )
    verbs = urns.add_subparsers(dest="verb", required=True)
    check = add_command(
        verbs,
        "check",
        _urns,
        "compare stacks with their lists",
        "ev urns check --all\nev urns check prod --json",
        "Preview stacks and compare their URNs with urns/<stack>.urns. Exit code 0 as listed,\n"
        "1 something would be deleted or replaced, 2 bad usage, 3 only the list is out of date.",
    )
    check.set_defaults(accept_deletion=[], accept_deletions=False)
    write = add_command(
        verbs,
        "write",
        _urns,
        "compare stacks with their lists and bring these up to date",
        "ev urns write --all\nev urns write dev --accept-deletion '*::sg-old-queue'",
        "Write urns/<stack>.urns of each stack in which nothing would be deleted or replaced,\n"
        "or only what is accepted here.",
    )
    write.add_argument(
        "--accept-deletion",
        action="append",
        default=[],
        metavar="URN",
        help="the deletion of this URN is meant; a glob does too; repeatable",
    )
    write.add_argument("--accept-deletions", action="store_true", help="all deletions are meant")
    for verb in (check, write):
        add_run_options(verb, "print the result as JSON; of several stacks, by name")


def _urns(options: argparse.Namespace) -> int:
    from offline.config import Project
    from offline.urns_command import Acceptance, guard
    from offline.urns_list import lists_without_stack
    from offline.urns_report import render

    project = Project.find(options.cwd)
    stacks = chosen(options, project)
    orphans = lists_without_stack(project) if options.all else []
    if orphans:
        names = ", ".join(f"{file.parent.name}/{file.name}" for file in orphans)
        raise UsageError(
            f"{names}: the project has no such stack. Bring its stack file back; or, when the stack has been "
            "destroyed, delete the list"
        )
    reports = guard(
        project,
        stacks,
        run_options(options),
        write=options.verb == "write",
        accepts=Acceptance(tuple(options.accept_deletion), options.accept_deletions),
        progress=progress,
    )
    if options.json:
        print_json(options, {name: report.document() for name, report in reports.items()})
    else:
        print_parts([render(report) for report in reports.values()])
    found = {report.status for report in reports.values()}
    if found & {"failed", "refused"}:
        return FAILED
    return STALE if "stale" in found else CLEAN
