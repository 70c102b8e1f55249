"""The pipeline's command line. Exit code 0: done; 1: it did not get through, and what was done is undone."""

import argparse
import json
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from botocore.session import get_session

from components.observability.canary_script.rider_api import ProbeError
from delivery.comment import comment
from delivery.plan import OutputsError, from_record, read_canaries, to_record
from delivery.release import ReleaseError, moves, release, take_back
from delivery.smoke import smoke

URL_OUTPUT = "riderApiUrl"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except (OutputsError, ProbeError, ReleaseError, OSError) as error:
        _say(f"{options.command}: {error}")
        return 1
    return code


def _release(options: argparse.Namespace) -> int:
    wanted = moves(read_canaries(json.loads(options.outputs.read_text())), _aws)
    # Written before anything moves: whatever happens next, the way back is known.
    options.record.write_text(to_record(wanted))
    if not wanted:
        _say("no function has a new version")
    release(wanted, _aws, _say)
    return 0


def _rollback(options: argparse.Namespace) -> int:
    take_back(from_record(options.record.read_text()), _aws, _say)
    return 0


def _smoke(options: argparse.Namespace) -> int:
    url = json.loads(options.outputs.read_text()).get(URL_OUTPUT)
    if not isinstance(url, str):
        raise OutputsError(f"output {URL_OUTPUT} is {url!r}: the rider API's URL is expected")
    smoke(url, _say)
    return 0


def _comment(options: argparse.Namespace) -> int:
    head = json.loads(options.head.read_text())
    base = json.loads(options.base.read_text()) if options.base.is_file() else {}
    options.write.write_text(comment(head, base))
    return 0


@cache
def _aws(service: str, region: str) -> Any:  # noqa: ANN401 - botocore's clients have no types
    return get_session().create_client(service, region_name=region)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m delivery", description="What the pipeline does.")
    commands = parser.add_subparsers(dest="command", required=True)

    one = commands.add_parser("release", help="move the aliases to what was published, by canaries")
    one.add_argument("--outputs", type=Path, required=True, help="`pulumi stack output --json`")
    one.add_argument("--record", type=Path, required=True, help="where to keep the way back")
    one.set_defaults(run=_release)

    one = commands.add_parser("rollback", help="move the aliases back to where they were")
    one.add_argument("--record", type=Path, required=True, help="what release kept")
    one.set_defaults(run=_rollback)

    one = commands.add_parser("smoke", help="ask the rider API from outside")
    one.add_argument("--outputs", type=Path, required=True, help="`pulumi stack output --json`")
    one.set_defaults(run=_smoke)

    one = commands.add_parser("comment", help="say what a change does, by two offline previews")
    one.add_argument("--head", type=Path, required=True, help="`ev preview --all --json` of the change")
    one.add_argument("--base", type=Path, required=True, help="the same of what it changes; may be missing")
    one.add_argument("--write", type=Path, required=True, help="where to write the Markdown")
    one.set_defaults(run=_comment)
    return parser


if __name__ == "__main__":
    sys.exit(main())
