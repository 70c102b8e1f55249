"""Whether a car is lost or found again, as a change to write."""

from ev_rental.rental.reading import Reading, lost_before
from ev_rental.rental.vehicle import RentalVehicle, after
from ev_rental.rental.vocabulary import VehicleEvent
from ev_rental.rental.writes import MirrorState, Replace, Write
from ev_rental.vocabulary import RentalState


def contact_change(vehicle: RentalVehicle, reading: Reading, now: int) -> list[Write] | None:
    """The writes that make a silent car `non_contactable`, or give it back the state it had; else None.

    A car that never reported counts from its last change. A word from the car between the look and the
    write makes the commit fail: it is decided anew.
    """
    silent = vehicle.state is RentalState.NON_CONTACTABLE
    before = vehicle.state_before_contact_loss if silent else vehicle.state
    limit = None if before is None else lost_before(before, reading)
    if limit is None:
        return None
    cutoff = now - limit
    lost = (reading.last_seen or vehicle.changed_at) <= cutoff
    if silent and reading.last_seen > cutoff:
        found = after(vehicle, [VehicleEvent.COMMS_RESTORED], now)
        return [Replace(vehicle, found), MirrorState(vehicle.vehicle_id, found.state)]
    if not silent and lost:
        gone = after(vehicle, [VehicleEvent.COMMS_LOST], now)
        return [Replace(vehicle, gone), MirrorState(vehicle.vehicle_id, gone.state, seen_before=cutoff)]
    return None
