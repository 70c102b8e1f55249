"""What staff's acts and lists need of a data store, beside what the rental needs."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from ev_rental.kpi import DailyKpis
from ev_rental.rental.booking import Booking
from ev_rental.rental.invoice import Invoice
from ev_rental.rental.station import Bay, BayRef
from ev_rental.rental.store import Page, Store
from ev_rental.rental.vocabulary import BookingState
from ev_rental.sampling import Sample
from ev_rental.staff.alerts import Alert
from ev_rental.staff.audit import AuditRecord
from ev_rental.staff.fleet import Car
from ev_rental.vehicle import Vehicle
from ev_rental.vocabulary import Severity
from ev_rental.work_orders import WorkOrder, WorkOrderStatus


class StaffStore(Store, Protocol):
    """Reads of one item see every commit that was answered before; lists may lag a little.

    Methods that answer pages raise RentalError(invalid_cursor, invalid_request) too; a page may be short,
    even empty, and still have a cursor.
    """

    def cars(self) -> Sequence[Car]:
        """The whole fleet, by vehicle id."""

    def car(self, vehicle_id: str) -> Car | None: ...

    def telemetry_state(self, vehicle_id: str) -> Vehicle:
        """A vehicle as the processor knows it; a new one when it was never heard of."""

    def samples(self, vehicle_id: str, first: int, last: int) -> list[Sample]:
        """Those of the minutes from `first` to `last`, oldest first."""

    def bay(self, bay: BayRef) -> Bay | None: ...

    def alert(self, vehicle_id: str, alert_id: str) -> Alert | None: ...

    def unresolved_alerts(self) -> list[Alert]:
        """All there are, the loudest first, of one loudness the newest first."""

    def resolved_alerts(
        self, *, severities: Sequence[Severity], limit: int, cursor: str | None
    ) -> Page[Alert]:
        """The last raised first."""

    def alerts_of(self, vehicle_id: str) -> list[Alert]:
        """All of a vehicle, the last raised first."""

    def bookings(
        self,
        *,
        rider_id: str | None,
        vehicle_id: str | None,
        states: Sequence[BookingState],
        between: tuple[int, int],
        limit: int,
        cursor: str | None,
    ) -> Page[Booking]:
        """Newest first. `between`: ms of when it was made, both included."""

    def invoices(
        self,
        *,
        rider_id: str | None,
        vehicle_id: str | None,
        between: tuple[int, int],
        limit: int,
        cursor: str | None,
    ) -> Page[Invoice]:
        """Newest first. `between`: ms of when it was issued, both included."""

    def work_order(self, name: str) -> WorkOrder | None: ...

    def work_orders(
        self,
        statuses: Sequence[WorkOrderStatus],
        *,
        vehicle_id: str | None,
        assignee: str | None,
        limit: int,
        cursor: str | None,
    ) -> Page[WorkOrder]:
        """The last opened first, status by status unless of one vehicle."""

    def append(self, record: AuditRecord) -> None:
        """Adds an audit record on its own."""

    def audit(
        self,
        *,
        day: str | None,
        subject: str | None,
        actor: str | None,
        between: tuple[int, int],
        limit: int,
        cursor: str | None,
    ) -> Page[AuditRecord]:
        """Newest first; of a subject within `between` (ms), or of a day."""

    def kpis(self, first: date, last: date) -> list[DailyKpis]:
        """Oldest first; days that were not counted are left out."""
