"""An event bus with PutEvents' limits and faults, and streams whose records Lambda hands over."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from ev_rental.vocabulary import Market
from event_publisher.bus import Bus
from event_publisher.changes import Changes
from event_publisher.environment import PublisherEnvironment
from event_publisher.publisher import Publisher

BUS = "market-bus"
ENVIRONMENT = {
    "MARKET": "sg",
    "EVENT_BUS": BUS,
    "RENTAL_TABLE": "rental",
    "VEHICLE_STATE_TABLE": "vehicle-state",
    "ALERTS_TABLE": "alerts",
}
FAULTS = (
    "throttled",
    "denied",
    "timeout_before",
    "timeout_after",
    "killed_before",
    "killed_after",
    "first_refused",
    "last_refused",
    "odd_refused",
    "all_refused",
)
_KEYS = {"rental": ("pk", "sk"), "vehicle-state": ("vehicle_id",), "alerts": ("vehicle_id", "alert_id")}

Item = dict[str, Any]


class Killed(BaseException):
    """The execution environment is gone."""


class FakeEvents:
    """`fault`: asked before each call. `refuses`: asked for each entry. `taken`: entries in their order."""

    def __init__(self, fault: Callable[[], str | None] = lambda: None) -> None:
        self.fault = fault
        self.refuses: Callable[[Item], bool] = lambda _: False
        self.taken: list[Item] = []
        self.calls: list[list[Item]] = []

    def put_events(self, *, Entries: list[Item]) -> Item:  # noqa: N803 - AWS's name
        self.calls.append(Entries)
        assert 1 <= len(Entries) <= 10
        assert sum(entry_size(entry) for entry in Entries) <= 262_144
        assert all(entry["EventBusName"] == BUS for entry in Entries)
        fault = self.fault()
        if fault in ("throttled", "denied"):
            code = {"throttled": "ThrottlingException", "denied": "AccessDeniedException"}[fault]
            raise ClientError({"Error": {"Code": code, "Message": code}}, "PutEvents")
        if fault == "timeout_before":
            raise ReadTimeoutError(endpoint_url="https://events")
        if fault == "killed_before":
            raise Killed
        refused = {
            "first_refused": {0},
            "last_refused": {len(Entries) - 1},
            "odd_refused": set(range(1, len(Entries), 2)),
            "all_refused": set(range(len(Entries))),
        }.get(fault or "", set())
        refused |= {number for number, entry in enumerate(Entries) if self.refuses(entry)}
        results = []
        for number, entry in enumerate(Entries):
            if number in refused:
                results.append({"ErrorCode": "InternalFailure", "ErrorMessage": "try again"})
            else:
                self.taken.append(entry)
                results.append({"EventId": f"bus-{len(self.taken)}"})
        if fault == "timeout_after":
            raise ReadTimeoutError(endpoint_url="https://events")
        if fault == "killed_after":
            raise Killed
        return {"FailedEntryCount": len(refused), "Entries": results}

    def details(self) -> list[Item]:
        return [json.loads(entry["Detail"]) for entry in self.taken]

    def types(self) -> list[str]:
        return [entry["DetailType"] for entry in self.taken]


def entry_size(entry: Item) -> int:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html"""
    text = sum(len(entry[name].encode()) for name in ("Source", "DetailType", "Detail"))
    return text + (14 if "Time" in entry else 0)


def publisher(events: FakeEvents, problems: list[tuple[str, str]] | None = None) -> Publisher:
    told = problems if problems is not None else []
    environment = PublisherEnvironment.read(ENVIRONMENT)
    assert environment.market is Market.SINGAPORE
    return Publisher(
        Changes(environment),
        Bus(events, BUS, on_problem=lambda code, which: told.append((code, which)), pause=lambda _: None),
        on_problem=lambda _, where, error: told.append((type(error).__name__, where)),
    )


def record(number: int, table: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> Item:
    """A record as Lambda hands it over; `number` makes its sequence number."""
    item = new or old or {}
    change: Item = {
        "ApproximateCreationDateTime": 1_772_596_800.0,
        "Keys": {name: item[name] for name in _KEYS[table]},
        "SequenceNumber": str(10**20 + number),
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    if old is not None:
        change["OldImage"] = old
    if new is not None:
        change["NewImage"] = new
    return {
        "eventID": f"record-{number}",
        "eventName": "INSERT" if old is None else "REMOVE" if new is None else "MODIFY",
        "eventSource": "aws:dynamodb",
        "dynamodb": change,
        "eventSourceARN": f"arn:aws:dynamodb:ap-southeast-1:111122223333:table/{table}/stream/2026-03-04",
    }


def records(stream: Iterable[tuple[str, Item | None, Item | None]], table: str) -> list[Item]:
    """The records of one table, as of one shard."""
    return [record(number, name, old, new) for number, (name, old, new) in enumerate(stream) if name == table]


def sequence_number(stream_record: Item) -> str:
    number: str = stream_record["dynamodb"]["SequenceNumber"]
    return number
