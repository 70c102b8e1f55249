"""The fleet that is made up: the same for the same seed, whole by the platform's own rules, and alive."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from ev_rental.rental.market import rental_market
from ev_rental.rental.vocabulary import BookingState
from ev_rental.vocabulary import AlertStatus, Market, RentalState
from local.demo.__main__ import main
from local.demo.fleet import FAULTS, fleet
from local.demo.office import Backoffice, Options
from local.web import Request

ADMIN = "jonas.weber"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    (folder / "index.html").write_text("<!doctype html>")
    return folder


@pytest.fixture(scope="module")
def office(site: Path) -> Iterator[Backoffice]:
    with Backoffice(Options(cars=120, site=site, lively=False)) as running:
        yield running


def call(office: Backoffice, path: str, username: str = ADMIN, body: Any = None) -> tuple[int, Any]:
    token = office.login.tokens(username)["access_token"]
    path, _, query = path.partition("?")
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    headers["idempotency-key"] = str(uuid4())
    content = b"" if body is None else json.dumps(body).encode()
    answer = office.serve(Request("GET" if body is None else "POST", path, query, headers, content))
    return answer.status, json.loads(answer.body)


def test_a_seed_is_a_fleet(office: Backoffice) -> None:
    rental = office.demo.rental
    first, again, other = fleet(rental, 50, 1), fleet(rental, 50, 1), fleet(rental, 50, 2)
    assert [(car.vehicle_id, car.position, car.soc, car.state) for car in first] == [
        (car.vehicle_id, car.position, car.soc, car.state) for car in again
    ]
    assert [car.position for car in first] != [car.position for car in other]
    bays = [car.bay for car in first if car.bay]
    assert len(bays) == len(set(bays))


def test_every_fault_of_the_demonstration_raises_an_alert(office: Backoffice) -> None:
    alerts = {alert.vehicle_id for alert in office.demo.store.unresolved_alerts()}
    faulty = [car for car in office.demo.cars.values() if car.fault is not None]
    assert len(faulty) >= len(FAULTS) // 2
    assert {car.vehicle_id for car in faulty} <= alerts


@pytest.mark.parametrize(
    "path",
    [
        "/v1/me",
        "/v1/fleet/summary",
        "/v1/vehicles?limit=1000",
        "/v1/vehicles/SG-EV-000007",
        "/v1/vehicles/SG-EV-000007/audit",
        "/v1/stations",
        "/v1/alerts",
        "/v1/alerts?status=RESOLVED",
        "/v1/work-orders",
        "/v1/bookings",
        "/v1/invoices",
        "/v1/audit",
        "/v1/kpis?from=2020-01-01&to=2020-01-02",
    ],
)
def test_the_staff_api_serves_it(office: Backoffice, path: str) -> None:
    status, body = call(office, path)
    assert status == 200
    assert body


def test_telemetry_of_the_last_hours_is_there_once_somebody_looks(office: Backoffice) -> None:
    status, body = call(office, "/v1/vehicles/SG-EV-000009/telemetry?hours=3")
    samples = body["samples"]
    assert status == 200
    assert len(samples) > 150
    assert samples == sorted(samples, key=lambda sample: sample["at"])
    again = call(office, "/v1/vehicles/SG-EV-000009/telemetry?hours=3")[1]["samples"]
    assert again == samples


def test_life_keeps_the_rentals_rules(office: Backoffice) -> None:
    now = office.demo.clock.now
    for number in range(1, 80):
        office.life.tick(now + number * 2_000)
    store = office.demo.store
    cars = store.cars()
    assert sum(1 for car in cars if car.live.reading.last_seen > now) > 60
    live = {RentalState.RESERVED, RentalState.ON_TRIP}
    for car in cars:
        vehicle = car.vehicle
        assert (vehicle.booking_id is not None) == (vehicle.state_beneath in live | {RentalState.STOPPED})
        if vehicle.booking_id is not None:
            booking = store.booking(vehicle.booking_id)
            assert booking is not None
            assert booking.vehicle_id == vehicle.vehicle_id
            assert booking.state in (BookingState.HELD, BookingState.ACTIVE)
            rider = store.rider(booking.rider_id)
            assert rider is not None
            assert rider.live_booking_id == booking.booking_id
    statuses = {alert.status for alert in store.unresolved_alerts()}
    assert statuses == {AlertStatus.OPEN, AlertStatus.ACKED}


def test_a_car_that_staff_command_answers(office: Backoffice) -> None:
    body = {"action": "unlock", "reason": "Lost property"}
    status, command = call(office, "/v1/vehicles/SG-EV-000011/commands", "amelia.tan", body)
    assert (status, command["state"]) == (202, "SENT")
    office.life.tick(office.demo.clock.now + 1_000)
    assert call(office, f"/v1/commands/{command['commandId']}")[1]["state"] == "ACKNOWLEDGED"


def test_a_group_that_may_not_is_refused_by_the_real_function(office: Backoffice) -> None:
    status, problem = call(office, "/v1/audit", "marco.silva")
    assert (status, problem["code"]) == (403, "group_not_allowed")


def test_only_one_runs_in_a_process(office: Backoffice, site: Path) -> None:
    with pytest.raises(RuntimeError, match="stop it first"):
        Backoffice(Options(site=site)).start()
    assert call(office, "/v1/me")[0] == 200


@pytest.mark.parametrize(
    ("arguments", "told"), [(["--cars", "3"], "20 to 5000"), (["--port", "99999"], "0 to 65535")]
)
def test_what_cannot_be_started_says_why(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("market", list(Market))
def test_every_market_has_a_fleet(market: Market) -> None:
    cars = fleet(rental_market(market), 40, 7)
    assert len({car.vehicle_id for car in cars}) == 40
    assert all(car.vehicle_id.startswith(market.upper()) for car in cars)
