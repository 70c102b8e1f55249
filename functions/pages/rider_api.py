"""The tables of docs/rider-api.md."""

from collections.abc import Iterable
from typing import Final

from gbfs_feed.routes import routes as feeds
from http_api.problems import PROBLEMS, ApiErrorCode, Code
from pages.markdown import Tables, table
from rider_api.routes import routes as riders


def routes_table() -> str:
    """The routes of riders."""
    return table(
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
    """Every code that riders may meet."""
    return problems_of(code for operation in (*riders.all, *feeds.all) for code in operation.all_problems)


def problems_of(codes: Iterable[Code]) -> str:
    """The rows of these codes, and of those that any path may answer with."""
    met = {*codes, ApiErrorCode.NO_SUCH_PATH, ApiErrorCode.METHOD_NOT_ALLOWED}
    return table(
        ("status", "code", "title", "try again"),
        (
            (
                str(row.status),
                f"`{code}`",
                row.title,
                "" if row.retry_after is None else f"after {row.retry_after} s, with the same key",
            )
            for code, row in PROBLEMS.items()
            if code in met
        ),
    )


def feeds_table() -> str:
    """The feeds."""
    return table(
        ("file", "is"),
        ((f"`{operation.path}`", operation.summary) for operation in feeds.all),
    )


TABLES: Final[Tables] = {
    "routes": routes_table,
    "problems": problems_table,
    "feeds": feeds_table,
}
