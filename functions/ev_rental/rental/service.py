"""What riders do: quote, hold, start, end, cancel, report, and look at what is theirs.

A request with an idempotency key is answered by the record that its commit leaves, a refused one by a
record of the refusal, so every repetition gets the first answer for 24 hours, whatever happened since.
"""

from typing import Final

from msgspec import Struct

from ev_rental.rental import decisions
from ev_rental.rental.booking import Booking
from ev_rental.rental.command import Command
from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.ids import derived_id
from ev_rental.rental.invoice import Invoice
from ev_rental.rental.market import known_bay, stations
from ev_rental.rental.pricing import Price, price_trip
from ev_rental.rental.reading import Reading
from ev_rental.rental.report import MAX_TEXT, Report
from ev_rental.rental.station import BayRef
from ev_rental.rental.steps import Steps
from ev_rental.rental.store import Page, StationContent
from ev_rental.rental.vocabulary import CommandState, ReportCategory
from ev_rental.rental.writes import Insert, Write

MAX_QUOTE_MINUTES: Final = 14 * 24 * 60


class HoldRequest(Struct, frozen=True, kw_only=True):
    """`plan_id`: None for the market's first plan. `destination`: a bay to keep for the return."""

    vehicle_id: str
    plan_id: str | None = None
    destination: BayRef | None = None


class EndRequest(Struct, frozen=True, kw_only=True):
    """`bay`: where the car is returned, None for the bay kept at the hold."""

    booking_id: str
    bay: BayRef | None = None


class BookingRequest(Struct, frozen=True, kw_only=True):
    """A request about one booking."""

    booking_id: str


class ReportRequest(Struct, frozen=True, kw_only=True):
    """`text`: at most MAX_TEXT characters."""

    vehicle_id: str
    category: ReportCategory
    text: str
    booking_id: str | None = None


class RentalService(Steps):
    """One market's rental, as riders use it."""

    # Riders: reads

    def quote(self, *, plan_id: str | None, starts_at: int, minutes: int, metres: int) -> Price:
        """What a trip would cost by today's tariff. Raises RentalError(plan_unknown, invalid_request)."""
        if not 0 <= minutes <= MAX_QUOTE_MINUTES or metres < 0:
            raise RentalError(
                ErrorCode.INVALID_REQUEST,
                f"{minutes} minutes and {metres} m cannot be quoted: 0 to {MAX_QUOTE_MINUTES} minutes can",
            )
        plan = self.market.plan(self.market.tariff_at(self.now()), plan_id)
        return price_trip(
            self.market, plan, starts_at=starts_at, ends_at=starts_at + minutes * 60_000, metres=metres
        )

    def booking(self, rider_id: str, booking_id: str) -> Booking:
        """Raises RentalError(booking_not_found), of another rider's booking too."""
        booking = self.store.booking(booking_id)
        if booking is None or booking.rider_id != rider_id:
            raise RentalError(ErrorCode.BOOKING_NOT_FOUND, f"there is no booking {booking_id} of yours")
        return booking

    def command(self, rider_id: str, command_id: str) -> Command:
        """Raises RentalError(command_not_found), of another rider's command too."""
        command = self.store.command(command_id)
        if command is None or command.rider_id != rider_id:
            raise RentalError(ErrorCode.COMMAND_NOT_FOUND, f"there is no command {command_id} of yours")
        return command

    def invoice(self, rider_id: str, booking_id: str) -> Invoice:
        """Raises RentalError(invoice_not_found), of another rider's invoice too."""
        invoice = self.store.invoice(booking_id)
        if invoice is None or invoice.rider_id != rider_id:
            raise RentalError(ErrorCode.INVOICE_NOT_FOUND, f"booking {booking_id} has no invoice of yours")
        return invoice

    def my_bookings(self, rider_id: str, *, limit: int = 20, cursor: str | None = None) -> Page[Booking]:
        """Newest first; a booking of this moment may be missing for a second."""
        return self.store.bookings_of(rider_id, limit=limit, cursor=cursor)

    def my_invoices(self, rider_id: str, *, limit: int = 20, cursor: str | None = None) -> Page[Invoice]:
        """Newest first."""
        return self.store.invoices_of(rider_id, limit=limit, cursor=cursor)

    def station(self, station_id: str) -> StationContent:
        """The bays and vehicles of a station. Raises RentalError(station_not_found)."""
        if station_id not in stations(self.market.market):
            raise RentalError(ErrorCode.STATION_NOT_FOUND, f"there is no station {station_id!r}")
        return self.store.station(station_id)

    # Riders: writes. `key` is the Idempotency-Key.

    def hold(self, rider_id: str, key: str, request: HoldRequest) -> Booking:
        """Holds a car for the market's hold time.

        Raises RentalError: rider_not_registered, rider_not_verified, plan_not_allowed, plan_unknown,
        rider_has_live_booking, vehicle_not_found, vehicle_not_available, vehicle_silent,
        vehicle_blocked_by_alert, vehicle_battery_low, station_not_found, bay_not_found, bay_taken, and what
        every keyed request may: invalid_idempotency_key, idempotency_key_reused, writes_disabled, try_again.
        """

        def decide(now: int) -> tuple[Booking, list[Write]]:
            bay = request.destination
            return decisions.hold(
                self.market,
                rider_id=rider_id,
                key=key,
                vehicle_id=request.vehicle_id,
                plan_id=request.plan_id,
                destination=None if bay is None else known_bay(self.market.market, bay),
                now=now,
            )

        return self.once(rider_id, key, "hold", request, decide, Booking)[0]

    def start(self, rider_id: str, key: str, booking_id: str) -> Command:
        """Asks the car to unlock; the trip starts when it answers. Poll `command`.

        Raises RentalError: booking_not_found, wrong_state, command_pending, hold_expired, command_not_sent
        (try again with the same key).
        """

        def decide(now: int) -> tuple[Command, list[Write]]:
            return decisions.ask_to_start(self.booking(rider_id, booking_id), key, now)

        request = BookingRequest(booking_id=booking_id)
        return self._deliver(*self.once(rider_id, key, "start", request, decide, Command))

    def end(self, rider_id: str, key: str, request: EndRequest) -> Command:
        """Asks the car to lock; the trip ends, as of now, when it answers. Poll `command`.

        Raises RentalError: booking_not_found, wrong_state, command_pending, return_bay_required,
        outside_service_area, station_not_found, bay_not_found, bay_taken, command_not_sent.
        """

        def decide(now: int) -> tuple[Command, list[Write]]:
            booking = self.booking(rider_id, request.booking_id)
            bay = None if request.bay is None else known_bay(self.market.market, request.bay)
            reading = Reading(vehicle_id=booking.vehicle_id)
            if bay is None and booking.destination is None and self.market.free_floating:
                reading = self.store.readings([booking.vehicle_id]).get(booking.vehicle_id, reading)
            return decisions.ask_to_end(self.market, booking, key, bay, reading, now)

        return self._deliver(*self.once(rider_id, key, "end", request, decide, Command))

    def cancel(self, rider_id: str, key: str, booking_id: str) -> Booking:
        """Gives a held car back. Raises RentalError: booking_not_found, wrong_state, command_pending."""

        def decide(now: int) -> tuple[Booking, list[Write]]:
            booking = self.booking(rider_id, booking_id)
            return decisions.cancel(booking, self.vehicle(booking.vehicle_id), now)

        request = BookingRequest(booking_id=booking_id)
        return self.once(rider_id, key, "cancel", request, decide, Booking)[0]

    def report(self, rider_id: str, key: str, request: ReportRequest) -> Report:
        """Files a problem. Raises RentalError: invalid_request, vehicle_not_found, booking_not_found."""

        def decide(now: int) -> tuple[Report, list[Write]]:
            if not 1 <= len(request.text.strip()) <= MAX_TEXT:
                raise RentalError(
                    ErrorCode.INVALID_REQUEST, f"a report has 1 to {MAX_TEXT} characters of text"
                )
            self.vehicle(request.vehicle_id)
            if request.booking_id is not None:
                self.booking(rider_id, request.booking_id)
            report = Report(
                report_id=derived_id("report", rider_id, key),
                reporter_id=rider_id,
                vehicle_id=request.vehicle_id,
                market=self.market.market,
                category=request.category,
                text=request.text.strip(),
                filed_at=now,
                version=1,
                changed_at=now,
                booking_id=request.booking_id,
            )
            return report, [Insert(report)]

        return self.once(rider_id, key, "report", request, decide, Report)[0]

    def _deliver(self, command: Command, repeated: bool) -> Command:
        """Hands the command to its car; again, when a repeated request finds it unanswered."""
        now = self.now()
        if repeated:
            known = self.store.command(command.command_id)
            if known is None or known.state is not CommandState.SENT or now >= known.expires_at_ms:
                return command
        self.send(command)
        return command
