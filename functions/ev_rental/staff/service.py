"""Everything that staff do and look at, of one market."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from ev_rental.kpi import DailyKpis
from ev_rental.kpi.local_days import LocalDays
from ev_rental.rental.booking import Booking
from ev_rental.rental.command import Command, CommandSender
from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.invoice import Invoice
from ev_rental.rental.market import RentalMarket, stations
from ev_rental.rental.store import StationContent
from ev_rental.sampling import MINUTE_MS, Sample
from ev_rental.staff.alert_acts import AlertActs
from ev_rental.staff.fleet import Car
from ev_rental.staff.store import StaffStore
from ev_rental.staff.vehicles import VehicleActs
from ev_rental.staff.work_order_acts import WorkOrderActs

MAX_KPI_DAYS: Final = 400
_LAST_MS: Final = 9_999_999_999_999


class StaffService(VehicleActs, AlertActs, WorkOrderActs):
    """One market's back office. `locale`: BCP 47, how the market writes numbers and times."""

    def __init__(
        self,
        *,
        market: RentalMarket,
        store: StaffStore,
        sender: CommandSender,
        clock: Callable[[], int],
        new_id: Callable[[], str],
        locale: str,
        writes_enabled: bool = True,
    ) -> None:
        super().__init__(
            market=market,
            store=store,
            sender=sender,
            clock=clock,
            new_id=new_id,
            writes_enabled=writes_enabled,
        )
        self.locale = locale

    def cars(self) -> Sequence[Car]:
        """The whole fleet, by vehicle id; it may lag by a few seconds."""
        return self.store.cars()

    def car(self, vehicle_id: str) -> Car:
        """One car as it is now. Raises RentalError(vehicle_not_found)."""
        car = self.store.car(vehicle_id)
        if car is None:
            raise RentalError(ErrorCode.VEHICLE_NOT_FOUND, f"there is no vehicle {vehicle_id!r}")
        return car

    def samples(self, vehicle_id: str, hours: int) -> list[Sample]:
        """A sample a minute of the last `hours`, oldest first. Raises RentalError(vehicle_not_found)."""
        self.vehicle(vehicle_id)
        last = self.now() // MINUTE_MS
        return self.store.samples(vehicle_id, last - hours * 60 + 1, last)

    def known_command(self, command_id: str) -> Command:
        """Anybody's. Raises RentalError(command_not_found)."""
        command = self.store.command(command_id)
        if command is None:
            raise RentalError(ErrorCode.COMMAND_NOT_FOUND, f"there is no command {command_id!r}")
        return command

    def known_booking(self, booking_id: str) -> Booking:
        """Anybody's. Raises RentalError(booking_not_found)."""
        booking = self.store.booking(booking_id)
        if booking is None:
            raise RentalError(ErrorCode.BOOKING_NOT_FOUND, f"there is no booking {booking_id!r}")
        return booking

    def known_invoice(self, booking_id: str) -> Invoice:
        """Of anybody's booking. Raises RentalError(invoice_not_found)."""
        invoice = self.store.invoice(booking_id)
        if invoice is None:
            raise RentalError(ErrorCode.INVOICE_NOT_FOUND, f"booking {booking_id!r} has no invoice (yet)")
        return invoice

    def station_contents(self) -> dict[str, StationContent]:
        """Station id -> its bays and vehicles, of all stations of the market."""
        return {name: self.store.station(name) for name in stations(self.market.market)}

    def kpis(self, first: date, last: date) -> list[DailyKpis]:
        """Figures of the days from `first` to `last`. Raises RentalError(invalid_request)."""
        days = (last - first).days + 1
        if not 1 <= days <= MAX_KPI_DAYS:
            raise RentalError(
                ErrorCode.INVALID_REQUEST,
                f"{first} to {last} are {days} days: 1 to {MAX_KPI_DAYS} can be had at once",
            )
        return self.store.kpis(first, last)

    def bounds(self, day: date | None) -> tuple[int, int]:
        """The first and the last ms of a day where the market is; of all time without one."""
        if day is None:
            return 0, _LAST_MS
        days = LocalDays(self.market.time_zone)
        return days.start(day), days.end(day) - 1
