"""What the staff API answers: JSON in camel case, times in ms since the epoch, money in minor units of its
currency, distances in metres. A field that has no value is left out, never null."""

from msgspec import UNSET, Struct, UnsetType

from ev_rental.rental.vocabulary import (
    CommandAction,
    CommandPurpose,
    CommandState,
    VehicleEvent,
)
from ev_rental.staff.access import Group
from ev_rental.staff.audit import Outcome
from ev_rental.vocabulary import AlertStatus, Contact, Market, RentalState, Severity
from ev_rental.work_orders import Priority, WorkOrderStatus
from http_api import rentals
from http_api.values import Latitude, Longitude

# Who asks, and where


class PointView(Struct, frozen=True, kw_only=True):
    """A point in WGS 84."""

    latitude: Latitude
    longitude: Longitude


class VehicleTypeView(Struct, frozen=True, kw_only=True, rename="camel"):
    """A kind of car."""

    vehicle_type_id: str
    make: str
    model: str
    max_range_metres: int


class MarketView(Struct, frozen=True, kw_only=True, rename="camel"):
    """Facts of the market. `outline`: the corners of the area that cars may be in, for a map, not closed.
    `minStateOfCharge`: percent below which no car is rented out. `plans`: ids of today's tariff."""

    market: Market
    name: str
    locale: str
    time_zone: str
    currency: str
    minor_digits: int
    min_state_of_charge: int
    outline: list[PointView]
    stations: list[rentals.StationPlace]
    vehicle_types: list[VehicleTypeView]
    plans: list[str]


class MeView(Struct, frozen=True, kw_only=True):
    """Who asks. `permissions`: the operations (`operationId`) that they may call."""

    sub: str
    name: str
    groups: list[Group]
    permissions: list[str]
    market: MarketView


# The fleet


class VehicleRow(Struct, frozen=True, kw_only=True, rename="camel"):
    """A car as it is now. `stateOfCharge`: percent. `speed`: km/h. `lastSeen`: ms, 0 before its first word.
    `offline`: silent for too long. `openAlerts`: how many are not resolved, `worstAlert` the loudest.
    `blocked`: an alert forbids to book it."""

    vehicle_id: str
    vehicle_type_id: str
    state: RentalState
    last_seen: int
    offline: bool
    open_alerts: int
    blocked: bool
    state_of_charge: float | UnsetType = UNSET
    range_metres: int | UnsetType = UNSET
    latitude: Latitude | UnsetType = UNSET
    longitude: Longitude | UnsetType = UNSET
    heading: float | UnsetType = UNSET
    speed: float | UnsetType = UNSET
    charging: bool | UnsetType = UNSET
    plugged_in: bool | UnsetType = UNSET
    locked: bool | UnsetType = UNSET
    contact: Contact | UnsetType = UNSET
    worst_alert: Severity | UnsetType = UNSET
    station_id: str | UnsetType = UNSET
    bay_id: str | UnsetType = UNSET
    booking_id: str | UnsetType = UNSET


class VehicleList(Struct, frozen=True, kw_only=True):
    """Cars by their id. `total`: how many match. `cursor`: for the next page, absent on the last."""

    vehicles: list[VehicleRow]
    total: int
    cursor: str | UnsetType = UNSET


class CountView(Struct, frozen=True, kw_only=True):
    """How many of something."""

    name: str
    count: int


class FleetSummary(Struct, frozen=True, kw_only=True, rename="camel"):
    """How the fleet stands. `states`, `alerts` (not resolved, by severity): every word there is, in order.
    `bookable`: cars that a rider can hold now. `lowCharge`: below the market's floor."""

    total: int
    states: list[CountView]
    alerts: list[CountView]
    offline: int
    charging: int
    low_charge: int
    blocked: int
    bookable: int


class LeafView(Struct, frozen=True, kw_only=True):
    """A value that telemetry told, by its name in COVESA VSS 6.0; one of number, text and flag."""

    path: str
    unit: str
    number: float | UnsetType = UNSET
    text: str | UnsetType = UNSET
    flag: bool | UnsetType = UNSET


class AlertView(Struct, frozen=True, kw_only=True, rename="camel"):
    """An alert. `value`: the signal, in `unit`, when it was last raised. `latched`: only staff end it.
    `snoozable`: false when every occurrence must be told."""

    alert_id: str
    vehicle_id: str
    rule: str
    severity: Severity
    status: AlertStatus
    blocking: bool
    latched: bool
    snoozable: bool
    value: float
    unit: str
    occurrences: int
    raised_at: int
    last_occurred_at: int
    acked_at: int | UnsetType = UNSET
    acked_by: str | UnsetType = UNSET
    resolved_at: int | UnsetType = UNSET
    resolved_by: str | UnsetType = UNSET
    snoozed_until: int | UnsetType = UNSET
    snoozed_by: str | UnsetType = UNSET
    note: str | UnsetType = UNSET


class AlertPage(Struct, frozen=True, kw_only=True):
    """Not resolved ones the loudest first, others the newest first. `cursor`: for the next page, absent on
    the last; a page may hold fewer than asked for and still have one."""

    alerts: list[AlertView]
    cursor: str | UnsetType = UNSET


class NoteView(Struct, frozen=True, kw_only=True):
    """What somebody wrote down."""

    at: int
    author: str
    text: str


class WorkOrderView(Struct, frozen=True, kw_only=True, rename="camel"):
    """A work order. `alertId`: of the vehicle's alert that it is about."""

    work_order_id: str
    vehicle_id: str
    title: str
    priority: Priority
    status: WorkOrderStatus
    opened_at: int
    updated_at: int
    opened_by: str
    version: int
    notes: list[NoteView]
    alert_id: str | UnsetType = UNSET
    assignee: str | UnsetType = UNSET


class WorkOrderPage(Struct, frozen=True, kw_only=True, rename="camel"):
    """The last opened first, open ones before assigned ones. `cursor`: as of an AlertPage."""

    work_orders: list[WorkOrderView]
    cursor: str | UnsetType = UNSET


class VehicleDetail(Struct, frozen=True, kw_only=True, rename="camel"):
    """A car with all that is known of it. `version`, `changedAt`, `eventTypes` (MDS): of its last change in
    the rental. `alerts`, `workOrders`: those that are not over. `readings`: what telemetry last told."""

    vehicle: VehicleRow
    make: str
    model: str
    version: int
    changed_at: int
    event_types: list[VehicleEvent]
    alerts: list[AlertView]
    work_orders: list[WorkOrderView]
    readings: list[LeafView]
    odometer_metres: int | UnsetType = UNSET


class SampleView(Struct, frozen=True, kw_only=True, rename="camel"):
    """The car at one minute. `batteryPower`: kW out of the traction battery, negative while it charges."""

    at: int
    state_of_charge: float | UnsetType = UNSET
    speed: float | UnsetType = UNSET
    latitude: Latitude | UnsetType = UNSET
    longitude: Longitude | UnsetType = UNSET
    odometer_metres: float | UnsetType = UNSET
    battery_power: float | UnsetType = UNSET
    charge_power: float | UnsetType = UNSET
    battery_temperature: float | UnsetType = UNSET
    low_voltage: float | UnsetType = UNSET
    charging: bool | UnsetType = UNSET
    plugged_in: bool | UnsetType = UNSET


class SampleList(Struct, frozen=True, kw_only=True):
    """A sample a minute, oldest first; minutes in which the car said nothing are left out."""

    samples: list[SampleView]


class VehicleView(Struct, frozen=True, kw_only=True, rename="camel"):
    """A car after a change in the rental."""

    vehicle_id: str
    vehicle_type_id: str
    state: RentalState
    version: int
    changed_at: int
    event_types: list[VehicleEvent]
    station_id: str | UnsetType = UNSET
    bay_id: str | UnsetType = UNSET


class CommandView(Struct, frozen=True, kw_only=True, rename="camel"):
    """What the car was told. SENT until it answers or the command expires; `reason`: why it refused.
    `bookingId`: of the booking the car had."""

    command_id: str
    vehicle_id: str
    action: CommandAction
    purpose: CommandPurpose
    state: CommandState
    issued_at: int
    expires_at: int
    booking_id: str | UnsetType = UNSET
    reason: str | UnsetType = UNSET


# Stations


class BayView(Struct, frozen=True, kw_only=True, rename="camel"):
    """A bay. `registered`: it was set up. `occupiedBy`: the vehicle in it; `reservedBy`: the booking that
    will end there."""

    bay_id: str
    charging: bool
    registered: bool
    occupied_by: str | UnsetType = UNSET
    reserved_by: str | UnsetType = UNSET


class StationView(Struct, frozen=True, kw_only=True, rename="camel"):
    """A station. `vehicles`: the cars that stand there."""

    station_id: str
    name: str
    address: str
    latitude: Latitude
    longitude: Longitude
    bays: list[BayView]
    vehicles: list[str]


class StationList(Struct, frozen=True, kw_only=True):
    """All stations of the market."""

    stations: list[StationView]


# Riders and their money


class RiderView(Struct, frozen=True, kw_only=True, rename="camel"):
    """A rider. `verified`: the licence was checked."""

    rider_id: str
    verified: bool
    version: int
    changed_at: int
    plan_id: str | UnsetType = UNSET
    live_booking_id: str | UnsetType = UNSET


class BookingView(rentals.BookingView, frozen=True, kw_only=True, rename="camel"):
    """A booking and its trip. `commandId`: the command the car has not answered yet. `energyWh`: what the
    trip took from the battery. `cancelReason`: absent when the rider cancelled."""

    rider_id: str
    version: int
    changed_at: int
    energy_wh: int | UnsetType = UNSET
    cancel_reason: str | UnsetType = UNSET


class BookingPage(Struct, frozen=True, kw_only=True):
    """The newest first. `cursor`: as of an AlertPage."""

    bookings: list[BookingView]
    cursor: str | UnsetType = UNSET


class InvoiceView(rentals.InvoiceView, frozen=True, kw_only=True, rename="camel"):
    """The price of a trip, fixed once."""

    rider_id: str


class InvoicePage(Struct, frozen=True, kw_only=True):
    """The newest first. `cursor`: as of an AlertPage."""

    invoices: list[InvoiceView]
    cursor: str | UnsetType = UNSET


# Figures and the trail


class KpiView(Struct, frozen=True, kw_only=True, rename="camel"):
    """Figures of a day where the market is. `utilisation`, `availability`: 0 to 1. `asOf`: until when it is
    counted, the day's end once it is over. `meanTimeToRepairMinutes`: absent when nothing was repaired."""

    day: str
    trips: int
    revenue_minor: int
    utilisation: float
    availability: float
    energy_kwh: float
    as_of: int
    mean_time_to_repair_minutes: float | UnsetType = UNSET


class KpiList(Struct, frozen=True, kw_only=True, rename="camel"):
    """Oldest first; days that were not counted are left out. `currency`: of `revenueMinor`."""

    currency: str
    minor_digits: int
    days: list[KpiView]


class DetailView(Struct, frozen=True, kw_only=True):
    """What else a record tells."""

    name: str
    value: str


class AuditView(Struct, frozen=True, kw_only=True, rename="camel"):
    """Who did what to what. `actor`: a `sub`. `action`: an `operationId`. `subject`: `<kind>/<id>`. `code`:
    of a refusal."""

    audit_id: str
    at: int
    actor: str
    actor_name: str
    groups: list[str]
    action: str
    subject: str
    outcome: Outcome
    detail: list[DetailView]
    reason: str | UnsetType = UNSET
    code: str | UnsetType = UNSET
    ip: str | UnsetType = UNSET


class AuditPage(Struct, frozen=True, kw_only=True):
    """The newest first. `cursor`: as of an AlertPage."""

    records: list[AuditView]
    cursor: str | UnsetType = UNSET
