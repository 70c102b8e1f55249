"""Key figures: what it costs to fold the day of a thousand cars, and how wrong the forecast is.

The reference is to decode the same facts and do nothing with them: what no way of folding can spare.
"""

import statistics
import time
from datetime import date
from typing import Any, Final

import msgspec

from demand_forecaster.backtest import JUDGED_DAYS, compare, generated_history
from demand_forecaster.method import forecast
from ev_rental.kpi.facts import CarStood, Fact, Standing, TripEnded, TripInvoiced
from ev_rental.kpi.fold import DayFacts, fold_day
from ev_rental.kpi.local_days import LocalDays

CARS: Final = 1_000
TRIPS: Final = 10
DAY: Final = date(2026, 3, 4)
ROUNDS: Final = 7
_STEPS: Final = (Standing.READY, Standing.IN_USE, Standing.IN_USE, Standing.READY)
_decode: Final = msgspec.json.Decoder(Fact).decode


def _facts(days: LocalDays) -> list[Fact]:
    """A day on which every car makes TRIPS trips of half an hour."""
    begin, facts = days.start(DAY), list[Fact]()
    for car in range(CARS):
        for trip in range(TRIPS):
            at = begin + trip * 7_200_000 + car
            for step, standing in enumerate(_STEPS):
                facts.append(
                    CarStood(
                        vehicle_id=f"SG-EV-{car:06d}",
                        at=at + step * 600_000,
                        version=trip * 4 + step,
                        standing=standing,
                        held_at="sg-orchard" if step == 0 else None,
                    )
                )
            name = f"booking-{car}-{trip}"
            facts.append(TripEnded(booking_id=name, at=at + 1_800_000, metres=9_000, energy_wh=1_500))
            facts.append(TripInvoiced(invoice_id=name, at=at + 1_800_000, net=1_250))
    return facts


def run() -> dict[str, Any]:
    """Measures, prints a line a figure and returns the same figures."""
    days = LocalDays("Asia/Singapore")
    lines = [msgspec.json.encode(fact) for fact in _facts(days)]
    decoding, folding = [], []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        facts = [_decode(line) for line in lines]
        decoded = time.perf_counter()
        done = fold_day(DayFacts(day=DAY, openings={}, facts=facts), days, days.end(DAY))
        folding.append(time.perf_counter() - begun)
        decoding.append(decoded - begun)
    assert done.totals.trips == CARS * TRIPS  # noqa: S101 - a figure of something else is none
    seconds, ratio = statistics.median(folding), statistics.median(folding) / statistics.median(decoding)
    history = generated_history(1)
    ours, naive = compare(history)
    begun = time.perf_counter()
    forecast(history, max(history))
    forecasting = time.perf_counter() - begun
    figures = {
        "facts_of_a_day": len(lines),
        "fold_milliseconds": round(1_000 * seconds),
        "fold_ratio_to_decoding": round(ratio, 2),
        "forecast_milliseconds": round(1_000 * forecasting, 1),
        "forecast_wape": round(ours.wape or 0, 3),
        "seasonal_naive_wape": round(naive.wape or 0, 3),
    }
    print(
        f"key figures, a day of {CARS} cars ({len(lines)} facts): {1_000 * seconds:.0f} ms, "
        f"{ratio:.1f} x decoding them"
    )
    print(
        f"forecast, WAPE over {JUDGED_DAYS} days: {ours.wape:.3f}, seasonal-naive {naive.wape:.3f}; "
        f"a forecast takes {1_000 * forecasting:.1f} ms"
    )
    return figures


if __name__ == "__main__":
    run()
