"""The back office in a browser: who is signed in, what the page may complain of, and the server behind it."""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from ev_rental.staff.alerts import Alert
from ev_rental.vocabulary import AlertStatus, RentalState, Severity
from local.demo.office import Backoffice
from local.folder import ROOT
from local.site import BUILT
from local.web import Request

AXE: Final = ROOT / "backoffice" / "node_modules" / "axe-core" / "axe.min.js"
OPERATOR, TECHNICIAN, ANALYST, ADMIN = "amelia.tan", "marco.silva", "priya.nair", "jonas.weber"
CARS: Final = 1_000
WIDE: Final = {"width": 1440, "height": 900}
PHONE: Final = {"width": 390, "height": 844}
# What the policy forbids is an event of the page, whether or not the console tells.
_WATCH: Final = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


@dataclass
class Clock:
    """s since the epoch, for tokens; a test turns it."""

    base: Callable[[], float]
    ahead: float = 0.0

    def __call__(self) -> float:
        return self.base() + self.ahead


def chromium() -> str:
    """The browser. Fails the test that needs one when there is none: nothing is skipped."""
    named = os.environ.get("CHROMIUM", "")
    for name in (named, "chromium", "chromium-browser", "google-chrome"):
        if name and (found := shutil.which(name)):
            return found
    pytest.fail(
        "no Chromium was found: install it with `apt-get install chromium`, or name it in CHROMIUM",
        pytrace=False,
    )


def built() -> Path:
    """The built web app and what its tests need. Fails the test without them."""
    for file in (BUILT / "index.html", AXE):
        if not file.is_file():
            pytest.fail(f"{file.relative_to(ROOT)} is missing: build with `make pages`", pytrace=False)
    return BUILT


@dataclass
class Office:
    """`expected`: what the page's console may say, as a regular expression; nothing by default."""

    browser: Browser
    server: Backoffice
    clock: Clock
    _contexts: list[tuple[BrowserContext, list[str]]] = field(default_factory=list)
    expected: str = r"(?!)"

    def page(
        self,
        *,
        size: dict[str, int] | None = None,
        scheme: Literal["light", "dark"] = "light",
        turned: bool = False,
    ) -> Page:
        """A page of a browser that knows nobody yet. `turned`: its clock is turned by the test."""
        context = self.browser.new_context(
            viewport=size or WIDE,  # type: ignore[arg-type]  # a TypedDict of the same keys
            color_scheme=scheme,
            locale="en-SG",
            reduced_motion="reduce",
        )
        context.set_default_timeout(10_000)
        context.add_init_script(_WATCH)
        told: list[str] = []
        page = context.new_page()
        if turned:
            page.clock.install()
        page.on("console", lambda message: _note(told, message))
        page.on("pageerror", lambda error: told.append(f"error: {error}"))
        self._contexts.append((context, told))
        return page

    def sign_in(self, username: str = OPERATOR, path: str = "/", **more: Any) -> Page:
        """A page of somebody of the staff, whom the login knows already."""
        page = self.page(**more)
        name, value = self.server.login.session_of(username)
        cookie: Any = {"name": name, "value": value, "url": self.server.login.origin, "httpOnly": True}
        page.context.add_cookies([cookie])
        page.goto(f"{self.server.page.origin}{path}")
        # By way of the login and back: what a test routes or watches while a page goes is lost with it.
        page.locator("h1").first.wait_for()
        return page

    @staticmethod
    def choose(page: Page, username: str) -> None:
        """Tells the login who one is."""
        page.locator(f"button[value='{username}']").click()

    def call(self, username: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """What the API answers somebody, without a page."""
        token = self.server.login.tokens(username)["access_token"]
        headers = {"authorization": f"Bearer {token}", "idempotency-key": f"{username} {path} {self.clock()}"}
        if body is not None:
            headers["content-type"] = "application/json"
        content = b"" if body is None else json.dumps(body).encode()
        path, _, query = path.partition("?")
        answer = self.server.serve(
            Request(method=method, path=path, query=query, headers=headers, body=content)
        )
        return answer.status, json.loads(answer.body or b"null")

    def close(self) -> None:
        """Closes what the test opened; fails when a page complained, or broke its own policy."""
        contexts, self._contexts = self._contexts, []
        broken: list[str] = []
        for context, told in contexts:
            broken += [words for words in told if not re.search(self.expected, words)]
            for page in context.pages:
                if not page.is_closed() and page.url.startswith(self.server.page.origin):
                    broken += page.evaluate("window.violations")
            context.close()
        self.expected = r"(?!)"
        assert broken == []

    # What there is to look at

    def free_car(self) -> str:
        """A car that nobody holds and nothing is wrong with."""
        fleet = self.server.demo.store.cars()
        return next(
            car.vehicle.vehicle_id
            for car in fleet
            if car.vehicle.state is RentalState.AVAILABLE and not car.alerts
        )

    def open_alert(self, severity: Severity = Severity.CRITICAL) -> Alert:
        """An alert that nobody has acknowledged."""
        alerts = self.server.demo.store.unresolved_alerts()
        return next(
            alert for alert in alerts if alert.status is AlertStatus.OPEN and alert.severity is severity
        )


def _note(told: list[str], message: ConsoleMessage) -> None:
    if message.type in ("error", "warning"):
        told.append(f"{message.type}: {message.text}")


@contextmanager
def used(office: Office) -> Iterator[Office]:
    """For one test; the clock is put right again."""
    try:
        yield office
    except BaseException:
        office.expected = ""
        raise
    finally:
        office.clock.ahead = 0.0
        office.close()
