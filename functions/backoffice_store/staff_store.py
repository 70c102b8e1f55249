"""`ev_rental.staff.store.StaffStore` over DynamoDB: six tables of one Region."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from datetime import date
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from backoffice_store.actions import StaffActions
from backoffice_store.fleet import LIVE_ATTRIBUTES, FleetReader, alert_from, live_state
from backoffice_store.listing import Listing, read_all, read_page
from backoffice_store.store import BackofficeStore
from ev_rental.kpi import DailyKpis
from ev_rental.rental.booking import Booking
from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.invoice import Invoice
from ev_rental.rental.store import Page
from ev_rental.rental.vocabulary import BookingState
from ev_rental.rental.writes import Write
from ev_rental.sampling import Sample
from ev_rental.staff.alerts import UNRESOLVED, Alert
from ev_rental.staff.audit import AuditRecord
from ev_rental.staff.fleet import Car, by_loudness
from ev_rental.vehicle import Vehicle
from ev_rental.vocabulary import AlertStatus, Severity
from ev_rental.work_orders import WorkOrder, WorkOrderStatus
from kpi_store.store import KpiStore
from rental_store.fence import Fence
from rental_store.items import attributes, plain
from rental_store.retries import Retries
from rental_store.store import DynamoDBStore
from telemetry_processor.items import READ_ATTRIBUTES, vehicle_from
from telemetry_processor.samples import sample_from

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_Listed = TypeVar("_Listed", Booking, Invoice)
_KINDS: Final[dict[type, str]] = {Booking: "BOOKING", Invoice: "INVOICE"}
_ALERT_KEYS: Final = {"vehicle_id": "S", "alert_id": "S"}


class Tables(msgspec.Struct, frozen=True, kw_only=True):
    """Names of tables."""

    rental: str
    vehicle_state: str
    alerts: str
    backoffice: str
    recent_telemetry: str
    kpi: str


class StaffStore(DynamoDBStore):
    """`readers`: runs reads of the whole fleet side by side. `clock`: ms."""

    def __init__(
        self,
        client: "DynamoDBClient",
        tables: Tables,
        *,
        fence: Fence,
        readers: Executor,
        clock: Callable[[], int],
        retries: Retries | None = None,
    ) -> None:
        retries = retries or Retries()
        super().__init__(
            client,
            rental_table=tables.rental,
            vehicle_state_table=tables.vehicle_state,
            fence=fence,
            retries=retries,
            actions=StaffActions(
                rental_table=tables.rental,
                vehicle_state_table=tables.vehicle_state,
                alerts_table=tables.alerts,
                backoffice_table=tables.backoffice,
            ),
        )
        self._tables = tables
        self._readers = readers
        self._backoffice = BackofficeStore(client, tables.backoffice, retries=retries)
        self._kpis = KpiStore(client, tables.kpi)
        self._fleet = FleetReader(
            client,
            rental_table=tables.rental,
            vehicle_state_table=tables.vehicle_state,
            alerts_table=tables.alerts,
            retries=retries,
            readers=readers,
            clock=clock,
        )

    def commit(self, writes: Sequence[Write]) -> None:
        """As the rental's; whoever changes something sees it in the next list."""
        super().commit(writes)
        self._fleet.forget()

    # The fleet

    def cars(self) -> Sequence[Car]:
        """The whole fleet, by vehicle id; at most two seconds old."""
        return self._fleet.cars()

    def car(self, vehicle_id: str) -> Car | None:
        """One car; rental and telemetry are consistent, its alerts may lag by a moment."""
        vehicle = self.vehicle(vehicle_id)
        if vehicle is None:
            return None
        alerts = [alert for alert in self.alerts_of(vehicle_id) if alert.status in UNRESOLVED]
        item = self._state(vehicle_id, LIVE_ATTRIBUTES)
        return Car(vehicle=vehicle, live=live_state(vehicle_id, item), alerts=tuple(by_loudness(alerts)))

    def telemetry_state(self, vehicle_id: str) -> Vehicle:
        """A vehicle as the processor knows it, consistent."""
        return vehicle_from(vehicle_id, self._state(vehicle_id, READ_ATTRIBUTES))

    def _state(self, vehicle_id: str, names: Sequence[str]) -> dict[str, Any]:
        answer = self._retries.call(
            "get",
            lambda: self._client.get_item(
                TableName=self._tables.vehicle_state,
                Key=attributes({"vehicle_id": vehicle_id}),
                ConsistentRead=True,
                ProjectionExpression=", ".join(f"#{name}" for name in names),
                ExpressionAttributeNames={f"#{name}": name for name in names},
            ),
        )
        return dict(answer.get("Item", {}))

    def samples(self, vehicle_id: str, first: int, last: int) -> list[Sample]:
        """Those of the minutes from `first` to `last`, oldest first; also one that is about to expire."""
        listing = Listing(
            table=self._tables.recent_telemetry,
            keys={"vehicle_id": "S", "minute": "N"},
            hash_key="vehicle_id",
            value=vehicle_id,
            range_key="minute",
            between=(first, last),
            newest_first=False,
        )
        return read_all(self._client, self._retries, listing, sample_from)

    # Alerts

    def alert(self, vehicle_id: str, alert_id: str) -> Alert | None:
        """One alert, consistent."""
        answer = self._retries.call(
            "get",
            lambda: self._client.get_item(
                TableName=self._tables.alerts,
                Key=attributes({"vehicle_id": vehicle_id, "alert_id": alert_id}),
                ConsistentRead=True,
            ),
        )
        item = answer.get("Item")
        return None if item is None else alert_from(item)

    def unresolved_alerts(self) -> list[Alert]:
        """All there are, the loudest first."""
        return self._fleet.unresolved_alerts()

    def resolved_alerts(
        self, *, severities: Sequence[Severity], limit: int, cursor: str | None
    ) -> Page[Alert]:
        """The last raised first."""
        listing = Listing(
            table=self._tables.alerts,
            index="by_status",
            keys={**_ALERT_KEYS, "status": "S", "raised_at": "N"},
            hash_key="status",
            value=AlertStatus.RESOLVED.value,
            range_key="raised_at",
            accepted={"severity": [severity.value for severity in severities]} if severities else {},
        )
        return read_page(self._client, self._retries, listing, alert_from, limit=limit, cursor=cursor)

    def alerts_of(self, vehicle_id: str) -> list[Alert]:
        """All of a vehicle, the last raised first."""
        listing = Listing(
            table=self._tables.alerts,
            keys=_ALERT_KEYS,
            hash_key="vehicle_id",
            value=vehicle_id,
            range_key="alert_id",
        )
        found = read_all(self._client, self._retries, listing, alert_from)
        return sorted(found, key=lambda alert: (-alert.raised_at, alert.alert_id))

    # Bookings and invoices

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
        """Newest first; a booking of this moment may be missing for a second."""
        states_filter = {"state": [state.value for state in states]} if states else {}
        return self._made(Booking, rider_id, vehicle_id, states_filter, between, limit, cursor)

    def invoices(
        self,
        *,
        rider_id: str | None,
        vehicle_id: str | None,
        between: tuple[int, int],
        limit: int,
        cursor: str | None,
    ) -> Page[Invoice]:
        """Newest first."""
        return self._made(Invoice, rider_id, vehicle_id, {}, between, limit, cursor)

    def _made(
        self,
        kind: type[_Listed],
        rider_id: str | None,
        vehicle_id: str | None,
        accepted: dict[str, list[str]],
        between: tuple[int, int],
        limit: int,
        cursor: str | None,
    ) -> Page[_Listed]:
        """By the index of whichever names the fewest: a rider, a vehicle, or the kind of thing."""
        entity = _KINDS[kind]
        if rider_id is not None:
            index, hash_key, value = "by_rider", "rider_id", rider_id
            if vehicle_id is not None:
                accepted = {**accepted, "vehicle_id": [vehicle_id]}
        elif vehicle_id is not None:
            index, hash_key, value = "by_vehicle", "vehicle_id", vehicle_id
        else:
            index, hash_key, value = "by_entity", "entity", entity
        if hash_key != "entity":
            accepted = {**accepted, "entity": [entity]}
        listing = Listing(
            table=self._tables.rental,
            index=index,
            keys={"pk": "S", "sk": "S", hash_key: "S", "created_at": "N"},
            hash_key=hash_key,
            value=value,
            range_key="created_at",
            between=between,
            accepted=accepted,
        )
        return read_page(
            self._client,
            self._retries,
            listing,
            lambda item: msgspec.convert(plain(item), kind),
            limit=limit,
            cursor=cursor,
        )

    # Work orders, the trail, figures

    def work_order(self, name: str) -> WorkOrder | None:
        """By id, consistent."""
        return self._backoffice.work_order(name)

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
        store = self._backoffice
        if vehicle_id is not None:
            page = store.work_orders_of(vehicle_id, limit=limit, cursor=cursor, statuses=statuses)
            return page if assignee is None else _of_assignee(page, assignee)
        number, inner = _split(cursor, len(statuses))
        found: list[WorkOrder] = []
        while True:
            page = store.work_orders(
                statuses[number], limit=limit - len(found), cursor=inner, assignee=assignee
            )
            found += page.items
            if page.cursor is not None:
                return Page(items=found, cursor=f"{number}{page.cursor}")
            number, inner = number + 1, None
            if number == len(statuses):
                return Page(items=found)
            if len(found) == limit:
                return Page(items=found, cursor=str(number))

    def append(self, record: AuditRecord) -> None:
        """Adds an audit record on its own."""
        self._backoffice.append(record)

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
        """Newest first; of a subject within `between` (ms), or of a day. Raises ValueError without either."""
        if subject is not None:
            return self._backoffice.audit_of_subject(
                subject, limit=limit, cursor=cursor, between=between, actor=actor
            )
        if day is None:
            raise ValueError("neither a day nor a subject: the whole trail is no list")
        return self._backoffice.audit_of_day(day, limit=limit, cursor=cursor, actor=actor)

    def kpis(self, first: date, last: date) -> list[DailyKpis]:
        """Oldest first."""
        return self._retries.call("query", lambda: self._kpis.days(first, last))


def _of_assignee(page: Page[WorkOrder], assignee: str) -> Page[WorkOrder]:
    mine = [order for order in page.items if order.assignee == assignee]
    return Page(items=mine, cursor=page.cursor)


def _split(cursor: str | None, statuses: int) -> tuple[int, str | None]:
    """In which status a page begins, and the cursor within it."""
    if cursor is None:
        return 0, None
    number = int(cursor[0]) if cursor[:1].isdigit() and cursor.isascii() else statuses
    if number >= statuses:
        raise RentalError(
            ErrorCode.INVALID_CURSOR, f"{cursor[:80]!r} is no cursor of this list: take the one of a page"
        )
    return number, cursor[1:] or None
