"""Backtest on generated history: `PYTHONPATH=functions python -m demand_forecaster.backtest [SEED...]`.

Prints the error of the method beside that of the seasonal-naive forecast; ends with 1 when it is larger.
"""

import math
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from demand_forecaster.errors import ForecastError, backtest
from demand_forecaster.method import HOURS, NAME, History, forecast, seasonal_naive

FIRST_DAY = date(2026, 1, 5)
DAYS = 84
JUDGED_DAYS = 28
_COMMUTE = (1, 1, 1, 1, 2, 5, 14, 28, 26, 14, 9, 9, 11, 11, 10, 12, 18, 29, 30, 22, 15, 10, 6, 3)
_LEISURE = (6, 4, 2, 1, 1, 1, 2, 4, 8, 14, 19, 22, 23, 22, 21, 20, 19, 18, 17, 16, 14, 12, 10, 8)
_STATIONS = {"harbour": 1.6, "central": 1.0, "university": 0.55, "airport": 0.9, "suburb": 0.18}
"""Mean holds an hour, on a working day of the first week."""


def generated_history(seed: int, days: int = DAYS) -> dict[date, dict[str, list[int]]]:
    """A market's demand: commuters and weekends, weather, holidays, growth, a station that closes for a week
    and one that opens late; counts are Poisson. The same for the same seed."""
    chance = Random(seed)  # noqa: S311 - no secret, a repeatable experiment
    holidays = {chance.randrange(days) for _ in range(days // 21)}
    closed = range(days // 2, days // 2 + 7)
    history: dict[date, dict[str, list[int]]] = {}
    for number in range(days):
        day = FIRST_DAY + timedelta(days=number)
        free = day.weekday() >= 5 or number in holidays
        profile = _LEISURE if free else _COMMUTE
        mood = math.exp(chance.gauss(0, 0.15)) * 1.003**number
        history[day] = {}
        for place, (station, mean) in enumerate(_STATIONS.items()):
            if (place == 2 and number in closed) or (place == 4 and number < days // 4):
                continue
            scale = mean * mood * HOURS / sum(_COMMUTE)
            history[day][station] = [_poisson(chance, scale * weight) for weight in profile]
    return history


def _poisson(chance: Random, mean: float) -> int:
    """Knuth's method: count how many uniform numbers it takes to fall below exp(-mean)."""
    count, product, limit = 0, chance.random(), math.exp(-mean)
    while product > limit:
        count += 1
        product *= chance.random()
    return count


def compare(history: History, days: int = JUDGED_DAYS) -> tuple[ForecastError, ForecastError]:
    """The errors of the method and of the seasonal-naive forecast."""
    return backtest(forecast, history, days), backtest(seasonal_naive, history, days)


def report(seeds: Sequence[int]) -> tuple[str, bool]:
    """A table, and whether the method is at least as good on every history."""
    lines = [
        f"{DAYS} generated days, {len(_STATIONS)} stations, the last {JUDGED_DAYS} days judged a day ahead",
        f"{'seed':>6}  {'method':<36} {'WAPE':>7} {'MASE':>7}",
    ]
    good = True
    for seed in seeds:
        ours, naive = compare(generated_history(seed))
        for name, error in ((NAME, ours), ("seasonal-naive", naive)):
            lines.append(f"{seed:>6}  {name:<36} {error.wape or 0:>7.3f} {error.mase or 0:>7.3f}")
        good &= (ours.wape or 0) <= (naive.wape or 0)
    return "\n".join(lines) + "\n", good


if __name__ == "__main__":
    table, at_least_as_good = report([int(seed) for seed in sys.argv[1:]] or [1, 2, 3])
    sys.stdout.write(table)
    sys.exit(not at_least_as_good)
