"""The fleet as it is now: who is found, in how many calls, and what a car's page shows."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from ev_rental.rental.service import HoldRequest
from ev_rental.rental.vocabulary import VehicleEvent
from ev_rental.staff.fleet import is_offline
from ev_rental.vocabulary import RentalState
from tests.functions.rental.fake_dynamodb import RENTAL, VEHICLE_STATES
from tests.functions.rental.world import MINUTE, World
from tests.functions.staff_api.office import Office, office

ONE, TWO, THREE = "SG-EV-000001", "SG-EV-000002", "SG-EV-000003"


@pytest.fixture
def staff() -> Iterator[Office]:
    with office(World(cars=3, riders=1, parked=True)) as made:
        yield made


def ids(answer: Any) -> list[str]:
    assert answer.status == 200, answer.body
    return [row["vehicleId"] for row in answer.body["vehicles"]]


def found(staff: Office, **query: Any) -> list[str]:
    return ids(staff.call("GET", "/v1/vehicles", query=query))


def test_a_car_is_shown_as_rental_telemetry_and_alerts_have_it(staff: Office) -> None:
    staff.hear(ONE, soc=42.5, speed=31.0, heading=90.0, charging=False, cable_connected=True, range=120_000)
    staff.alarm(ONE, "battery_low", value=20.0)
    staff.alarm(ONE, "battery_hot")
    row = staff.call("GET", "/v1/vehicles").body["vehicles"][0]
    assert row == {
        "vehicleId": ONE,
        "vehicleTypeId": "compact",
        "state": "available",
        "lastSeen": staff.world.clock.now,
        "offline": False,
        "openAlerts": 2,
        "blocked": True,
        "worstAlert": "critical",
        "stateOfCharge": 42.5,
        "rangeMetres": 120_000,
        "latitude": 1.3,
        "longitude": 103.85,
        "heading": 90.0,
        "speed": 31.0,
        "charging": False,
        "pluggedIn": True,
        "stationId": staff.world.station.station_id,
        "bayId": "01",
    }


@pytest.mark.parametrize(("doors", "locked"), [((True, True), True), ((True, False), False), ((), None)])
def test_a_car_is_locked_when_every_door_that_told_is(
    staff: Office, doors: tuple[bool, ...], locked: bool | None
) -> None:
    staff.hear(ONE, **dict(zip(("locked_fd", "locked_rp"), doors, strict=False)))
    assert staff.call("GET", "/v1/vehicles").body["vehicles"][0].get("locked") is locked


def test_cars_are_found_by_what_is_asked_of_them(staff: Office) -> None:
    station = staff.world.station.station_id
    staff.hear(TWO, soc=15.0)
    staff.alarm(THREE, "battery_low")
    booking = staff.world.service.hold("rider-1", "k", HoldRequest(vehicle_id=ONE))
    assert found(staff) == [ONE, TWO, THREE]
    assert found(staff, text="000002") == [TWO]
    assert found(staff, text=booking.booking_id[:12].upper()) == [ONE]
    assert found(staff, text=station) == [ONE, TWO, THREE]
    assert found(staff, state="reserved") == [ONE]
    assert found(staff, stationId="sg-orchard") == []
    assert found(staff, maxStateOfCharge=20) == [TWO]
    assert found(staff, severity="warning") == [THREE]
    assert found(staff, severity="critical") == []
    assert found(staff, state="available", maxStateOfCharge=20, stationId=station) == [TWO]


def test_a_car_that_is_silent_for_too_long_is_offline_before_a_sweep_says_so(staff: Office) -> None:
    staff.world.clock.now += 16 * MINUTE
    staff.hear(ONE)
    assert found(staff, offline="true") == [TWO, THREE]
    assert found(staff, offline="false") == [ONE]
    staff.world.operations.detect_lost_contact()
    staff.hear(TWO)
    staff.world.clock.now += 3_000
    assert found(staff, offline="true") == [THREE]
    assert found(staff, state="non_contactable") == [TWO, THREE]


def test_a_car_whose_state_before_the_silence_is_unknown_counts_as_offline(staff: Office) -> None:
    vehicle = staff.world.store.vehicle(ONE)
    reading = staff.world.store.readings([ONE])[ONE]
    assert vehicle is not None
    lost = msgspec.structs.replace(vehicle, state=RentalState.NON_CONTACTABLE)
    removed = msgspec.structs.replace(vehicle, state=RentalState.REMOVED)
    assert is_offline(lost, reading, staff.world.clock.now)
    assert not is_offline(removed, reading, staff.world.clock.now + 10**9)


def test_pages_cover_the_fleet_once_though_cars_come_and_go(staff: Office) -> None:
    first = staff.call("GET", "/v1/vehicles", query={"limit": 2})
    assert (ids(first), first.body["total"]) == ([ONE, TWO], 3)
    staff.world.operations.register_vehicle("SG-EV-000000", "compact")
    staff.world.clock.now += 3_000
    rest = staff.call("GET", "/v1/vehicles", query={"limit": 2, "cursor": first.body["cursor"]})
    assert ids(rest) == [THREE]
    assert "cursor" not in rest.body


@pytest.mark.parametrize("cursor", ["W10", "Zm9v", "WzAsMF0", "AAAA"])
def test_a_crafted_cursor_is_refused(staff: Office, cursor: str) -> None:
    answer = staff.call("GET", "/v1/vehicles", query={"cursor": cursor})
    assert (answer.status, answer.body["code"]) == (400, "invalid_cursor")


def test_an_unchanged_fleet_is_a_304_and_a_changed_one_is_not(staff: Office) -> None:
    first = staff.call("GET", "/v1/vehicles")
    again = staff.call("GET", "/v1/vehicles", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.text) == (304, "")
    staff.hear(ONE, soc=79.0)
    staff.world.clock.now += 3_000
    changed = staff.call("GET", "/v1/vehicles", headers={"If-None-Match": first.headers["etag"]})
    assert changed.status == 200
    assert changed.headers["etag"] != first.headers["etag"]


def test_one_look_serves_everybody_for_two_seconds_and_whoever_changed_something_sees_it(
    staff: Office,
) -> None:
    found(staff)
    before = len(staff.db.calls)
    staff.call("GET", "/v1/fleet/summary")
    staff.world.clock.now += 1_999
    assert found(staff, state="available") == [ONE, TWO, THREE]
    assert len(staff.db.calls) == before
    staff.call("POST", f"/v1/vehicles/{ONE}/out-of-service", body={"reason": "dirty"})
    assert found(staff, state="available") == [TWO, THREE]


def test_a_car_that_changes_state_during_the_look_is_there_once_as_it_is_now(staff: Office) -> None:
    older = dict(staff.db.tables[RENTAL][(f"VEHICLE#{ONE}", "VEHICLE")])
    staff.world.operations.change_vehicle(ONE, VehicleEvent.SERVICE_END)
    query = staff.db.query

    def lagging(**request: Any) -> Any:
        """The index of the state it has left still has it, besides the one it is in."""
        answer = query(**request)
        partition = request["ExpressionAttributeValues"][":hash"]
        if request["IndexName"] == "by_state" and partition == older["state_shard"]:
            answer["Items"].append(older)
        return answer

    staff.db.query = lagging  # type: ignore[method-assign]  # an index that is behind
    rows = staff.call("GET", "/v1/vehicles").body["vehicles"]
    assert [(row["vehicleId"], row["state"]) for row in rows] == [
        (ONE, "non_operational"),
        (TWO, "available"),
        (THREE, "available"),
    ]


def test_the_whole_fleet_is_read_in_few_calls() -> None:
    with office(World(cars=6, parked=True)) as staff:
        staff.db.page = 1_000
        calls = staff.world.calls(lambda: staff.call("GET", "/v1/vehicles"))
    assert sorted(set(calls)) == ["BatchGetItem", "Query"]
    assert calls.count("BatchGetItem") == 1
    assert calls.count("Query") == 8 * 4 + 3


def test_reads_that_are_left_over_are_asked_for_again_and_then_given_up(staff: Office) -> None:
    script = iter([None] * 35 + ["unprocessed"])
    staff.db.page = 1_000
    staff.db.fault = lambda _: next(script, None)
    assert found(staff) == [ONE, TWO, THREE]
    staff.world.clock.now += 3_000
    staff.db.fault = lambda operation: "unprocessed" if operation == "BatchGetItem" else None
    assert staff.call("GET", "/v1/vehicles").body["code"] == "try_again"


def test_the_summary_counts_every_car_in_its_state(staff: Office) -> None:
    staff.hear(ONE, soc=10.0)
    staff.hear(TWO, charging=True)
    staff.alarm(THREE, "battery_hot")
    staff.world.service.hold("rider-1", "k", HoldRequest(vehicle_id=TWO))
    summary = staff.call("GET", "/v1/fleet/summary").body
    assert {one["name"]: one["count"] for one in summary["states"] if one["count"]} == {
        "available": 2,
        "reserved": 1,
    }
    assert summary["alerts"] == [
        {"name": "info", "count": 0},
        {"name": "warning", "count": 0},
        {"name": "critical", "count": 1},
    ]
    numbers = {name: value for name, value in summary.items() if isinstance(value, int)}
    assert numbers == {
        "total": 3,
        "offline": 0,
        "charging": 1,
        "lowCharge": 1,
        "blocked": 1,
        "bookable": 0,
    }


def test_a_cars_page_shows_its_readings_alerts_and_work(staff: Office) -> None:
    staff.hear(
        ONE, speed=12.5, charging=True, trouble_codes=["P0A80", "P0AFA"], fix_time="2026-03-04T04:00:00Z"
    )
    alert = staff.alarm(ONE)
    staff.call("POST", "/v1/work-orders", body={"vehicleId": ONE, "title": "Cool it", "alertId": alert})
    done = staff.call("POST", "/v1/work-orders", body={"vehicleId": ONE, "title": "Wash it"})
    staff.call("POST", f"/v1/work-orders/{done.body['workOrderId']}/done")
    detail = staff.call("GET", f"/v1/vehicles/{ONE}").body
    assert (detail["make"], detail["model"]) == ("BYD", "Dolphin")
    assert [one["alertId"] for one in detail["alerts"]] == [alert]
    assert [(one["title"], one["alertId"]) for one in detail["workOrders"]] == [("Cool it", alert)]
    assert staff.call("GET", f"/v1/vehicles/{ONE}", by="analyst").body["workOrders"] == []
    readings = {one["path"]: one for one in detail["readings"]}
    assert readings["Vehicle.Speed"] == {"path": "Vehicle.Speed", "unit": "km/h", "number": 12.5}
    assert readings["Vehicle.Diagnostics.DTCList"]["text"] == "P0A80, P0AFA"
    charging = "Vehicle.Powertrain.TractionBattery.Charging.IsCharging"
    assert readings[charging]["flag"] is True
    assert detail["vehicle"]["openAlerts"] == 1


def test_a_car_that_never_said_anything_has_a_page_too(staff: Office) -> None:
    staff.world.operations.register_vehicle("SG-EV-000009", "family")
    detail = staff.call("GET", "/v1/vehicles/SG-EV-000009").body
    assert (detail["readings"], detail["vehicle"]["lastSeen"]) == ([], 0)
    assert staff.call("GET", "/v1/vehicles/SG-EV-000404").body["code"] == "vehicle_not_found"


def test_the_last_hours_of_a_car_are_a_sample_a_minute_oldest_first(staff: Office) -> None:
    staff.sample(ONE, 0, soc=50.0, speed=30.0, pack_voltage=400.0, pack_current=50.0)
    staff.sample(ONE, 59, soc=55.0)
    staff.sample(ONE, 60, soc=56.0)
    staff.sample(TWO, 1, soc=1.0)
    answer = staff.call("GET", f"/v1/vehicles/{ONE}/telemetry", query={"hours": 1})
    assert [one["stateOfCharge"] for one in answer.body["samples"]] == [55.0, 50.0]
    assert answer.body["samples"][1]["batteryPower"] == 20.0
    assert len(staff.call("GET", f"/v1/vehicles/{ONE}/telemetry").body["samples"]) == 3
    assert staff.call("GET", "/v1/vehicles/SG-EV-000404/telemetry").body["code"] == "vehicle_not_found"


def test_stations_show_who_stands_where_and_which_bays_are_not_set_up(staff: Office) -> None:
    stations = {one["stationId"]: one for one in staff.call("GET", "/v1/stations").body["stations"]}
    home = stations[staff.world.station.station_id]
    assert home["vehicles"] == [ONE, TWO, THREE]
    assert home["bays"][0] == {"bayId": "01", "charging": True, "registered": True, "occupiedBy": ONE}
    away = stations["sg-orchard"]["bays"][0]
    assert away == {"bayId": "01", "charging": True, "registered": False}


def test_the_market_is_told_with_its_outline_and_money(staff: Office) -> None:
    market = staff.call("GET", "/v1/me").body["market"]
    assert (market["market"], market["name"], market["locale"]) == ("sg", "Singapore", "en-SG")
    assert (market["currency"], market["minorDigits"], market["timeZone"]) == ("SGD", 2, "Asia/Singapore")
    assert len(market["outline"]) == 15
    assert market["outline"][0] != market["outline"][-1]
    assert {one["stationId"] for one in market["stations"]} >= {"sg-marina-bay", "sg-orchard"}


def test_a_state_without_what_telemetry_writes_is_no_fault(staff: Office) -> None:
    staff.db.put(VEHICLE_STATES, (ONE,), {"vehicle_id": {"S": ONE}, "rental_state": {"S": "available"}})
    row = staff.call("GET", "/v1/vehicles").body["vehicles"][0]
    assert "stateOfCharge" not in row
    assert row["lastSeen"] == 0
