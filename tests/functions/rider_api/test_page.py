"""The page about the API says what the code does."""

from pathlib import Path

from describe_api import TABLES, described

PAGE = Path(__file__).parents[3] / "docs" / "rider-api.md"


def test_the_tables_of_the_page_are_those_of_the_code() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert described(page) == page, "run: python functions/describe_api.py docs/rider-api.md"
    for table in TABLES.values():
        assert table() in page


def test_a_table_that_is_not_true_is_written_anew() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert described(page.replace("| 409 | `bay_taken` |", "| 418 | `bay_taken` |")) == page
