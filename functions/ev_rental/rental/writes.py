"""What the rental asks of its store: small writes, each with the condition it is made under.

A list of them is committed whole or not at all. A write by value says what must hold without reading first;
`Replace` says that nothing has changed since it was read.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from ev_rental.rental.booking import Booking
from ev_rental.rental.command import Command
from ev_rental.rental.idempotency import IdempotencyRecord
from ev_rental.rental.invoice import Invoice
from ev_rental.rental.report import Report
from ev_rental.rental.rider import Rider
from ev_rental.rental.station import Bay, BayRef
from ev_rental.rental.vehicle import RentalVehicle
from ev_rental.vocabulary import RentalState

Entity = Booking | RentalVehicle | Rider | Bay | Command | Invoice | Report


class Insert(Struct, frozen=True):
    """Condition: there is no such item yet."""

    entity: Entity


class Replace(Struct, frozen=True):
    """Condition: the item is of the version and time of `before`. Writes what differs in `after`."""

    before: Entity
    after: Entity


class Unchanged(Struct, frozen=True):
    """Condition: the item is as it was read. Writes nothing."""

    entity: Entity


class ReserveVehicle(Struct, frozen=True):
    """Condition: the vehicle is available and has no booking. Makes it reserved for this one."""

    vehicle_id: str
    booking_id: str
    at: int


class LockRider(Struct, frozen=True):
    """Condition: the rider is verified, has no live booking and, when `plan_id` is given, that plan."""

    rider_id: str
    booking_id: str
    plan_id: str | None
    at: int


class ReleaseRider(Struct, frozen=True):
    """Condition: this is the rider's live booking."""

    rider_id: str
    booking_id: str
    at: int


class ReserveBay(Struct, frozen=True):
    """Condition: the bay exists, nobody has reserved it, and it is empty or the vehicle itself is in it."""

    bay: BayRef
    booking_id: str
    vehicle_id: str
    at: int


class ReleaseBay(Struct, frozen=True):
    """Condition: the bay is reserved by this booking."""

    bay: BayRef
    booking_id: str
    at: int


class OccupyBay(Struct, frozen=True):
    """Condition: the bay is reserved by this booking. Ends the reservation; the vehicle is in the bay."""

    bay: BayRef
    booking_id: str
    vehicle_id: str
    at: int


class ParkInBay(Struct, frozen=True):
    """Condition: the bay exists, is not reserved and is empty. The vehicle is in it."""

    bay: BayRef
    vehicle_id: str
    at: int


class VacateBay(Struct, frozen=True):
    """Condition: the vehicle is in the bay."""

    bay: BayRef
    vehicle_id: str
    at: int


class MirrorState(Struct, frozen=True):
    """Writes the state where telemetry looks for it. Conditions on what telemetry last said, each if given:
    `min_soc` (percent; and no blocking alert), `seen_since` and `seen_before` (ms; the latter includes
    never)."""

    vehicle_id: str
    state: RentalState
    min_soc: int | None = None
    seen_since: int | None = None
    seen_before: int | None = None


class Remember(Struct, frozen=True):
    """Condition: the key was not used in the last 24 hours."""

    record: IdempotencyRecord


class Companion(Struct, frozen=True):
    """Base of the writes that another part of the platform makes in the same transaction, such as an audit
    record beside the change it tells of; the store of that part knows how."""


Write = (
    Insert
    | Replace
    | Unchanged
    | ReserveVehicle
    | LockRider
    | ReleaseRider
    | ReserveBay
    | ReleaseBay
    | OccupyBay
    | ParkInBay
    | VacateBay
    | MirrorState
    | Remember
    | Companion
)


class CommitRefused(Exception):  # noqa: N818 - it is an answer, not a fault
    """Nothing was written. `failed`: (write, the item it met) of each write whose condition did not hold, in
    the order given; an item is plain attributes, None when there is none."""

    def __init__(self, failed: list[tuple[Write, Mapping[str, Any] | None]]) -> None:
        super().__init__(", ".join(type(write).__name__ for write, _ in failed))
        self.failed = failed
