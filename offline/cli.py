"""`ev`: the command line.

Exit code 0 clean; 1 a mandatory violation, a URN that would be deleted, or a failed program; 2 bad usage;
3 only lists of URNs to be written anew.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from offline.config import Project
from offline.errors import UsageError
from offline.render import render
from offline.run import DEFAULT_TIMEOUT, Options, preview_stacks
from offline.urns_command import Acceptance, guard
from offline.urns_list import lists_without_stack
from offline.urns_report import render as render_urns

CLEAN, FAILED, USAGE, STALE = 0, 1, 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # whoever reads, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the exit flushes once more
        return FAILED
    except UsageError as error:
        print(f"ev: {error}", file=sys.stderr)  # noqa: T201 - a command line prints
        return USAGE
    except KeyboardInterrupt:
        print("ev: interrupted", file=sys.stderr)  # noqa: T201
        return FAILED


def _preview(options: argparse.Namespace) -> int:
    project = Project.find(options.cwd)
    stacks = _stacks(options, project)
    results = preview_stacks(
        project,
        stacks,
        replace(
            _run_options(options),
            packs=tuple(options.policy_pack),
            pack_config=options.policy_pack_config,
        ),
        _progress,
    )
    if options.json:
        _print_json(options, {name: result.document() for name, result in results.items()})
    else:
        _print_parts([render(result) for result in results.values()])
    return FAILED if any(result.failed for result in results.values()) else CLEAN


def _urns(options: argparse.Namespace) -> int:
    project = Project.find(options.cwd)
    stacks = _stacks(options, project)
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
        _run_options(options),
        write=options.verb == "write",
        accepts=Acceptance(tuple(options.accept_deletion), options.accept_deletions),
        progress=_progress,
    )
    if options.json:
        _print_json(options, {name: report.document() for name, report in reports.items()})
    else:
        _print_parts([render_urns(report) for report in reports.values()])
    found = {report.status for report in reports.values()}
    if found & {"failed", "refused"}:
        return FAILED
    return STALE if "stale" in found else CLEAN


def _stacks(options: argparse.Namespace, project: Project) -> list[str]:
    stacks = list(dict.fromkeys(options.stacks))
    if options.all:
        if stacks:
            raise UsageError(f"--all takes every stack; leave out {', '.join(stacks)}")
        stacks = project.stacks()
    if not stacks:
        known = ", ".join(project.stacks()) or "none"
        raise UsageError(f"name a stack, or pass --all (stacks of {project.name}: {known})")
    return stacks


def _run_options(options: argparse.Namespace) -> Options:
    return Options(
        config=_pairs(options.config),
        answers=options.answers,
        isolated=options.isolated or options.python is not None,
        python=options.python,
        timeout=options.timeout,
        jobs=options.jobs,
        organization=options.organization,
        substitute=options.substitute,
    )


def _print_json(options: argparse.Namespace, documents: dict[str, dict[str, Any]]) -> None:
    one = len(documents) == 1 and not options.all
    shown = next(iter(documents.values())) if one else documents
    print(json.dumps(shown, indent=4, ensure_ascii=False))  # noqa: T201 - a command line prints


def _print_parts(parts: Sequence[str]) -> None:
    rule = "\n\n" + "=" * 80 + "\n\n" if any("\n" in part for part in parts) else "\n"
    print(rule.join(parts))  # noqa: T201


def _progress(stack: str, state: str) -> None:
    if sys.stderr.isatty():
        print(f"{stack}: {state}", file=sys.stderr, flush=True)  # noqa: T201


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise UsageError(f"--config {text!r} must be KEY=VALUE")
        pairs[key] = value
    return pairs


def _positive(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return seconds


def _jobs(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of at least 1")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ev", description="The platform, without a CLI or a cloud.")
    commands = parser.add_subparsers(dest="command", required=True)
    preview = commands.add_parser(
        "preview",
        help="preview stacks of any Pulumi Python program: no CLI, no credentials, no network",
        description="Run a program as a first `pulumi preview` would, and policy packs over it.",
    )
    preview.set_defaults(run=_preview)
    add = preview.add_argument
    add(
        "--policy-pack",
        action="append",
        default=[],
        type=Path,
        metavar="DIR",
        help="run a Python policy pack; repeatable",
    )
    add(
        "--policy-pack-config",
        type=Path,
        metavar="FILE",
        help="the pack's configuration (default: Pulumi.<stack>.policy.json)",
    )
    _add_run_options(preview, "print the document of `pulumi preview --json`; of several stacks, by name")
    _add_urns(commands.add_parser("urns", help="the rename guard: keep a list of every stack's URNs"))
    return parser


def _add_urns(urns: argparse.ArgumentParser) -> None:
    urns.description = "A URN that changes without an alias is a resource that a live stack deletes."
    verbs = urns.add_subparsers(dest="verb", required=True)
    check = verbs.add_parser(
        "check",
        help="compare stacks with their lists",
        description="Preview stacks and compare their URNs with urns/<stack>.urns. Exit code 0 as listed, 1 "
        "something would be deleted or replaced, 2 bad usage, 3 only the list is out of date.",
    )
    check.set_defaults(run=_urns, accept_deletion=[], accept_deletions=False)
    write = verbs.add_parser(
        "write",
        help="compare stacks with their lists and bring these up to date",
        description="Write urns/<stack>.urns of each stack in which nothing would be deleted or replaced, or "
        "only what is accepted here.",
    )
    write.set_defaults(run=_urns)
    write.add_argument(
        "--accept-deletion",
        action="append",
        default=[],
        metavar="URN",
        help="the deletion of this URN is meant; a glob does too; repeatable",
    )
    write.add_argument("--accept-deletions", action="store_true", help="all deletions are meant")
    for verb in (check, write):
        _add_run_options(verb, "print the result as JSON; of several stacks, by name")


def _add_run_options(parser: argparse.ArgumentParser, json_help: str) -> None:
    add = parser.add_argument
    add("stacks", nargs="*", metavar="STACK", help="stacks, each with a Pulumi.<stack>.yaml")
    add("--all", action="store_true", help="every stack of the project")
    add("--cwd", type=Path, default=Path(), metavar="DIR", help="the project's folder (default: this one)")
    add("--config", action="append", default=[], metavar="K=V", help="set a configuration value; repeatable")
    add(
        "--answers",
        type=Path,
        metavar="FILE",
        help="results of provider functions and outputs of other stacks",
    )
    add(
        "--substitute",
        action="store_true",
        help="put stand-ins for secrets and environments that need a network",
    )
    add(
        "--isolated",
        action="store_true",
        help="run the program in a process and interpreter of its own, over gRPC",
    )
    add(
        "--python",
        type=Path,
        metavar="FILE",
        help="the interpreter of --isolated (default: the project's virtualenv)",
    )
    add(
        "--timeout",
        type=_positive,
        default=DEFAULT_TIMEOUT,
        metavar="S",
        help="seconds a program may take (default: %(default)g)",
    )
    add("--jobs", type=_jobs, default=0, metavar="N", help="stacks at a time (default: one a core)")
    add(
        "--organization",
        default="organization",
        metavar="NAME",
        help="what pulumi.get_organization() returns",
    )
    add("--json", action="store_true", help=json_help)


if __name__ == "__main__":
    sys.exit(main())
