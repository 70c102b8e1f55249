"""The page about telemetry says what the code does."""

from pathlib import Path

from describe import REASONS, TABLES, described
from ev_rental.vocabulary import RejectReason

PAGE = Path(__file__).parents[2] / "docs" / "telemetry.md"


def test_the_tables_of_the_page_are_those_of_the_code() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert described(page) == page, "run: python functions/describe.py docs/telemetry.md"
    for table in TABLES.values():
        assert table() in page


def test_a_table_that_is_not_true_is_written_anew() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert described(page.replace("| `battery_low` |", "| `battery_lower` |")) == page


def test_every_reason_is_explained() -> None:
    assert set(REASONS) == set(RejectReason)
