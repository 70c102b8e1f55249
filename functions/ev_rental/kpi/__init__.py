"""Key figures of a market's day, and how they follow from its events."""

from ev_rental.kpi.daily import DailyKpis, DailyTotals

__all__ = ["DailyKpis", "DailyTotals"]
