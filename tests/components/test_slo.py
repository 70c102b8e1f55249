"""Objectives: the arithmetic of budgets against worked examples, and alarms that do just that arithmetic."""

import pytest
from hypothesis import given, strategies as st

from components.observability.metrics import Metric, bad_of_total
from components.observability.slo import (
    BURN_RATES,
    ERROR_RATE,
    LATENCY,
    SLOS,
    BurnRate,
    Minute,
    Slo,
    Surface,
    Urgency,
    bad_share,
    firing,
    verdict,
)
from components.observability.slo_alarms import SloAlarms, SloAlarmsArgs, Watch
from tests.components.cloudwatch_evaluator import COMPOSITE, METRIC_ALARM, speaks
from tests.recording import Recording, record
from tests.stacks import ROOT

FAST, STEADY, SLOW = BURN_RATES
DAY = 24 * 60


def minutes(count: int, share: float, *, total: int = 1_000) -> list[Minute]:
    """So many minutes of steady traffic, `share` of it bad."""
    return [Minute(total, round(total * share))] * count


def minutes_to_fire(slo: Slo, rate: BurnRate, share: float) -> float | None:
    """How long `share` of steady traffic is bad, after all was well, until `rate` fires; None is never."""
    threshold = slo.threshold(rate)
    return rate.long * threshold / share if share > threshold else None


# ---- the workbook's numbers --------------------------------------------------------------------------------


def test_two_per_cent_of_errors_for_an_hour_page() -> None:
    assert verdict(ERROR_RATE, minutes(60, 0.02)) is Urgency.PAGE


def test_two_per_cent_of_errors_for_a_minute_do_not() -> None:
    assert verdict(ERROR_RATE, [*minutes(59, 0), *minutes(1, 0.02)]) is None


def test_the_budget_of_99_9_per_cent_is_one_in_a_thousand_and_the_thresholds_are_its_multiples() -> None:
    assert ERROR_RATE.budget == 0.001
    assert [ERROR_RATE.threshold(rate) for rate in BURN_RATES] == [0.0144, 0.006, 0.001]


def test_when_they_fire_two_five_and_ten_per_cent_of_a_months_budget_are_gone() -> None:
    assert [rate.budget_spent for rate in BURN_RATES] == [0.02, 0.05, 0.1]


def test_windows_are_those_of_the_workbook_and_the_slow_one_wakes_nobody() -> None:
    assert [(rate.factor, rate.long, rate.short) for rate in BURN_RATES] == [
        (14.4, 60, 5),
        (6, 360, 30),
        (1, 4_320, 360),
    ]
    assert [rate.urgency for rate in BURN_RATES] == [Urgency.PAGE, Urgency.PAGE, Urgency.TICKET]


def test_a_total_outage_is_seen_within_the_minute_and_a_slow_leak_in_three_days() -> None:
    assert minutes_to_fire(ERROR_RATE, FAST, 1.0) == pytest.approx(0.864)
    assert minutes_to_fire(ERROR_RATE, STEADY, 0.01) == pytest.approx(216)
    assert minutes_to_fire(ERROR_RATE, SLOW, 0.0015) == pytest.approx(2 * DAY)
    assert minutes_to_fire(ERROR_RATE, SLOW, 0.001) is None


def test_the_time_to_fire_is_when_it_fires() -> None:
    after = minutes_to_fire(ERROR_RATE, FAST, 0.1)
    assert after is not None
    well = minutes(60, 0)
    assert FAST not in firing(ERROR_RATE, [*well, *minutes(int(after), 0.1)])
    assert FAST in firing(ERROR_RATE, [*well, *minutes(int(after) + 1, 0.1)])


def test_five_minutes_after_an_outage_nobody_is_paged_any_more() -> None:
    outage = minutes(20, 1.0)
    assert FAST in firing(ERROR_RATE, outage)
    assert FAST not in firing(ERROR_RATE, [*outage, *minutes(6, 0)])


def test_half_as_much_again_as_the_budget_for_three_days_is_a_ticket_and_no_page() -> None:
    assert verdict(ERROR_RATE, minutes(3 * DAY, 0.002)) is Urgency.TICKET


def test_a_night_without_requests_is_no_fault() -> None:
    assert bad_share(minutes(60, 0, total=0)) == 0
    assert verdict(ERROR_RATE, minutes(8 * 60, 0, total=0)) is None


# ---- guards ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("objective", [0.0, 1.0, 99.9, -0.5])
def test_an_objective_is_a_share(objective: float) -> None:
    with pytest.raises(ValueError, match=f"objective of x is {objective}"):
        Slo("x", Surface.ALERTS, "p", objective)


def test_an_objective_whose_page_could_never_fire_is_refused() -> None:
    with pytest.raises(ValueError, match="can never fire"):
        Slo("x", Surface.ALERTS, "p", 0.93)


def test_more_bad_events_than_events_are_refused() -> None:
    with pytest.raises(ValueError, match="2 of 1 events"):
        Minute(1, 2)


def test_every_promise_of_the_platform_has_an_objective() -> None:
    assert {slo.name for slo in SLOS} == {
        "availability",
        "error-rate",
        "latency",
        "throughput",
        "telemetry-freshness",
        "alert-delay",
    }
    assert {slo.surface for slo in SLOS} == set(Surface)
    assert LATENCY.limit_ms == 1_000


def test_the_page_says_what_is_promised() -> None:
    page = (ROOT / "docs" / "observability.md").read_text()
    for slo in SLOS:
        limit = f"{slo.limit_ms} ms " if slo.limit_ms else ""
        assert f"| `{slo.name}` | {slo.surface} | {slo.objective * 100:g} % | {limit}|" in page
    for rate in BURN_RATES:
        assert f"| {rate.budget_spent:.0%}".replace("%", " %") + f" | {rate.urgency} |" in page


# ---- alarms ------------------------------------------------------------------------------------------------


def _alarms() -> Recording:
    bad, total = Metric("N", "Bad", {}), Metric("N", "Total", {})
    watch = Watch(ERROR_RATE, bad_of_total([bad], [total]))
    topics = {Urgency.PAGE: "arn:page", Urgency.TICKET: "arn:ticket"}
    return record(lambda: SloAlarms("slo", SloAlarmsArgs("bluehorizons-dev-sg", [watch], topics, {})))


ALARMS = _alarms()


def told(history: list[Minute]) -> Urgency | None:
    """What the recorded alarms do after `history`: a page keeps its ticket quiet."""
    series = {"Bad": [float(m.bad) for m in history], "Total": [float(m.total) for m in history]}
    for urgency in Urgency:
        if speaks(ALARMS.one(COMPOSITE, f"-rider-api-{urgency}"), ALARMS, series):
            return urgency
    return None


def test_the_alarms_page_after_an_hour_of_two_per_cent_and_not_after_a_minute() -> None:
    assert told(minutes(60, 0.02)) is Urgency.PAGE
    assert told([*minutes(59, 0), *minutes(1, 0.02)]) is None


_SEGMENTS = st.lists(
    st.tuples(
        st.sampled_from([1, 4, 5, 6, 30, 59, 60, 61, 360, 1_000, 4_320]),
        st.sampled_from([0, 1, 1_000, 20_000]),
        st.sampled_from([0.0, 0.0005, 0.001, 0.0011, 0.0059, 0.0061, 0.0144, 0.0145, 0.02, 1.0]),
    ),
    min_size=1,
    max_size=6,
)


@given(_SEGMENTS)
def test_the_alarms_do_what_the_arithmetic_says(segments: list[tuple[int, int, float]]) -> None:
    history = [minute for count, total, share in segments for minute in minutes(count, share, total=total)]
    assert told(history) is verdict(ERROR_RATE, history)


def test_single_windows_tell_nobody_and_the_surface_tells_once() -> None:
    for alarm in ALARMS.all(METRIC_ALARM):
        assert "alarmActions" not in alarm.inputs
        assert alarm["treatMissingData"] == "notBreaching"
    page, ticket = (ALARMS.one(COMPOSITE, f"-rider-api-{urgency}") for urgency in Urgency)
    assert (page["alarmActions"], page["okActions"]) == (["arn:page"], ["arn:page"])
    assert (ticket["alarmActions"], ticket["okActions"]) == (["arn:ticket"], ["arn:ticket"])
    assert "actionsSuppressor" not in page.inputs
    assert ticket["actionsSuppressor"]["alarm"] == page["alarmName"] == "bluehorizons-dev-sg-rider-api-page"


def test_alarms_that_could_tell_nobody_are_refused() -> None:
    with pytest.raises(ValueError, match="topics has none for ticket"):
        SloAlarmsArgs("p", [], {Urgency.PAGE: "arn:page"}, {})


def test_more_metrics_than_an_alarm_takes_are_refused() -> None:
    many = [Metric("N", "Bad", {"FunctionName": str(number)}) for number in range(11)]
    with pytest.raises(ValueError, match="11 metrics in one alarm"):
        bad_of_total(many, many)
    assert len(bad_of_total(many[:10], many[:10]).queries) == 10
