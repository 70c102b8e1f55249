"""Cars that raise alerts, a dispatcher, and everybody whom it tells."""

import json
from collections.abc import Callable
from itertools import count
from typing import Any, Final, cast

from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from alert_dispatcher.channels import channels
from alert_dispatcher.dispatcher import Dispatcher, Report
from alert_dispatcher.items import alert_from
from alert_dispatcher.store import DispatchStore
from backoffice_store.store import BackofficeStore
from ev_rental.dispatching.record import Alert
from ev_rental.rental.events import alert_event
from ev_rental.rules import RULES_BY_NAME
from ev_rental.vocabulary import AlertStatus, Severity
from rental_store.items import attributes, plain
from rental_store.retries import Retries
from tests.functions.rental.fake_dynamodb import ALERTS, BACKOFFICE, DISPATCH, RENTAL, FakeDynamoDB, Item

NOON: Final = 1_772_596_800_000
MINUTE: Final = 60_000
CONSOLE: Final = "https://backoffice.sg.example.com"
TOPICS: Final = {severity: f"arn:topic:{severity}" for severity in Severity}
ESCALATION: Final = "arn:topic:escalation"
QUEUE: Final = "https://queue/tickets"


class Outside:
    """Amazon SNS and SQS. `fault`: of the next calls; `lost`: taken, but the answer is not heard."""

    def __init__(self) -> None:
        self.published: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []
        self.fault: Callable[[], str | None] = lambda: None

    def publish(self, **request: Any) -> Any:
        return self._take(self.published, {**request, "Message": json.loads(request["Message"])})

    def send_message(self, **request: Any) -> Any:
        return self._take(self.sent, json.loads(request["MessageBody"]))

    def _take(self, where: list[dict[str, Any]], what: dict[str, Any]) -> Any:
        fault = self.fault()
        if fault == "down":
            raise EndpointConnectionError(endpoint_url="https://sns")
        where.append(what)
        if fault == "lost":
            raise ReadTimeoutError(endpoint_url="https://sns")
        return {"MessageId": "1"}


class Desk:
    def __init__(self, *, client: Any = None, on_call: bool = True, tickets: bool = True) -> None:
        self.db = client or FakeDynamoDB()
        self.now = NOON
        self.outside = Outside()
        self.problems: list[str] = []
        retries = Retries(pause=lambda _: None, chance=lambda: 0.5)
        self.store = DispatchStore(
            cast("Any", self.db),
            dispatch_table=DISPATCH,
            alerts_table=ALERTS,
            rental_table=RENTAL,
            retries=retries,
        )
        self.backoffice = BackofficeStore(cast("Any", self.db), BACKOFFICE, retries=retries)
        self.hands = channels(
            sns=self.outside,
            sqs=self.outside,
            backoffice=self.backoffice,
            topics=TOPICS,
            escalation_topic=ESCALATION if on_call else None,
            ticket_queue_url=QUEUE if tickets else None,
            console_url=CONSOLE,
        )
        self._ids = count(1)

    def dispatcher(self) -> Dispatcher:
        return Dispatcher(
            self.store,
            self.hands,
            clock=lambda: self.now,
            on_problem=lambda what, error: self.problems.append(f"{what}: {error}"),
        )

    # Cars and staff

    def park(self, car: str, station: str | None) -> None:
        item = {"pk": {"S": f"VEHICLE#{car}"}, "sk": {"S": "VEHICLE"}, "entity": {"S": "VEHICLE"}}
        if station is not None:
            item["station_id"] = {"S": station}
        self.db.put(RENTAL, (f"VEHICLE#{car}", "VEHICLE"), item)

    def raise_alert(self, car: str, rule: str = "battery_low", *, at: int | None = None) -> Item:
        """As the processor writes it."""
        raised = self.now if at is None else at
        found = RULES_BY_NAME[rule]
        return self.write(
            attributes(
                {
                    "vehicle_id": car,
                    "alert_id": f"{rule}#{raised:013d}",
                    "rule": rule,
                    "market": "sg",
                    "severity": found.severity.value,
                    "blocking": found.blocking,
                    "latched": found.latched,
                    "rate_limited": found.rate_limited,
                    "unit": found.unit,
                    "raised_at": raised,
                    "last_occurred_at": raised,
                    "occurrences": 1,
                    "status": AlertStatus.OPEN.value,
                    "open_severity": found.severity.value,
                }
            )
            | {"value": {"N": "14.5"}}
        )

    def change(self, item: Item, **changes: Any) -> Item:
        """As staff or the processor change it."""
        key = (item["vehicle_id"]["S"], item["alert_id"]["S"])
        return self.write(self.db.tables[ALERTS][key] | attributes(changes))

    def ack(self, item: Item) -> Item:
        return self.change(item, status="ACKED", acked_at=self.now)

    def resolve(self, item: Item) -> Item:
        return self.change(item, status="RESOLVED", resolved_at=self.now)

    def write(self, item: Item) -> Item:
        self.db.put(ALERTS, (item["vehicle_id"]["S"], item["alert_id"]["S"]), item)
        return item

    # The dispatcher at work

    def tell(self, *items: Item) -> Report:
        """Events of these states of alerts reach the dispatcher, in this order."""
        made = self.dispatcher()
        for item in items:
            made.news(alert_from(item))
        return made.report

    def sweep(self, minutes: float = 0) -> Report:
        self.now += int(minutes * MINUTE)
        made = self.dispatcher()
        made.sweep(lambda: 60_000)
        return made.report

    def notices(self, reason: str | None = None, topic: str | None = None) -> list[dict[str, Any]]:
        """What was published, by reason and topic."""
        return [
            one
            for one in self.outside.published
            if (reason is None or one["MessageAttributes"]["reason"]["StringValue"] == reason)
            and (topic is None or one["TopicArn"] == topic)
        ]

    def tickets(self) -> list[tuple[str, int]]:
        return [(one["alert"]["status"], one["alert"]["sequence"]) for one in self.outside.sent]


def envelope(item: Item, **changes: Any) -> str:
    """The bus' event of an alert, as its queue holds it."""
    event = alert_event(None, plain(item))
    assert event is not None
    detail = {
        "schemaVersion": event.schema_version,
        "eventId": event.event_id,
        "market": event.market,
        "data": event.data,
    }
    return json.dumps(
        {"source": "bluehorizons.rental", "detail-type": event.event_type, "detail": detail} | changes
    )


def names(found: list[dict[str, Any]]) -> list[str]:
    """The cars of notices."""
    return [one["Subject"].split(" of ")[1].split(" ")[0].rstrip(",") for one in found]


__all__ = ["Alert", "Desk", "envelope", "names"]
