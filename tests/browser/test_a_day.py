"""What staff do in the back office, from signing in to signing out."""

import re

from playwright.sync_api import expect

from ev_rental.staff.alerts import wire_id
from ev_rental.vocabulary import AlertStatus, RentalState
from tests.browser.office import ADMIN, OPERATOR, TECHNICIAN, Office


def test_staff_sign_in_find_a_car_and_take_it_out_of_service(office: Office) -> None:
    car = office.free_car()
    page = office.page()
    page.goto(office.server.page.origin)
    office.choose(page, OPERATOR)
    expect(page.get_by_role("heading", name="Live fleet")).to_be_visible()
    expect(page.get_by_text("1,000 of 1,000 cars")).to_be_visible()
    page.get_by_role("searchbox").fill(car.lower())
    expect(page.get_by_text("1 of 1,000 cars")).to_be_visible()
    page.get_by_role("link", name=car).click()
    expect(page.get_by_role("heading", name=car)).to_be_visible()

    page.get_by_role("button", name="Take out of service").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Take out of service")).to_be_disabled()
    dialog.get_by_label("Reason").fill("Scratched on the left door")
    dialog.get_by_role("button", name="Take out of service").click()

    expect(page.get_by_text(f"{car} is out of service")).to_be_visible()
    expect(page.get_by_role("button", name="Put back in service")).to_be_visible()
    expect(page.get_by_label("Audit trail").get_by_text("Scratched on the left door")).to_be_visible()
    vehicle = office.server.demo.store.vehicle(car)
    assert vehicle is not None
    assert vehicle.state is RentalState.NON_OPERATIONAL

    page.get_by_role("button", name="Put back in service").click()
    page.get_by_role("dialog").get_by_role("button", name="Put back in service").click()
    expect(page.get_by_role("button", name="Take out of service")).to_be_visible()


def test_an_alert_is_acknowledged_with_a_note_that_others_see(office: Office) -> None:
    alert = office.open_alert()
    page = office.sign_in(TECHNICIAN, f"/alerts?alert={alert.vehicle_id}/{wire_id(alert.alert_id)}")
    detail = page.get_by_label("The alert")
    expect(detail.get_by_role("link", name=alert.vehicle_id)).to_be_visible()
    detail.get_by_role("button", name="Acknowledge").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Note").fill("On my way")
    dialog.get_by_role("button", name="Acknowledge").click()
    expect(detail.get_by_text("On my way")).to_be_visible()
    expect(detail.get_by_role("button", name="Acknowledge")).to_have_count(0)
    stored = office.server.demo.store.alert(alert.vehicle_id, alert.alert_id)
    assert stored is not None
    assert (stored.status, stored.acked_by, stored.note) == (AlertStatus.ACKED, TECHNICIAN, "On my way")


def test_an_alert_that_the_car_still_reports_is_resolved_by_force_only(office: Office) -> None:
    alert = office.open_alert()
    page = office.sign_in(OPERATOR, f"/alerts?alert={alert.vehicle_id}/{wire_id(alert.alert_id)}")
    office.expected = r"status of 409"
    page.get_by_label("The alert").get_by_role("button", name="Resolve").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Resolve").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    dialog.get_by_label("Resolve it although the car still reports it").check()
    dialog.get_by_role("button", name="Resolve").click()
    expect(dialog).to_have_count(0)
    stored = office.server.demo.store.alert(alert.vehicle_id, alert.alert_id)
    assert stored is not None
    assert stored.status is AlertStatus.RESOLVED


def test_a_command_is_followed_until_the_car_has_answered(office: Office) -> None:
    car = office.free_car()
    page = office.sign_in(TECHNICIAN, f"/vehicles/{car}")
    page.get_by_role("button", name="Unlock").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("Lost property in the boot")
    dialog.get_by_role("button", name="Unlock").click()
    expect(page.get_by_text("Unlock: waiting for the car's answer")).to_be_visible()
    office.server.tick()
    expect(page.get_by_text("Unlock: the car has done it")).to_be_visible()


def test_a_work_order_is_opened_taken_and_done(office: Office) -> None:
    car = office.free_car()
    page = office.sign_in(TECHNICIAN, "/work-orders")
    page.get_by_role("button", name="New work order").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Car").fill(car.lower())
    dialog.get_by_label("What has to be done").fill("Change the tyres")
    dialog.get_by_label("Priority").select_option("urgent")
    dialog.get_by_role("button", name="Open work order").click()
    page.get_by_role("gridcell", name="Change the tyres").click()
    for act, done in (("Assign", "Work order assigned"), ("Done", "Work order done")):
        page.get_by_role("dialog").get_by_role("button", name=act, exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name=act, exact=True).click()
        expect(page.get_by_text(done, exact=True)).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Done", exact=True).click()
    expect(page.get_by_role("row", name="Change the tyres")).to_contain_text(TECHNICIAN)


def test_a_booking_shows_its_invoice_in_the_markets_money(office: Office) -> None:
    _, invoices = office.call(OPERATOR, "GET", "/v1/invoices?limit=1")
    invoice = invoices["invoices"][0]
    page = office.sign_in(OPERATOR, f"/bookings?tab=invoices&booking={invoice['bookingId']}")
    dialog = page.get_by_role("dialog")
    gross = invoice["price"]["gross"]
    expect(dialog.get_by_role("row", name="Total $")).to_contain_text(f"${gross // 100:,}.{gross % 100:02}")
    expect(dialog.get_by_role("row", name="GST 9")).to_be_visible()


def test_the_key_figures_are_those_of_the_api(office: Office) -> None:
    page = office.page()
    with page.expect_response(re.compile("/v1/kpis")) as answered:
        page.goto(f"{office.server.page.origin}/kpis?days=7")
        office.choose(page, ADMIN)
    days = answered.value.json()["days"]
    week = days[-8:-1]
    tiles = page.locator(".tiles")
    expect(tiles).to_contain_text(f"{sum(day['trips'] for day in week):,}")
    revenue = sum(day["revenueMinor"] for day in week)
    expect(tiles).to_contain_text(f"${revenue // 100:,}.{revenue % 100:02}")
    page.get_by_role("button", name="Trips as a table").click()
    table = page.get_by_role("region", name="Trips").get_by_role("table")
    expect(table.get_by_role("row").last).to_contain_text(f"{days[-1]['trips']:,}")


def test_who_signs_out_is_out(office: Office) -> None:
    page = office.sign_in(OPERATOR)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("choose who you are")).to_be_visible()
