"""The rider's app in a browser of a phone: from signing up to the invoice, and what may come between."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from local.deploy.clients import Clients
from local.deployment import Deployed
from tests.browser.conftest import ARGUMENTS
from tests.browser.office import PHONE, chromium
from tests.browser.test_accessibility import violations
from tests.local.platform.world import World, eventually

FUNCTION = "aws:lambda/function:Function"
DESK = {"width": 1280, "height": 800}
PATIENCE_MS = 30_000


@dataclass
class Phone:
    """A browser that shows the app. `expected`: what its console may say, as a regular expression."""

    page: Page
    origin: str
    expected: str = r"(?!)"
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("console", lambda message: self.told.append(message.text))
        self.page.on("pageerror", lambda error: self.told.append(str(error)))

    def sign_in(self, email: str) -> None:
        """Until the first screen of somebody who is signed in."""
        self.page.goto(f"{self.origin}/app")
        self.page.get_by_role("button", name="Sign in or sign up").click()
        self.page.get_by_label("Your e-mail").fill(email)
        self.page.get_by_label("Your e-mail").press("Enter")
        expect(self.page.get_by_text(email)).to_be_visible(timeout=PATIENCE_MS)

    def shows(self, heading: str) -> None:
        """A screen, which is said to who cannot see it, and which everybody can use on any device."""
        title = self.page.get_by_role("heading", name=heading, level=1)
        expect(title).to_be_focused(timeout=PATIENCE_MS)
        expect(self.page).to_have_title(f"{heading} - Blue Horizons")
        for size in (DESK, PHONE):
            self.page.set_viewport_size(size)  # type: ignore[arg-type]  # a TypedDict of the same keys
            assert self.page.evaluate("document.documentElement.scrollWidth") == size["width"]
        self.fits_everybody()

    def fits_everybody(self) -> None:
        """By axe-core's rules, in the colours of day and night."""
        for scheme in ("dark", "light"):
            self.page.emulate_media(color_scheme=scheme)
            assert violations(self.page) == [], scheme

    def finds(self, vehicle_id: str, station_id: str) -> Locator:
        """The button that books a car, once the list of what is near its station has it."""
        self.page.get_by_label("I am near").select_option(station_id)
        book = self.page.get_by_role("button", name=f"Book {vehicle_id}")
        again = self.page.get_by_role("button", name="Look again")

        def listed() -> bool:
            again.click()
            expect(again).to_be_enabled()
            return book.count() > 0

        eventually(listed, f"{vehicle_id} in the list")
        return book

    def says(self, words: str) -> None:
        """In the line at the foot."""
        expect(self.page.get_by_role("status")).to_contain_text(words, timeout=PATIENCE_MS)

    def press(self, name: str) -> None:
        """A button, by keyboard."""
        self.page.get_by_role("button", name=name).press("Enter")

    def complaints(self) -> list[str]:
        """What the console said, but for what was expected."""
        return [words for words in self.told if not re.search(self.expected, words)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def phone(browser: Browser, world: World) -> Iterator[Phone]:
    context = browser.new_context(locale="en-SG", reduced_motion="reduce")
    shown = Phone(context.new_page(), world.endpoints.url("rider_login"))
    yield shown
    context.close()
    assert shown.complaints() == []


def test_a_rider_signs_up_finds_a_car_drives_it_and_sees_the_invoice(
    world: World, vehicle_id: str, phone: Phone
) -> None:
    bus = world.listening()
    phone.expected = "403"
    page = phone.page
    with world.car(vehicle_id) as car:
        car.send()
        phone.sign_in("mia@example.com")
        book = phone.finds(vehicle_id, world.bays[vehicle_id]["stationId"])
        expect(page.get_by_role("listitem").filter(has=book)).to_contain_text("80 % charged · 240 km to go")

        book.press("Enter")
        phone.says("Your licence is not verified yet")
        phone.fits_everybody()
        phone.press("Show my licence")
        phone.says("Your licence was seen")
        book.press("Enter")
        phone.shows("Your car is held")

        phone.press("Unlock and start")
        phone.says("Waiting for the car to unlock")
        page.reload()  # a phone that was put away goes on where it was
        phone.says("Waiting for the car to unlock")
        expect(page.get_by_role("button", name="Unlock and start")).to_be_disabled()
        assert car.obey()["action"] == "unlock"
        phone.shows("Your trip")
        car.send(speed=40.0, odometer=12_003_500)
        eventually(lambda: world.reading(vehicle_id, "odometer") == 12_003_500, "3.5 km")
        expect(page.get_by_label("I return it at")).to_have_value(world.bays[vehicle_id]["stationId"])
        phone.press("End the trip")
        assert car.obey()["action"] == "lock"
        bus.wait_for("trip.completed", vehicle_id=vehicle_id)
        car.send(speed=0.0)
    phone.shows("Your invoice")
    row = page.get_by_role("row")
    expect(row.filter(has_text="Distance, 3.5 km")).to_contain_text("$1.")
    expect(row.last).to_contain_text(re.compile(r"To pay, with \$\d\.\d\d GST\s*\$\d\.\d\d"))
    phone.press("Find another car")
    phone.press("My last invoice")
    phone.shows("Your invoice")


def test_who_comes_too_late_is_told_and_sees_what_is_left(
    world: World, vehicle_id: str, phone: Phone
) -> None:
    phone.expected = "409"
    first = world.rider("noah@example.com")
    world.rider("olga@example.com")
    with world.car(vehicle_id) as car:
        car.send()
        phone.sign_in("olga@example.com")
        book = phone.finds(vehicle_id, world.bays[vehicle_id]["stationId"])
        held = first.post("/v1/bookings", {"vehicleId": vehicle_id}, status=201)
        book.press("Enter")
        phone.says(f"Vehicle {vehicle_id} is not available: choose another one")
        expect(book).to_have_count(0)
        first.post(f"/v1/bookings/{held['bookingId']}/cancel")


def test_who_holds_a_car_too_long_is_told_and_can_book_again(
    world: World, vehicle_id: str, phone: Phone
) -> None:
    phone.expected = "409"
    rider = world.rider("pia@example.com")
    with world.car(vehicle_id) as car:
        car.send()
        held = eventually(
            lambda: (
                (answer := rider.call("POST", "/v1/bookings", {"vehicleId": vehicle_id})).status == 201
                and answer.body
            ),
            "a booking",
        )
        phone.sign_in("pia@example.com")
        expect(phone.page.get_by_role("heading", name="Your car is held")).to_be_visible()
        run_out(world, held["bookingId"])
        phone.press("Unlock and start")
        phone.shows("Your hold is over")

        end_what_is_over(world, held["bookingId"])
        phone.shows("Cars near by")
        phone.says(f"{vehicle_id} was not started in time: your hold is over.")
        expect(phone.finds(vehicle_id, world.bays[vehicle_id]["stationId"])).to_be_visible()


def expirer(world: World) -> Deployed:
    """The function that ends holds, each minute."""
    return next(made for made in world.deployment.all(FUNCTION) if "booking-expirer" in made.name)


def run_out(world: World, booking_id: str) -> None:
    """A quarter of an hour, at once: the hold was until a moment ago, and nobody has ended it yet."""
    turn_back(world, booking_id, "hold_expires_at")


def end_what_is_over(world: World, booking_id: str) -> None:
    """Without waiting for the minute."""
    turn_back(world, booking_id, "due_at")
    function = expirer(world)
    client = Clients(world.endpoints.url("functions"))("lambda", function.region)
    client.invoke(FunctionName=function.outputs["arn"], Payload=b'{"task": "expire"}')


def turn_back(world: World, booking_id: str, what: str) -> None:
    """A time of a booking becomes one that is over."""
    Clients(world.endpoints.url("aws"))("dynamodb", expirer(world).region).update_item(
        TableName=world.deployment.exports["rentalTable"],
        Key={"pk": {"S": f"BOOKING#{booking_id}"}, "sk": {"S": "BOOKING"}},
        UpdateExpression="SET #what = :past",
        ExpressionAttributeNames={"#what": what},
        ExpressionAttributeValues={":past": {"N": str(world.clock.ms() - 1)}},
    )
