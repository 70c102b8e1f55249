"""`ev preview`: what a first `pulumi up` would create, and what policy packs say about it."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from cli.command import CLEAN, FAILED, Commands, add_command
from cli.options import add_run_options, chosen, print_json, print_parts, progress, run_options


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "preview",
        _preview,
        "preview stacks of any Pulumi Python program: no CLI, no credentials, no network",
        "ev preview dev\n"
        "ev preview --all --policy-pack policy\n"
        "ev preview prod --json | jq .changeSummary\n"
        "ev preview dev --cwd ../other-project --config instances=3",
        "Run a program as a first `pulumi preview` would, and policy packs over it. Exit code\n"
        "0 clean, 1 a mandatory policy is violated or something failed, 2 bad usage.",
    )
    parser.add_argument(
        "--policy-pack",
        action="append",
        default=[],
        type=Path,
        metavar="DIR",
        help="run a Python policy pack; repeatable",
    )
    parser.add_argument(
        "--policy-pack-config",
        type=Path,
        metavar="FILE",
        help="the pack's configuration (default: Pulumi.<stack>.policy.json)",
    )
    add_run_options(parser, "print the document of `pulumi preview --json`; of several stacks, by name")


def _preview(options: argparse.Namespace) -> int:
    from offline.config import Project
    from offline.render import render
    from offline.run import preview_stacks

    project = Project.find(options.cwd)
    results = preview_stacks(
        project,
        chosen(options, project),
        replace(
            run_options(options), packs=tuple(options.policy_pack), pack_config=options.policy_pack_config
        ),
        progress,
    )
    if options.json:
        print_json(options, {name: result.document() for name, result in results.items()})
    else:
        print_parts([render(result) for result in results.values()])
    return FAILED if any(result.failed for result in results.values()) else CLEAN
