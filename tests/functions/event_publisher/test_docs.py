"""The page about events says what the code does."""

from pathlib import Path

import pytest

import describe_events
from describe_events import ENVELOPE, TABLES, described, events_table
from ev_rental.rental.events import Event
from ev_rental.rental.vocabulary import EventType
from event_publisher.facts import FactType

PAGE = Path(__file__).parents[3] / "docs" / "events.md"


def test_the_tables_of_the_page_are_those_of_the_code() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert described(page) == page, "run: python functions/describe_events.py docs/events.md"
    for table in TABLES.values():
        assert table() in page


def test_a_table_that_is_not_true_is_written_anew() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert described(page.replace("| `trip.started` |", "| `trip.begun` |")) == page


def test_every_event_is_in_the_catalogue() -> None:
    catalogue = events_table()
    for kind in (*EventType, *FactType):
        assert f"| `{kind}` |" in catalogue


def test_an_event_that_is_not_described_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(describe_events, "_OTHERS", ())
    with pytest.raises(ValueError, match=r"report\.filed"):
        events_table()


def test_every_field_of_the_envelope_is_explained() -> None:
    assert set(ENVELOPE) == set(Event.__struct_encode_fields__)
