"""The pages and the OpenAPI document say what the code does."""

import pytest

from ev_rental.rental.events import Event
from ev_rental.rental.vocabulary import EventType
from ev_rental.staff.audit import Outcome
from ev_rental.vocabulary import RejectReason
from event_publisher.facts import FactType
from pages import events, staff_api
from pages.__main__ import DOCS, PAGES
from pages.markdown import renewed, table
from pages.telemetry import REASONS


@pytest.mark.parametrize("name", PAGES)
def test_the_tables_of_a_page_are_those_of_the_code(name: str) -> None:
    page = (DOCS / name).read_text(encoding="utf-8")
    assert renewed(page, PAGES[name]) == page, "run `make docs`"


@pytest.mark.parametrize(
    ("name", "true", "false"),
    [
        ("telemetry.md", "| `battery_low` |", "| `battery_lower` |"),
        ("rider-api.md", "| 409 | `bay_taken` |", "| 418 | `bay_taken` |"),
        ("events.md", "| `trip.started` |", "| `trip.begun` |"),
        ("rental.md", "| HELD |", "| HOLDING |"),
        ("staff-api.md", "| `commandVehicle` |", "| `driveVehicle` |"),
    ],
)
def test_a_table_that_is_not_true_is_written_anew(name: str, true: str, false: str) -> None:
    page = (DOCS / name).read_text(encoding="utf-8")
    assert true in page
    assert renewed(page.replace(true, false), PAGES[name]) == page


def test_a_page_without_a_place_for_a_table_is_an_error() -> None:
    with pytest.raises(ValueError, match="no place for the table 'rows'"):
        renewed("nothing here", {"rows": lambda: table(["a"], [])})


def test_every_reason_is_explained() -> None:
    assert set(REASONS) == set(RejectReason)


def test_every_outcome_of_an_act_is_explained() -> None:
    assert set(staff_api.OUTCOMES) == set(Outcome)


def test_every_event_is_in_the_catalogue() -> None:
    catalogue = events.events_table()
    for kind in (*EventType, *FactType):
        assert f"| `{kind}` |" in catalogue


def test_an_event_that_is_not_described_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_OTHERS", ())
    with pytest.raises(ValueError, match=r"report\.filed"):
        events.events_table()


def test_every_field_of_the_envelope_is_explained() -> None:
    assert set(events.ENVELOPE) == set(Event.__struct_encode_fields__)
