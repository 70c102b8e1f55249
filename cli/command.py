"""What every command shares: how it is added, and its exit codes."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable
from typing import Any, Final

CLEAN: Final = 0
FAILED: Final = 1
USAGE: Final = 2
STALE: Final = 3

Commands = Any
"""What argparse's `add_subparsers` returns."""


def add_command(
    commands: Commands,
    name: str,
    run: Callable[[argparse.Namespace], int] | None,
    what: str,
    examples: str,
    description: str = "",
) -> argparse.ArgumentParser:
    """Add a command and return its parser.

    Args:
        run: what it does, and its exit code; None when only its own commands do something.
        what: a line for the list of commands.
        examples: command lines, one a line.
        description: what `--help` says; default: `what`.
    """
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=what,
        description=textwrap.fill(
            " ".join(description.split()) or f"{what[0].upper()}{what[1:]}.", 80, break_on_hyphens=False
        ),
        epilog="examples:\n" + "\n".join(f"  {line}" for line in examples.splitlines()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if run is not None:
        parser.set_defaults(run=run)
    return parser
