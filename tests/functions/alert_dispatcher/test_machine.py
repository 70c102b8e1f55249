"""Whatever order, repetition, fault and time: each raise is told once, by its own notice or in a summary."""

from collections import Counter
from typing import Any

from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from ev_rental.dispatching.policy import WORK
from ev_rental.rental.errors import RentalError
from ev_rental.work_orders import work_order_id
from tests.functions.alert_dispatcher.desk import Desk
from tests.functions.rental.fake_dynamodb import DISPATCH, Item

RULES = ("battery_low", "battery_hot", "collision", "geofence", "battery_unrentable")
STORE_FAULTS = ("throttled", "broken_before", "broken_after", "timeout_after", "conflict", None, None, None)
SINGLE = ("raised", "reminder", "occurred_again")


def id_of(notice: dict[str, Any]) -> str:
    return str(notice["MessageAttributes"]["taskId"]["StringValue"])


class Dispatching(RuleBasedStateMachine):
    """`lost_answers`: whether Amazon SNS and SQS may take something without saying so; only then may a notice
    come twice."""

    lost_answers = False

    @initialize()
    def build(self) -> None:
        self.desk = Desk()
        self.alerts: list[Item] = []
        self.events: list[Item] = []
        for number in range(12):
            self.desk.park(self.car(number), "sg-orchard" if number % 3 else None)

    def car(self, number: int) -> str:
        return f"SG-EV-{number:06d}"

    def quietly(self, call: Any, *what: Any) -> None:
        """What fails comes again: a message by its queue, a sweep by its schedule."""
        try:
            call(*what)
        except RentalError as error:
            if not error.retryable:
                raise

    @rule(car=st.integers(0, 11), which=st.sampled_from(RULES), many=st.integers(1, 9))
    def raised(self, car: int, which: str, many: int) -> None:
        for number in range(many):
            self.desk.now += 1
            self.alerts.append(self.desk.raise_alert(self.car((car + number) % 12), which))
            self.events.append(self.alerts[-1])

    @precondition(lambda self: self.alerts)
    @rule(data=st.data(), resolved=st.booleans())
    def staff_or_the_car_change_it(self, data: Any, resolved: bool) -> None:
        item = data.draw(st.sampled_from(self.alerts))
        key = (item["vehicle_id"]["S"], item["alert_id"]["S"])
        if self.desk.db.tables["alerts"][key]["status"]["S"] == "OPEN":
            self.events.append(self.desk.resolve(item) if resolved else self.desk.ack(item))

    @precondition(lambda self: self.events)
    @rule(data=st.data(), faults=st.lists(st.sampled_from(STORE_FAULTS), max_size=12))
    def events_arrive(self, data: Any, faults: list[str | None]) -> None:
        """Some, in any order, some of them twice, over a store with faults."""
        script = iter(faults)
        self.desk.db.fault = lambda _: next(script, None)
        some = data.draw(st.lists(st.sampled_from(self.events), max_size=8))
        for event in [*some, *some[:2]]:
            self.quietly(self.desk.tell, event)
        self.desk.db.fault = lambda _: None

    @rule(down=st.integers(0, 6))
    def nobody_can_be_told(self, down: int) -> None:
        kinds = ("down", "lost") if self.lost_answers else ("down",)
        script = iter(kinds[number % len(kinds)] for number in range(down))
        self.desk.outside.fault = lambda: next(script, None)

    @rule(minutes=st.sampled_from([0.1, 1, 2, 16, 300]))
    def time_passes(self, minutes: float) -> None:
        self.quietly(self.desk.sweep, minutes)

    def teardown(self) -> None:
        if not hasattr(self, "desk"):
            return
        desk = self.desk
        desk.outside.fault = lambda: None
        for event in reversed(self.events):
            desk.tell(event)
        for _ in range(4):
            desk.sweep(1)
        told = Counter(id_of(one) for one in desk.notices())
        tickets = Counter(one["ticketId"] for one in desk.outside.sent)
        if not self.lost_answers:
            assert set(told.values()) <= {1}, "somebody was told twice"
            assert set(tickets.values()) <= {1}, "a ticket was sent twice"
        # By id, what came twice counts once.
        single = {id_of(one) for reason in SINGLE for one in desk.notices(reason)}
        summaries = {id_of(one): one["Subject"] for one in desk.notices("summary")}
        in_summaries = sum(int(subject.split("] ")[1].split(" ")[0]) for subject in summaries.values())
        decided = sum(
            int(item["told"]["N"]) for item in desk.db.tables[DISPATCH].values() if item["sk"]["S"] == "ALERT"
        )
        assert len(single) + in_summaries == decided, "something was decided and never told"
        known = [item for item in desk.db.tables[DISPATCH].values() if item["sk"]["S"] == "ALERT"]
        assert len(known) == len(self.alerts), "an alert was not looked at"
        assert all(int(item["told"]["N"]) >= 1 for item in known), "an alert was not told"
        for item in self.alerts:
            order = desk.backoffice.work_order(work_order_id(item["vehicle_id"]["S"], item["alert_id"]["S"]))
            assert order is None or item["rule"]["S"] in WORK
        waiting = [
            item
            for item in desk.db.tables[DISPATCH].values()
            if item.get("due_kind", {}).get("S") in ("task", "summary")
        ]
        assert waiting == [], "something was never handed on"


class WithLostAnswers(Dispatching):
    lost_answers = True


_SETTINGS = settings(
    max_examples=40,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
TestDispatching = Dispatching.TestCase
TestDispatching.settings = _SETTINGS
TestWithLostAnswers = WithLostAnswers.TestCase
TestWithLostAnswers.settings = _SETTINGS
