"""Rows of the table `kpi`. No calls here.

| pk | sk | holds |
| --- | --- | --- |
| `KPI` | `<yyyy-mm-dd>` | a day's totals, the fields of `DailyTotals` |
| `DEMAND` | `<yyyy-mm-dd>` | `stations`: JSON, station id -> 24 numbers of holds, by local hour |
| `FORECAST` | `<yyyy-mm-dd>` | `stations`: likewise, of holds expected; `method`, `made_at` (ms) |

Days are local. What the aggregator keeps to make these rows is in the same table: `kpi_aggregator.ledger`.
"""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from ev_rental.kpi import DailyTotals
from rental_store import items

if TYPE_CHECKING:
    from rental_store.items import Attributes

KPI: Final = "KPI"
DEMAND: Final = "DEMAND"
FORECAST: Final = "FORECAST"

Demand = Mapping[str, list[int]]
"""Station id -> holds that began in each of the day's 24 local hours."""

_encode: Final = msgspec.json.Encoder(order="sorted").encode
_decode_stations: Final = msgspec.json.Decoder(dict[str, list[int]]).decode
_decode_expected: Final = msgspec.json.Decoder(dict[str, list[float]]).decode


class Forecast(Struct, frozen=True, kw_only=True):
    """`stations`: station id -> holds expected in each of the day's 24 local hours. `made_at`: ms."""

    day: date
    stations: dict[str, list[float]]
    method: str
    made_at: int


def key(kind: str, day: date) -> "Attributes":
    """The key of a row."""
    return {"pk": {"S": kind}, "sk": {"S": day.isoformat()}}


def totals_row(totals: DailyTotals) -> "Attributes":
    """The whole row of a day's totals."""
    return key(KPI, totals.day) | items.attributes(msgspec.to_builtins(totals))


def totals_from(row: Mapping[str, Any]) -> DailyTotals:
    """A day's totals. Raises msgspec.ValidationError when the row is something else."""
    return msgspec.convert(items.plain(row), DailyTotals)


def demand_row(day: date, stations: Demand) -> "Attributes":
    """The whole row of a day's demand."""
    return key(DEMAND, day) | items.attributes({"stations": _encode(stations).decode()})


def demand_from(row: Mapping[str, Any]) -> tuple[date, dict[str, list[int]]]:
    """A day and its demand."""
    plain = items.plain(row)
    return date.fromisoformat(plain["sk"]), _decode_stations(plain["stations"])


def forecast_row(forecast: Forecast) -> "Attributes":
    """The whole row of a day's forecast."""
    fields = {
        "stations": _encode(forecast.stations).decode(),
        "method": forecast.method,
        "made_at": forecast.made_at,
    }
    return key(FORECAST, forecast.day) | items.attributes(fields)


def forecast_from(row: Mapping[str, Any]) -> Forecast:
    """A day's forecast."""
    plain = items.plain(row)
    return Forecast(
        day=date.fromisoformat(plain["sk"]),
        stations=_decode_expected(plain["stations"]),
        method=plain["method"],
        made_at=plain["made_at"],
    )
