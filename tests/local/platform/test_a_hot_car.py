"""A car overheats: told once, unbookable, worked in the back office in a browser, bookable again."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.conftest import ARGUMENTS
from tests.browser.office import chromium
from tests.local.platform.world import TECHNICIAN, World, eventually


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser: Browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield browser.new_page()
        browser.close()


def alerts_of(world: World, vehicle_id: str, rule: str) -> list[dict[str, Any]]:
    """Alerts of a rule, whatever has become of them."""
    found = []
    for status in ("OPEN", "ACKED", "RESOLVED"):
        path = f"/v1/alerts?vehicleId={vehicle_id}&status={status}"
        found += [one for one in world.staff().get(path)["alerts"] if one["rule"] == rule]
    return found


def test_an_overheated_car_is_told_once_worked_and_bookable_again(
    world: World, vehicle_id: str, page: Page
) -> None:
    bus = world.listening()
    rider = world.rider("dora@example.com")
    with world.car(vehicle_id) as car:
        for _ in range(5):
            car.send(temperature_max=64.0)
        alert = bus.wait_for("alert.opened", vehicle_id=vehicle_id, rule="battery_hot")
        assert alert["detail"]["data"]["severity"] == "critical"
        refused = rider.call("POST", "/v1/bookings", {"vehicleId": vehicle_id})
        assert (refused.status, refused.body["code"]) == (409, "vehicle_blocked_by_alert")

        def told() -> list[Any]:
            return [one for one in world.inbox() if vehicle_id in one["message"] and "hot" in one["subject"]]

        eventually(told, "a notice")
        assert [one["protocol"] for one in told()] == ["email"]
        orders = eventually(
            lambda: world.staff().get(f"/v1/work-orders?vehicleId={vehicle_id}")["workOrders"], "a work order"
        )
        assert [one["status"] for one in orders] == ["OPEN"]
        (shown,) = alerts_of(world, vehicle_id, "battery_hot")

        car.send(temperature_max=33.0)
        eventually(lambda: world.reading(vehicle_id, "temperature_max") == 33.0, "the cool battery")
        place = f"/alerts?alert={vehicle_id}/{shown['alertId']}"
        page.goto(world.endpoints.url("backoffice") + place)
        page.locator(f"button[value='{TECHNICIAN}']").click()
        detail = page.get_by_label("The alert")
        expect(detail.get_by_role("link", name=vehicle_id)).to_be_visible()
        detail.get_by_role("button", name="Resolve").click()
        page.get_by_role("dialog").get_by_role("button", name="Resolve").click()
        bus.wait_for("alert.resolved", vehicle_id=vehicle_id, rule="battery_hot")
        held = eventually(
            lambda: (
                (answer := rider.call("POST", "/v1/bookings", {"vehicleId": vehicle_id})).status == 201
                and answer.body
            ),
            "a booking",
        )
        assert held["vehicleId"] == vehicle_id
    assert len(told()) == 1
