"""`ev`: the command line. Exit code 0 clean, 1 a mandatory violation or a failed program, 2 bad usage."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from offline.config import Project
from offline.errors import UsageError
from offline.render import render
from offline.run import DEFAULT_TIMEOUT, Options, preview_stacks

CLEAN, FAILED, USAGE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        code = _preview(options)
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
    stacks = list(options.stacks)
    if options.all:
        if stacks:
            raise UsageError(f"--all previews every stack; leave out {', '.join(stacks)}")
        stacks = project.stacks()
    if not stacks:
        known = ", ".join(project.stacks()) or "none"
        raise UsageError(f"name a stack, or pass --all (stacks of {project.name}: {known})")
    results = preview_stacks(
        project,
        stacks,
        Options(
            config=_pairs(options.config),
            packs=tuple(options.policy_pack),
            pack_config=options.policy_pack_config,
            answers=options.answers,
            isolated=options.isolated or options.python is not None,
            python=options.python,
            timeout=options.timeout,
            jobs=options.jobs,
            organization=options.organization,
            substitute=options.substitute,
        ),
        _progress,
    )
    if options.json:
        documents = {name: result.document() for name, result in results.items()}
        shown = documents if len(stacks) > 1 or options.all else documents[stacks[0]]
        print(json.dumps(shown, indent=4, ensure_ascii=False))  # noqa: T201
    else:
        rule = "\n\n" + "=" * 80 + "\n\n"
        print(rule.join(render(result) for result in results.values()))  # noqa: T201
    return FAILED if any(result.failed for result in results.values()) else CLEAN


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
    add = preview.add_argument
    add("stacks", nargs="*", metavar="STACK", help="stacks to preview, each with a Pulumi.<stack>.yaml")
    add("--all", action="store_true", help="every stack of the project")
    add("--cwd", type=Path, default=Path(), metavar="DIR", help="the project's folder (default: this one)")
    add("--config", action="append", default=[], metavar="K=V", help="set a configuration value; repeatable")
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
    add(
        "--json",
        action="store_true",
        help="print the document of `pulumi preview --json`; of several stacks, by name",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
