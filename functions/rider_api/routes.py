"""The routes of the rider API. Their docstrings are the texts of the OpenAPI document."""

from typing import Final

from msgspec import UNSET

from ev_rental.rental.command import Command
from ev_rental.rental.errors import ErrorCode
from ev_rental.rental.market import stations
from ev_rental.rental.service import EndRequest, HoldRequest, RentalService, ReportRequest
from http_api.identity import RIDE_SCOPE
from http_api.operations import LOCATION, Answer, Operations, Request
from http_api.prices import PriceView, price_view
from http_api.rentals import BookingView, InvoiceView, booking_view, invoice_view
from http_api.values import PageQuery, bay_ref, given
from rider_api import search, views
from rider_api.models import (
    BookingPage,
    CommandView,
    EndBody,
    HoldBody,
    InvoicePage,
    NearbyQuery,
    QuoteQuery,
    ReportBody,
    ReportView,
    StationDetail,
    StationList,
    VehicleList,
)

routes: Final[Operations[RentalService]] = Operations(tag="rider", scope=RIDE_SCOPE)


@routes.route("GET", "/v1/stations", answer=StationList)
def list_stations(service: RentalService, _: Request[None, None]) -> Answer:
    """All stations of the market."""
    found = stations(service.market.market).values()
    return Answer(body=StationList(stations=[views.station_view(station) for station in found]))


@routes.route(
    "GET", "/v1/stations/{stationId}", answer=StationDetail, problems=(ErrorCode.STATION_NOT_FOUND,)
)
def get_station(service: RentalService, request: Request[None, None]) -> Answer:
    """A station, its bays, and the cars that can be booked there."""
    content = service.station(request.path["stationId"])
    station = stations(service.market.market)[request.path["stationId"]]
    return Answer(
        body=StationDetail(
            station=views.station_view(station),
            bays=views.bay_views(station, content),
            vehicles=search.vehicles_at(service, station, content),
        )
    )


@routes.route("GET", "/v1/vehicles", answer=VehicleList, query=NearbyQuery)
def list_vehicles(service: RentalService, request: Request[NearbyQuery, None]) -> Answer:
    """Cars that can be booked around a point, the nearest first."""
    return Answer(body=VehicleList(vehicles=search.vehicles_near(service, request.query)))


@routes.route("GET", "/v1/quote", answer=PriceView, query=QuoteQuery, problems=(ErrorCode.PLAN_UNKNOWN,))
def get_quote(service: RentalService, request: Request[QuoteQuery, None]) -> Answer:
    """What a trip would cost by today's tariff.

    Not a promise: the invoice follows from the trip as it was driven.
    """
    wanted = request.query
    price = service.quote(
        plan_id=None if wanted.plan_id is UNSET else wanted.plan_id,
        starts_at=service.now() if wanted.starts_at is UNSET else wanted.starts_at,
        minutes=wanted.minutes,
        metres=wanted.metres,
    )
    return Answer(body=price_view(price))


@routes.route(
    "POST",
    "/v1/bookings",
    status=201,
    answer=BookingView,
    body=HoldBody,
    headers=LOCATION,
    problems=(
        ErrorCode.PLAN_UNKNOWN,
        ErrorCode.RIDER_NOT_REGISTERED,
        ErrorCode.RIDER_NOT_VERIFIED,
        ErrorCode.PLAN_NOT_ALLOWED,
        ErrorCode.VEHICLE_NOT_FOUND,
        ErrorCode.STATION_NOT_FOUND,
        ErrorCode.BAY_NOT_FOUND,
        ErrorCode.RIDER_HAS_LIVE_BOOKING,
        ErrorCode.VEHICLE_NOT_AVAILABLE,
        ErrorCode.VEHICLE_BATTERY_LOW,
        ErrorCode.VEHICLE_BLOCKED_BY_ALERT,
        ErrorCode.VEHICLE_SILENT,
        ErrorCode.BAY_TAKEN,
    ),
)
def hold_vehicle(service: RentalService, request: Request[None, HoldBody]) -> Answer:
    """Holds a car for the rider.

    The hold ends by itself at `holdExpiresAt` unless the trip was started.
    """
    wanted = request.body
    booking = service.hold(
        request.subject,
        request.key,
        HoldRequest(
            vehicle_id=wanted.vehicle_id,
            plan_id=None if wanted.plan_id is UNSET else wanted.plan_id,
            destination=bay_ref(wanted.destination),
        ),
    )
    return Answer(body=booking_view(booking), headers={"Location": f"/v1/bookings/{booking.booking_id}"})


@routes.route(
    "GET", "/v1/bookings", answer=BookingPage, query=PageQuery, problems=(ErrorCode.INVALID_CURSOR,)
)
def list_bookings(service: RentalService, request: Request[PageQuery, None]) -> Answer:
    """The rider's bookings, the newest first.

    A booking of this very moment may be missing for a second.
    """
    wanted = request.query
    page = service.my_bookings(
        request.subject, limit=wanted.limit, cursor=None if wanted.cursor is UNSET else wanted.cursor
    )
    found = [booking_view(booking) for booking in page.items]
    return Answer(body=BookingPage(bookings=found, cursor=given(page.cursor)))


@routes.route("GET", "/v1/bookings/{bookingId}", answer=BookingView, problems=(ErrorCode.BOOKING_NOT_FOUND,))
def get_booking(service: RentalService, request: Request[None, None]) -> Answer:
    """One of the rider's bookings."""
    return Answer(body=booking_view(service.booking(request.subject, request.path["bookingId"])))


@routes.route(
    "POST",
    "/v1/bookings/{bookingId}/start",
    status=202,
    answer=CommandView,
    headers=LOCATION,
    problems=(
        ErrorCode.BOOKING_NOT_FOUND,
        ErrorCode.WRONG_STATE,
        ErrorCode.COMMAND_PENDING,
        ErrorCode.HOLD_EXPIRED,
        ErrorCode.COMMAND_NOT_SENT,
    ),
)
def start_trip(service: RentalService, request: Request[None, None]) -> Answer:
    """Asks the car to unlock; the trip starts once it has answered.

    Poll the command: ACKNOWLEDGED means the trip has started, REFUSED and EXPIRED that it has not.
    """
    return _sent(service.start(request.subject, request.key, request.path["bookingId"]))


@routes.route(
    "POST",
    "/v1/bookings/{bookingId}/end",
    status=202,
    answer=CommandView,
    body=EndBody,
    body_required=False,
    headers=LOCATION,
    problems=(
        ErrorCode.BOOKING_NOT_FOUND,
        ErrorCode.STATION_NOT_FOUND,
        ErrorCode.BAY_NOT_FOUND,
        ErrorCode.WRONG_STATE,
        ErrorCode.COMMAND_PENDING,
        ErrorCode.BAY_TAKEN,
        ErrorCode.RETURN_BAY_REQUIRED,
        ErrorCode.OUTSIDE_SERVICE_AREA,
        ErrorCode.COMMAND_NOT_SENT,
    ),
)
def end_trip(service: RentalService, request: Request[None, EndBody]) -> Answer:
    """Asks the car to lock; the trip ends, as of now, once it has answered.

    Poll the command: ACKNOWLEDGED means the trip has ended, REFUSED and EXPIRED that it goes on.
    """
    wanted = EndRequest(booking_id=request.path["bookingId"], bay=bay_ref(request.body.bay))
    return _sent(service.end(request.subject, request.key, wanted))


@routes.route(
    "POST",
    "/v1/bookings/{bookingId}/cancel",
    status=200,
    answer=BookingView,
    problems=(ErrorCode.BOOKING_NOT_FOUND, ErrorCode.WRONG_STATE, ErrorCode.COMMAND_PENDING),
)
def cancel_booking(service: RentalService, request: Request[None, None]) -> Answer:
    """Gives a held car back."""
    booking = service.cancel(request.subject, request.key, request.path["bookingId"])
    return Answer(body=booking_view(booking))


@routes.route(
    "GET", "/v1/bookings/{bookingId}/invoice", answer=InvoiceView, problems=(ErrorCode.INVOICE_NOT_FOUND,)
)
def get_invoice(service: RentalService, request: Request[None, None]) -> Answer:
    """The invoice of one of the rider's trips.

    It is issued a moment after the trip has ended.
    """
    return Answer(body=invoice_view(service.invoice(request.subject, request.path["bookingId"])))


@routes.route("GET", "/v1/commands/{commandId}", answer=CommandView, problems=(ErrorCode.COMMAND_NOT_FOUND,))
def get_command(service: RentalService, request: Request[None, None]) -> Answer:
    """What became of a command to the rider's car."""
    return Answer(body=views.command_view(service.command(request.subject, request.path["commandId"])))


@routes.route(
    "GET", "/v1/invoices", answer=InvoicePage, query=PageQuery, problems=(ErrorCode.INVALID_CURSOR,)
)
def list_invoices(service: RentalService, request: Request[PageQuery, None]) -> Answer:
    """The rider's invoices, the newest first."""
    wanted = request.query
    page = service.my_invoices(
        request.subject, limit=wanted.limit, cursor=None if wanted.cursor is UNSET else wanted.cursor
    )
    found = [invoice_view(invoice) for invoice in page.items]
    return Answer(body=InvoicePage(invoices=found, cursor=given(page.cursor)))


@routes.route(
    "POST",
    "/v1/reports",
    status=201,
    answer=ReportView,
    body=ReportBody,
    problems=(ErrorCode.VEHICLE_NOT_FOUND, ErrorCode.BOOKING_NOT_FOUND),
)
def report_problem(service: RentalService, request: Request[None, ReportBody]) -> Answer:
    """Reports a problem with a car."""
    told = request.body
    report = service.report(
        request.subject,
        request.key,
        ReportRequest(
            vehicle_id=told.vehicle_id,
            category=told.category,
            text=told.text,
            booking_id=None if told.booking_id is UNSET else told.booking_id,
        ),
    )
    return Answer(body=views.report_view(report))


def _sent(command: Command) -> Answer:
    return Answer(
        body=views.command_view(command), headers={"Location": f"/v1/commands/{command.command_id}"}
    )
