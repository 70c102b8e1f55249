"""Groups, tokens, and what happens when a session ends."""

import json

import pytest
from playwright.sync_api import expect

from tests.browser.office import ADMIN, ANALYST, OPERATOR, TECHNICIAN, Office


def test_an_analyst_sees_no_button_and_is_refused_by_the_api(office: Office) -> None:
    car = office.free_car()
    page = office.sign_in(ANALYST, f"/vehicles/{car}")
    expect(page.get_by_role("heading", name=car)).to_be_visible()
    expect(page.get_by_text("Range")).to_be_visible()
    for name in ("Lock", "Unlock", "Take out of service"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    expect(page.get_by_role("link", name="Work orders")).to_have_count(0)

    path = f"/v1/vehicles/{car}/out-of-service"
    status, problem = office.call(ANALYST, "POST", path, {"reason": "because"})
    assert (status, problem["code"]) == (403, "group_not_allowed")
    _, trail = office.call(ADMIN, "GET", f"/v1/audit?subject=vehicle/{car}")
    assert (trail["records"][0]["actorName"], trail["records"][0]["outcome"]) == (ANALYST, "denied")


@pytest.mark.parametrize(
    ("username", "hidden"),
    [(TECHNICIAN, {"Bookings", "Key figures", "Audit trail"}), (OPERATOR, {"Audit trail"}), (ADMIN, set())],
)
def test_the_navigation_has_what_the_group_may_see(office: Office, username: str, hidden: set[str]) -> None:
    page = office.sign_in(username)
    shown = {
        "Live fleet",
        "Alerts",
        "Work orders",
        "Bookings",
        "Stations",
        "Key figures",
        "Audit trail",
    } - hidden
    navigation = page.get_by_role("navigation")
    expect(navigation.get_by_role("link")).to_have_count(len(shown))
    for name in shown:
        expect(navigation.get_by_role("link", name=name)).to_be_visible()


def test_a_page_that_the_group_may_not_see_says_so(office: Office) -> None:
    office.expected = r"status of 403"
    page = office.sign_in(OPERATOR, "/audit")
    expect(page.get_by_text("Your group may not do this")).to_be_visible()


def test_who_is_in_no_group_is_told_whom_to_ask(office: Office) -> None:
    office.expected = r"status of 403"
    page = office.sign_in("lena.fischer")
    expect(page.get_by_role("heading", name="Your account is not in a group yet")).to_be_visible()


def test_tokens_are_in_no_storage(office: Office) -> None:
    page = office.sign_in(OPERATOR)
    expect(page.get_by_text("1,000 of 1,000 cars")).to_be_visible()
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert "eyJ" not in kept
    assert json.loads(kept)[2] == ""


def test_a_token_that_has_expired_is_renewed_without_a_word(office: Office) -> None:
    page = office.sign_in(OPERATOR)
    expect(page.get_by_text("1,000 of 1,000 cars")).to_be_visible()
    office.expected = r"status of 401"
    office.clock.ahead = 2 * 3600
    with page.expect_response(lambda answer: answer.url.endswith("/oauth2/token")) as renewed:
        page.get_by_role("link", name="Stations").click()
    assert renewed.value.status == 200
    expect(page.get_by_role("heading", name="Marina Bay")).to_be_visible()


def test_a_session_that_is_over_leads_to_the_login_and_back_to_the_same_page(office: Office) -> None:
    path = "/?state=available&below=50"
    page = office.sign_in(OPERATOR, path, turned=True)
    expect(page.get_by_role("button", name="Available")).to_have_attribute("aria-pressed", "true")
    office.expected = r"status of 40[01]"
    office.clock.ahead = 2 * 3600
    office.server.login.forget_everybody()
    page.clock.fast_forward(10_000)
    expect(page.get_by_text("choose who you are")).to_be_visible()
    office.choose(page, OPERATOR)
    expect(page.get_by_role("button", name="Available")).to_have_attribute("aria-pressed", "true")
    assert page.url == f"{office.server.page.origin}{path}"


def test_a_reload_comes_back_to_the_same_page_without_asking(office: Office) -> None:
    page = office.sign_in(OPERATOR, "/alerts?status=ACKED")
    expect(page.get_by_role("button", name="Acknowledged")).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.get_by_role("button", name="Acknowledged")).to_have_attribute("aria-pressed", "true")
    assert page.url.endswith("/alerts?status=ACKED")


def test_a_login_that_refuses_is_told_with_a_way_back(office: Office) -> None:
    page = office.page()
    page.goto(office.server.page.origin)
    state = page.locator("input[name='request']").input_value().partition("state=")[2].partition("&")[0]
    page.goto(f"{office.server.page.origin}/signed-in?error=access_denied&state={state}")
    expect(page.get_by_role("heading", name="The login did not let you in")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("choose who you are")).to_be_visible()
