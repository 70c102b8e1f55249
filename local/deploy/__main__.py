"""`python -m local.deploy FOLDER [--config K=V]... [--json]`: deploy, once."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from local.deploy.deploy import DeployResult, deploy
from local.folder import ROOT, Folder
from offline.errors import UsageError


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0 when all is deployed, 1 when something failed, 2 for bad usage."""
    parser = argparse.ArgumentParser(prog="python -m local.deploy", description=__doc__)
    parser.add_argument("folder", type=Path, help="the platform's folder; its name is the stack's")
    parser.add_argument("--root", type=Path, default=ROOT, help="the project's folder")
    parser.add_argument("--config", action="append", default=[], metavar="K=V")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    pairs = [pair.partition("=") for pair in given.config]
    if any(not equals for _, equals, _ in pairs):
        parser.error(f"--config takes KEY=VALUE, not {given.config}")
    began = time.monotonic()
    try:
        result = deploy(
            Folder(given.folder.resolve()),
            given.root.resolve(),
            {key: value for key, _, value in pairs},
            lambda _done, _urn: None,
        )
    except UsageError as error:
        sys.stderr.write(f"deploy: {error}\n")
        return 2
    text = json.dumps(result.document(), indent=1) if given.json else render(result, time.monotonic() - began)
    sys.stdout.write(text + "\n")
    return 1 if result.errors else 0


def render(result: DeployResult, seconds: float) -> str:
    """What was done, for a person."""
    lines = [f"warning: {words}" for words in result.warnings] + [
        f"error: {words}" for words in result.errors
    ]
    changes = ", ".join(f"{count} {done}" for done, count in sorted(result.done.items()))
    lines.append(f"{result.stack}: {changes} in {seconds:.1f} s")
    for kind, types in sorted(result.kinds.items()):
        names = ", ".join(f"{name.rpartition(':')[2]} {count}" for name, count in sorted(types.items()))
        lines.append(f"{kind} ({types.total()}): {names}")
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
