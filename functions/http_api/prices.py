"""Prices as APIs tell them."""

from msgspec import UNSET, Struct, UnsetType

from ev_rental.rental.pricing import Price
from ev_rental.rental.vocabulary import LineKind
from http_api.values import given


class PriceLine(Struct, frozen=True, kw_only=True, rename="camel"):
    """`quantity` of `unit` (trip, minute, metre) at `unitPrice` (main unit, per km for metres)."""

    kind: LineKind
    name: str
    quantity: int
    unit: str
    unit_price: str
    amount: int
    starts_at: int | UnsetType = UNSET
    ends_at: int | UnsetType = UNSET


class PriceView(Struct, frozen=True, kw_only=True, rename="camel"):
    """net + tax = gross, in minor units of `currency`, which has `minorDigits` digits."""

    currency: str
    minor_digits: int
    lines: list[PriceLine]
    net: int
    tax: int
    gross: int
    tax_name: str
    tax_rate: str
    tax_included: bool
    trip_minutes: int
    billed_minutes: int
    metres: int | UnsetType = UNSET


def price_view(price: Price) -> PriceView:
    """A price, line by line."""
    return PriceView(
        currency=price.currency,
        minor_digits=price.minor_digits,
        lines=[
            PriceLine(
                kind=line.kind,
                name=line.name,
                quantity=line.quantity,
                unit=line.unit,
                unit_price=line.unit_price,
                amount=line.amount,
                starts_at=given(line.starts_at),
                ends_at=given(line.ends_at),
            )
            for line in price.lines
        ],
        net=price.net,
        tax=price.tax,
        gross=price.gross,
        tax_name=price.tax_name,
        tax_rate=price.tax_rate,
        tax_included=price.tax_included,
        trip_minutes=price.trip_minutes,
        billed_minutes=price.billed_minutes,
        metres=given(price.metres),
    )
