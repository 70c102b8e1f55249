"""What the rental needs of a data store."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from ev_rental.rental.booking import Booking
from ev_rental.rental.command import Command
from ev_rental.rental.idempotency import IdempotencyRecord
from ev_rental.rental.invoice import Invoice
from ev_rental.rental.reading import Reading
from ev_rental.rental.rider import Rider
from ev_rental.rental.station import Bay, BayRef
from ev_rental.rental.vehicle import RentalVehicle
from ev_rental.rental.vocabulary import DueKind
from ev_rental.rental.writes import Write
from ev_rental.vocabulary import RentalState

_T = TypeVar("_T")


class Page(Struct, Generic[_T], frozen=True):
    """One page of a list. `cursor`: asks for the next page, None on the last."""

    items: list[_T]
    cursor: str | None = None


class TripContext(Struct, frozen=True, kw_only=True):
    """A booking with its vehicle and what telemetry last said; None for what does not exist."""

    booking: Booking | None
    vehicle: RentalVehicle | None
    reading: Reading


class StationContent(Struct, frozen=True, kw_only=True):
    """What a station's index holds, eventually consistent."""

    bays: list[Bay]
    vehicles: list[RentalVehicle]


class Store(Protocol):
    """Reads of one item see every commit that was answered before; lists may lag a little.

    Every method raises RentalError(try_again) when the store does not answer after a few attempts.
    """

    def commit(self, writes: Sequence[Write]) -> None:
        """All of the writes, or none and CommitRefused."""

    def claim(self) -> None:
        """Makes sure that this Region is the writer. Raises RentalError(writes_disabled)."""

    def bay(self, bay: BayRef) -> Bay | None: ...

    def booking(self, booking_id: str) -> Booking | None: ...

    def command(self, command_id: str) -> Command | None: ...

    def invoice(self, booking_id: str) -> Invoice | None: ...

    def rider(self, rider_id: str) -> Rider | None: ...

    def vehicle(self, vehicle_id: str) -> RentalVehicle | None: ...

    def remembered(self, rider_id: str, key: str) -> IdempotencyRecord | None: ...

    def trip(self, booking_id: str, vehicle_id: str) -> TripContext: ...

    def readings(self, vehicle_ids: Iterable[str]) -> Mapping[str, Reading]:
        """By vehicle id; a car that was never heard of has an empty reading."""

    def bookings_of(self, rider_id: str, *, limit: int, cursor: str | None) -> Page[Booking]:
        """Newest first. Raises RentalError(invalid_cursor)."""

    def invoices_of(self, rider_id: str, *, limit: int, cursor: str | None) -> Page[Invoice]:
        """Newest first. Raises RentalError(invalid_cursor)."""

    def invoices_since(self, at: int) -> Iterator[Invoice]:
        """Those issued at ms `at` or later, the oldest first."""

    def vehicles(self, states: Iterable[RentalState]) -> Iterator[RentalVehicle]:
        """All vehicles in these states, page by page."""

    def station(self, station_id: str) -> StationContent: ...

    def due(self, kind: DueKind, now: int) -> Iterator[str]:
        """Ids of bookings, commands or riders that are due at ms `now`, the longest due first."""
