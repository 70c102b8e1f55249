"""Stations, bookings and invoices as riders are told of them; the staff API adds what only staff may see."""

from msgspec import UNSET, Struct, UnsetType

from ev_rental.rental.booking import Booking
from ev_rental.rental.invoice import Invoice
from ev_rental.rental.station import Station
from ev_rental.rental.vocabulary import BookingState
from http_api.prices import PriceView, price_view
from http_api.values import BayName, Latitude, Longitude, bay_name, given


class StationPlace(Struct, frozen=True, kw_only=True, rename="camel"):
    """What never changes of a station. `bays`: how many."""

    station_id: str
    name: str
    address: str
    latitude: Latitude
    longitude: Longitude
    bays: int


class BookingView(Struct, frozen=True, kw_only=True, rename="camel"):
    """A booking and its trip. `commandId`: the command the car has not answered yet."""

    booking_id: str
    vehicle_id: str
    plan_id: str
    tariff_id: str
    state: BookingState
    created_at: int
    hold_expires_at: int
    destination: BayName | UnsetType = UNSET
    command_id: str | UnsetType = UNSET
    started_at: int | UnsetType = UNSET
    ended_at: int | UnsetType = UNSET
    metres: int | UnsetType = UNSET
    invoice_id: str | UnsetType = UNSET


class InvoiceView(Struct, frozen=True, kw_only=True, rename="camel"):
    """The price of a trip, fixed once."""

    invoice_id: str
    booking_id: str
    vehicle_id: str
    plan_id: str
    tariff_id: str
    issued_at: int
    started_at: int
    ended_at: int
    price: PriceView


def station_place(station: Station) -> StationPlace:
    """Where a station is."""
    return StationPlace(
        station_id=station.station_id,
        name=station.name,
        address=station.address,
        latitude=station.latitude,
        longitude=station.longitude,
        bays=len(station.bays),
    )


def booking_view(booking: Booking) -> BookingView:
    """A rider's own booking."""
    return BookingView(
        booking_id=booking.booking_id,
        vehicle_id=booking.vehicle_id,
        plan_id=booking.plan_id,
        tariff_id=booking.tariff_id,
        state=booking.state,
        created_at=booking.created_at,
        hold_expires_at=booking.hold_expires_at,
        destination=bay_name(booking.destination),
        command_id=given(booking.command_id),
        started_at=given(booking.started_at),
        ended_at=given(booking.ended_at),
        metres=given(booking.metres),
        invoice_id=given(booking.invoice_id),
    )


def invoice_view(invoice: Invoice) -> InvoiceView:
    """A rider's own invoice."""
    return InvoiceView(
        invoice_id=invoice.invoice_id,
        booking_id=invoice.booking_id,
        vehicle_id=invoice.vehicle_id,
        plan_id=invoice.plan_id,
        tariff_id=invoice.tariff_id,
        issued_at=invoice.created_at,
        started_at=invoice.started_at,
        ended_at=invoice.ended_at,
        price=price_view(invoice.price),
    )
