"""`python -m tests.policy.mutation`: print the score and the survivors; `... docs` writes the page, too."""

from __future__ import annotations

import sys

from .report import PAGE, page, report, text


def main(arguments: list[str]) -> int:
    """Run the command; 0 if every group has its whole score, 1 if not, 2 if used wrongly."""
    if arguments not in ([], ["docs"]):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    found = report()
    if arguments:
        PAGE.write_text(page(found), encoding="utf-8")
    sys.stdout.writelines(f"{line}\n" for line in text(found))
    return 1 if found.unexplained() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
