"""What a fold does and leaves, one rule a test."""

import json
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest

from ev_rental.alerts import alert_id
from ev_rental.kpi import DailyTotals
from ev_rental.kpi.facts import AlertRaised, AlertResolved, CarStood, Fact, Standing, TripEnded
from ev_rental.kpi.fold import Car
from ev_rental.kpi.local_days import LocalDays, days_from
from ev_rental.rental.events import Event, alert_event
from kpi_aggregator import handler
from kpi_aggregator.events import facts_in
from kpi_aggregator.ledger import KEEP_DAYS
from kpi_store.lake import DAILY_KPIS, STATION_DEMAND
from rental_events.messages import PoisonedError
from tests.functions.kpi_aggregator.aggregator import Aggregator, Context
from tests.functions.kpi_aggregator.history import BEGIN, DAY, HOUR, MINUTE, Step, history, message
from tests.functions.kpi_aggregator.kpi_table import Broken

DAYS = LocalDays("Australia/Sydney")
TODAY = DAYS.day_of(BEGIN)
CAR = "AU-EV-000001"


def stood(at: int, version: int, standing: Standing = Standing.READY, held_at: str | None = None) -> CarStood:
    return CarStood(vehicle_id=CAR, at=at, version=version, standing=standing, held_at=held_at)


def keep(aggregator: Aggregator, *facts: Fact) -> None:
    for fact in facts:
        day = DAYS.day_of(fact.at)
        aggregator.ledger.keep(day, fact)
        aggregator.ledger.mark_stale(day)


def folded(aggregator: Aggregator, *, times: tuple[int, ...] = ()) -> dict[str, Any]:
    with aggregator.deployed():
        return aggregator.fold(Context(*times))


def totals(aggregator: Aggregator) -> dict[date, DailyTotals]:
    return aggregator.days()[0]


def test_days_are_the_markets_and_as_long_as_its_clock_says() -> None:
    for day, hours in ((date(2026, 4, 5), 25), (date(2026, 10, 4), 23), (date(2026, 4, 6), 24)):
        assert DAYS.end(day) - DAYS.start(day) == hours * HOUR
        assert DAYS.day_of(DAYS.start(day)) == day
        assert DAYS.day_of(DAYS.end(day) - 1) == day
    assert DAYS.hour_of(DAYS.start(date(2026, 10, 4)) + 2 * HOUR) == 3


def test_a_car_on_a_trip_over_midnight_is_used_on_both_days() -> None:
    aggregator = Aggregator()
    midnight = DAYS.end(TODAY)
    keep(aggregator, stood(midnight - 3 * HOUR, 1), stood(midnight - HOUR, 2, Standing.IN_USE))
    aggregator.now = midnight + 2 * HOUR
    folded(aggregator)
    first, second = totals(aggregator).values()
    assert (first.fleet_ms, first.in_use_ms, first.ready_ms) == (3 * HOUR, HOUR, 2 * HOUR)
    assert (second.fleet_ms, second.in_use_ms, second.as_of) == (2 * HOUR, 2 * HOUR, aggregator.now)


def test_a_car_that_nothing_happens_to_counts_every_day() -> None:
    aggregator = Aggregator()
    keep(aggregator, stood(DAYS.start(TODAY), 1))
    aggregator.now = DAYS.start(TODAY + timedelta(days=5))
    folded(aggregator)
    aggregator.now = DAYS.start(TODAY + timedelta(days=8))
    assert folded(aggregator)["days"] == [str(TODAY + timedelta(days=n)) for n in (5, 6, 7, 8)]
    found = totals(aggregator)
    assert [day.ready_ms // HOUR for day in found.values()] == [24, 24, 25, 24, 24, 24, 24, 24, 0]


def test_an_alert_that_blocks_a_free_car_makes_it_unavailable_until_it_is_resolved() -> None:
    aggregator = Aggregator()
    begin = DAYS.start(TODAY)
    raised = AlertRaised(vehicle_id=CAR, at=begin + HOUR, alert_id="collision#1")
    over = AlertResolved(vehicle_id=CAR, at=begin + 3 * HOUR, alert_id="collision#1", raised_at=begin + HOUR)
    keep(aggregator, stood(begin, 1), raised, over)
    aggregator.now = begin + 4 * HOUR
    folded(aggregator)
    (day,) = totals(aggregator).values()
    assert (day.fleet_ms, day.ready_ms, day.repairs, day.repair_ms) == (4 * HOUR, 2 * HOUR, 1, 2 * HOUR)
    assert day.kpis.availability == 0.5
    assert day.kpis.mean_time_to_repair_minutes == 120


def test_an_event_of_an_earlier_day_than_any_before_leaves_no_day_out() -> None:
    aggregator = Aggregator()
    keep(aggregator, TripEnded(booking_id="late", at=BEGIN))
    folded(aggregator)
    keep(aggregator, TripEnded(booking_id="early", at=BEGIN - 4 * DAY))
    folded(aggregator)
    assert list(totals(aggregator)) == list(days_from(TODAY - timedelta(days=4), TODAY))


EARLY = (TripEnded(booking_id="early", at=BEGIN - 6 * DAY), stood(BEGIN - 5 * DAY, 0, Standing.IN_USE))
LATE = (stood(BEGIN - 2 * DAY, 2, Standing.DOWN), TripEnded(booking_id="late", at=BEGIN - 2 * DAY))


@pytest.mark.parametrize("news", [EARLY, EARLY[:1], LATE])
def test_a_fold_that_dies_at_any_call_is_made_good_by_the_next(news: tuple[Fact, ...]) -> None:
    known = stood(BEGIN - 3 * DAY, 1)
    untroubled = Aggregator()
    keep(untroubled, known, *news)
    untroubled.now += HOUR
    folded(untroubled)
    died = 0
    for calls in count():
        aggregator = Aggregator()
        keep(aggregator, known)
        folded(aggregator)
        keep(aggregator, *news)
        aggregator.table.break_at((calls, "after"))
        try:
            folded(aggregator)
        except Broken:
            died += 1
        else:
            break
        aggregator.table.break_at(None)
        aggregator.now += HOUR
        folded(aggregator)
        assert aggregator.days() == untroubled.days(), calls
    assert died > 20


def test_a_car_known_by_an_alert_alone_is_forgotten_when_the_alert_turns_out_to_be_over() -> None:
    aggregator = Aggregator()
    ledger = aggregator.ledger
    keep(aggregator, AlertRaised(vehicle_id=CAR, at=BEGIN - DAY, alert_id="collision#1"))
    folded(aggregator)
    assert ledger.openings(TODAY) == {CAR: Car(alerts=["collision#1"])}
    over = AlertResolved(vehicle_id=CAR, at=BEGIN - DAY + 5, alert_id="collision#1", raised_at=BEGIN - DAY)
    keep(aggregator, over)
    folded(aggregator)
    assert ledger.openings(TODAY) == {}


def test_while_one_folds_another_does_nothing() -> None:
    aggregator = Aggregator()
    keep(aggregator, TripEnded(booking_id="b", at=BEGIN))
    ledger = aggregator.ledger
    assert ledger.lease("other", BEGIN, BEGIN + MINUTE)
    assert folded(aggregator) == {"days": [], "finished": True, "leased": False}
    assert totals(aggregator) == {}
    aggregator.now = BEGIN + MINUTE + 1  # whoever held it is gone by now
    assert folded(aggregator)["leased"]
    assert ledger.lease("third", aggregator.now, aggregator.now + 1)  # given back at the end


def test_what_comes_in_while_a_day_is_folded_is_folded_next_time() -> None:
    aggregator = Aggregator()
    ledger = aggregator.ledger
    keep(aggregator, TripEnded(booking_id="first", at=BEGIN - DAY))
    seen = ledger.stale()
    keep(aggregator, TripEnded(booking_id="second", at=BEGIN - DAY))
    ledger.settle(TODAY - timedelta(days=1), seen[TODAY - timedelta(days=1)])
    assert list(ledger.stale()) == [TODAY - timedelta(days=1)]
    folded(aggregator)
    assert ledger.stale() == {}


def test_a_fold_without_time_leaves_the_rest_to_the_next() -> None:
    aggregator = Aggregator()
    keep(aggregator, TripEnded(booking_id="b", at=BEGIN - 3 * DAY))
    answer = folded(aggregator, times=(60_000, 60_000, 60_000, 19_999))
    assert (len(answer["days"]), answer["finished"]) == (2, False)
    assert folded(aggregator)["days"] == [str(TODAY - timedelta(days=1)), str(TODAY)]
    assert len(totals(aggregator)) == 4


def test_a_day_goes_to_the_lake_when_it_is_over_and_again_when_it_changes() -> None:
    aggregator = Aggregator()
    keep(aggregator, stood(BEGIN, 1, held_at="au-one"), TripEnded(booking_id="b", at=BEGIN, metres=700))
    folded(aggregator)
    assert aggregator.bucket.objects == {}
    aggregator.now += DAY
    folded(aggregator)
    assert aggregator.bucket.lines(STATION_DEMAND, TODAY) == [
        {"station_id": "au-one", "hour": 11, "holds": 1}
    ]
    (row,) = aggregator.bucket.lines(DAILY_KPIS, TODAY) or []
    assert (row["day"], row["metres"], row["currency"]) == (str(TODAY), 700, "AUD")
    aggregator.bucket.objects.clear()
    folded(aggregator)
    assert aggregator.bucket.objects == {}
    keep(aggregator, stood(BEGIN + HOUR, 3, held_at="au-two"))
    folded(aggregator)
    assert len(aggregator.bucket.lines(STATION_DEMAND, TODAY) or []) == 2


def test_facts_older_than_are_kept_change_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    aggregator = Aggregator()
    raised_at = BEGIN - (KEEP_DAYS + 2) * DAY
    alert = {
        "vehicle_id": CAR,
        "alert_id": alert_id("collision", raised_at),
        "market": "au",
        "status": "RESOLVED",
        "blocking": True,
        "raised_at": raised_at,
        "resolved_at": BEGIN,
    }
    event = alert_event(None, alert)
    assert event is not None
    with aggregator.deployed():
        assert aggregator.receive([event]) == []
    assert '"FactsTooOld":[1' in capsys.readouterr().out.replace(" ", "")
    aggregator.ledger.mark_stale(TODAY - timedelta(days=KEEP_DAYS + 1))
    folded(aggregator)
    assert list(totals(aggregator)) == [TODAY]
    assert aggregator.ledger.stale() == {}


# ---- messages ----------------------------------------------------------------------------------------------


def one_event() -> Event:
    return history([Step(car=1, what="change", pick=0, wait=0)])[0]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"source": "somebody.else"}, "check the bus rule"),
        ({"detail-type": "trip.started"}, "check the bus rule"),
        ({"detail": {"schemaVersion": "2.0"}}, "1.x is understood"),
        ({"detail": {"market": "sg"}}, "counts 'au'"),
        ({"detail": {"data": {"vehicle_id": CAR}}}, "missing required field"),
        ({"detail": "text"}, "no event of the bus"),
    ],
)
def test_a_message_that_no_repetition_makes_good_fails_alone_and_says_why(
    change: dict[str, Any], why: str
) -> None:
    aggregator = Aggregator()
    good = message(one_event())
    bad = json.loads(good)
    detail = change.get("detail")
    if isinstance(detail, dict):
        change = {"detail": bad["detail"] | detail}
    bodies = [json.dumps(bad | change), good]
    records = [{"messageId": f"m{number}", "body": body} for number, body in enumerate(bodies)]
    with aggregator.deployed():
        answer = handler.handler({"Records": records}, aggregator.context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    with pytest.raises(PoisonedError, match=why):
        facts_in(bodies[0], "au")
    assert [row["sk"]["S"] for (pk, _), row in aggregator.table.rows.items() if pk.startswith("DAY#")] == [
        f"FACT#CAR#{CAR}#0000000001"
    ]


def test_a_task_that_the_function_does_not_have_is_refused() -> None:
    with pytest.raises(handler.UnknownTaskError, match="'sweep' is no task"):
        handler.handler({"task": "sweep"}, Aggregator().context)
