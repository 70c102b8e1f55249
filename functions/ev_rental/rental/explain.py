"""Which refusal a commit's failed conditions mean, item by item."""

from collections.abc import Mapping
from typing import Any

import msgspec

from ev_rental.rental.booking import Booking
from ev_rental.rental.command import Command
from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.idempotency import IdempotencyRecord
from ev_rental.rental.report import Report
from ev_rental.rental.writes import (
    CommitRefused,
    Insert,
    LockRider,
    MirrorState,
    ParkInBay,
    Remember,
    ReserveBay,
    ReserveVehicle,
    Write,
)

Item = Mapping[str, Any]


def recorded(refused: CommitRefused) -> IdempotencyRecord | None:
    """The answer that the key already has, if that is among the reasons."""
    for write, item in refused.failed:
        if isinstance(write, Remember) and item is not None:
            return msgspec.convert(item, IdempotencyRecord)
    return None


def explain(refused: CommitRefused) -> RentalError | None:
    """The refusal of the first write that has one; None when what was read has changed: decide anew."""
    for write, item in refused.failed:
        error = _refusal(write, item)
        if error is not None:
            return error
    return None


def _refusal(write: Write, item: Item | None) -> RentalError | None:
    match write:
        case LockRider():
            return _rider(write, item)
        case ReserveVehicle():
            return _vehicle(write, item)
        case MirrorState():
            return _reading(write, item)
        case ReserveBay() | ParkInBay():
            return _bay(write, item)
        case Insert(entity=Booking() | Command() | Report()):  # their ids follow from the key
            return RentalError(
                ErrorCode.IDEMPOTENCY_KEY_REUSED,
                "this Idempotency-Key was used more than 24 hours ago: use a new one",
            )
        case _:
            return None


def _rider(write: LockRider, item: Item | None) -> RentalError:
    if item is None:
        return RentalError(ErrorCode.RIDER_NOT_REGISTERED, "sign-up is not finished: complete your profile")
    if not item.get("verified"):
        return RentalError(ErrorCode.RIDER_NOT_VERIFIED, "the driving licence has not been verified yet")
    if "live_booking_id" in item:
        return RentalError(
            ErrorCode.RIDER_HAS_LIVE_BOOKING, f"booking {item['live_booking_id']} has not ended yet"
        )
    return RentalError(ErrorCode.PLAN_NOT_ALLOWED, f"plan {write.plan_id} is for riders who signed up for it")


def _vehicle(write: ReserveVehicle, item: Item | None) -> RentalError:
    if item is None:
        return RentalError(ErrorCode.VEHICLE_NOT_FOUND, f"there is no vehicle {write.vehicle_id!r}")
    return RentalError(
        ErrorCode.VEHICLE_NOT_AVAILABLE, f"vehicle {write.vehicle_id} is not available: choose another one"
    )


def _reading(write: MirrorState, item: Item | None) -> RentalError | None:
    if write.min_soc is None:
        return None
    name = write.vehicle_id
    seen = (item or {}).get("last_seen", 0)
    if item is None or (write.seen_since is not None and seen < write.seen_since):
        return RentalError(ErrorCode.VEHICLE_SILENT, f"vehicle {name} has not been heard of lately")
    if item.get("blocking_alerts"):
        return RentalError(ErrorCode.VEHICLE_BLOCKED_BY_ALERT, f"vehicle {name} waits for maintenance")
    return RentalError(
        ErrorCode.VEHICLE_BATTERY_LOW, f"vehicle {name} is below {write.min_soc} percent of charge"
    )


def _bay(write: ReserveBay | ParkInBay, item: Item | None) -> RentalError:
    name = f"bay {write.bay.bay_id} of station {write.bay.station_id}"
    if item is None:
        return RentalError(ErrorCode.BAY_NOT_FOUND, f"there is no {name}")
    return RentalError(ErrorCode.BAY_TAKEN, f"{name} is taken: choose another one")
