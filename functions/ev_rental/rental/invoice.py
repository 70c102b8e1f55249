"""An invoice: the price of a trip, fixed once."""

from msgspec import Struct

from ev_rental.rental.booking import Booking
from ev_rental.rental.ids import derived_id
from ev_rental.rental.market import RentalMarket
from ev_rental.rental.pricing import Price, price_trip


class Invoice(Struct, frozen=True, kw_only=True):
    """`invoice_id` follows from the booking's. `created_at`: ms, when issued. Odometers are the booking's."""

    invoice_id: str
    booking_id: str
    rider_id: str
    vehicle_id: str
    market: str
    plan_id: str
    tariff_id: str
    created_at: int
    started_at: int
    ended_at: int
    price: Price
    version: int
    changed_at: int


def invoice_for(booking: Booking, market: RentalMarket, at: int) -> Invoice:
    """The invoice of a completed trip, by the tariff agreed when the car was held.

    Raises ValueError when the trip has no start or end, and MarketDataError when its tariff is gone.
    """
    if booking.started_at is None or booking.ended_at is None:
        raise ValueError(f"booking {booking.booking_id} has no whole trip")
    plan = market.plan(market.tariff(booking.tariff_id), booking.plan_id)
    return Invoice(
        invoice_id=derived_id("invoice", booking.booking_id),
        booking_id=booking.booking_id,
        rider_id=booking.rider_id,
        vehicle_id=booking.vehicle_id,
        market=booking.market,
        plan_id=booking.plan_id,
        tariff_id=booking.tariff_id,
        created_at=at,
        started_at=booking.started_at,
        ended_at=booking.ended_at,
        price=price_trip(
            market, plan, starts_at=booking.started_at, ends_at=booking.ended_at, metres=booking.metres
        ),
        version=1,
        changed_at=at,
    )
