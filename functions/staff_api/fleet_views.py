"""Cars as staff are told of them: in a list, with all that is known, over time, and what they were told."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import UNSET, Struct, UnsetType

from ev_rental.rental.command import Command
from ev_rental.rental.market import RentalMarket
from ev_rental.rental.vehicle import RentalVehicle
from ev_rental.rental.vocabulary import (
    CommandAction,
    CommandPurpose,
    CommandState,
    VehicleEvent,
)
from ev_rental.sampling import Sample
from ev_rental.staff.fleet import Car, is_offline
from ev_rental.staff.vehicles import NO_BOOKING
from ev_rental.telemetry import LEAVES
from ev_rental.vocabulary import Contact, RentalState, Severity
from ev_rental.work_orders import WorkOrder
from http_api.values import Latitude, Longitude, given
from staff_api.work_views import AlertView, WorkOrderView, alert_view, work_order_view

_DOORS: Final = ("locked_fd", "locked_fp", "locked_rd", "locked_rp")


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


def vehicle_row(car: Car, now: int) -> VehicleRow:
    """A car in a list, at ms `now`."""
    vehicle, reading, leaves = car.vehicle, car.live.reading, car.live.leaves
    return VehicleRow(
        vehicle_id=vehicle.vehicle_id,
        vehicle_type_id=vehicle.vehicle_type_id,
        state=vehicle.state,
        last_seen=reading.last_seen,
        offline=is_offline(vehicle, reading, now),
        open_alerts=len(car.alerts),
        blocked=bool(reading.blocking_alerts),
        state_of_charge=given(reading.soc),
        range_metres=given(reading.range_m),
        latitude=given(reading.latitude),
        longitude=given(reading.longitude),
        heading=given(leaves.get("heading")),
        speed=given(leaves.get("speed")),
        charging=given(reading.charging),
        plugged_in=given(leaves.get("cable_connected")),
        locked=_locked(leaves),
        contact=given(reading.contact),
        worst_alert=given(car.worst),
        station_id=given(vehicle.station_id),
        bay_id=given(vehicle.bay_id),
        booking_id=given(vehicle.booking_id),
    )


def vehicle_detail(market: RentalMarket, car: Car, orders: Sequence[WorkOrder], now: int) -> VehicleDetail:
    """A car with all that is known of it."""
    vehicle, leaves = car.vehicle, car.live.leaves
    kind = market.vehicle_type(vehicle.vehicle_type_id)
    return VehicleDetail(
        vehicle=vehicle_row(car, now),
        make="" if kind is None else kind.make,
        model="" if kind is None else kind.model,
        version=vehicle.version,
        changed_at=vehicle.changed_at,
        event_types=vehicle.event_types,
        alerts=[alert_view(alert) for alert in car.alerts],
        work_orders=[work_order_view(order) for order in orders],
        readings=[
            _leaf_view(leaf.path, leaf.unit, leaves[leaf.stored_name])
            for leaf in LEAVES
            if leaf.stored_name in leaves
        ],
        odometer_metres=given(car.live.reading.odometer),
    )


def _locked(leaves: Mapping[str, Any]) -> bool | UnsetType:
    """Whether every door that told is locked."""
    told = [leaves[door] for door in _DOORS if door in leaves]
    return all(told) if told else UNSET


def _leaf_view(path: str, unit: str, value: object) -> LeafView:
    if isinstance(value, bool):
        return LeafView(path=path, unit=unit, flag=value)
    if isinstance(value, int | float):
        return LeafView(path=path, unit=unit, number=float(value))
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return LeafView(path=path, unit=unit, text=text)


def sample_view(sample: Sample) -> SampleView:
    """One minute of a car."""
    power: float | UnsetType = UNSET
    if sample.pack_voltage is not None and sample.pack_current is not None:
        power = round(sample.pack_voltage * sample.pack_current / 1000, 3)
    return SampleView(
        at=sample.at,
        state_of_charge=given(sample.soc),
        speed=given(sample.speed),
        latitude=given(sample.latitude),
        longitude=given(sample.longitude),
        odometer_metres=given(sample.odometer),
        battery_power=power,
        charge_power=given(sample.charge_power),
        battery_temperature=given(sample.temperature_max),
        low_voltage=given(sample.low_voltage),
        charging=given(sample.charging),
        plugged_in=given(sample.cable_connected),
    )


def vehicle_view(vehicle: RentalVehicle) -> VehicleView:
    """A car after a change."""
    return VehicleView(
        vehicle_id=vehicle.vehicle_id,
        vehicle_type_id=vehicle.vehicle_type_id,
        state=vehicle.state,
        version=vehicle.version,
        changed_at=vehicle.changed_at,
        event_types=vehicle.event_types,
        station_id=given(vehicle.station_id),
        bay_id=given(vehicle.bay_id),
    )


def command_view(command: Command) -> CommandView:
    """Anybody's command."""
    return CommandView(
        command_id=command.command_id,
        vehicle_id=command.vehicle_id,
        action=command.action,
        purpose=command.purpose,
        state=command.state,
        issued_at=command.issued_at,
        expires_at=command.expires_at_ms,
        booking_id=UNSET if command.booking_id == NO_BOOKING else command.booking_id,
        reason=given(command.reason),
    )
