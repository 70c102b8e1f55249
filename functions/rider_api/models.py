"""What the rider API takes and answers: JSON in camel case, times in ms since the epoch, money in minor units
of its currency, distances in metres. A field that has no value is left out, never null."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from ev_rental.rental.report import MAX_TEXT
from ev_rental.rental.service import MAX_QUOTE_MINUTES
from ev_rental.rental.vocabulary import (
    CommandAction,
    CommandPurpose,
    CommandState,
    ReportCategory,
)
from http_api.operations import ID_PATTERN
from http_api.rentals import BookingView, InvoiceView, StationPlace
from http_api.values import BayName, Id, Latitude, Longitude, PageSize

MAX_RADIUS = 20_000
MAX_QUOTE_METRES = 10_000_000
_LAST_MS = 4_102_444_800_000  # 2100-01-01

_QuoteStart = Annotated[
    int, Meta(ge=0, le=_LAST_MS, description="ms since the epoch, before 2100; now when absent.")
]
_QuotePlan = Annotated[str, Meta(pattern=ID_PATTERN, description="The open plan when absent.")]


# What is asked


class NearbyQuery(Struct, frozen=True, kw_only=True, rename="camel"):
    """A circle around a point."""

    latitude: Latitude
    longitude: Longitude
    radius_metres: Annotated[int, Meta(ge=1, le=MAX_RADIUS, description="1,000 when absent.")] = 1_000
    limit: PageSize = 20


class QuoteQuery(Struct, frozen=True, kw_only=True, rename="camel"):
    """A trip that may be."""

    minutes: Annotated[int, Meta(ge=0, le=MAX_QUOTE_MINUTES)]
    metres: Annotated[int, Meta(ge=0, le=MAX_QUOTE_METRES, description="0 when absent.")] = 0
    starts_at: _QuoteStart | UnsetType = UNSET
    plan_id: _QuotePlan | UnsetType = UNSET


class HoldBody(Struct, frozen=True, kw_only=True, rename="camel"):
    """Which car to hold. `planId`: absent for the open plan. `destination`: a bay to keep for the return."""

    vehicle_id: Id
    plan_id: Id | UnsetType = UNSET
    destination: BayName | UnsetType = UNSET


class EndBody(Struct, frozen=True, kw_only=True, rename="camel"):
    """`bay`: where the car is returned; absent for the bay kept at the hold, or where cars park freely."""

    bay: BayName | UnsetType = UNSET


class ReportBody(Struct, frozen=True, kw_only=True, rename="camel"):
    """A problem with a car."""

    vehicle_id: Id
    category: ReportCategory
    text: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT, pattern="\\S")]
    booking_id: Id | UnsetType = UNSET


# What is answered


class StationView(StationPlace, frozen=True, kw_only=True, rename="camel"):
    """A station. `bays`, `chargingBays`: how many."""

    charging_bays: int


class StationList(Struct, frozen=True, kw_only=True):
    """All stations of the market."""

    stations: list[StationView]


class BayView(Struct, frozen=True, kw_only=True, rename="camel"):
    """A bay. `free`: nobody stands in it and nobody has reserved it."""

    bay_id: str
    charging: bool
    free: bool


class VehicleView(Struct, frozen=True, kw_only=True, rename="camel"):
    """A car that can be booked now. `stateOfCharge`: percent. `distanceMetres`: from the point asked for."""

    vehicle_id: str
    vehicle_type_id: str
    make: str
    model: str
    state_of_charge: float | UnsetType = UNSET
    range_metres: int | UnsetType = UNSET
    charging: bool | UnsetType = UNSET
    latitude: Latitude | UnsetType = UNSET
    longitude: Longitude | UnsetType = UNSET
    station_id: str | UnsetType = UNSET
    bay_id: str | UnsetType = UNSET
    distance_metres: int | UnsetType = UNSET


class StationDetail(Struct, frozen=True, kw_only=True, rename="camel"):
    """A station with its bays and the cars that can be booked there."""

    station: StationView
    bays: list[BayView]
    vehicles: list[VehicleView]


class VehicleList(Struct, frozen=True, kw_only=True):
    """Cars that can be booked, the nearest first."""

    vehicles: list[VehicleView]


class BookingPage(Struct, frozen=True, kw_only=True):
    """The newest first. `cursor`: for the next page, absent on the last."""

    bookings: list[BookingView]
    cursor: str | UnsetType = UNSET


class CommandView(Struct, frozen=True, kw_only=True, rename="camel"):
    """What the car was told. SENT until it answers or the command expires; `reason`: why it refused."""

    command_id: str
    booking_id: str
    vehicle_id: str
    action: CommandAction
    purpose: CommandPurpose
    state: CommandState
    issued_at: int
    expires_at: int
    reason: str | UnsetType = UNSET


class InvoicePage(Struct, frozen=True, kw_only=True):
    """The newest first. `cursor`: for the next page, absent on the last."""

    invoices: list[InvoiceView]
    cursor: str | UnsetType = UNSET


class ReportView(Struct, frozen=True, kw_only=True, rename="camel"):
    """A problem as it was filed."""

    report_id: str
    vehicle_id: str
    category: ReportCategory
    text: str
    filed_at: int
    booking_id: str | UnsetType = UNSET
