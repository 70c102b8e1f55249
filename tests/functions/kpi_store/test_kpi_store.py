"""The table `kpi` as its readers see it, on moto's DynamoDB."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from ev_rental.kpi import DailyTotals
from kpi_store.items import Forecast, demand_row, forecast_row, totals_row
from kpi_store.store import KpiStore
from tests.functions.kpi_store.moto_kpi import clients, new_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DAY = date(2026, 3, 1)


@pytest.fixture(scope="module")
def client() -> Iterator["DynamoDBClient"]:
    with clients() as (dynamodb, _):
        yield dynamodb


@pytest.fixture
def table(client: "DynamoDBClient") -> str:
    return new_table(client)


def test_days_come_oldest_first_both_ends_included(client: "DynamoDBClient", table: str) -> None:
    for back in (3, 0, 2, 1):
        totals = DailyTotals(day=DAY - timedelta(days=back), as_of=1, trips=back)
        client.put_item(TableName=table, Item=totals_row(totals))
    found = KpiStore(client, table).days(DAY - timedelta(days=2), DAY)
    assert [(kpis.day, kpis.trips) for kpis in found] == [
        (DAY - timedelta(days=2), 2),
        (DAY - timedelta(days=1), 1),
        (DAY, 0),
    ]


def test_figures_follow_from_a_days_totals(client: "DynamoDBClient", table: str) -> None:
    totals = DailyTotals(
        day=DAY,
        as_of=1_772_380_800_000,
        trips=4,
        metres=52_000,
        energy_wh=8_250,
        revenue_minor=6_110,
        repairs=2,
        repair_ms=5_400_000,
        fleet_ms=1_000,
        in_use_ms=250,
        ready_ms=500,
    )
    client.put_item(TableName=table, Item=totals_row(totals))
    (kpis,) = KpiStore(client, table).days(DAY, DAY)
    assert (kpis.trips, kpis.revenue_minor, kpis.energy_kwh) == (4, 6_110, 8.25)
    assert (kpis.utilisation, kpis.availability) == (0.25, 0.75)
    assert kpis.mean_time_to_repair_minutes == 45.0
    assert kpis.as_of == 1_772_380_800_000


def test_a_day_without_cars_and_repairs_has_figures_too() -> None:
    kpis = DailyTotals(day=DAY, as_of=1).kpis
    assert (kpis.utilisation, kpis.availability, kpis.mean_time_to_repair_minutes) == (0.0, 0.0, None)


def test_more_days_than_a_page_holds_are_all_read(client: "DynamoDBClient", table: str) -> None:
    busy = {f"station-{number}": [number] * 24 for number in range(1_500)}
    for back in range(20):
        client.put_item(TableName=table, Item=demand_row(DAY - timedelta(days=back), busy))
    found = KpiStore(client, table).demand(DAY - timedelta(days=30), DAY)
    assert len(found) == 20
    assert found[DAY]["station-7"] == [7] * 24


def test_a_forecast_is_read_as_it_was_written(client: "DynamoDBClient", table: str) -> None:
    store = KpiStore(client, table)
    assert store.forecast(DAY) is None
    forecast = Forecast(day=DAY, stations={"sg-orchard": [0.125] * 24}, method="seasonal", made_at=5)
    client.put_item(TableName=table, Item=forecast_row(forecast))
    assert store.forecast(DAY) == forecast


def test_days_the_wrong_way_round_are_refused(client: "DynamoDBClient", table: str) -> None:
    with pytest.raises(ValueError, match="exchange them"):
        KpiStore(client, table).days(DAY, DAY - timedelta(days=1))
