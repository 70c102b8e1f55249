"""Who may do what: one table, operation by group. What is not in it, nobody may do."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final


class Group(StrEnum):
    """Groups of the staff pool. Somebody in several may do what any of them may."""

    OPERATIONS = "operations"
    MAINTENANCE = "maintenance"
    ANALYST = "analyst"
    ADMIN = "admin"


_EVERYBODY: Final = frozenset(Group)
_FLOOR: Final = frozenset({Group.OPERATIONS, Group.MAINTENANCE, Group.ADMIN})
_DESK: Final = frozenset({Group.OPERATIONS, Group.ADMIN})
_FIGURES: Final = frozenset({Group.OPERATIONS, Group.ANALYST, Group.ADMIN})
_ADMIN: Final = frozenset({Group.ADMIN})

ACCESS: Final[Mapping[str, frozenset[Group]]] = {
    # The fleet as it is now
    "getMe": _EVERYBODY,
    "getFleetSummary": _EVERYBODY,
    "listVehicles": _EVERYBODY,
    "getVehicle": _EVERYBODY,
    "listStations": _EVERYBODY,
    "listAlerts": _EVERYBODY,
    # Where a car was tells where its rider was
    "getVehicleTelemetry": _FLOOR,
    "listVehicleAudit": _FLOOR,
    "getCommand": _FLOOR,
    # Cars
    "commandVehicle": _FLOOR,
    "takeVehicleOutOfService": _FLOOR,
    "putVehicleBackInService": _FLOOR,
    "registerVehicle": _DESK,
    "registerBay": _DESK,
    # Alerts and the work they make
    "acknowledgeAlert": _FLOOR,
    "resolveAlert": _FLOOR,
    "snoozeAlert": _FLOOR,
    "listWorkOrders": _FLOOR,
    "getWorkOrder": _FLOOR,
    "openWorkOrder": _FLOOR,
    "changeWorkOrder": _FLOOR,
    "assignWorkOrder": _FLOOR,
    "finishWorkOrder": _FLOOR,
    "noteWorkOrder": _FLOOR,
    "cancelWorkOrder": _DESK,
    # Riders and their money
    "getRider": _DESK,
    "verifyRider": _DESK,
    "listBookings": _DESK,
    "getBooking": _DESK,
    "getBookingInvoice": _DESK,
    "listInvoices": _DESK,
    # Figures and the trail
    "listKpis": _FIGURES,
    "listAudit": _ADMIN,
}
"""Operation (the `operationId` of the API) -> groups that may."""


def groups_of(names: Iterable[str]) -> tuple[Group, ...]:
    """The groups among `names`, in the order of Group; a name that is none is nobody's."""
    named = set(names)
    return tuple(group for group in Group if group.value in named)


def may(operation: str, groups: Iterable[Group]) -> bool:
    """Whether somebody in these groups may do it."""
    return not ACCESS.get(operation, frozenset()).isdisjoint(groups)


def permissions(groups: Iterable[Group]) -> list[str]:
    """Every operation that somebody in these groups may do."""
    mine = tuple(groups)
    return [operation for operation in ACCESS if may(operation, mine)]
