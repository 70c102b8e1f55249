"""A vehicle as the rental knows it, and its state machine: that of MDS 2.0.2, mode `car-share`.

MDS knows no way from `reserved` to `on_trip`: opening the car is `reservation_stop` and `trip_start`,
closing it for good is `trip_stop` and `trip_end`; one change may carry several event types.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final
from zlib import crc32

import msgspec
from msgspec import Struct

from ev_rental.rental.station import BayRef
from ev_rental.rental.vocabulary import VehicleEvent as On
from ev_rental.vocabulary import RentalState as State

STATE_SHARDS: Final = 4
"""Into how many parts the index of vehicles by state spreads one state."""

_ROWS: Final[tuple[tuple[State, On, State], ...]] = (
    (State.AVAILABLE, On.TRIP_LEAVE_JURISDICTION, State.ELSEWHERE),
    (State.AVAILABLE, On.COMMS_LOST, State.NON_CONTACTABLE),
    (State.AVAILABLE, On.SERVICE_END, State.NON_OPERATIONAL),
    (State.AVAILABLE, On.RESERVATION_START, State.RESERVED),
    (State.ELSEWHERE, On.TRIP_ENTER_JURISDICTION, State.AVAILABLE),
    (State.ELSEWHERE, On.COMMS_LOST, State.NON_CONTACTABLE),
    (State.ELSEWHERE, On.TRIP_ENTER_JURISDICTION, State.NON_OPERATIONAL),
    (State.ELSEWHERE, On.TRIP_ENTER_JURISDICTION, State.ON_TRIP),
    (State.ELSEWHERE, On.TRIP_ENTER_JURISDICTION, State.RESERVED),
    (State.NON_CONTACTABLE, On.COMMS_RESTORED, State.AVAILABLE),
    (State.NON_CONTACTABLE, On.COMMS_RESTORED, State.ELSEWHERE),
    (State.NON_CONTACTABLE, On.COMMS_RESTORED, State.NON_OPERATIONAL),
    (State.NON_CONTACTABLE, On.COMMS_RESTORED, State.ON_TRIP),
    (State.NON_CONTACTABLE, On.COMMS_RESTORED, State.REMOVED),
    (State.NON_CONTACTABLE, On.COMMS_RESTORED, State.RESERVED),
    (State.NON_CONTACTABLE, On.COMMS_RESTORED, State.STOPPED),
    (State.NON_OPERATIONAL, On.SERVICE_START, State.AVAILABLE),
    (State.NON_OPERATIONAL, On.TRIP_LEAVE_JURISDICTION, State.ELSEWHERE),
    (State.NON_OPERATIONAL, On.COMMS_LOST, State.NON_CONTACTABLE),
    (State.NON_OPERATIONAL, On.DECOMMISSIONED, State.REMOVED),
    (State.NON_OPERATIONAL, On.MAINTENANCE_PICK_UP, State.REMOVED),
    (State.NON_OPERATIONAL, On.MAINTENANCE, State.REMOVED),
    (State.ON_TRIP, On.TRIP_LEAVE_JURISDICTION, State.ELSEWHERE),
    (State.ON_TRIP, On.COMMS_LOST, State.NON_CONTACTABLE),
    (State.ON_TRIP, On.TRIP_STOP, State.STOPPED),
    (State.REMOVED, On.COMMS_LOST, State.NON_CONTACTABLE),
    (State.REMOVED, On.MAINTENANCE_END, State.NON_OPERATIONAL),
    (State.REMOVED, On.RECOMMISSIONED, State.NON_OPERATIONAL),
    (State.RESERVED, On.DRIVER_CANCELLATION, State.AVAILABLE),
    (State.RESERVED, On.CUSTOMER_CANCELLATION, State.AVAILABLE),
    (State.RESERVED, On.PROVIDER_CANCELLATION, State.AVAILABLE),
    (State.RESERVED, On.TRIP_LEAVE_JURISDICTION, State.ELSEWHERE),
    (State.RESERVED, On.COMMS_LOST, State.NON_CONTACTABLE),
    (State.RESERVED, On.RESERVATION_STOP, State.STOPPED),
    (State.STOPPED, On.DRIVER_CANCELLATION, State.AVAILABLE),
    (State.STOPPED, On.CUSTOMER_CANCELLATION, State.AVAILABLE),
    (State.STOPPED, On.PROVIDER_CANCELLATION, State.AVAILABLE),
    (State.STOPPED, On.TRIP_END, State.AVAILABLE),
    (State.STOPPED, On.COMMS_LOST, State.NON_CONTACTABLE),
    (State.STOPPED, On.TRIP_RESUME, State.ON_TRIP),
    (State.STOPPED, On.TRIP_START, State.ON_TRIP),
)


def _transitions() -> Mapping[tuple[State, On], frozenset[State]]:
    targets: defaultdict[tuple[State, On], set[State]] = defaultdict(set)
    for source, event, target in _ROWS:
        targets[source, event].add(target)
    return {key: frozenset(found) for key, found in targets.items()}


TRANSITIONS: Final = _transitions()
"""(state, event type) -> the states it may lead to; a pair that is not here is no transition. Where there
are several, the vehicle returns to the state it had before it left or fell silent."""


class TransitionError(Exception):
    """The state machine has no such transition."""


class RentalVehicle(Struct, frozen=True, kw_only=True):
    """One car. `public_id`: its id in public feeds, another after each trip (GBFS 3.0). `booking_id`: the
    live booking. `station_id`, `bay_id`: where it stands, both or none. `event_types`: of the last change,
    at `changed_at` (ms)."""

    vehicle_id: str
    vehicle_type_id: str
    public_id: str
    market: str
    state: State
    version: int
    changed_at: int
    event_types: list[On]
    state_before_contact_loss: State | None = None
    state_before_leaving: State | None = None
    booking_id: str | None = None
    station_id: str | None = None
    bay_id: str | None = None

    @property
    def bay(self) -> BayRef | None:
        """Where it stands."""
        if self.station_id is None or self.bay_id is None:
            return None
        return BayRef(station_id=self.station_id, bay_id=self.bay_id)

    @property
    def state_beneath(self) -> State:
        """What the rental goes by: the state itself or, of a car that is silent or away, the one before."""
        state = self.state
        if state is State.NON_CONTACTABLE and self.state_before_contact_loss is not None:
            state = self.state_before_contact_loss
        if state is State.ELSEWHERE and self.state_before_leaving is not None:
            state = self.state_before_leaving
        return state


def state_shard(state: State, vehicle_id: str) -> str:
    """The hash key of the index `by_state`: `<state>#<shard>`."""
    return f"{state}#{crc32(vehicle_id.encode()) % STATE_SHARDS}"


def after(vehicle: RentalVehicle, events: Iterable[On], at: int, **changes: object) -> RentalVehicle:
    """The vehicle after `events` (ms `at`), with other fields `changes`.

    Of a silent or distant car every event but its coming back changes the state beneath.
    Raises TransitionError.
    """
    happened = list(events)
    for event in happened:
        vehicle = _step(vehicle, event)
    return msgspec.structs.replace(
        vehicle, version=vehicle.version + 1, changed_at=at, event_types=happened, **changes
    )


_LAYERS: Final = (
    (State.NON_CONTACTABLE, On.COMMS_LOST, On.COMMS_RESTORED, "state_before_contact_loss"),
    (State.ELSEWHERE, On.TRIP_LEAVE_JURISDICTION, On.TRIP_ENTER_JURISDICTION, "state_before_leaving"),
)
"""States that hide another: (state, event that leads in, event that leads out, field of the one hidden)."""


def _step(vehicle: RentalVehicle, event: On) -> RentalVehicle:
    replace = msgspec.structs.replace
    state = vehicle.state
    for hiding, leads_in, leads_out, field in _LAYERS:
        before: State | None = getattr(vehicle, field)
        if state is hiding and before is not None:
            if event is leads_out:
                return replace(vehicle, state=_target(state, event, before), **{field: None})
            if event is not leads_in and (state, event) not in TRANSITIONS:
                beneath = _step(replace(vehicle, state=before, **{field: None}), event)
                return replace(beneath, state=state, **{field: beneath.state})
        if event is leads_in:
            return replace(vehicle, state=_target(state, event), **{field: state})
    return replace(vehicle, state=_target(state, event))


def _target(state: State, event: On, wanted: State | None = None) -> State:
    targets = TRANSITIONS.get((state, event), frozenset())
    if wanted is None and len(targets) == 1:
        return next(iter(targets))
    if wanted in targets:
        return wanted
    raise TransitionError(f"{event} does not lead from {state} to {wanted or 'any state'}")
