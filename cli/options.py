"""The options of every command that runs stacks, and how such a command speaks."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from offline import DEFAULT_TIMEOUT
from offline.errors import UsageError

if TYPE_CHECKING:
    from offline.config import Project
    from offline.run import Options


def add_run_options(parser: argparse.ArgumentParser, json_help: str) -> None:
    """Add the stacks and how they are run."""
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


def run_options(options: argparse.Namespace) -> Options:
    """Return how stacks are run."""
    from offline.run import Options

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


def chosen(options: argparse.Namespace, project: Project) -> list[str]:
    """Return the stacks that were asked for. Raises UsageError when none was, or too many."""
    stacks = list(dict.fromkeys(options.stacks))
    if options.all:
        if stacks:
            raise UsageError(f"--all takes every stack; leave out {', '.join(stacks)}")
        stacks = project.stacks()
    if not stacks:
        known = ", ".join(project.stacks()) or "none"
        raise UsageError(f"name a stack, or pass --all (stacks of {project.name}: {known})")
    return stacks


def print_json(options: argparse.Namespace, documents: dict[str, dict[str, Any]]) -> None:
    """Print one stack's document, or several by stack."""
    one = len(documents) == 1 and not options.all
    shown = next(iter(documents.values())) if one else documents
    print(json.dumps(shown, indent=4, ensure_ascii=False))


def print_parts(parts: Sequence[str]) -> None:
    """Print one text a stack, with a rule between those of many lines."""
    rule = "\n\n" + "=" * 80 + "\n\n" if any("\n" in part for part in parts) else "\n"
    print(rule.join(parts))


def progress(stack: str, state: str) -> None:
    """Say, to a person, how far a stack is."""
    if sys.stderr.isatty():
        print(f"{stack}: {state}", file=sys.stderr, flush=True)


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
