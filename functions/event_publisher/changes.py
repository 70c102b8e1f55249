"""Records of the tables' streams -> the events that they make."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from ev_rental.rental.events import SOURCE, Event, alert_event, event_of
from ev_rental.rental.writes import Entity
from event_publisher.environment import PublisherEnvironment
from event_publisher.facts import FactEvent, fact_events
from rental_store import items

_Image = Mapping[str, Any] | None
_Events = Sequence[Event | FactEvent]
_encode: Final = msgspec.json.Encoder(order="sorted").encode


class UnknownTableError(Exception):
    """A record is of a table that the environment does not name."""


class Outgoing(Struct, frozen=True, kw_only=True):
    """An event on its way. `record`: the place in the batch of the record that made it. `item`: the item it
    is about; events of one item go out in order. `detail`: JSON. `occurred_at`: ms."""

    record: int
    item: str
    event_id: str
    detail_type: str
    occurred_at: int
    detail: str

    @property
    def size(self) -> int:
        """Bytes, as PutEvents counts them: 14 for the time, and the text in UTF-8.
        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html"""
        return 14 + len(SOURCE) + len(self.detail_type) + len(self.detail.encode())


class Changes:
    """Which table's changes make events by which rule."""

    def __init__(self, environment: PublisherEnvironment) -> None:
        self._market = environment.market
        self._rules: dict[str, Callable[[_Image, _Image], _Events]] = {
            environment.rental_table: _rental_events,
            environment.alerts_table: _alert_events,
            environment.vehicle_state_table: self._fact_events,
        }

    def events(self, number: int, record: Mapping[str, Any]) -> list[Outgoing]:
        """The events of the record at place `number` of its batch.

        Raises UnknownTableError, and what the images themselves raise when they are not what they should be.
        """
        table = record["eventSourceARN"].split("/")[1]
        rule = self._rules.get(table)
        if rule is None:
            raise UnknownTableError(f"no rule for table {table}: one of {', '.join(self._rules)} is expected")
        change = record["dynamodb"]
        return [
            Outgoing(
                record=number,
                item=item_of(record),
                event_id=event.event_id,
                detail_type=event.event_type,
                occurred_at=event.occurred_at,
                detail=_encode(event).decode(),
            )
            for event in rule(change.get("OldImage"), change.get("NewImage"))
        ]

    def _fact_events(self, before: _Image, after: _Image) -> _Events:
        return fact_events(_plain(before), _plain(after), self._market)


def item_of(record: Mapping[str, Any]) -> str:
    """A name of the record's item, unlike that of every other in its table."""
    return _encode(record["dynamodb"]["Keys"]).decode()


def _rental_events(before: _Image, after: _Image) -> _Events:
    event = event_of(_entity(before), _entity(after))
    return [] if event is None else [event]


def _alert_events(before: _Image, after: _Image) -> _Events:
    event = alert_event(_plain(before), _plain(after))
    return [] if event is None else [event]


def _entity(image: _Image) -> Entity | None:
    return None if image is None else items.entity_from(image)


def _plain(image: _Image) -> dict[str, Any] | None:
    return None if image is None else items.plain(image)
