"""`ev`: the command line.

Exit code 0 clean; 1 a mandatory violation, a URN that would be deleted, a failed program, something missing;
2 bad usage; 3 only lists of URNs to be written anew. A module imports what its command runs when it runs:
`ev --help` waits for no SDK.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from cli import capacity, completion, doctor, graph, local, preview, urns
from cli.command import FAILED, USAGE
from offline.errors import UsageError

COMMANDS = (local, preview, graph, urns, capacity, doctor, completion)
"""The modules with commands, in the order of `ev --help`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    options = build_parser().parse_args(arguments)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # whoever reads, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the exit flushes once more
        return FAILED
    except UsageError as error:
        print(f"ev: {error}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("ev: interrupted", file=sys.stderr)
        return FAILED


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="ev",
        description="The platform, without a cloud: on this machine, previewed, drawn, checked.",
        epilog="`ev COMMAND --help` has examples.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add(commands)
    return parser
