"""Who may do what: every route for every group, and that nothing is done or tried without a record."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from ev_rental.staff.access import ACCESS, Group, groups_of, may, permissions
from staff_api.identity import actor_of
from tests.functions.rental.world import World
from tests.functions.staff_api.office import OTHERS, Office, office, operations

CAR, OTHER_CAR = "SG-EV-000001", "SG-EV-000002"
EVERYBODY = (*(group.value for group in Group), "nobody")
BODIES: dict[str, Any] = {
    "commandVehicle": {"action": "lock", "reason": "left open"},
    "takeVehicleOutOfService": {"reason": "scratched"},
    "putVehicleBackInService": {"reason": "polished"},
    "registerVehicle": {"vehicleId": "SG-EV-000777", "vehicleTypeId": "compact"},
    "verifyRider": {"verified": True, "reason": "licence seen"},
    "snoozeAlert": {"until": 0},
    "openWorkOrder": {"vehicleId": CAR, "title": "Look at it"},
    "changeWorkOrder": {"title": "Look at it twice"},
    "noteWorkOrder": {"text": "seen"},
}
QUERIES: dict[str, Any] = {"listKpis": {"from": "2026-03-01", "to": "2026-03-04"}}


@pytest.fixture(scope="module")
def staff() -> Iterator[Office]:
    with office(World(cars=2, riders=1, parked=True)) as made:
        yield made


@cache
def known(staff: Office) -> dict[str, str]:
    """Something that exists for every parameter of a path."""
    order = staff.call("POST", "/v1/work-orders", body=BODIES["openWorkOrder"])
    command = staff.call("POST", f"/v1/vehicles/{OTHER_CAR}/commands", body=BODIES["commandVehicle"])
    return {
        "vehicleId": CAR,
        "alertId": staff.alarm(CAR, "battery_low", value=20.0),
        "workOrderId": order.body["workOrderId"],
        "commandId": command.body["commandId"],
        "stationId": staff.world.station.station_id,
        "bayId": "01",
        "riderId": "rider-1",
        "bookingId": "no-such-booking",
    }


def ask(staff: Office, operation: str, by: str | None) -> Any:
    """One call of an operation that is right in every way but perhaps for who calls."""
    method, template = next((m, p) for name, m, p in operations() if name == operation)
    path = template.format(**known(staff))
    body = BODIES.get(operation)
    if operation == "snoozeAlert":
        body = {"until": staff.world.clock.now + 60_000}
    return staff.call(method, path, by=by, body=body, query=QUERIES.get(operation))


def test_every_route_has_its_row_and_every_row_its_route() -> None:
    assert set(ACCESS) == {name for name, _, _ in operations()}
    assert all(ACCESS.values()), "a row that lets nobody in is a mistake"


@pytest.mark.parametrize("by", EVERYBODY)
@pytest.mark.parametrize("operation", list(ACCESS))
def test_a_route_serves_the_groups_of_its_row_and_no_other(staff: Office, operation: str, by: str) -> None:
    known(staff)
    answer, left = staff.left_by(lambda: ask(staff, operation, by))
    if by in ACCESS[operation]:
        assert answer.status not in (401, 403)
        return
    assert (answer.status, answer.body["code"]) == (403, "group_not_allowed")
    changes = next(method for name, method, _ in operations() if name == operation) != "GET"
    assert [(one["action"], one["outcome"], one["actor"]) for one in left] == (
        [(operation, "denied", f"sub-{by}")] if changes else []
    )


@pytest.mark.parametrize("operation", list(ACCESS))
def test_nobody_else_gets_in_whatever_the_token(staff: Office, operation: str) -> None:
    known(staff)
    tokens = [None, "forged", *OTHERS]
    answers, left = staff.left_by(lambda: [ask(staff, operation, token) for token in tokens])
    assert [answer.status for answer in answers] == [401, 401, 403, 403, 403]
    assert {answer.body["code"] for answer in answers[2:]} == {"insufficient_scope"}
    assert left == []


@pytest.mark.parametrize("operation", [name for name, method, _ in operations() if method != "GET"])
def test_every_change_leaves_a_record_of_who_and_what(operation: str) -> None:
    with office(World(cars=2, riders=1, parked=True)) as staff:
        known(staff)
        staff.world.clock.now += 1_000
        answer, left = staff.left_by(lambda: ask(staff, operation, "admin"))
        assert answer.status < 300, answer.body
        assert {one["outcome"] for one in left} == (
            {"requested", "done"} if operation == "commandVehicle" else {"done"}
        )
        for one in left:
            assert one["action"] == operation
            assert (one["actor"], one["actor_name"]) == ("sub-admin", "admin@example.com")
            assert one["groups"] == [{"S": "admin"}]
            assert (one["ip"], one["request_id"]) == ("203.0.113.7", "request-1")
            assert one["at"] == str(staff.world.clock.now)
            reason = (BODIES.get(operation) or {}).get("reason")
            assert one.get("reason") == reason


def test_a_refused_change_leaves_a_record_of_the_refusal(staff: Office) -> None:
    path = "/v1/vehicles/SG-EV-000999/out-of-service"
    answer, (left,) = staff.left_by(lambda: staff.call("POST", path, body={"reason": "gone"}))
    assert answer.status == 404
    assert (left["outcome"], left["code"]) == ("refused", "vehicle_not_found")
    assert (left["subject"], left["reason"]) == ("vehicle/SG-EV-000999", "gone")


def test_who_is_in_two_groups_may_do_what_either_may(staff: Office) -> None:
    assert ask(staff, "listKpis", "maintenance+analyst").status == 200
    assert ask(staff, "acknowledgeAlert", "maintenance+analyst").status in (200, 409)
    assert ask(staff, "listAudit", "maintenance+analyst").status == 403


def test_who_asks_is_told_what_they_may_do(staff: Office) -> None:
    for by in EVERYBODY[:-1]:
        me = staff.call("GET", "/v1/me", by=by).body
        assert set(me["permissions"]) == {name for name, groups in ACCESS.items() if by in groups}
        assert (me["groups"], me["name"]) == ([by], f"{by}@example.com")


@pytest.mark.parametrize(
    ("claim", "groups"),
    [
        ("admin", ("admin",)),
        ("analyst,operations", ("operations", "analyst")),
        ("[operations analyst]", ("operations", "analyst")),
        (["maintenance"], ("maintenance",)),
        ("administrators", ()),
        ("ADMIN", ()),
        (None, ()),
    ],
)
def test_groups_are_read_from_the_claim_however_it_is_written(claim: Any, groups: tuple[str, ...]) -> None:
    claims = {"sub": "s", "username": "ann", "cognito:groups": claim}
    actor = actor_of({"requestContext": {"authorizer": {"claims": claims}}})
    assert (actor.groups, actor.name) == (groups, "ann")


def test_an_operation_that_is_not_in_the_table_is_nobodys() -> None:
    assert not may("dropTables", tuple(Group))
    assert permissions(()) == []
    assert groups_of(["root"]) == ()


def test_a_denial_that_cannot_be_recorded_is_no_answer(staff: Office) -> None:
    staff.db.fault = lambda operation: "throttled" if operation == "PutItem" else None
    try:
        answer = ask(staff, "takeVehicleOutOfService", "analyst")
    finally:
        staff.db.fault = lambda _: None
    assert (answer.status, answer.body["code"]) == (503, "try_again")


def test_in_a_region_that_stands_by_a_denial_is_answered_and_nothing_is_written() -> None:
    world = World(cars=1)
    with office(world, writes_enabled=False) as staff:
        denied = staff.call("POST", f"/v1/vehicles/{CAR}/out-of-service", by="analyst", body={"reason": "x"})
        refused = staff.call("POST", f"/v1/vehicles/{CAR}/out-of-service", body={"reason": "x"})
        assert (denied.status, refused.body["code"]) == (403, "writes_disabled")
        assert staff.records() == []
