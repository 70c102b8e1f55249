"""A day's totals and the key figures that follow from them. Days are the market's local ones."""

from datetime import date
from typing import Final

from msgspec import Struct

_MS_A_MINUTE: Final = 60_000
_WH_A_KWH: Final = 1_000


class DailyKpis(Struct, frozen=True, kw_only=True):
    """`revenue_minor`: net of tax, in minor units of the market's currency. `utilisation`, `availability`: 0
    to 1, 0 without a fleet. `mean_time_to_repair_minutes`: None when nothing was repaired. `energy_kwh`:
    what trips took from the batteries. `as_of`: ms, until when the day is counted: its end once it is
    over."""

    day: date
    trips: int
    revenue_minor: int
    utilisation: float
    availability: float
    mean_time_to_repair_minutes: float | None
    energy_kwh: float
    as_of: int


class DailyTotals(Struct, frozen=True, kw_only=True):
    """What a day comes to, in whole numbers. `as_of`: ms, until when it is counted.

    Of trips that ended on the day: `trips`, `metres` and `energy_wh`, as far as the cars told, and
    `revenue_minor`, the net amount of their invoices. Of alerts resolved on the day that had kept a car from
    being rented: `repairs`, and `repair_ms` from raised to resolved. Of all cars together: `fleet_ms` in the
    fleet (not removed), of which `in_use_ms` on a trip and `ready_ms` free or held, without such an alert.
    """

    day: date
    as_of: int
    trips: int = 0
    metres: int = 0
    energy_wh: int = 0
    revenue_minor: int = 0
    repairs: int = 0
    repair_ms: int = 0
    fleet_ms: int = 0
    in_use_ms: int = 0
    ready_ms: int = 0

    @property
    def kpis(self) -> DailyKpis:
        """The day's key figures."""
        fleet = self.fleet_ms or 1
        return DailyKpis(
            day=self.day,
            trips=self.trips,
            revenue_minor=self.revenue_minor,
            utilisation=self.in_use_ms / fleet,
            availability=(self.in_use_ms + self.ready_ms) / fleet,
            mean_time_to_repair_minutes=(
                self.repair_ms / self.repairs / _MS_A_MINUTE if self.repairs else None
            ),
            energy_kwh=self.energy_wh / _WH_A_KWH,
            as_of=self.as_of,
        )
