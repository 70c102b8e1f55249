"""Bookings, invoices, figures and the trail, as staff look them up."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from backoffice_store.listing import MAX_CALLS
from ev_rental.kpi import DailyTotals
from ev_rental.rental.service import EndRequest, HoldRequest
from kpi_store.items import totals_row
from tests.functions.rental.fake_dynamodb import KPI
from tests.functions.rental.world import MINUTE, World
from tests.functions.staff_api.office import Office, office

ONE, TWO = "SG-EV-000001", "SG-EV-000002"
DAY = 24 * 60 * MINUTE
TODAY, TOMORROW = "2026-03-04", "2026-03-05"


@pytest.fixture
def staff() -> Iterator[Office]:
    with office(World(cars=2, riders=2, parked=True)) as made:
        yield made


def ride(staff: Office, rider: str, car: str, bay: int) -> str:
    """A whole trip of ten minutes with its invoice; answers the booking."""
    world, key = staff.world, f"{rider}-{world_time(staff)}"
    world.see(car)
    request = HoldRequest(vehicle_id=car, destination=world.bay(bay))
    booking = world.service.hold(rider, f"hold-{key}", request)
    world.operations.acknowledge(world.answer(world.service.start(rider, f"start-{key}", booking.booking_id)))
    world.clock.now += 10 * MINUTE
    world.see(car, odometer=1_005_000)
    end = world.service.end(rider, f"end-{key}", EndRequest(booking_id=booking.booking_id))
    world.operations.acknowledge(world.answer(end))
    world.operations.issue_due_invoices()
    return booking.booking_id


def world_time(staff: Office) -> int:
    return staff.world.clock.now


def listed(staff: Office, **query: Any) -> list[tuple[str, str]]:
    answer = staff.call("GET", "/v1/bookings", query=query)
    assert answer.status == 200, answer.body
    return [(one["riderId"], one["vehicleId"]) for one in answer.body["bookings"]]


def test_bookings_are_found_by_rider_vehicle_state_and_day_the_newest_first(staff: Office) -> None:
    ride(staff, "rider-1", ONE, 3)
    ride(staff, "rider-2", TWO, 4)
    staff.world.clock.now += DAY
    staff.world.see(ONE)
    staff.world.service.hold("rider-2", "k", HoldRequest(vehicle_id=ONE))
    assert listed(staff) == [("rider-2", ONE), ("rider-2", TWO), ("rider-1", ONE)]
    assert listed(staff, riderId="rider-2") == [("rider-2", ONE), ("rider-2", TWO)]
    assert listed(staff, vehicleId=ONE) == [("rider-2", ONE), ("rider-1", ONE)]
    assert listed(staff, riderId="rider-2", vehicleId=TWO) == [("rider-2", TWO)]
    assert listed(staff, state="HELD") == [("rider-2", ONE)]
    assert listed(staff, day=TODAY) == [("rider-2", TWO), ("rider-1", ONE)]
    assert listed(staff, day=TOMORROW, state="INVOICED") == []
    assert listed(staff, riderId="nobody") == []


def test_a_booking_is_shown_with_its_trip_and_its_invoice(staff: Office) -> None:
    booking_id = ride(staff, "rider-1", ONE, 3)
    booking = staff.call("GET", f"/v1/bookings/{booking_id}").body
    assert (booking["state"], booking["riderId"], booking["metres"]) == ("INVOICED", "rider-1", 5_000)
    invoice = staff.call("GET", f"/v1/bookings/{booking_id}/invoice").body
    assert invoice["invoiceId"] == booking["invoiceId"]
    assert invoice["price"]["gross"] == invoice["price"]["net"] + invoice["price"]["tax"]
    (shown,) = staff.call("GET", "/v1/invoices", query={"riderId": "rider-1", "day": TODAY}).body["invoices"]
    assert shown == invoice
    assert staff.call("GET", "/v1/invoices", query={"vehicleId": TWO}).body["invoices"] == []
    assert staff.call("GET", "/v1/bookings/none").body["code"] == "booking_not_found"
    assert staff.call("GET", "/v1/bookings/none/invoice").body["code"] == "invoice_not_found"


def test_pages_cover_a_list_once_and_a_cursor_of_another_list_is_refused(staff: Office) -> None:
    for number in range(3):
        ride(staff, "rider-1", ONE, number % 2 + 3)
    first = staff.call("GET", "/v1/bookings", query={"limit": 2}).body
    rest = staff.call("GET", "/v1/bookings", query={"limit": 2, "cursor": first["cursor"]}).body
    shown = [one["createdAt"] for one in (*first["bookings"], *rest["bookings"])]
    assert shown == sorted(shown, reverse=True)
    assert len(set(shown)) == 3
    elsewhere = staff.call("GET", "/v1/bookings", query={"day": "2026-01-01", "cursor": first["cursor"]})
    assert (elsewhere.status, elsewhere.body["code"]) == (400, "invalid_cursor")


def test_a_filter_that_lets_little_through_ends_in_a_short_page_not_in_a_long_wait(staff: Office) -> None:
    for number in range(MAX_CALLS + 2):
        ride(staff, "rider-1", ONE, number % 2 + 3)
    staff.db.page = 1
    before = len(staff.db.calls)
    page = staff.call("GET", "/v1/bookings", query={"state": "EXPIRED"}).body
    assert page["bookings"] == []
    assert page["cursor"]
    assert len(staff.db.calls) - before == MAX_CALLS


@pytest.mark.parametrize("day", ["2026-02-30", "20260304", "2026-3-4", "1999-01-01"])
def test_a_day_that_is_none_is_refused(staff: Office, day: str) -> None:
    assert staff.call("GET", "/v1/bookings", query={"day": day}).body["code"] == "invalid_request"


def test_figures_are_told_day_by_day_with_their_currency(staff: Office) -> None:
    for number in range(3):
        totals = DailyTotals(
            day=date(2026, 3, 1) + timedelta(days=number),
            as_of=1,
            trips=number,
            revenue_minor=100 * number,
            energy_wh=1_500,
            fleet_ms=1_000,
            in_use_ms=250,
            ready_ms=500,
            repairs=number,
            repair_ms=90_000 * number,
        )
        row = totals_row(totals)
        staff.db.put(KPI, (row["pk"]["S"], row["sk"]["S"]), dict(row))
    answer = staff.call("GET", "/v1/kpis", query={"from": "2026-03-01", "to": "2026-03-02"}).body
    assert (answer["currency"], answer["minorDigits"]) == ("SGD", 2)
    assert answer["days"] == [
        {
            "day": "2026-03-01",
            "trips": 0,
            "revenueMinor": 0,
            "utilisation": 0.25,
            "availability": 0.75,
            "energyKwh": 1.5,
            "asOf": 1,
        },
        {
            "day": "2026-03-02",
            "trips": 1,
            "revenueMinor": 100,
            "utilisation": 0.25,
            "availability": 0.75,
            "energyKwh": 1.5,
            "asOf": 1,
            "meanTimeToRepairMinutes": 1.5,
        },
    ]


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2026-03-02", "to": "2026-03-01"},
        {"from": "2024-01-01", "to": "2026-03-01"},
        {"from": "2026-03-01"},
        {"from": "yesterday", "to": "2026-03-01"},
    ],
)
def test_figures_of_no_days_or_too_many_are_refused(staff: Office, query: Any) -> None:
    answer = staff.call("GET", "/v1/kpis", query=query)
    assert (answer.status, answer.body["code"]) == (400, "invalid_request")


def act(staff: Office, by: str, car: str = ONE) -> None:
    staff.world.clock.now += 1_000
    staff.call("POST", f"/v1/vehicles/{car}/out-of-service", by=by, body={"reason": by})


def trail(staff: Office, path: str = "/v1/audit", **query: Any) -> list[str]:
    answer = staff.call("GET", path, query=query)
    assert answer.status == 200, answer.body
    return [one["reason"] for one in answer.body["records"]]


def test_the_trail_is_read_by_day_subject_and_actor_the_newest_first(staff: Office) -> None:
    act(staff, "operations")
    act(staff, "admin", TWO)
    staff.world.clock.now += DAY
    act(staff, "maintenance")
    assert trail(staff) == ["maintenance"], "today's, when no day is given"
    assert trail(staff, day=TODAY) == ["admin", "operations"]
    assert trail(staff, day=TODAY, actor="sub-admin") == ["admin"]
    assert trail(staff, subject=f"vehicle/{ONE}") == ["maintenance", "operations"]
    assert trail(staff, subject=f"vehicle/{ONE}", day=TODAY) == ["operations"]
    assert trail(staff, f"/v1/vehicles/{ONE}/audit") == ["maintenance", "operations"]
    assert staff.call("GET", "/v1/audit", query={"subject": "anything"}).status == 400


def test_pages_of_the_trail_cover_it_once(staff: Office) -> None:
    for _ in range(5):
        act(staff, "operations")
    first = staff.call("GET", "/v1/audit", query={"limit": 3}).body
    rest = staff.call("GET", "/v1/audit", query={"limit": 3, "cursor": first["cursor"]}).body
    ids = [one["auditId"] for one in (*first["records"], *rest["records"])]
    assert (len(ids), len(set(ids)), "cursor" in rest) == (5, 5, False)


def test_the_store_has_no_list_of_the_whole_trail(staff: Office) -> None:
    with pytest.raises(ValueError, match="neither a day nor a subject"):
        staff.service.store.audit(day=None, subject=None, actor=None, between=(0, 1), limit=1, cursor=None)
