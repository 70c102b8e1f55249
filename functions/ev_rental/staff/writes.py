"""What staff's acts write beside the rental's own items, in the same transaction."""

from collections.abc import Mapping

from ev_rental.rental.writes import Companion
from ev_rental.staff.audit import AuditRecord
from ev_rental.vehicle import Vehicle
from ev_rental.vocabulary import AlertStatus
from ev_rental.work_orders import WorkOrder


class AppendAudit(Companion, frozen=True):
    """Condition: there is no such record yet."""

    record: AuditRecord


class OpenWorkOrder(Companion, frozen=True):
    """Condition: there is no such work order yet."""

    order: WorkOrder


class ReplaceWorkOrder(Companion, frozen=True):
    """Condition: the work order has the version of `before`."""

    before: WorkOrder
    after: WorkOrder


class ChangeAlert(Companion, frozen=True):
    """Condition: the alert has one of the statuses `expected`. Sets `status` and `values`; a resolved alert
    leaves the index of the open ones."""

    vehicle_id: str
    alert_id: str
    expected: tuple[AlertStatus, ...]
    status: AlertStatus
    values: Mapping[str, str | int]


class SaveVehicleState(Companion, frozen=True):
    """Condition: the item of the vehicle's state has the revision that was read."""

    vehicle: Vehicle
