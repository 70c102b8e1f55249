"""Alerts as staff work them: state and alert change together, whatever the processor does meanwhile."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.service import HoldRequest
from ev_rental.rules import RULES
from ev_rental.staff.alerts import stored_id, wire_id
from telemetry_processor.items import vehicle_from
from tests.functions.rental.fake_dynamodb import ALERTS, VEHICLE_STATES
from tests.functions.rental.world import MINUTE, World
from tests.functions.staff_api.office import Office, office

ONE, TWO = "SG-EV-000001", "SG-EV-000002"
DAY = 24 * 60 * MINUTE


@pytest.fixture
def staff() -> Iterator[Office]:
    with office(World(cars=2, riders=2, parked=True)) as made:
        yield made


def work(staff: Office, step: str, alert: str, car: str = ONE, **body: Any) -> Any:
    return staff.call("POST", f"/v1/alerts/{car}/{alert}/{step}", body=body or None, by="maintenance")


def listed(staff: Office, **query: Any) -> list[tuple[str, str]]:
    answer = staff.call("GET", "/v1/alerts", query=query)
    assert answer.status == 200, answer.body
    return [(one["vehicleId"], one["rule"]) for one in answer.body["alerts"]]


def test_a_latched_alert_blocks_the_car_until_staff_resolve_it_and_then_at_once_no_more(
    staff: Office,
) -> None:
    alert = staff.alarm(ONE, "battery_hot")
    with pytest.raises(RentalError) as caught:
        staff.world.service.hold("rider-1", "k1", HoldRequest(vehicle_id=ONE))
    assert caught.value.code is ErrorCode.VEHICLE_BLOCKED_BY_ALERT
    answer, (left,) = staff.left_by(lambda: work(staff, "resolve", alert, note="cooled down"))
    assert (answer.status, answer.body["status"]) == (200, "RESOLVED")
    assert (answer.body["resolvedBy"], answer.body["note"]) == ("maintenance@example.com", "cooled down")
    assert (left["subject"], left["reason"]) == (f"vehicle/{ONE}", "cooled down")
    assert left["detail"]["alertId"] == {"S": alert}
    assert staff.world.service.hold("rider-1", "k2", HoldRequest(vehicle_id=ONE)).vehicle_id == ONE


def test_one_of_two_blocking_alerts_resolved_leaves_the_car_blocked(staff: Office) -> None:
    hot, collision = staff.alarm(ONE, "battery_hot"), staff.alarm(ONE, "collision")
    work(staff, "resolve", hot)
    with pytest.raises(RentalError, match="maintenance"):
        staff.world.service.hold("rider-1", "k1", HoldRequest(vehicle_id=ONE))
    work(staff, "resolve", collision)
    assert staff.world.service.hold("rider-1", "k2", HoldRequest(vehicle_id=ONE)).vehicle_id == ONE


def test_a_resolved_alert_is_as_the_processor_would_have_resolved_it(staff: Office) -> None:
    alert = staff.alarm(ONE, "battery_hot")
    before = vehicle_from(ONE, staff.db.tables[VEHICLE_STATES][(ONE,)])
    work(staff, "resolve", alert)
    item = staff.db.tables[ALERTS][(ONE, stored_id(alert))]
    assert (item["status"], "open_severity" in item) == ({"S": "RESOLVED"}, False)
    assert int(item["expires_at"]["N"]) > staff.world.clock.now // 1000
    after = vehicle_from(ONE, staff.db.tables[VEHICLE_STATES][(ONE,)])
    assert not after.memory.rules["battery_hot"].is_open
    assert after.revision == before.revision + 1
    assert (after.ts, after.leaves, after.last_seen) == (before.ts, before.leaves, before.last_seen)


def test_what_the_car_still_reports_is_resolved_by_force_only(staff: Office) -> None:
    alert = staff.alarm(ONE, "battery_hot", still=True)
    refused = work(staff, "resolve", alert)
    assert (refused.status, refused.body["code"]) == (409, "alert_still_active")
    assert work(staff, "resolve", alert, force=True).body["status"] == "RESOLVED"


def test_a_message_of_the_car_in_between_is_not_lost_and_the_alert_is_resolved_all_the_same(
    staff: Office,
) -> None:
    alert = staff.alarm(ONE, "battery_hot")
    transact = staff.db.transact_write_items
    writes: list[Any] = []

    def somebody_is_faster(**request: Any) -> Any:
        writes.append(request)
        if len(writes) == 1:
            item = dict(staff.db.tables[VEHICLE_STATES][(ONE,)])
            item |= {"revision": {"N": "900"}, "last_seen": {"N": "1772596999999"}}
            staff.db.put(VEHICLE_STATES, (ONE,), item)
        return transact(**request)

    staff.db.transact_write_items = somebody_is_faster  # type: ignore[method-assign]  # the processor's part
    assert work(staff, "resolve", alert).body["status"] == "RESOLVED"
    item = staff.db.tables[VEHICLE_STATES][(ONE,)]
    assert (item["revision"], item["last_seen"]) == ({"N": "901"}, {"N": "1772596999999"})
    assert len(writes) == 2


def test_an_alert_of_a_rule_that_forgot_it_can_still_be_resolved(staff: Office) -> None:
    alert = staff.alarm(ONE, "battery_low")
    staff.hear(ONE)  # a state without any memory of rules
    assert work(staff, "resolve", alert).body["status"] == "RESOLVED"


def test_an_older_alert_that_was_left_open_is_ended_without_touching_the_newer_one(staff: Office) -> None:
    older, newer = staff.alarm(ONE, "battery_hot"), staff.alarm(ONE, "battery_hot")
    assert work(staff, "resolve", older).body["status"] == "RESOLVED"
    with pytest.raises(RentalError, match="maintenance"):
        staff.world.service.hold("rider-1", "k", HoldRequest(vehicle_id=ONE))
    assert work(staff, "resolve", newer).status == 200


def test_an_alert_that_ends_while_somebody_acknowledges_it_stays_ended(staff: Office) -> None:
    alert = staff.alarm(ONE, "battery_low")
    transact = staff.db.transact_write_items
    writes: list[Any] = []

    def somebody_is_faster(**request: Any) -> Any:
        writes.append(request)
        if len(writes) == 1:
            item = dict(staff.db.tables[ALERTS][(ONE, stored_id(alert))])
            item |= {"status": {"S": "RESOLVED"}, "resolved_at": {"N": "1"}}
            staff.db.put(ALERTS, (ONE, stored_id(alert)), item)
        return transact(**request)

    staff.db.transact_write_items = somebody_is_faster  # type: ignore[method-assign]  # the processor's part
    assert work(staff, "acknowledge", alert).body["code"] == "wrong_state"
    assert staff.db.tables[ALERTS][(ONE, stored_id(alert))]["status"] == {"S": "RESOLVED"}


def test_an_alert_is_acknowledged_once_and_stays_in_the_inbox(staff: Office) -> None:
    alert = staff.alarm(ONE, "battery_low")
    answer = work(staff, "acknowledge", alert, note="on my way")
    assert (answer.body["status"], answer.body["ackedBy"]) == ("ACKED", "maintenance@example.com")
    assert answer.body["ackedAt"] == staff.world.clock.now
    again = work(staff, "acknowledge", alert)
    assert (again.status, again.body["code"]) == (409, "wrong_state")
    assert listed(staff) == [(ONE, "battery_low")]
    assert listed(staff, status="OPEN") == []
    assert listed(staff, status="ACKED") == [(ONE, "battery_low")]
    assert work(staff, "resolve", alert).status == 200
    assert work(staff, "acknowledge", alert).body["code"] == "wrong_state"
    assert work(staff, "resolve", alert).body["code"] == "wrong_state"


def test_a_snoozed_alert_is_quiet_until_its_time(staff: Office) -> None:
    alert = staff.alarm(ONE, "battery_low")
    until = staff.world.clock.now + 30 * MINUTE
    answer = work(staff, "snooze", alert, until=until)
    assert (answer.body["status"], answer.body["snoozedUntil"]) == ("OPEN", until)
    assert answer.body["snoozedBy"] == "maintenance@example.com"
    assert listed(staff, snoozed="true") == [(ONE, "battery_low")]
    assert listed(staff, snoozed="false") == []
    staff.world.clock.now = until
    assert listed(staff, snoozed="false") == [(ONE, "battery_low")]


@pytest.mark.parametrize("ahead", [0, -1, 7 * DAY + 1])
def test_a_snooze_ends_within_a_week(staff: Office, ahead: int) -> None:
    alert = staff.alarm(ONE, "battery_low")
    answer = work(staff, "snooze", alert, until=staff.world.clock.now + ahead)
    assert (answer.status, answer.body["code"]) == (400, "invalid_request")


def test_an_alert_of_which_every_occurrence_must_be_told_is_never_snoozed(staff: Office) -> None:
    alert = staff.alarm(ONE, "collision")
    answer = work(staff, "snooze", alert, until=staff.world.clock.now + MINUTE)
    assert (answer.status, answer.body["code"]) == (409, "alert_not_snoozable")
    (shown,) = staff.call("GET", "/v1/alerts").body["alerts"]
    assert shown["snoozable"] is False


@pytest.mark.parametrize("name", ["battery-hot-1772596800000", "nonsense", "battery-hot-1"])
def test_an_alert_that_is_none_is_not_found(staff: Office, name: str) -> None:
    for step in ("acknowledge", "resolve"):
        assert work(staff, step, name).body["code"] == "alert_not_found"


def test_the_inbox_is_the_loudest_first_and_filtered_as_asked(staff: Office) -> None:
    staff.alarm(ONE, "battery_low")
    staff.alarm(TWO, "battery_low")
    staff.alarm(ONE, "battery_hot")
    assert listed(staff) == [(ONE, "battery_hot"), (TWO, "battery_low"), (ONE, "battery_low")]
    assert listed(staff, severity="warning") == [(TWO, "battery_low"), (ONE, "battery_low")]
    assert listed(staff, vehicleId=TWO) == [(TWO, "battery_low")]
    assert listed(staff, vehicleId=ONE, severity="critical") == [(ONE, "battery_hot")]


def test_pages_of_the_inbox_cover_it_once_though_new_alerts_come(staff: Office) -> None:
    for rule in ("battery_low", "tyre_pressure", "cell_imbalance"):
        staff.alarm(ONE, rule)
    everything = listed(staff)
    first = staff.call("GET", "/v1/alerts", query={"limit": 2}).body
    staff.alarm(TWO, "battery_hot")
    rest = staff.call("GET", "/v1/alerts", query={"limit": 2, "cursor": first["cursor"]}).body
    assert [(one["vehicleId"], one["rule"]) for one in (*first["alerts"], *rest["alerts"])] == everything
    assert "cursor" not in rest
    crafted = staff.call("GET", "/v1/alerts", query={"cursor": "W10"})
    assert crafted.body["code"] == "invalid_cursor"


def test_resolved_alerts_are_listed_the_last_raised_first_page_by_page(staff: Office) -> None:
    for rule in ("battery_low", "battery_hot", "tyre_pressure"):
        work(staff, "resolve", staff.alarm(ONE, rule))
    assert listed(staff, status="RESOLVED") == [
        (ONE, "tyre_pressure"),
        (ONE, "battery_hot"),
        (ONE, "battery_low"),
    ]
    assert listed(staff, status="RESOLVED", severity="critical") == [(ONE, "battery_hot")]
    assert listed(staff, status="RESOLVED", vehicleId=ONE)[0] == (ONE, "tyre_pressure")
    first = staff.call("GET", "/v1/alerts", query={"status": "RESOLVED", "limit": 2}).body
    query = {"status": "RESOLVED", "limit": 2, "cursor": first["cursor"]}
    assert [one["rule"] for one in staff.call("GET", "/v1/alerts", query=query).body["alerts"]] == [
        "battery_low"
    ]
    crafted = staff.call("GET", "/v1/alerts", query={"status": "RESOLVED", "cursor": "WyIxIl0"})
    assert crafted.body["code"] == "invalid_cursor"


@settings(max_examples=50, deadline=None)
@given(st.sampled_from([rule.name for rule in RULES]), st.integers(0, 9_999_999_999_999))
def test_every_alerts_id_survives_its_way_through_a_path(rule: str, raised_at: int) -> None:
    alert_id = f"{rule}#{raised_at:013d}"
    assert stored_id(wire_id(alert_id)) == alert_id
