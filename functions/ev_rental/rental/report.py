"""Problems that riders report about a car."""

from typing import Final

from msgspec import Struct

from ev_rental.rental.vocabulary import ReportCategory

MAX_TEXT: Final = 2_000


class Report(Struct, frozen=True, kw_only=True):
    """`reporter_id`: the rider. `filed_at`: ms."""

    report_id: str
    reporter_id: str
    vehicle_id: str
    market: str
    category: ReportCategory
    text: str
    filed_at: int
    version: int
    changed_at: int
    booking_id: str | None = None
