"""One browser and one server for all tests of a worker; each test has pages of its own."""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from local.demo.office import Backoffice, Options
from tests.browser.office import CARS, Clock, Office, built, chromium, used

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def _office(browser: Browser) -> Iterator[Office]:
    clock = Clock(time.time)
    with Backoffice(Options(site=built(), cars=CARS, lively=False), clock=clock) as server:
        yield Office(browser, server, clock)


@pytest.fixture
def office(_office: Office) -> Iterator[Office]:
    with used(_office) as ready:
        yield ready
