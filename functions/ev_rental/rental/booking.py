"""A booking and its trip: which state may follow which, and what each step writes down."""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct

from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.station import BayRef
from ev_rental.rental.vocabulary import BookingState as State

TRANSITIONS: Final[Mapping[State, frozenset[State]]] = {
    State.HELD: frozenset({State.ACTIVE, State.EXPIRED, State.CANCELLED}),
    State.ACTIVE: frozenset({State.COMPLETED, State.CANCELLED}),
    State.COMPLETED: frozenset({State.INVOICED}),
    State.INVOICED: frozenset(),
    State.EXPIRED: frozenset(),
    State.CANCELLED: frozenset(),
}
"""Which state may follow which."""

FAILOVER_CONFLICT: Final = "failover_conflict"
"""Why a booking was cancelled that another Region had accepted without knowing of this one."""

LIVE: Final = frozenset({State.HELD, State.ACTIVE})
"""States in which a booking keeps its vehicle and its rider from any other."""


class Booking(Struct, frozen=True, kw_only=True):
    """Times in ms, odometers in metres, energy in Wh that the battery gave in its life.

    `tariff_id`: the tariff agreed when the car was held. `destination`: the bay kept for the return.
    `command_id`: the command the car has not answered yet. `cancel_reason`: None when the rider cancelled.
    """

    booking_id: str
    rider_id: str
    vehicle_id: str
    market: str
    plan_id: str
    tariff_id: str
    state: State
    created_at: int
    hold_expires_at: int
    version: int
    changed_at: int
    destination: BayRef | None = None
    command_id: str | None = None
    started_at: int | None = None
    start_odometer: int | None = None
    start_energy_wh: int | None = None
    ended_at: int | None = None
    end_odometer: int | None = None
    end_energy_wh: int | None = None
    invoice_id: str | None = None
    cancel_reason: str | None = None

    @property
    def metres(self) -> int | None:
        """The distance driven, or None when either reading is missing or they contradict each other."""
        return _grown(self.start_odometer, self.end_odometer)

    @property
    def energy_wh(self) -> int | None:
        """What the trip took from the battery, or None when either reading is missing or they contradict
        each other."""
        return _grown(self.start_energy_wh, self.end_energy_wh)


def _grown(start: int | None, end: int | None) -> int | None:
    return None if start is None or end is None or end < start else end - start


def step(booking: Booking, state: State, at: int, **changes: object) -> Booking:
    """The booking in its next `state`, at ms `at`. Raises RentalError(wrong_state)."""
    if state not in TRANSITIONS[booking.state]:
        raise RentalError(
            ErrorCode.WRONG_STATE,
            f"booking {booking.booking_id} is {booking.state} and cannot become {state}",
        )
    return edit(booking, at, state=state, **changes)


def edit(booking: Booking, at: int, **changes: object) -> Booking:
    """The booking's next version, its state unchanged unless it is among `changes`."""
    return msgspec.structs.replace(booking, version=booking.version + 1, changed_at=at, **changes)
