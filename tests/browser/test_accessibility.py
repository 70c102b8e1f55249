"""For everybody: by axe-core's rules, by keyboard alone, on a phone."""

from functools import cache
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from ev_rental.staff.alerts import wire_id
from tests.browser.office import ADMIN, AXE, OPERATOR, PHONE, Office

_RUN = """
() => axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations
  .filter(({ impact }) => impact === "serious" || impact === "critical")
  .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`)))
"""


@cache
def axe_source() -> str:
    return f"{AXE.read_text()};null"


def violations(page: Page) -> list[str]:
    """Serious and critical ones. Evaluated by the driver: the page's own policy lets nothing in."""
    page.evaluate(axe_source())
    found: list[str] = page.evaluate(_RUN)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_violation_on_any_page(office: Office, scheme: Literal["light", "dark"]) -> None:
    alert = office.server.demo.store.unresolved_alerts()[0]
    page = office.sign_in(ADMIN, scheme=scheme)
    expect(page.get_by_text("1,000 of 1,000 cars")).to_be_visible()
    found = {"fleet": violations(page)}
    for name, ready in (
        ("Alerts", page.get_by_label("The alert").get_by_role("button", name="Resolve")),
        ("Work orders", page.get_by_role("gridcell", name="Clean the inside")),
        ("Bookings", page.get_by_role("columnheader", name="Rider")),
        ("Stations", page.get_by_role("heading", name="Marina Bay")),
        ("Key figures", page.get_by_role("img").last),
        ("Audit trail", page.get_by_role("columnheader", name="Outcome")),
    ):
        page.get_by_role("link", name=name).click()
        expect(ready).to_be_visible()
        found[name] = violations(page)
    page.get_by_role("searchbox").fill(alert.vehicle_id)
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name=alert.vehicle_id).first.click()
    expect(page.get_by_role("img", name="State of charge")).to_be_visible()
    found["vehicle"] = violations(page)
    page.get_by_role("button", name="Lock", exact=True).click()
    found["dialog"] = violations(page)
    assert {name: listed for name, listed in found.items() if listed} == {}


def test_axe_finds_no_serious_violation_on_the_pages_around(office: Office) -> None:
    page = office.page()
    page.goto(office.server.page.origin)
    expect(page.get_by_text("choose who you are")).to_be_visible()
    found = {"login": violations(page)}
    page.goto(f"{office.server.page.origin}/signed-out")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    found["signed out"] = violations(page)
    assert {name: listed for name, listed in found.items() if listed} == {}


def test_the_keyboard_alone_finds_and_opens_a_car(office: Office) -> None:
    page = office.sign_in(OPERATOR)
    grid = page.get_by_role("grid", name="Cars")
    expect(grid.get_by_role("row").nth(1)).to_be_visible()
    expect(page.get_by_role("heading", name="Live fleet")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("EV-0000")
    expect(page.get_by_text("99 of 1,000 cars")).to_be_visible()
    grid.focus()
    active = grid.get_by_role("row", selected=True)
    for key, place in (("End", 99), ("ArrowUp", 98), ("Home", 1), ("ArrowDown", 2), ("ArrowDown", 3)):
        page.keyboard.press(key)
        expect(active).to_have_attribute("aria-rowindex", str(place + 1))  # the head is the first
        expect(active).to_be_in_viewport()
        expect(grid).to_have_attribute("aria-activedescendant", active.get_attribute("id") or "none")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="SG-EV-000003")).to_be_focused()


def test_the_keyboard_alone_acts_and_leaves_a_dialog(office: Office) -> None:
    alert = office.open_alert()
    page = office.sign_in(OPERATOR, f"/alerts?alert={alert.vehicle_id}/{wire_id(alert.alert_id)}")
    button = page.get_by_label("The alert").get_by_role("button", name="Acknowledge")
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Note")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()


def test_the_map_is_moved_and_asked_by_keyboard(office: Office) -> None:
    page = office.sign_in(OPERATOR)
    place = page.get_by_role("button", name="Orchard: ")
    expect(page.get_by_text("1,000 of 1,000 cars")).to_be_visible()
    before = place.bounding_box()
    page.get_by_role("application").focus()
    page.keyboard.press("+")
    page.keyboard.press("ArrowLeft")
    assert place.bounding_box() != before
    page.keyboard.press("0")
    assert place.bounding_box() == before
    place.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Station", exact=True)).to_have_value("sg-orchard")


def test_a_phone_shows_everything_without_scrolling_sideways(office: Office) -> None:
    page = office.sign_in(ADMIN, size=PHONE)
    expect(page.get_by_role("row").nth(2)).to_be_visible()
    found = {"fleet": violations(page)}
    for name in ("Alerts", "Work orders", "Bookings", "Stations", "Key figures", "Audit trail"):
        page.get_by_role("button", name="Menu").click()
        page.get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
        expect(page.get_by_role("status", name="Loading")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"], name
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("link", name="Live fleet")).to_be_in_viewport()
    found["menu"] = violations(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Menu")).to_be_focused()
    assert {name: listed for name, listed in found.items() if listed} == {}


def test_colours_follow_the_system_until_somebody_chooses(office: Office) -> None:
    page = office.sign_in(OPERATOR, scheme="dark")
    background = "getComputedStyle(document.documentElement).backgroundColor"
    switch = page.get_by_role("button", name="Colours")
    expect(switch).to_be_visible()
    dark = page.evaluate(background)
    switch.click()
    light = page.evaluate(background)
    assert dark != light
    page.reload()
    expect(switch).to_be_visible()
    assert page.evaluate(background) == light
