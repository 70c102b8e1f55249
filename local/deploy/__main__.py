"""`python -m local.deploy FOLDER [--config K=V]... [--json]`: deploys the folder's stack.

Exit code 0: it is deployed; 1: something of it failed, and deploying again goes on from there; 2: an argument
or a file is wrong, and nothing was done.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from local.deploy.deploying import deploy
from local.folder import ROOT, Folder
from offline.errors import UsageError


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m local.deploy", description=__doc__)
    parser.add_argument("folder", type=Path, help="the platform's folder, .local/<stack>")
    parser.add_argument(
        "--config", action="append", default=[], metavar="K=V", help="overrides the stack file"
    )
    parser.add_argument("--project", type=Path, default=ROOT, help="the folder of Pulumi.yaml")
    parser.add_argument("--json", action="store_true", help="say what was done as JSON")
    given = parser.parse_args(arguments)
    try:
        config = dict(_pair(pair) for pair in given.config)
        folder = Folder(given.folder.resolve())
        result = deploy(folder, given.project, folder.stack, config, _say if not given.json else _nothing)
    except (UsageError, OSError) as error:
        sys.stderr.write(f"local.deploy: {error}\n")
        return 2
    sys.stdout.write(json.dumps(result.document(), indent=2) + "\n" if given.json else result.text())
    return 1 if result.failed else 0


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise UsageError(f"--config {text!r} is no KEY=VALUE, such as blue-horizons:fleetSize=50")
    return key, value


def _say(words: str) -> None:
    sys.stderr.write(words + "\n")


def _nothing(_words: str) -> None:
    """JSON is all that is said."""


if __name__ == "__main__":
    raise SystemExit(main())
