"""Closed vocabularies of the rental: a word that is not here does not exist."""

from enum import StrEnum


class BookingState(StrEnum):
    """HELD -> ACTIVE -> COMPLETED -> INVOICED; a hold that comes to nothing is EXPIRED or CANCELLED."""

    HELD = "HELD"
    ACTIVE = "ACTIVE"
    COMPLETED = "COMPLETED"
    INVOICED = "INVOICED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"


class VehicleEvent(StrEnum):
    """Event types of MDS 2.0.2, mode `car-share`, that change a vehicle's state."""

    COMMS_LOST = "comms_lost"
    COMMS_RESTORED = "comms_restored"
    CUSTOMER_CANCELLATION = "customer_cancellation"
    DECOMMISSIONED = "decommissioned"
    DRIVER_CANCELLATION = "driver_cancellation"
    MAINTENANCE = "maintenance"
    MAINTENANCE_END = "maintenance_end"
    MAINTENANCE_PICK_UP = "maintenance_pick_up"
    PROVIDER_CANCELLATION = "provider_cancellation"
    RECOMMISSIONED = "recommissioned"
    RESERVATION_START = "reservation_start"
    RESERVATION_STOP = "reservation_stop"
    SERVICE_END = "service_end"
    SERVICE_START = "service_start"
    TRIP_END = "trip_end"
    TRIP_ENTER_JURISDICTION = "trip_enter_jurisdiction"
    TRIP_LEAVE_JURISDICTION = "trip_leave_jurisdiction"
    TRIP_RESUME = "trip_resume"
    TRIP_START = "trip_start"
    TRIP_STOP = "trip_stop"


class CommandAction(StrEnum):
    """What a car is told to do with its doors."""

    LOCK = "lock"
    UNLOCK = "unlock"


class CommandPurpose(StrEnum):
    """What the car's answer will do: start the trip, end it, or nothing (a car left open is locked; staff
    open or close one)."""

    START_TRIP = "start_trip"
    END_TRIP = "end_trip"
    SECURE = "secure"
    SERVICE = "service"


class CommandState(StrEnum):
    """SENT until the car answers (ACKNOWLEDGED or REFUSED) or its time is over (EXPIRED)."""

    SENT = "SENT"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    REFUSED = "REFUSED"
    EXPIRED = "EXPIRED"


class AckResult(StrEnum):
    """A car's answer to a command, on the wire."""

    DONE = "done"
    REFUSED = "refused"


class AckOutcome(StrEnum):
    """What became of a car's answer. All but `unknown` and `wrong_vehicle` are good ends."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    LATE = "late"
    UNKNOWN = "unknown"
    WRONG_VEHICLE = "wrong_vehicle"


class DueKind(StrEnum):
    """What a sweep has to look at; the hash key of the table's index `due`."""

    HOLD_EXPIRY = "hold_expiry"
    COMMAND_EXPIRY = "command_expiry"
    INVOICE = "invoice"
    TRIP = "trip"
    RIDER_LOCK = "rider_lock"


class ReportCategory(StrEnum):
    """What a rider reports about a car."""

    DAMAGE = "damage"
    DIRTY = "dirty"
    CHARGING = "charging"
    WARNING_LIGHT = "warning_light"
    ACCIDENT = "accident"
    LOST_PROPERTY = "lost_property"
    OTHER = "other"


class LineKind(StrEnum):
    """What a line of a price is for. `minimum`: minutes between the trip's end and the plan's minimum."""

    UNLOCK = "unlock"
    TIME = "time"
    MINIMUM = "minimum"
    DISTANCE = "distance"


class EventType(StrEnum):
    """Detail types on the event bus."""

    BOOKING_HELD = "booking.held"
    TRIP_STARTED = "trip.started"
    TRIP_COMPLETED = "trip.completed"
    BOOKING_CANCELLED = "booking.cancelled"
    BOOKING_EXPIRED = "booking.expired"
    BOOKING_INVOICED = "booking.invoiced"
    INVOICE_ISSUED = "invoice.issued"
    VEHICLE_REGISTERED = "vehicle.registered"
    VEHICLE_STATE_CHANGED = "vehicle.state_changed"
    COMMAND_SENT = "command.sent"
    COMMAND_ACKNOWLEDGED = "command.acknowledged"
    COMMAND_REFUSED = "command.refused"
    COMMAND_EXPIRED = "command.expired"
    REPORT_FILED = "report.filed"
    ALERT_OPENED = "alert.opened"
    ALERT_ACKED = "alert.acked"
    ALERT_RESOLVED = "alert.resolved"
