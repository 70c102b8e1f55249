"""Domain objects -> what staff see of them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import UNSET, UnsetType
from msgspec.structs import asdict

from ev_rental.kpi import DailyKpis
from ev_rental.rental.booking import Booking
from ev_rental.rental.command import Command
from ev_rental.rental.invoice import Invoice
from ev_rental.rental.market import RentalMarket
from ev_rental.rental.rider import Rider
from ev_rental.rental.station import Bay, Station
from ev_rental.rental.store import StationContent
from ev_rental.rental.vehicle import RentalVehicle
from ev_rental.sampling import Sample
from ev_rental.staff.alerts import UNRESOLVED, Alert, wire_id
from ev_rental.staff.audit import AuditRecord
from ev_rental.staff.fleet import Car, is_offline
from ev_rental.staff.vehicles import NO_BOOKING
from ev_rental.telemetry import LEAVES
from ev_rental.work_orders import WorkOrder
from http_api import rentals
from http_api.values import given
from staff_api.told import (
    AlertView,
    AuditView,
    BayView,
    BookingView,
    CommandView,
    DetailView,
    InvoiceView,
    KpiView,
    LeafView,
    NoteView,
    RiderView,
    SampleView,
    StationView,
    VehicleDetail,
    VehicleRow,
    VehicleView,
    WorkOrderView,
)

_DOORS: Final = ("locked_fd", "locked_fp", "locked_rd", "locked_rp")


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


def _leaf_view(path: str, unit: str, value: Any) -> LeafView:  # noqa: ANN401 - any leaf's value
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


def alert_view(alert: Alert) -> AlertView:
    """An alert; its id in letters that a path may hold."""
    return AlertView(
        alert_id=wire_id(alert.alert_id),
        vehicle_id=alert.vehicle_id,
        rule=alert.rule,
        severity=alert.severity,
        status=alert.status,
        blocking=alert.blocking,
        latched=alert.latched,
        snoozable=alert.rate_limited and alert.status in UNRESOLVED,
        value=alert.value,
        unit=alert.unit,
        occurrences=alert.occurrences,
        raised_at=alert.raised_at,
        last_occurred_at=alert.last_occurred_at,
        acked_at=given(alert.acked_at),
        acked_by=given(alert.acked_by),
        resolved_at=given(alert.resolved_at),
        resolved_by=given(alert.resolved_by),
        snoozed_until=given(alert.snoozed_until),
        snoozed_by=given(alert.snoozed_by),
        note=given(alert.note),
    )


def work_order_view(order: WorkOrder) -> WorkOrderView:
    """A work order."""
    return WorkOrderView(
        work_order_id=order.work_order_id,
        vehicle_id=order.vehicle_id,
        title=order.title,
        priority=order.priority,
        status=order.status,
        opened_at=order.opened_at,
        updated_at=order.updated_at,
        opened_by=order.opened_by,
        version=order.version,
        notes=[NoteView(at=note.at, author=note.author, text=note.text) for note in order.notes],
        alert_id=UNSET if order.alert_id is None else wire_id(order.alert_id),
        assignee=given(order.assignee),
    )


def station_view(station: Station, content: StationContent) -> StationView:
    """A station with its bays, in the station's order."""
    known = {bay.bay_id: bay for bay in content.bays}
    return StationView(
        station_id=station.station_id,
        name=station.name,
        address=station.address,
        latitude=station.latitude,
        longitude=station.longitude,
        bays=[bay_view(station, bay_id, known.get(bay_id)) for bay_id in station.bays],
        vehicles=sorted(vehicle.vehicle_id for vehicle in content.vehicles),
    )


def bay_view(station: Station, bay_id: str, bay: Bay | None) -> BayView:
    """A bay; None for one that nobody has set up."""
    return BayView(
        bay_id=bay_id,
        charging=bay_id in station.charging_bays,
        registered=bay is not None,
        occupied_by=UNSET if bay is None else given(bay.occupied_by),
        reserved_by=UNSET if bay is None else given(bay.reserved_by),
    )


def rider_view(rider: Rider) -> RiderView:
    """A rider."""
    return RiderView(
        rider_id=rider.rider_id,
        verified=rider.verified,
        version=rider.version,
        changed_at=rider.changed_at,
        plan_id=given(rider.plan_id),
        live_booking_id=given(rider.live_booking_id),
    )


def booking_view(booking: Booking) -> BookingView:
    """Anybody's booking."""
    return BookingView(
        **asdict(rentals.booking_view(booking)),
        rider_id=booking.rider_id,
        version=booking.version,
        changed_at=booking.changed_at,
        energy_wh=given(booking.energy_wh),
        cancel_reason=given(booking.cancel_reason),
    )


def invoice_view(invoice: Invoice) -> InvoiceView:
    """Anybody's invoice."""
    return InvoiceView(**asdict(rentals.invoice_view(invoice)), rider_id=invoice.rider_id)


def kpi_view(day: DailyKpis) -> KpiView:
    """A day's figures."""
    return KpiView(
        day=day.day.isoformat(),
        trips=day.trips,
        revenue_minor=day.revenue_minor,
        utilisation=day.utilisation,
        availability=day.availability,
        energy_kwh=day.energy_kwh,
        as_of=day.as_of,
        mean_time_to_repair_minutes=given(day.mean_time_to_repair_minutes),
    )


def audit_view(record: AuditRecord) -> AuditView:
    """A record of the trail."""
    return AuditView(
        audit_id=record.audit_id,
        at=record.at,
        actor=record.actor,
        actor_name=record.actor_name,
        groups=list(record.groups),
        action=record.action,
        subject=record.subject,
        outcome=record.outcome,
        detail=[DetailView(name=name, value=value) for name, value in sorted(record.detail.items())],
        reason=given(record.reason),
        code=given(record.code),
        ip=given(record.ip),
    )
