"""People are told of an alert once, again when nobody cares, and once of a storm."""

import json

import pytest

from alert_dispatcher.events import alert_of
from alert_dispatcher.items import record_key
from alert_dispatcher.store import LEASE_MS
from ev_rental.dispatching.policy import ESCALATE_MS, REMIND_MS, WORK
from ev_rental.dispatching.storm import LIMIT, LONGEST_MS, WINDOW_MS
from ev_rental.rental.errors import RentalError
from ev_rental.rules import RULES_BY_NAME
from ev_rental.vocabulary import Severity
from ev_rental.work_orders import Priority, assign, work_order_id
from rental_events.messages import PoisonedError
from tests.functions.alert_dispatcher.desk import ESCALATION, MINUTE, NOON, TOPICS, Desk, envelope, names
from tests.functions.rental.fake_dynamodb import DISPATCH, RENTAL

CAR = "SG-EV-000123"
WARN, CRITICAL = TOPICS[Severity.WARNING], TOPICS[Severity.CRITICAL]


def test_an_alert_is_told_once_to_the_topic_of_its_severity_however_often_its_event_comes() -> None:
    desk = Desk()
    desk.park(CAR, "sg-marina-bay")
    low, hot = desk.raise_alert(CAR), desk.raise_alert(CAR, "battery_hot")
    report = desk.tell(low, low, hot, low)
    desk.tell(low, hot)
    assert names(desk.notices("raised", WARN)) == [CAR]
    assert names(desk.notices("raised", CRITICAL)) == [CAR]
    assert len(desk.notices()) == 2
    assert report.delays == [0, 0]
    subject = desk.notices("raised", WARN)[0]["Subject"]
    assert subject == "[WARNING] battery low of SG-EV-000123 at sg-marina-bay"


def test_what_maintenance_must_do_becomes_a_work_order_and_what_it_need_not_does_not() -> None:
    desk = Desk()
    hot, away = desk.raise_alert(CAR, "battery_hot"), desk.raise_alert(CAR, "geofence")
    desk.tell(hot, away, hot)
    order = desk.backoffice.work_order(work_order_id(CAR, hot["alert_id"]["S"]))
    assert order is not None
    assert (order.title, order.priority) == (WORK["battery_hot"], Priority.URGENT)
    assert (order.opened_by, order.opened_at) == ("system", NOON)
    assert desk.backoffice.work_order(work_order_id(CAR, away["alert_id"]["S"])) is None


def test_every_rule_of_work_exists() -> None:
    assert set(WORK) <= set(RULES_BY_NAME)


def test_a_work_order_that_staff_changed_is_left_alone() -> None:
    desk = Desk()
    hot = desk.raise_alert(CAR, "battery_hot")
    desk.outside.fault = lambda: "down"
    desk.tell(hot)
    order = desk.backoffice.work_order(work_order_id(CAR, hot["alert_id"]["S"]))
    assert order is not None
    assigned = assign(order, assignee="ann@example.com", at=desk.now)
    desk.backoffice.replace(order, assigned)
    desk.outside.fault = lambda: None
    desk.sweep(2)
    assert desk.backoffice.work_order(order.work_order_id) == assigned


def test_events_in_any_order_lead_to_one_notice_and_to_numbered_tickets() -> None:
    desk = Desk()
    opened = desk.raise_alert(CAR, "tyre_pressure")
    acked = desk.ack(opened)
    resolved = desk.resolve(acked)
    desk.tell(resolved, opened, acked, opened)
    assert len(desk.notices()) == 1
    assert "resolved since" in desk.notices()[0]["Subject"]
    assert sorted(desk.tickets(), key=lambda one: one[1]) == [("OPEN", 1), ("ACKED", 2), ("RESOLVED", 3)]
    assert desk.sweep(24 * 60).handed_on == {}


def test_an_alert_that_was_resolved_straight_away_has_no_ticket_of_being_taken_over() -> None:
    desk = Desk()
    opened = desk.raise_alert(CAR)
    desk.tell(opened, desk.resolve(opened))
    assert desk.tickets() == [("OPEN", 1), ("RESOLVED", 3)]


def test_an_event_that_is_ahead_of_a_replica_counts() -> None:
    desk = Desk()
    opened = desk.raise_alert(CAR)
    desk.tell(opened)
    resolved = desk.resolve(opened)
    desk.write(opened)  # the replica has not heard of it
    desk.tell(resolved)
    assert desk.tickets() == [("OPEN", 1), ("RESOLVED", 3)]


def test_nobody_hears_again_of_what_somebody_took_over() -> None:
    desk = Desk()
    hot = desk.raise_alert(CAR, "battery_hot")
    desk.tell(hot)
    desk.tell(desk.ack(hot))
    for _ in range(5):
        desk.sweep(60)
    assert [one["TopicArn"] for one in desk.notices()] == [CRITICAL]


def test_an_open_alert_is_told_again_after_the_interval_of_its_severity_and_escalated_once() -> None:
    desk = Desk()
    hot = desk.raise_alert(CAR, "battery_hot")
    desk.tell(hot)
    minutes = REMIND_MS[Severity.CRITICAL] // MINUTE
    desk.sweep(ESCALATE_MS / MINUTE - 1)
    assert len(desk.notices()) == 1
    desk.sweep(1)
    assert len(desk.notices("escalated", ESCALATION)) == 1
    desk.sweep(minutes - ESCALATE_MS / MINUTE)
    desk.sweep(minutes)
    assert len(desk.notices("reminder", CRITICAL)) == 2
    assert len(desk.notices("escalated")) == 1
    assert "still open: battery hot" in desk.notices("reminder")[0]["Subject"]


def test_where_nobody_is_on_call_nothing_is_escalated() -> None:
    desk = Desk(on_call=False)
    desk.tell(desk.raise_alert(CAR, "battery_hot"))
    report = desk.sweep(ESCALATE_MS / MINUTE)
    assert desk.notices("escalated") == []
    assert report.failed == 0


def test_where_no_tickets_are_kept_none_is_sent() -> None:
    desk = Desk(tickets=False)
    assert desk.tell(desk.raise_alert(CAR)).failed == 0
    assert desk.outside.sent == []


def test_a_snoozed_alert_is_quiet_until_its_time() -> None:
    desk = Desk()
    hot = desk.raise_alert(CAR, "battery_heating")
    desk.tell(hot)
    desk.change(hot, snoozed_until=desk.now + 60 * MINUTE)
    for _ in range(5):
        desk.sweep(11)
    assert len(desk.notices()) == 1
    desk.sweep(5)
    assert [r["MessageAttributes"]["reason"]["StringValue"] for r in desk.notices()[1:]] in (
        ["reminder", "escalated"],
        ["escalated", "reminder"],
    )


def test_every_occurrence_of_a_collision_is_told_although_it_makes_no_event() -> None:
    desk = Desk()
    crash = desk.raise_alert(CAR, "collision")
    desk.tell(crash)
    desk.change(crash, occurrences=2)
    desk.sweep(1)
    desk.sweep(1)
    assert len(desk.notices("occurred_again", CRITICAL)) == 1
    desk.tell(desk.change(desk.ack(crash), occurrences=4))
    assert len(desk.notices("occurred_again")) == 2


def test_a_storm_of_500_alerts_at_a_station_gives_one_summary() -> None:
    desk = Desk()
    alerts = []
    for number in range(500):
        car = f"SG-EV-{number:06d}"
        desk.park(car, "sg-orchard")
        alerts.append(desk.raise_alert(car, "charge_fault" if number % 5 else "tyre_pressure"))
    for alert in alerts:
        desk.tell(alert, alert)
    assert len(desk.notices("raised")) == LIMIT
    desk.sweep(0.5)
    assert desk.notices("summary") == []
    desk.sweep(0.5)
    desk.sweep(1)
    (summary,) = desk.notices("summary")
    text = summary["Message"]["email"]
    assert summary["TopicArn"] == WARN
    assert "495 more alerts at sg-orchard" in summary["Subject"]
    assert "396 x charge fault" in text
    assert "99 x tyre pressure" in text
    assert len(desk.outside.sent) == 500, "each alert has its ticket"


def test_a_critical_alert_does_not_wait_behind_a_storm_of_warnings() -> None:
    desk = Desk()
    for number in range(LIMIT + 3):
        desk.park(f"SG-EV-{number:06d}", "sg-orchard")
        desk.tell(desk.raise_alert(f"SG-EV-{number:06d}"))
    desk.park(CAR, "sg-orchard")
    desk.tell(desk.raise_alert(CAR, "battery_unrentable"))
    assert names(desk.notices("raised", CRITICAL)) == [CAR]


def test_a_collision_is_told_in_any_storm() -> None:
    desk = Desk()
    for number in range(LIMIT + 4):
        desk.park(f"SG-EV-{number:06d}", "sg-orchard")
        desk.tell(desk.raise_alert(f"SG-EV-{number:06d}", "collision"))
    assert len(desk.notices("raised", CRITICAL)) == LIMIT + 4


def test_a_storm_that_does_not_end_is_told_of_now_and_then_and_one_that_is_over_is_forgotten() -> None:
    desk = Desk()
    for number in range(LIMIT):
        desk.park(f"SG-EV-{number:06d}", "sg-orchard")
        desk.tell(desk.raise_alert(f"SG-EV-{number:06d}"))
    for number in range(LIMIT, LIMIT + 30):
        desk.park(f"SG-EV-{number:06d}", "sg-orchard")
        desk.tell(desk.raise_alert(f"SG-EV-{number:06d}"))
        desk.sweep(0.7)
    assert 1 <= len(desk.notices("summary")) <= 21 * MINUTE // LONGEST_MS + 1
    desk.sweep(1)
    told = len(desk.notices())
    desk.sweep(WINDOW_MS / MINUTE)
    desk.park(CAR, "sg-orchard")
    desk.tell(desk.raise_alert(CAR))
    assert names(desk.notices()[told:]) == [CAR]


def test_cars_at_no_station_share_a_larger_limit() -> None:
    desk = Desk()
    for number in range(30):
        desk.tell(desk.raise_alert(f"SG-EV-{number:06d}"))
    assert len(desk.notices("raised")) == 20
    desk.sweep(1)
    assert "10 more alerts at cars at no station" in desk.notices("summary")[0]["Subject"]


def test_while_nobody_can_be_told_nothing_is_lost_and_everybody_is_told_once_afterwards() -> None:
    desk = Desk()
    desk.outside.fault = lambda: "down"
    alerts = [desk.raise_alert(f"SG-EV-{number:06d}", "tyre_pressure") for number in range(3)]
    assert desk.tell(*alerts).failed == 6
    report = desk.sweep(5)
    assert report.failed == 6
    assert report.oldest == 5 * MINUTE
    desk.outside.fault = lambda: None
    desk.sweep(2)
    assert len(desk.notices("raised")) == 3
    assert len(desk.outside.sent) == 3
    assert desk.sweep(60).failed == 0
    assert len(desk.notices()) == 3


def test_a_notice_whose_answer_was_lost_may_come_twice_and_says_so_by_its_id() -> None:
    desk = Desk()
    faults = iter(["lost"])
    low = desk.raise_alert(CAR, "geofence")
    desk.outside.fault = lambda: next(faults, None)
    desk.tell(low)
    desk.sweep(LEASE_MS / MINUTE)
    ids = {one["MessageAttributes"]["taskId"]["StringValue"] for one in desk.notices()}
    assert len(ids) == 1
    assert len(desk.notices()) + len(desk.outside.sent) == 3


def test_a_worker_that_died_with_a_task_in_hand_is_followed_by_the_sweep() -> None:
    desk = Desk()
    low = desk.raise_alert(CAR)
    take, desk.store.take = desk.store.take, lambda task_id, now: take(task_id, now) and None  # type: ignore[method-assign]  # it takes, and dies
    desk.tell(low)
    desk.store.take = take  # type: ignore[method-assign]  # restored
    assert desk.sweep(0.5).handed_on == {}, "somebody has it"
    desk.sweep(0.5)
    assert len(desk.notices("raised")) == 1


def test_two_that_hear_of_the_same_alert_at_once_tell_of_it_once() -> None:
    desk = Desk()
    low = desk.raise_alert(CAR)
    commit = desk.store.commit
    others = iter([True])

    def overtaken(decision: object, now: int) -> None:
        if next(others, False):
            desk.tell(low)
        commit(decision, now)  # type: ignore[arg-type]  # whatever it is

    desk.store.commit = overtaken  # type: ignore[method-assign]  # a race, played
    desk.tell(low)
    assert len(desk.notices()) == 1
    assert desk.tickets() == [("OPEN", 1)]


def test_a_store_that_is_silent_gives_the_event_back() -> None:
    desk = Desk()
    low = desk.raise_alert(CAR)
    desk.db.fault = lambda operation: "throttled" if operation == "TransactWriteItems" else None
    with pytest.raises(RentalError, match="try_again"):
        desk.tell(low)
    desk.db.fault = lambda _: None
    desk.tell(low)
    assert len(desk.notices()) == 1


def test_a_broken_item_is_told_and_stops_nobody() -> None:
    desk = Desk()
    hot = desk.raise_alert(CAR, "battery_hot")
    desk.tell(hot)
    broken = {"pk": {"S": "ALERT#x#y"}, "sk": {"S": "ALERT"}, "due_kind": {"S": "look"}, "due_at": {"N": "1"}}
    desk.db.put(DISPATCH, ("ALERT#x#y", "ALERT"), broken)
    assert desk.sweep(15).failed == 1
    assert len(desk.notices("reminder")) == 1
    assert desk.problems[0].startswith("{'S': 'ALERT#x#y'}")


def test_a_sweep_that_runs_out_of_time_says_so() -> None:
    desk = Desk()
    desk.outside.fault = lambda: "down"
    desk.tell(desk.raise_alert(CAR))
    desk.now += 2 * MINUTE
    made = desk.dispatcher()
    made.sweep(lambda: 1_000)
    assert not made.report.finished


def test_what_is_over_expires_and_what_is_not_does_not() -> None:
    desk = Desk()
    low = desk.raise_alert(CAR, "geofence")
    desk.tell(low)
    key = tuple(part["S"] for part in record_key(CAR, low["alert_id"]["S"]).values())
    assert "expires_at" not in desk.db.tables[DISPATCH][key]
    desk.tell(desk.resolve(low))
    assert "expires_at" in desk.db.tables[DISPATCH][key]
    assert "due_at" not in desk.db.tables[DISPATCH][key]


def test_no_rider_is_named_to_anybody() -> None:
    desk = Desk()
    desk.park(CAR, "sg-orchard")
    desk.db.tables[RENTAL][f"VEHICLE#{CAR}", "VEHICLE"]["booking_id"] = {"S": "booking-of-a-rider"}
    desk.tell(desk.raise_alert(CAR, "collision"))
    assert "booking" not in json.dumps([desk.outside.published, desk.outside.sent]).replace("booked", "")


def test_each_way_gets_words_that_it_can_carry() -> None:
    desk = Desk()
    desk.park(CAR, "sg-orchard")
    desk.tell(desk.raise_alert(CAR, "battery_hot"))
    (notice,) = desk.notices()
    message = notice["Message"]
    assert set(message) == {"default", "email", "sms", "https", "GCM"}
    assert len(message["sms"]) <= 140
    assert notice["Subject"].isascii()
    assert len(notice["Subject"]) <= 100
    chat = json.loads(message["https"])
    assert (chat["version"], chat["source"]) == ("1.0", "custom")
    assert chat["content"]["title"] == notice["Subject"]
    push = json.loads(message["GCM"])["fcmV1Message"]["message"]
    assert push["android"]["priority"] == "high"
    assert push["data"]["link"] == f"https://backoffice.sg.example.com/vehicles/{CAR}"
    assert all(isinstance(value, str) for value in push["data"].values())
    assert "The car cannot be booked." in message["email"]
    assert "2026-03-04 04:00:00 UTC" in message["email"]


def test_an_event_of_the_queue_is_an_alert() -> None:
    desk = Desk()
    low = desk.raise_alert(CAR)
    assert alert_of(envelope(low), "sg").alert_id == low["alert_id"]["S"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"source": "aws.s3"}, "is no alert: check the bus rule"),
        ({"detail-type": "trip.completed"}, "is no alert: check the bus rule"),
        ({"detail": {"schemaVersion": "2.0", "market": "sg", "data": None}}, "no event of an alert"),
    ],
)
def test_what_is_no_event_of_an_alert_is_refused(changes: dict[str, object], said: str) -> None:
    low = Desk().raise_alert(CAR)
    with pytest.raises(PoisonedError, match=said):
        alert_of(envelope(low, **changes), "sg")


def test_an_alert_of_another_market_or_a_newer_kind_is_refused() -> None:
    low = Desk().raise_alert(CAR)
    with pytest.raises(PoisonedError, match="this function is of 'my'"):
        alert_of(envelope(low), "my")
    body = json.loads(envelope(low))
    body["detail"]["schemaVersion"] = "2.0"
    with pytest.raises(PoisonedError, match=r"1.x is understood"):
        alert_of(json.dumps(body), "sg")


def test_two_alerts_of_a_station_that_are_decided_at_once_are_both_counted() -> None:
    desk = Desk()
    for car in (CAR, "SG-EV-000001", "SG-EV-000002"):
        desk.park(car, "sg-orchard")
    desk.tell(desk.raise_alert(CAR))
    first, second = desk.raise_alert("SG-EV-000001"), desk.raise_alert("SG-EV-000002")
    commit = desk.store.commit
    others = iter([True])

    def overtaken(decision: object, now: int) -> None:
        if next(others, False):
            desk.tell(second)
        commit(decision, now)  # type: ignore[arg-type]  # whatever it is

    desk.store.commit = overtaken  # type: ignore[method-assign]  # a race, played
    desk.tell(first)
    assert desk.store.storm("sg-orchard").told == {"warning": 3}
    assert len(desk.notices()) == 3


def test_a_snoozed_alert_is_not_looked_at_before_its_time() -> None:
    desk = Desk()
    hot = desk.raise_alert(CAR, "battery_heating")
    desk.tell(hot)
    until = desk.now + 300 * MINUTE
    desk.change(hot, snoozed_until=until)
    desk.sweep(11)
    record = desk.store.record(CAR, hot["alert_id"]["S"])
    assert record is not None
    assert record.look_at == until


def test_a_storm_of_which_nobody_has_been_told_yet_goes_on_holding() -> None:
    desk = Desk()
    for number in range(LIMIT + 1):
        desk.park(f"SG-EV-{number:06d}", "sg-orchard")
        desk.tell(desk.raise_alert(f"SG-EV-{number:06d}"))
    desk.now += WINDOW_MS + MINUTE
    desk.park(CAR, "sg-orchard")
    desk.tell(desk.raise_alert(CAR))
    assert len(desk.notices()) == LIMIT
    desk.sweep(1)
    assert "2 more alerts" in desk.notices("summary")[0]["Subject"]


def test_a_replica_that_falls_behind_does_not_reopen_an_alert() -> None:
    desk = Desk()
    opened = desk.raise_alert(CAR, "battery_hot")
    desk.tell(opened, desk.resolve(opened))
    desk.write(opened)
    desk.tell(opened)
    desk.sweep(60)
    assert len(desk.notices()) == 1
    assert desk.tickets() == [("OPEN", 1), ("RESOLVED", 3)]
