"""What is behind a demonstration fleet: riders, bookings and their invoices, and key figures of past days."""

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from ev_rental.kpi import DailyTotals
from ev_rental.rental.booking import Booking, step
from ev_rental.rental.ids import derived_id
from ev_rental.rental.invoice import Invoice, invoice_for
from ev_rental.rental.market import RentalMarket
from ev_rental.rental.rider import Rider
from ev_rental.rental.vocabulary import BookingState
from local.fleet.car import Car

MINUTE: Final = 60_000
DAY: Final = 86_400_000
_A_DAY: Final = 42
"""How many bookings of a past day are made up: enough to look at, few enough to start quickly."""


def riders(count: int) -> list[Rider]:
    """Verified riders without a booking."""
    return [
        Rider(rider_id=derived_id("demo-rider", number), verified=True, version=1, changed_at=1)
        for number in range(count)
    ]


def bookings(
    market: RentalMarket, cars: Sequence[Car], people: Sequence[Rider], *, days: int, now: int, rng: Random
) -> tuple[list[Booking], list[Invoice]]:
    """Bookings that are over, of the last `days`, and the invoices of those that were driven."""
    made: list[Booking] = []
    invoices: list[Invoice] = []
    for number in range(days * _A_DAY):
        created = now - rng.randrange(90 * MINUTE, days * DAY)
        booking = Booking(
            booking_id=derived_id("demo-booking", number, created),
            rider_id=rng.choice(people).rider_id,
            vehicle_id=rng.choice(cars).vehicle_id,
            market=market.market,
            plan_id=market.tariff_at(created).plans[0].plan_id,
            tariff_id=market.tariff_at(created).tariff_id,
            state=BookingState.HELD,
            created_at=created,
            hold_expires_at=created + market.limits.hold_minutes * MINUTE,
            version=1,
            changed_at=created,
        )
        if rng.random() < 0.12:
            state = rng.choice((BookingState.EXPIRED, BookingState.CANCELLED))
            made.append(step(booking, state, booking.hold_expires_at))
            continue
        completed = _driven(booking, rng)
        invoice = invoice_for(completed, market, completed.changed_at + 4_000)
        invoices.append(invoice)
        at = invoice.created_at
        made.append(step(completed, BookingState.INVOICED, at, invoice_id=invoice.invoice_id))
    return made, invoices


def live_booking(market: RentalMarket, car: Car, rider: Rider, *, active: bool, now: int) -> Booking:
    """The booking that a reserved car, or one on a trip, has right now."""
    ago = car.rng.randrange(1, 12) if not active else car.rng.randrange(8, 55)
    created = now - ago * MINUTE
    tariff = market.tariff_at(created)
    booking = Booking(
        booking_id=derived_id("demo-live", car.vehicle_id, created),
        rider_id=rider.rider_id,
        vehicle_id=car.vehicle_id,
        market=market.market,
        plan_id=tariff.plans[0].plan_id,
        tariff_id=tariff.tariff_id,
        state=BookingState.HELD,
        created_at=created,
        hold_expires_at=created + market.limits.hold_minutes * MINUTE,
        version=1,
        changed_at=created,
    )
    if not active:
        return booking
    started = created + 3 * MINUTE
    odometer = max(0, car.odometer - (now - started) // MINUTE * 500)
    return step(booking, BookingState.ACTIVE, started, started_at=started, start_odometer=odometer)


def key_figures(market: RentalMarket, size: int, *, days: int, now: int, rng: Random) -> list[DailyTotals]:
    """Totals of the last `days`, today's as far as it has come: busier on weekends and from week to week."""
    zone = ZoneInfo(market.time_zone)
    today = datetime.fromtimestamp(now / 1000, UTC).astimezone(zone).date()
    found = []
    for back in range(days - 1, -1, -1):
        day = today - timedelta(days=back)
        end = int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000) + DAY
        share = 1.0 if back else max(0.05, 1 - (end - now) / DAY)
        found.append(_totals(market, size, day, min(end, now), share, back, rng))
    return found


def _driven(booking: Booking, rng: Random) -> Booking:
    started = booking.created_at + rng.randrange(1, 14) * MINUTE
    minutes = round(min(300, max(9, rng.lognormvariate(3.5, 0.6))))
    ended = started + minutes * MINUTE
    odometer = rng.randrange(4_000_000, 60_000_000)
    driven = round(minutes * rng.uniform(260, 620))
    active = step(booking, BookingState.ACTIVE, started, started_at=started, start_odometer=odometer)
    return step(active, BookingState.COMPLETED, ended, ended_at=ended, end_odometer=odometer + driven)


def _totals(
    market: RentalMarket, size: int, day: date, as_of: int, share: float, back: int, rng: Random
) -> DailyTotals:
    weekend = 1.28 if day.isoweekday() >= 6 else 1.0
    season = 1 + 0.08 * math.sin(day.toordinal() / 9) - back * 0.0012
    trips = round(size * 2.6 * weekend * season * rng.uniform(0.93, 1.07) * share)
    minor = 10**market.currency.minor_digits
    fleet_ms = round(size * DAY * share)
    repairs = rng.randrange(2, 9)
    return DailyTotals(
        day=day,
        as_of=as_of,
        trips=trips,
        metres=trips * rng.randrange(11_000, 14_500),
        energy_wh=trips * rng.randrange(1_850, 2_350),
        revenue_minor=round(trips * rng.uniform(13.4, 15.2) * minor),
        repairs=repairs,
        repair_ms=repairs * rng.randrange(55, 190) * MINUTE,
        fleet_ms=fleet_ms,
        in_use_ms=round(fleet_ms * 0.17 * weekend * season * rng.uniform(0.94, 1.06)),
        ready_ms=round(fleet_ms * 0.70 * rng.uniform(0.96, 1.03)),
    )
