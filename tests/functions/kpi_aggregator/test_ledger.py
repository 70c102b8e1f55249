"""The ledger's calls as DynamoDB itself understands them (moto)."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from ev_rental.kpi import DailyTotals
from ev_rental.kpi.facts import AlertRaised, CarStood, Fact, Standing, TripInvoiced
from ev_rental.kpi.fold import Car
from ev_rental.kpi.local_days import LocalDays
from kpi_aggregator.ledger import KEEP_DAYS, Ledger, Progress
from tests.functions.kpi_store.moto_kpi import clients, new_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DAY = date(2026, 4, 3)
DAYS = LocalDays("Asia/Singapore")


@pytest.fixture(scope="module")
def client() -> Iterator["DynamoDBClient"]:
    with clients() as (dynamodb, _):
        yield dynamodb


@pytest.fixture
def ledger(client: "DynamoDBClient") -> Ledger:
    return Ledger(client, new_table(client), DAYS)


def test_a_day_gives_back_its_facts_and_openings(ledger: Ledger) -> None:
    facts: list[Fact] = [
        CarStood(vehicle_id="SG-EV-000001", at=5, version=7, standing=Standing.READY, held_at="sg-orchard"),
        AlertRaised(vehicle_id="SG-EV-000001", at=6, alert_id="collision#0000000000006"),
        TripInvoiced(invoice_id="i", at=7, net=1_250),
    ]
    for fact in [*facts, facts[0]]:
        ledger.keep(DAY, fact)
    cars = {f"SG-EV-{n:06d}": Car(version=n, standing=Standing.DOWN, alerts=["a"]) for n in range(60)}
    ledger.open(DAY, {}, cars)
    known = ledger.facts(DAY)
    assert sorted(known.facts, key=lambda fact: fact.at) == facts
    assert known.openings == ledger.openings(DAY) == cars
    fewer = {vehicle_id: car for vehicle_id, car in cars.items() if car.version < 30}
    ledger.open(DAY, cars, fewer)
    assert ledger.openings(DAY) == fewer
    assert ledger.facts(DAY + timedelta(days=1)).facts == []


def test_what_a_day_is_made_of_is_forgotten_some_day_and_its_rows_never(client: "DynamoDBClient") -> None:
    table = new_table(client)
    ledger = Ledger(client, table, DAYS)
    ledger.keep(DAY, TripInvoiced(invoice_id="i", at=7, net=1))
    ledger.open(DAY, {}, {"SG-EV-000001": Car(version=1)})
    ledger.publish(DailyTotals(day=DAY, as_of=9, trips=2), {"sg-orchard": [1] * 24})
    forget_at = str(DAYS.end(DAY + timedelta(days=KEEP_DAYS)) // 1000)
    rows = client.scan(TableName=table)["Items"]
    kept = {row["pk"]["S"]: row.get("expires_at", {}).get("N") for row in rows}
    assert kept == {f"DAY#{DAY}": forget_at, "KPI": None, "DEMAND": None}
    assert ledger.published(DAY) == (DailyTotals(day=DAY, as_of=9, trips=2), {"sg-orchard": [1] * 24})
    assert ledger.published(DAY + timedelta(days=1)) is None


def test_a_day_stays_stale_when_it_was_marked_again_meanwhile(ledger: Ledger) -> None:
    assert ledger.mark_stale(DAY) == 1
    seen = ledger.stale()
    assert ledger.mark_stale(DAY) == 2
    ledger.settle(DAY, seen[DAY])
    assert ledger.stale() == {DAY: 2}
    ledger.settle(DAY, 2)
    ledger.settle(DAY, 2)
    assert ledger.stale() == {}


def test_one_holds_the_lease_until_it_is_given_back_or_over(ledger: Ledger) -> None:
    assert ledger.lease("one", now=100, until=200)
    assert not ledger.lease("two", now=150, until=300)
    assert ledger.lease("two", now=201, until=300)
    ledger.release("one")  # no longer its own
    assert not ledger.lease("three", now=250, until=300)
    ledger.release("two")
    assert ledger.lease("three", now=250, until=300)


def test_progress_is_read_as_it_was_written(ledger: Ledger) -> None:
    assert ledger.progress() is None
    progress = Progress(first=DAY, next=DAY + timedelta(days=3))
    ledger.advance(progress)
    assert ledger.progress() == progress
