"""What staff do to cars, bays and riders: once for a key, behind the fence, and never without a record."""

from collections.abc import Iterator
from typing import Any

import pytest

from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.service import HoldRequest
from ev_rental.rental.vocabulary import AckResult, BookingState
from ev_rental.staff.audit import Actor
from ev_rental.staff.vehicles import VehicleRequest
from rental_store.fence import fence_key
from tests.functions.rental.fake_dynamodb import FAULTS, RENTAL
from tests.functions.rental.world import MINUTE, World
from tests.functions.staff_api.office import Office, office

CAR = "SG-EV-000001"
LOCK, UNLOCK = {"action": "lock", "reason": "left open"}, {"action": "unlock", "reason": "locked out"}


@pytest.fixture
def staff() -> Iterator[Office]:
    with office(World(cars=2, riders=1, parked=True)) as made:
        yield made


def command(staff: Office, body: Any = LOCK, **more: Any) -> Any:
    return staff.call("POST", f"/v1/vehicles/{CAR}/commands", body=body, **more)


def service(staff: Office, what: str, **body: Any) -> Any:
    return staff.call("POST", f"/v1/vehicles/{CAR}/{what}", body={"reason": "dirty", **body})


def test_a_command_reaches_the_car_and_its_answer_is_seen(staff: Office) -> None:
    told = command(staff, UNLOCK)
    assert (told.status, told.body["state"], told.body["purpose"]) == (202, "SENT", "service")
    assert told.headers["location"] == f"/v1/commands/{told.body['commandId']}"
    topic, qos, payload = staff.iot.published[0]
    assert (topic, qos, payload["action"]) == (f"bh/sg/{CAR}/commands", 1, "unlock")
    staff.world.operations.acknowledge(staff.world.answer(staff.command(told)))
    assert staff.call("GET", told.headers["location"]).body["state"] == "ACKNOWLEDGED"


def test_a_car_may_refuse_and_says_why(staff: Office) -> None:
    told = command(staff)
    refused = staff.world.answer(staff.command(told), AckResult.REFUSED)
    staff.world.operations.acknowledge(refused)
    answer = staff.call("GET", told.headers["location"]).body
    assert (answer["state"], answer["reason"]) == ("REFUSED", "door open")


def test_a_command_of_staff_changes_no_booking_though_it_names_it(staff: Office) -> None:
    booking = staff.world.service.hold("rider-1", "hold", HoldRequest(vehicle_id=CAR))
    told = command(staff, UNLOCK)
    assert told.body["bookingId"] == booking.booking_id
    staff.world.operations.acknowledge(staff.world.answer(staff.command(told)))
    assert staff.world.service.booking("rider-1", booking.booking_id).state is BookingState.HELD
    assert staff.world.service.start("rider-1", "start", booking.booking_id).action == "unlock"


def test_an_unlock_that_nobody_waits_for_any_more_is_undone(staff: Office) -> None:
    told = command(staff, UNLOCK)
    staff.world.clock.now += 2 * MINUTE
    assert staff.world.operations.expire_commands().done == 1
    late = staff.world.answer(staff.command(told))
    staff.world.operations.acknowledge(late)
    assert [sent.purpose for sent in staff.world.sender.sent] == ["secure"]


def test_a_command_is_given_once_for_a_key_and_again_while_the_car_has_not_answered(staff: Office) -> None:
    first = command(staff, key="k")
    again = command(staff, key="k")
    assert first.body == again.body
    assert len({payload["commandId"] for _, _, payload in staff.iot.published}) == 1
    staff.world.operations.acknowledge(staff.world.answer(staff.command(first)))
    sent = len(staff.iot.published)
    assert command(staff, key="k").body == first.body
    assert len(staff.iot.published) == sent
    reused = command(staff, UNLOCK, key="k")
    assert (reused.status, reused.body["code"]) == (409, "idempotency_key_reused")
    assert command(staff, key="k", by="operations").body["commandId"] != first.body["commandId"]


def test_a_broker_that_is_down_is_told_and_recorded_and_the_same_key_tries_again(staff: Office) -> None:
    staff.iot.broken = True
    answer, left = staff.left_by(lambda: command(staff, key="k"))
    assert (answer.status, answer.body["code"], answer.headers["retry-after"]) == (
        503,
        "command_not_sent",
        "2",
    )
    assert {(one["outcome"], one.get("code")) for one in left} == {
        ("requested", None),
        ("failed", "command_not_sent"),
    }
    staff.iot.broken = False
    staff.world.clock.now += 1_000
    answer, left = staff.left_by(lambda: command(staff, key="k"))
    assert answer.status == 202
    assert [one["outcome"] for one in left] == ["done"]
    assert left[0]["detail"]["commandId"] == {"S": answer.body["commandId"]}


@pytest.mark.parametrize(
    "body", [{}, {"action": "lock"}, {"action": "explode", "reason": "x"}, {"action": "lock", "reason": " "}]
)
def test_a_command_needs_an_action_and_a_reason(staff: Office, body: Any) -> None:
    answer, left = staff.left_by(lambda: command(staff, body))
    assert (answer.status, answer.body["code"]) == (400, "invalid_request")
    assert (left, staff.iot.published) == ([], [])


def test_a_car_out_of_service_cannot_be_held_until_it_is_back(staff: Office) -> None:
    out = service(staff, "out-of-service")
    assert (out.status, out.body["state"], out.body["eventTypes"]) == (
        200,
        "non_operational",
        ["service_end"],
    )
    with pytest.raises(RentalError) as caught:
        staff.world.service.hold("rider-1", "k1", HoldRequest(vehicle_id=CAR))
    assert caught.value.code is ErrorCode.VEHICLE_NOT_AVAILABLE
    assert service(staff, "out-of-service").body == out.body, "that it is so already is fine"
    back = staff.call("POST", f"/v1/vehicles/{CAR}/back-in-service")
    assert back.body["state"] == "available"
    assert staff.world.service.hold("rider-1", "k2", HoldRequest(vehicle_id=CAR)).vehicle_id == CAR


def test_a_car_that_is_held_stays_in_service_and_staff_learn_why(staff: Office) -> None:
    staff.world.service.hold("rider-1", "k", HoldRequest(vehicle_id=CAR))
    answer, (left,) = staff.left_by(lambda: service(staff, "out-of-service"))
    assert (answer.status, answer.body["code"]) == (409, "wrong_state")
    assert "is reserved" in answer.body["detail"]
    assert (left["outcome"], left["code"]) == ("refused", "wrong_state")


def test_who_saw_an_older_version_is_told_and_changes_nothing(staff: Office) -> None:
    version = staff.call("GET", f"/v1/vehicles/{CAR}").body["version"]
    service(staff, "out-of-service", version=version)
    late = service(staff, "back-in-service", version=version)
    assert (late.status, late.body["code"]) == (409, "changed_meanwhile")
    assert service(staff, "back-in-service", version=version + 1).status == 200


def test_a_refusal_stays_the_answer_of_its_key_and_is_recorded_once(staff: Office) -> None:
    path = "/v1/vehicles/SG-EV-000009/out-of-service"

    def ask() -> Any:
        return staff.call("POST", path, body={"reason": "x"}, key="k")

    first, left = staff.left_by(ask)
    staff.world.operations.register_vehicle("SG-EV-000009", "compact")
    again, more = staff.left_by(ask)
    assert (first.body["code"], again.body["code"]) == ("vehicle_not_found", "vehicle_not_found")
    assert (len(left), more) == (1, [])


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_happens_to_a_call_a_change_has_one_record_and_a_record_its_change(
    staff: Office, fault: str
) -> None:
    def ask() -> Any:
        return service_with_key(staff)

    staff.world.play([fault])
    staff.left_by(ask)
    staff.db.fault = lambda _: None
    answer = ask()
    assert (answer.status, answer.body["state"]) == (200, "non_operational")
    done = [one for one in staff.records() if one["action"] == "takeVehicleOutOfService"]
    assert [one["outcome"] for one in done] == ["done"]


def service_with_key(staff: Office) -> Any:
    return staff.call("POST", f"/v1/vehicles/{CAR}/out-of-service", body={"reason": "x"}, key="k")


def test_a_region_that_does_not_write_any_more_is_fenced_off(staff: Office) -> None:
    for shard in range(64):
        key = fence_key(shard)
        item: dict[str, Any] = {**key, "entity": {"S": "FENCE"}}
        item |= {"writer_region": {"S": "ap-southeast-5"}, "epoch": {"N": "2"}}
        staff.db.put(RENTAL, (key["pk"]["S"], key["sk"]["S"]), item)
    answer, left = staff.left_by(lambda: service(staff, "out-of-service"))
    assert (answer.status, answer.body["code"]) == (503, "writes_disabled")
    assert left == []
    assert staff.call("GET", f"/v1/vehicles/{CAR}").body["vehicle"]["state"] == "available"


def test_a_new_car_stands_in_its_bay_and_can_be_booked(staff: Office) -> None:
    station = staff.world.station.station_id
    wanted = {
        "vehicleId": "SG-EV-000050",
        "vehicleTypeId": "family",
        "bay": {"stationId": station, "bayId": "03"},
    }
    made = staff.call("POST", "/v1/vehicles", body=wanted)
    assert (made.status, made.body["state"], made.body["bayId"]) == (201, "available", "03")
    assert made.headers["location"] == "/v1/vehicles/SG-EV-000050"
    staff.hear("SG-EV-000050")
    assert staff.world.service.hold("rider-1", "k", HoldRequest(vehicle_id="SG-EV-000050")).plan_id


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"vehicleId": CAR}, "vehicle_exists"),
        ({"vehicleId": "MY-EV-000001"}, "invalid_request"),
        ({"vehicleId": "SG-CAR-1"}, "invalid_request"),
        ({"vehicleTypeId": "tank"}, "invalid_request"),
        ({"bay": {"stationId": "sg-nowhere", "bayId": "01"}}, "station_not_found"),
        ({"bay": {"stationId": "sg-marina-bay", "bayId": "99"}}, "bay_not_found"),
        ({"bay": {"stationId": "sg-orchard", "bayId": "01"}}, "bay_not_found"),
        ({"bay": {"stationId": "sg-marina-bay", "bayId": "01"}}, "bay_taken"),
    ],
)
def test_a_car_that_cannot_be_registered_is_refused_with_the_reason(
    staff: Office, change: Any, code: str
) -> None:
    wanted = {"vehicleId": "SG-EV-000050", "vehicleTypeId": "compact", **change}
    assert staff.call("POST", "/v1/vehicles", body=wanted).body["code"] == code


def test_a_car_that_somebody_else_registered_in_between_is_found_to_exist(
    staff: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    vehicle = staff.service.store.vehicle
    looks: list[str] = []

    def first_look(name: str) -> Any:
        looks.append(name)
        if len(looks) > 1:
            return vehicle(name)
        staff.world.operations.register_vehicle(name, "compact")
        return None

    monkeypatch.setattr(staff.service.store, "vehicle", first_look)
    actor = Actor(sub="sub-admin", name="admin", groups=("admin",))
    request = VehicleRequest(vehicle_id="SG-EV-000050", vehicle_type_id="compact")
    with pytest.raises(RentalError) as caught:
        staff.service.register_vehicle(actor, "k", request)
    assert caught.value.code is ErrorCode.VEHICLE_EXISTS


def test_a_bay_is_set_up_once_and_only_where_the_market_has_one(staff: Office) -> None:
    path = "/v1/stations/sg-orchard/bays/01"
    assert staff.call("PUT", path).body == {"bayId": "01", "charging": True, "registered": True}
    assert staff.call("PUT", path).status == 200
    assert staff.call("PUT", "/v1/stations/sg-orchard/bays/99").body["code"] == "bay_not_found"
    assert staff.call("PUT", "/v1/stations/sg-nowhere/bays/01").body["code"] == "station_not_found"
    assert staff.call("PUT", path, key=None).body["code"] == "invalid_idempotency_key"


def test_a_rider_may_hold_a_car_once_the_licence_was_checked(staff: Office) -> None:
    staff.world.operations.register_rider("rider-2", verified=False, plan_id="member")
    with pytest.raises(RentalError, match="verified"):
        staff.world.service.hold("rider-2", "k1", HoldRequest(vehicle_id=CAR))
    path = "/v1/riders/rider-2/verification"
    seen = staff.call("POST", path, body={"verified": True, "reason": "licence seen"})
    assert (seen.body["verified"], seen.body["planId"]) == (True, "member")
    assert staff.world.service.hold("rider-2", "k2", HoldRequest(vehicle_id=CAR)).rider_id == "rider-2"
    known = staff.call("GET", "/v1/riders/rider-2").body
    assert known["liveBookingId"]
    changed = staff.call(
        "POST", path, body={"verified": True, "planId": "pay-as-you-go", "reason": "asked for it"}
    )
    assert (changed.body["planId"], changed.body["liveBookingId"]) == (
        "pay-as-you-go",
        known["liveBookingId"],
    )


def test_a_rider_who_never_signed_up_and_a_plan_that_is_none_are_refused(staff: Office) -> None:
    body = {"verified": True, "reason": "x"}
    assert staff.call("POST", "/v1/riders/nobody/verification", body=body).body["code"] == "rider_not_found"
    assert staff.call("GET", "/v1/riders/nobody").body["code"] == "rider_not_found"
    unknown = {**body, "planId": "golden"}
    assert staff.call("POST", "/v1/riders/rider-1/verification", body=unknown).body["code"] == "plan_unknown"
