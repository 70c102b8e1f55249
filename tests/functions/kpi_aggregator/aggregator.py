"""The deployed aggregator, with its table and bucket, at a time of our choice."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, cast

import pytest

from ev_rental.kpi import DailyTotals
from ev_rental.kpi.local_days import LocalDays
from ev_rental.rental.events import Event
from ev_rental.rental.market import rental_market
from ev_rental.vocabulary import Market
from kpi_aggregator import handler
from kpi_aggregator.ledger import Ledger
from kpi_store.connect import KpiParts
from kpi_store.items import demand_from, totals_from
from kpi_store.lake import Lake
from tests.functions.kpi_aggregator.history import BEGIN, message
from tests.functions.kpi_aggregator.kpi_table import KpiTable

SYDNEY = rental_market(Market.AUSTRALIA)


class Context:
    """Lambda's context: `times` are the answers to how many ms are left, the last one for ever."""

    def __init__(self, *times: int, request: str = "request") -> None:
        self._times = list(times) or [60_000]
        self.aws_request_id = request

    def get_remaining_time_in_millis(self) -> int:
        return self._times.pop(0) if len(self._times) > 1 else self._times[0]


class Bucket:
    """Takes objects."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, **request: Any) -> Any:
        assert request["Bucket"] == "curated"
        self.objects[request["Key"]] = request["Body"]

    def lines(self, table: str, day: date) -> list[dict[str, Any]] | None:
        body = self.objects.get(f"{table}/dt={day}/{table}.json")
        return None if body is None else [json.loads(line) for line in body.splitlines()]


class Aggregator:
    """The deployed function, with its table, at a time of our choice."""

    def __init__(self) -> None:
        self.table = KpiTable()
        self.bucket = Bucket()
        self.now = BEGIN
        self.context: Any = Context()
        days = LocalDays(SYDNEY.time_zone)
        self.parts = KpiParts(SYDNEY, days, self.table, "kpi", Lake(self.bucket, "curated"))
        self.ledger = Ledger(cast("Any", self.table), "kpi", days)

    @contextmanager
    def deployed(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(handler, "parts", lambda: self.parts)
            patch.setattr(handler, "now_ms", lambda: self.now)
            patch.setenv("POWERTOOLS_METRICS_NAMESPACE", "BlueHorizons/Analytics")
            yield

    def receive(self, events: list[Event]) -> list[Event]:
        """Answers the events that failed and come again."""
        records = [{"messageId": str(n), "body": message(event)} for n, event in enumerate(events)]
        answer = handler.handler({"Records": records}, self.context)
        return [events[int(failure["itemIdentifier"])] for failure in answer["batchItemFailures"]]

    def fold(self, context: Any = None) -> dict[str, Any]:
        return handler.handler({"task": "fold"}, context or self.context)

    def days(self) -> tuple[dict[date, DailyTotals], dict[date, dict[str, list[int]]]]:
        rows = self.table.rows
        totals = [totals_from(row) for (pk, _), row in sorted(rows.items()) if pk == "KPI"]
        demand = [demand_from(row) for (pk, _), row in sorted(rows.items()) if pk == "DEMAND"]
        return {row.day: row for row in totals}, dict(demand)
