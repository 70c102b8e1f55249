"""What telemetry last said of a car, as far as the rental asks, and what follows: may it be booked, is it
lost. The processor writes it; nothing here does."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from msgspec import Struct

from ev_rental.rental.errors import ErrorCode
from ev_rental.rental.market import BookingLimits
from ev_rental.vocabulary import Contact, RentalState


class Reading(Struct, frozen=True, kw_only=True):
    """`last_seen`, `contact_at`: ms, 0 when never. `soc`: percent. `range_m`, `odometer`: metres.
    `consumed_wh`: what the battery gave in its life. `rental_state`: the mirror that every step of a rental
    keeps, None for a car that was never rented."""

    vehicle_id: str
    last_seen: int = 0
    soc: float | None = None
    blocking_alerts: tuple[str, ...] = ()
    contact: Contact | None = None
    contact_at: int = 0
    latitude: float | None = None
    longitude: float | None = None
    range_m: int | None = None
    odometer: int | None = None
    consumed_wh: int | None = None
    charging: bool | None = None
    rental_state: RentalState | None = None


def seen_since(limits: BookingLimits, now: int) -> int:
    """ms: a car last heard of before this is not rented out."""
    return now - limits.max_silence_seconds * 1000


def unfit(reading: Reading, limits: BookingLimits, now: int) -> ErrorCode | None:
    """Why telemetry forbids to book the car, or None. The same question, as conditions on the item, is
    part of every booking's transaction."""
    if reading.last_seen < seen_since(limits, now):
        return ErrorCode.VEHICLE_SILENT
    if reading.blocking_alerts:
        return ErrorCode.VEHICLE_BLOCKED_BY_ALERT
    if reading.soc is None or reading.soc < limits.min_soc:
        return ErrorCode.VEHICLE_BATTERY_LOW
    return None


class Silence(NamedTuple):
    """Seconds without a word after which a car is lost: while the broker holds its connection (or never
    said), and once it told that the connection ended."""

    connected: int
    disconnected: int


SILENCE: Final[Mapping[RentalState, Silence]] = {
    # A rider on the way to the car must learn soon; a car on a trip may be in a tunnel or a garage.
    RentalState.AVAILABLE: Silence(900, 600),
    RentalState.RESERVED: Silence(600, 300),
    RentalState.STOPPED: Silence(1_800, 1_200),
    RentalState.ON_TRIP: Silence(1_800, 1_200),
    RentalState.NON_OPERATIONAL: Silence(86_400, 86_400),
    RentalState.ELSEWHERE: Silence(1_800, 1_200),
}
"""By the state the car is in, or was in before it fell silent. A removed car is not waited for."""


def lost_before(state: RentalState, reading: Reading) -> int | None:
    """How long ago, in ms, a car in `state` must have been last heard of to be lost; None: it never is.

    Presence events of the broker come twice and out of order, so they only shorten the wait.
    """
    silence = SILENCE.get(state)
    if silence is None:
        return None
    gone = reading.contact is Contact.DISCONNECTED and reading.contact_at >= reading.last_seen
    return (silence.disconnected if gone else silence.connected) * 1000
