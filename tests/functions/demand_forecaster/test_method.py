"""The forecast's method, and its error against the forecast that repeats last week."""

import subprocess
import sys
from datetime import date, timedelta

import pytest
from hypothesis import given, settings, strategies as st

from demand_forecaster.backtest import DAYS, compare, generated_history
from demand_forecaster.errors import backtest
from demand_forecaster.method import HOURS, NAME, forecast, seasonal_naive
from tests.stacks import ROOT

MONDAY = date(2026, 3, 2)


def days(*counts: list[int], station: str = "a") -> dict[date, dict[str, list[int]]]:
    """Days from a Monday on."""
    return {MONDAY + timedelta(days=n): {station: hours} for n, hours in enumerate(counts)}


def test_a_week_that_repeats_exactly_is_forecast_exactly() -> None:
    week = [[(weekday + hour) % 5 for hour in range(HOURS)] for weekday in range(7)]
    history = days(*(week * 6))
    for n in range(7):
        assert forecast(history, MONDAY + timedelta(days=42 + n)) == {"a": pytest.approx(week[n], abs=0.01)}


def test_demand_that_doubles_is_caught_up_with() -> None:
    history = days(*([[2] * HOURS] * 28 + [[4] * HOURS] * 28))
    assert forecast(history, MONDAY + timedelta(days=56))["a"] == pytest.approx([4] * HOURS, rel=0.06)


def test_only_the_days_before_count() -> None:
    history = days(*[[1] * HOURS] * 21)
    seen = forecast(history, MONDAY + timedelta(days=14))
    for n in range(14, 21):
        history[MONDAY + timedelta(days=n)] = {"a": [99] * HOURS}
    assert forecast(history, MONDAY + timedelta(days=14)) == seen


def test_a_station_counts_from_its_first_hold_and_a_quiet_one_from_its_last_too() -> None:
    history = days(*([[0] * HOURS] * 30 + [[3] * HOURS] * 10))
    assert forecast(history, MONDAY + timedelta(days=40))["a"] == pytest.approx([3] * HOURS)
    for n in range(40, 100):
        history[MONDAY + timedelta(days=n)] = {}
    assert 0 <= max(forecast(history, MONDAY + timedelta(days=100))["a"]) < 0.1


def test_without_history_nothing_is_forecast_and_a_day_of_it_is_enough() -> None:
    assert forecast({}, MONDAY) == {}
    assert forecast(days([1] * HOURS), MONDAY + timedelta(days=1)) == {"a": [1.0] * HOURS}
    assert seasonal_naive(days([1] * HOURS), MONDAY + timedelta(days=1)) == {}


@settings(max_examples=30)
@given(
    counts=st.lists(st.lists(st.integers(0, 50), min_size=HOURS, max_size=HOURS), max_size=30),
    gap=st.integers(0, 5),
)
def test_a_forecast_is_never_negative_and_always_the_same(counts: list[list[int]], gap: int) -> None:
    history = days(*counts)
    day = MONDAY + timedelta(days=len(counts) + gap)
    made = forecast(history, day)
    assert made == forecast(dict(reversed(history.items())), day)
    assert all(holds >= 0 for hours in made.values() for holds in hours)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_the_method_is_at_least_as_good_as_repeating_last_week(seed: int) -> None:
    ours, naive = compare(generated_history(seed))
    assert ours.wape is not None
    assert naive.wape is not None
    assert ours.mase is not None
    assert ours.wape < 0.95 * naive.wape
    assert ours.mase < 1


def test_errors_are_those_of_the_books() -> None:
    steady = [2] * HOURS
    history = days(*([steady] * 7 + [[3] * HOURS] * 7 + [steady] * 7))
    naive = backtest(seasonal_naive, history, 7)
    assert (naive.hours, naive.wape, naive.mase) == (7 * HOURS, 0.5, 1.0)  # off by 1 of 2, as the week before


def test_a_history_too_short_to_judge_is_refused() -> None:
    with pytest.raises(ValueError, match="judge fewer"):
        backtest(forecast, days(*[[1] * HOURS] * 10), 7)


def test_the_generated_history_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    assert generated_history(1) == generated_history(1) != generated_history(2)
    assert len(generated_history(1)) == DAYS


def test_the_backtest_prints_the_error_of_both() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "demand_forecaster.backtest", "7"],
        cwd=ROOT / "functions",
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [line.split() for line in ran.stdout.splitlines() if line.split()[0] == "7"]
    assert [row[1] for row in rows] == [NAME, "seasonal-naive"]
    assert all(0 < float(row[2]) < 2 for row in rows)
