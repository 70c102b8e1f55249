"""Pictures of every page for the documentation: `python -m tests.browser.screenshots [FOLDER]`.

The same fleet each time, at the time it is; light and dark, and two pages on a phone.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Page, expect, sync_playwright

from ev_rental.staff.alerts import wire_id
from ev_rental.vocabulary import Severity
from local.demo.office import Backoffice, Options
from local.folder import ROOT
from tests.browser.conftest import ARGUMENTS
from tests.browser.office import ADMIN, OPERATOR, PHONE, Clock, Office, built, chromium
from tests.browser.png import packed

FOLDER: Final = ROOT / "docs" / "screenshots"
SIZE: Final = {"width": 1280, "height": 800}
LARGEST: Final = 150_000  # bytes


def main(folder: Path) -> int:
    """Writes the pictures; 1 when one is too large to be kept in a repository."""
    folder.mkdir(parents=True, exist_ok=True)
    too_large = []
    with running() as office:
        blank = office.page()
        for name, picture in pictures(office):
            small = packed(blank, picture)
            (folder / f"{name}.png").write_bytes(small)
            print(f"{len(small) / 1000:7.1f} kB  {name}.png")  # noqa: T201 - a command line prints
            if len(small) > LARGEST:
                too_large.append(name)
    if too_large:
        sys.stderr.write(f"larger than {LARGEST / 1000:.0f} kB: {', '.join(too_large)}\n")
    return 1 if too_large else 0


@contextmanager
def running() -> Iterator[Office]:
    """A lively fleet in a browser."""
    clock = Clock(time.time)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        with Backoffice(Options(site=built(), lively=False), clock=clock) as server:
            for _ in range(8):
                server.tick()
            yield Office(browser, server, clock)
        browser.close()


def pictures(office: Office) -> Iterator[tuple[str, bytes]]:
    """(name, PNG) of each page."""
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    alert = office.open_alert()
    reading = f"/alerts?alert={alert.vehicle_id}/{wire_id(alert.alert_id)}"
    for scheme in schemes:
        page = office.page(size=SIZE, scheme=scheme)
        page.goto(office.server.page.origin)
        expect(page.get_by_text("choose who you are")).to_be_visible()
        yield f"login-{scheme}", page.screenshot()
        page = office.sign_in(ADMIN, size=SIZE, scheme=scheme)
        expect(page.get_by_text("240 of 240 cars")).to_be_visible()
        yield f"fleet-{scheme}", taken(page)
        for name, path, ready in (
            ("vehicle", f"/vehicles/{_charging(office)}", "State of charge"),
            ("alerts", reading, "Raised, times"),
            ("work-orders", "/work-orders", "Clean the inside"),
            ("bookings", "/bookings", "Rider"),
            ("stations", "/stations", "Tanjong Pagar"),
            ("key-figures", "/kpis", "Utilisation"),
            ("audit", "/audit", "Outcome"),
        ):
            page = office.sign_in(ADMIN, path, size=SIZE, scheme=scheme)
            expect(page.get_by_role("main").get_by_text(ready).first).to_be_visible()
            yield f"{name}-{scheme}", taken(page)
        page = office.sign_in(OPERATOR, f"/vehicles/{office.free_car()}", size=SIZE, scheme=scheme)
        page.get_by_role("button", name="Take out of service").click()
        page.get_by_role("dialog").get_by_label("Reason").fill("Scratched on the left door")
        yield f"out-of-service-{scheme}", taken(page)
        page = office.sign_in(OPERATOR, "/?view=map", size=PHONE, scheme=scheme)
        expect(page.get_by_text("240 of 240 cars")).to_be_visible()
        yield f"phone-map-{scheme}", taken(page)
        page = office.sign_in(OPERATOR, reading, size=PHONE, scheme=scheme)
        expect(page.get_by_role("button", name="Acknowledge", exact=True)).to_be_visible()
        yield f"phone-alert-{scheme}", taken(page)


def taken(page: Page) -> bytes:
    """The page once all that it asked for has come."""
    expect(page.get_by_role("status", name="Loading")).to_have_count(0)
    expect(page.get_by_text("Live,")).to_be_visible()
    return page.screenshot()


def _charging(office: Office) -> str:
    """A car that has something to show: it stands at a charger, and something is wrong with it or not."""
    cars = [car for car in office.server.demo.store.cars() if car.live.reading.charging]
    loud = [car for car in cars if car.worst in (Severity.CRITICAL, Severity.WARNING)]
    return (loud or cars)[0].vehicle.vehicle_id


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER))
