"""What the staff API takes."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from ev_rental.rental.vocabulary import BookingState, CommandAction
from ev_rental.staff.audit import MAX_REASON
from ev_rental.vocabulary import AlertStatus, RentalState, Severity
from ev_rental.work_orders import MAX_NOTE, MAX_TITLE, Priority, WorkOrderStatus
from http_api.values import BayName, Cursor, Id, PageQuery

MAX_VEHICLES = 1_000
MAX_HOURS = 24
_LAST_MS = 4_102_444_800_000  # 2100-01-01

Day = Annotated[
    str,
    Meta(pattern="^20[0-9]{2}-[0-9]{2}-[0-9]{2}$", description="A day where the market is, `yyyy-mm-dd`."),
]
Reason = Annotated[
    str, Meta(min_length=1, max_length=MAX_REASON, pattern="\\S", description="For the audit trail.")
]
Note = Annotated[str, Meta(min_length=1, max_length=MAX_REASON, pattern="\\S")]
Version = Annotated[
    int, Meta(ge=1, le=2_147_483_647, description="As it was read: 409 when somebody else was faster.")
]
Title = Annotated[str, Meta(min_length=1, max_length=MAX_TITLE, pattern="\\S")]
Person = Annotated[str, Meta(min_length=1, max_length=254, pattern="\\S")]


# Query strings


class VehicleQuery(Struct, frozen=True, kw_only=True, rename="camel"):
    """Which cars, by vehicle id."""

    text: (
        Annotated[
            str,
            Meta(min_length=1, max_length=64, description="Part of a vehicle's, station's or booking's id."),
        ]
        | UnsetType
    ) = UNSET
    state: RentalState | UnsetType = UNSET
    station_id: Id | UnsetType = UNSET
    max_state_of_charge: (
        Annotated[
            float, Meta(ge=0, le=100, description="Percent; a car that never told its charge counts as 0.")
        ]
        | UnsetType
    ) = UNSET
    severity: Severity | UnsetType = UNSET
    offline: bool | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=MAX_VEHICLES, description="At most so many; 100 when absent.")] = 100
    cursor: Cursor | UnsetType = UNSET


class TelemetryQuery(Struct, frozen=True, kw_only=True):
    """How far back."""

    hours: Annotated[int, Meta(ge=1, le=MAX_HOURS, description="Hours back from now; 6 when absent.")] = 6


class AlertQuery(PageQuery, frozen=True, kw_only=True, rename="camel"):
    """Which alerts: those that are not resolved when no status is given."""

    status: AlertStatus | UnsetType = UNSET
    severity: Severity | UnsetType = UNSET
    vehicle_id: Id | UnsetType = UNSET
    snoozed: (
        Annotated[bool, Meta(description="Only those that are snoozed now, or only those that are not.")]
        | UnsetType
    ) = UNSET


class WorkOrderQuery(PageQuery, frozen=True, kw_only=True, rename="camel"):
    """Which work orders: those that are not finished when no status is given."""

    status: WorkOrderStatus | UnsetType = UNSET
    vehicle_id: Id | UnsetType = UNSET
    assignee: Person | UnsetType = UNSET


class BookingQuery(PageQuery, frozen=True, kw_only=True, rename="camel"):
    """Which bookings. Of a rider, of a vehicle, or of all."""

    rider_id: Id | UnsetType = UNSET
    vehicle_id: Id | UnsetType = UNSET
    state: BookingState | UnsetType = UNSET
    day: Day | UnsetType = UNSET


class InvoiceQuery(PageQuery, frozen=True, kw_only=True, rename="camel"):
    """Which invoices. Of a rider, of a vehicle, or of all."""

    rider_id: Id | UnsetType = UNSET
    vehicle_id: Id | UnsetType = UNSET
    day: Day | UnsetType = UNSET


class AuditQuery(PageQuery, frozen=True, kw_only=True):
    """Which records: of a day (today when neither is given), of a subject, or of a subject on a day."""

    day: Day | UnsetType = UNSET
    subject: (
        Annotated[
            str,
            Meta(
                pattern="^(vehicle|station|rider|work-order)/[A-Za-z0-9-]{1,64}$",
                description="`<kind>/<id>`, such as `vehicle/SG-EV-000123`.",
            ),
        ]
        | UnsetType
    ) = UNSET
    actor: Annotated[str, Meta(pattern="^[A-Za-z0-9-]{1,64}$", description="A `sub`.")] | UnsetType = UNSET


class KpiQuery(Struct, frozen=True, kw_only=True, rename={"first": "from", "last": "to"}):
    """From which day to which, both included."""

    first: Day
    last: Day


# Bodies


class CommandBody(Struct, frozen=True, kw_only=True):
    """What the car is told."""

    action: CommandAction
    reason: Reason


class OutOfServiceBody(Struct, frozen=True, kw_only=True):
    """Why nobody shall book the car."""

    reason: Reason
    version: Version | UnsetType = UNSET


class BackInServiceBody(Struct, frozen=True, kw_only=True):
    """What changed, if it is worth a word."""

    reason: Reason | UnsetType = UNSET
    version: Version | UnsetType = UNSET


class RegisterVehicleBody(Struct, frozen=True, kw_only=True, rename="camel"):
    """A new car. `bay`: where it stands."""

    vehicle_id: Id
    vehicle_type_id: Id
    bay: BayName | UnsetType = UNSET


class VerificationBody(Struct, frozen=True, kw_only=True, rename="camel"):
    """Whether the licence was checked. `planId`: absent, the rider's plan stays."""

    verified: bool
    reason: Reason
    plan_id: Id | UnsetType = UNSET


class AcknowledgeBody(Struct, frozen=True, kw_only=True):
    """`note`: what whoever comes next should know."""

    note: Note | UnsetType = UNSET


class ResolveBody(Struct, frozen=True, kw_only=True):
    """`force`: although the car still reports what raised the alert."""

    note: Note | UnsetType = UNSET
    force: bool = False


class SnoozeBody(Struct, frozen=True, kw_only=True):
    """`until`: at most a week ahead."""

    until: Annotated[int, Meta(ge=0, le=_LAST_MS, description="ms since the epoch.")]
    note: Note | UnsetType = UNSET


class OpenWorkOrderBody(Struct, frozen=True, kw_only=True, rename="camel"):
    """`alertId`: of the vehicle's alert that it is about; such an alert has one work order at most."""

    vehicle_id: Id
    title: Title
    priority: Priority = Priority.NORMAL
    alert_id: Id | UnsetType = UNSET
    note: Annotated[str, Meta(min_length=1, max_length=MAX_NOTE, pattern="\\S")] | UnsetType = UNSET


class ChangeWorkOrderBody(Struct, frozen=True, kw_only=True):
    """What is absent stays."""

    title: Title | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    version: Version | UnsetType = UNSET


class AssignBody(Struct, frozen=True, kw_only=True):
    """`assignee`: as staff are named in the audit trail; absent, whoever asks. `unassign`: give it back."""

    assignee: Person | UnsetType = UNSET
    unassign: bool = False
    version: Version | UnsetType = UNSET


class EndWorkOrderBody(Struct, frozen=True, kw_only=True):
    """`note`: what was done, or why it is not needed."""

    note: Note | UnsetType = UNSET
    version: Version | UnsetType = UNSET


class NoteBody(Struct, frozen=True, kw_only=True):
    """A note."""

    text: Annotated[str, Meta(min_length=1, max_length=MAX_NOTE, pattern="\\S")]
