"""Writes the tables of docs/rider-api.md from the code: `python functions/describe_api.py docs/rider-api.md`.

A table stands between `<!-- NAME -->` and `<!-- end -->`; everything else of the page is written by hand.
"""

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from gbfs_feed.routes import routes as feeds
from http_api.problems import PROBLEMS
from rider_api.routes import routes as riders


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def routes_table() -> str:
    """The routes of riders."""
    return _table(
        ("route", "does", "answers", "problems of its own"),
        (
            (
                f"`{operation.method} {operation.path}`",
                operation.summary,
                f"{operation.status} `{operation.answer.__name__}`",
                ", ".join(f"`{code}`" for code in operation.problems),
            )
            for operation in riders.all
        ),
    )


def problems_table() -> str:
    """Every code."""
    return _table(
        ("status", "code", "title", "try again"),
        (
            (
                str(row.status),
                f"`{code}`",
                row.title,
                "" if row.retry_after is None else f"after {row.retry_after} s, with the same key",
            )
            for code, row in PROBLEMS.items()
        ),
    )


def feeds_table() -> str:
    """The feeds."""
    return _table(
        ("file", "is"),
        ((f"`{operation.path}`", operation.summary) for operation in feeds.all),
    )


TABLES: Final[Mapping[str, Callable[[], str]]] = {
    "routes": routes_table,
    "problems": problems_table,
    "feeds": feeds_table,
}


def described(page: str) -> str:
    """`page` with every table as the code has it now."""
    for name, table in TABLES.items():
        block = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        page = block.sub(lambda found, table=table: f"{found[1]}{table()}\n{found[2]}", page)  # type: ignore[misc]  # bound now
    return page


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(described(target.read_text(encoding="utf-8")), encoding="utf-8")
