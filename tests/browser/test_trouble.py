"""What staff see when something goes wrong."""

from playwright.sync_api import APIResponse, Route, expect

from ev_rental.rental.vocabulary import VehicleEvent
from tests.browser.office import ADMIN, OPERATOR, Office


def test_an_outage_is_told_the_data_stays_and_it_is_over_by_itself(office: Office) -> None:
    page = office.sign_in(OPERATOR, turned=True)
    expect(page.get_by_text("1,000 of 1,000 cars")).to_be_visible()
    office.expected = (
        "ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|ERR_SOCKET|CORS|ERR_FAILED"
    )
    office.server.api.stop()
    try:
        page.clock.fast_forward(10_000)
        banner = page.get_by_role("alert").filter(has_text="The platform does not answer")
        expect(banner).to_be_visible()
        expect(page.get_by_text("1,000 of 1,000 cars")).to_be_visible()
    finally:
        office.server.restart_api()
    page.clock.fast_forward(30_000)
    expect(banner).to_have_count(0)


def test_a_page_that_could_not_be_loaded_offers_to_try_again(office: Office) -> None:
    page = office.sign_in(OPERATOR)
    office.expected = "Failed to load resource"
    page.route("**/v1/bookings?*", lambda route: route.abort())
    page.get_by_role("link", name="Bookings").click()
    expect(page.get_by_role("main").get_by_text("The platform does not answer")).to_be_visible()
    page.unroute("**/v1/bookings?*")
    page.get_by_role("main").get_by_role("button", name="Try again").click()
    expect(page.get_by_role("columnheader", name="Rider")).to_be_visible()


def test_a_car_that_somebody_else_changed_is_not_changed_unseen(office: Office) -> None:
    car = office.free_car()
    page = office.page()
    stale: list[APIResponse] = []

    def repeat(route: Route) -> None:
        """The page goes on seeing what it saw first."""
        stale.append(stale[0] if stale else route.fetch())
        route.fulfill(response=stale[0])

    page.route(f"**/v1/vehicles/{car}", repeat)
    page.goto(f"{office.server.page.origin}/vehicles/{car}")
    office.choose(page, OPERATOR)
    page.get_by_role("button", name="Take out of service").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("Dirty")
    # A colleague was faster, twice: the car is available, and yet another than the page shows.
    for event in (VehicleEvent.SERVICE_END, VehicleEvent.SERVICE_START):
        office.server.life.operations.change_vehicle(car, event)
    office.expected = r"status of 409"
    page.unroute(f"**/v1/vehicles/{car}")
    with page.expect_response(lambda answer: answer.url.endswith(f"/vehicles/{car}")):
        dialog.get_by_role("button", name="Take out of service").click()
        expect(dialog.get_by_text("Somebody else changed it meanwhile")).to_be_visible()
    dialog.get_by_role("button", name="Take out of service").click()
    expect(page.get_by_text(f"{car} is out of service")).to_be_visible()


def test_an_answer_that_got_lost_is_asked_for_again_and_done_once(office: Office) -> None:
    car = office.free_car()
    page = office.sign_in(OPERATOR, f"/vehicles/{car}")
    page.get_by_role("button", name="Lock", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("Found open")
    office.expected = "Failed to load resource"
    keys: list[str] = []

    def lose(route: Route) -> None:
        """The request arrives, its answer does not."""
        request = route.request
        keys.append(request.headers["idempotency-key"])
        if len(keys) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/commands", lose)
    dialog.get_by_role("button", name="Lock", exact=True).click()
    expect(dialog.get_by_text("It is not known whether it was done")).to_be_visible()
    dialog.get_by_role("button", name="Lock", exact=True).click()
    expect(dialog).to_have_count(0)
    assert len(set(keys)) == 1
    _, trail = office.call(ADMIN, "GET", f"/v1/audit?subject=vehicle/{car}")
    asked = [record for record in trail["records"] if record["outcome"] == "requested"]
    assert len(asked) == 1


def test_an_address_that_leads_nowhere_says_so(office: Office) -> None:
    page = office.sign_in(OPERATOR, "/nowhere")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    office.expected = r"status of 404"
    page.goto(f"{office.server.page.origin}/vehicles/SG-EV-999999")
    expect(page.get_by_text("there is no vehicle")).to_be_visible()
