"""`python -m guardrails docs FILE` renews a page's rule tables; `... config FILE` checks a configuration."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .config import problems, read
from .core.waivers import today_utc
from .docs import replaced


def main(arguments: list[str]) -> int:
    """Run one command; 0 if all is well, 1 if the configuration has faults, 2 if used wrongly."""
    parser = argparse.ArgumentParser(prog="python -m guardrails", description=__doc__)
    parser.add_argument("command", choices=("docs", "config"))
    parser.add_argument("file", type=Path)
    chosen = parser.parse_args(arguments)
    try:
        if chosen.command == "docs":
            page = chosen.file.read_text(encoding="utf-8")
            chosen.file.write_text(replaced(page), encoding="utf-8")
            return 0
        found = list(problems(read(chosen.file), today_utc()))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.writelines(f"{chosen.file}: {problem}.\n" for problem in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
