"""The function that forecasts, over the table `kpi` (moto)."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from demand_forecaster import handler
from demand_forecaster.forecasts import HISTORY_DAYS, NoHistoryError
from demand_forecaster.method import NAME
from ev_rental.kpi import DailyTotals
from ev_rental.kpi.local_days import LocalDays
from ev_rental.rental.market import rental_market
from ev_rental.vocabulary import Market
from kpi_store.connect import KpiParts
from kpi_store.items import Forecast, demand_row, totals_row
from kpi_store.lake import Lake
from kpi_store.store import KpiStore
from tests.functions.kpi_store.moto_kpi import clients, new_table

TOKYO = rental_market(Market.JAPAN)
DAYS = LocalDays(TOKYO.time_zone)
TODAY = date(2026, 6, 10)
NOW = DAYS.start(TODAY) + 40 * 60_000


@pytest.fixture(scope="module")
def aws() -> Iterator[tuple[Any, Any]]:
    with clients() as found:
        yield found


@pytest.fixture
def parts(aws: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> KpiParts:
    dynamodb, s3 = aws
    made = KpiParts(TOKYO, DAYS, dynamodb, new_table(dynamodb), Lake(s3, "curated"))
    monkeypatch.setattr(handler, "parts", lambda: made)
    monkeypatch.setattr(handler, "now_ms", lambda: NOW)
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "BlueHorizons/Analytics")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "demand-forecaster")
    return made


def counted(parts: KpiParts, day: date, holds: int, *, complete: bool = True) -> None:
    """A day's rows; an incomplete one is counted until its noon."""
    as_of = DAYS.end(day) if complete else DAYS.start(day) + 12 * 3_600_000
    rows = [totals_row(DailyTotals(day=day, as_of=as_of)), demand_row(day, {"jp-shibuya": [holds] * 24})]
    for row in rows:
        parts.dynamodb.put_item(TableName=parts.table, Item=row)


def run() -> dict[str, Any]:
    context: Any = None
    return handler.handler({"task": "forecast"}, context)


def test_today_and_tomorrow_are_forecast_from_the_days_that_are_over(parts: KpiParts) -> None:
    for back in range(1, 22):
        counted(parts, TODAY - timedelta(days=back), 2)
    counted(parts, TODAY, 50, complete=False)
    assert run() == {"last": "2026-06-09", "days": ["2026-06-10", "2026-06-11"]}
    tomorrow = KpiStore(parts.dynamodb, parts.table).forecast(TODAY + timedelta(days=1))
    assert tomorrow == Forecast(
        day=TODAY + timedelta(days=1), stations={"jp-shibuya": [2.0] * 24}, method=NAME, made_at=NOW
    )


def test_a_day_that_was_not_counted_to_its_end_is_no_history(parts: KpiParts) -> None:
    for back in range(2, 22):
        counted(parts, TODAY - timedelta(days=back), 2)
    counted(parts, TODAY - timedelta(days=1), 50, complete=False)
    assert run() == {"last": "2026-06-08", "days": ["2026-06-09", "2026-06-10", "2026-06-11"]}


def test_old_history_is_left_out(parts: KpiParts) -> None:
    counted(parts, TODAY - timedelta(days=HISTORY_DAYS + 1), 50)
    counted(parts, TODAY - timedelta(days=1), 1)
    run()
    today = KpiStore(parts.dynamodb, parts.table).forecast(TODAY)
    assert today is not None
    assert today.stations == {"jp-shibuya": [1.0] * 24}


def test_the_forecast_is_in_the_lake_too(parts: KpiParts, aws: tuple[Any, Any]) -> None:
    counted(parts, TODAY - timedelta(days=1), 1)
    run()
    body = aws[1].get_object(Bucket="curated", Key="demand_forecast/dt=2026-06-11/demand_forecast.json")[
        "Body"
    ]
    rows = [json.loads(line) for line in body.read().splitlines()]
    assert rows[5] == {"station_id": "jp-shibuya", "hour": 5, "holds": 1.0}
    assert len(rows) == 24


def test_the_forecast_of_the_day_that_is_over_is_judged(
    parts: KpiParts, capsys: pytest.CaptureFixture[str]
) -> None:
    yesterday = TODAY - timedelta(days=1)
    for back in range(1, 10):
        counted(parts, TODAY - timedelta(days=back), 4 if back == 1 else 2)
    made = Forecast(day=yesterday, stations={"jp-shibuya": [3.0] * 24}, method=NAME, made_at=1)
    KpiStore(parts.dynamodb, parts.table).keep_forecast(made)
    run()
    emitted = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert (emitted[0]["ForecastWape"], emitted[0]["SeasonalNaiveWape"]) == ([25.0], [50.0])


def test_a_day_without_a_hold_has_no_error_to_tell(
    parts: KpiParts, capsys: pytest.CaptureFixture[str]
) -> None:
    counted(parts, TODAY - timedelta(days=1), 0)
    run()
    run()
    assert "ForecastWape" not in capsys.readouterr().out


def test_without_a_day_that_is_over_the_function_fails_and_says_so(parts: KpiParts) -> None:
    counted(parts, TODAY, 1, complete=False)
    with pytest.raises(NoHistoryError, match="look at the aggregator"):
        run()


def test_a_task_that_the_function_does_not_have_is_refused() -> None:
    context: Any = None
    with pytest.raises(handler.UnknownTaskError, match="'fold' is no task"):
        handler.handler({"task": "fold"}, context)
