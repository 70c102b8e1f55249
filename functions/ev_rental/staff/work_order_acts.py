"""What staff do about work orders."""

from collections.abc import Callable, Mapping

import msgspec
from msgspec import Struct

from ev_rental import work_orders
from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.ids import derived_id
from ev_rental.rental.writes import Write
from ev_rental.staff.acts import Act, Acts
from ev_rental.staff.audit import Actor
from ev_rental.staff.writes import OpenWorkOrder as Open, ReplaceWorkOrder
from ev_rental.work_orders import Priority, WorkOrder


class OpenRequest(Struct, frozen=True, kw_only=True):
    """`alert_id`: the range key of the alert that it is about; such an alert has one work order at most."""

    vehicle_id: str
    title: str
    priority: Priority
    alert_id: str | None = None
    note: str | None = None


class ChangeRequest(Struct, frozen=True, kw_only=True):
    """What is None stays. `version`: of the order as whoever asks saw it."""

    title: str | None = None
    priority: Priority | None = None
    version: int | None = None


class AssignRequest(Struct, frozen=True, kw_only=True):
    """`assignee`: None gives it back to nobody."""

    assignee: str | None = None
    version: int | None = None


class EndRequest(Struct, frozen=True, kw_only=True):
    """`note`: what was done, or why it is not needed."""

    note: str | None = None
    version: int | None = None


class NoteRequest(Struct, frozen=True, kw_only=True):
    """A note to add."""

    text: str


class WorkOrderActs(Acts):
    """Each raises RentalError as it says, work_order_not_found, and what every keyed request may."""

    def work_order(self, name: str) -> WorkOrder:
        """Raises RentalError(work_order_not_found)."""
        order = self.store.work_order(name)
        if order is None:
            raise RentalError(ErrorCode.WORK_ORDER_NOT_FOUND, f"there is no work order {name!r}")
        return order

    def open_work_order(self, actor: Actor, key: str, request: OpenRequest) -> WorkOrder:
        """Opens one; that of an alert which has one already is answered as it is.

        Raises RentalError: vehicle_not_found, alert_not_found, invalid_request.
        """
        if request.alert_id is None:
            name = derived_id("work-order", "staff", actor.sub, key)
        else:
            name = work_orders.work_order_id(request.vehicle_id, request.alert_id)
        detail = {"vehicleId": request.vehicle_id}

        def decide(now: int) -> tuple[WorkOrder, list[Write]]:
            self.vehicle(request.vehicle_id)
            if request.alert_id is not None and (
                self.store.alert(request.vehicle_id, request.alert_id) is None
            ):
                raise RentalError(
                    ErrorCode.ALERT_NOT_FOUND,
                    f"vehicle {request.vehicle_id} has no such alert as the work order is for",
                )
            known = self.store.work_order(name)
            if known is not None:
                return known, []
            order = work_orders.open_work_order(
                name,
                vehicle_id=request.vehicle_id,
                market=self.market.market,
                title=request.title,
                priority=request.priority,
                at=now,
                by=actor.name,
                alert_id=request.alert_id,
            )
            if request.note is not None:
                noted = work_orders.add_note(order, request.note, at=now, author=actor.name)
                order = msgspec.structs.replace(noted, version=order.version)
            return order, [Open(order)]

        act = Act(actor=actor, key=key, action="openWorkOrder", subject=f"work-order/{name}", detail=detail)
        return self.carry_out(act, request, decide, WorkOrder)[0]

    def change_work_order(self, actor: Actor, key: str, name: str, request: ChangeRequest) -> WorkOrder:
        """Gives it another title or priority. Raises RentalError(wrong_state, changed_meanwhile)."""

        def decide(order: WorkOrder, now: int) -> WorkOrder:
            return work_orders.edit(order, at=now, title=request.title, priority=request.priority)

        return self._work_order(actor, key, "changeWorkOrder", name, request, request.version, decide)

    def assign_work_order(self, actor: Actor, key: str, name: str, request: AssignRequest) -> WorkOrder:
        """Puts it into somebody's hands. Raises RentalError(wrong_state, changed_meanwhile)."""

        def decide(order: WorkOrder, now: int) -> WorkOrder:
            return work_orders.assign(order, request.assignee, at=now)

        detail = {"assignee": request.assignee or ""}
        return self._work_order(
            actor, key, "assignWorkOrder", name, request, request.version, decide, detail=detail
        )

    def finish_work_order(self, actor: Actor, key: str, name: str, request: EndRequest) -> WorkOrder:
        """The work is done. Raises RentalError(wrong_state, changed_meanwhile)."""

        def decide(order: WorkOrder, now: int) -> WorkOrder:
            return work_orders.finish(_noted(order, request.note, now, actor), at=now)

        return self._work_order(
            actor, key, "finishWorkOrder", name, request, request.version, decide, reason=request.note
        )

    def cancel_work_order(self, actor: Actor, key: str, name: str, request: EndRequest) -> WorkOrder:
        """The work is not needed. Raises RentalError(wrong_state, changed_meanwhile)."""

        def decide(order: WorkOrder, now: int) -> WorkOrder:
            return work_orders.cancel(_noted(order, request.note, now, actor), at=now)

        return self._work_order(
            actor, key, "cancelWorkOrder", name, request, request.version, decide, reason=request.note
        )

    def note_work_order(self, actor: Actor, key: str, name: str, request: NoteRequest) -> WorkOrder:
        """Adds a note. Raises RentalError(invalid_request, wrong_state)."""

        def decide(order: WorkOrder, now: int) -> WorkOrder:
            return _noted(order, request.text, now, actor)

        return self._work_order(actor, key, "noteWorkOrder", name, request, None, decide)

    def _work_order(
        self,
        actor: Actor,
        key: str,
        action: str,
        name: str,
        request: Struct,
        version: int | None,
        decide: Callable[[WorkOrder, int], WorkOrder],
        *,
        reason: str | None = None,
        detail: Mapping[str, str] | None = None,
    ) -> WorkOrder:
        def changed(now: int) -> tuple[WorkOrder, list[Write]]:
            order = self.work_order(name)
            if version not in (None, order.version):
                raise RentalError(
                    ErrorCode.CHANGED_MEANWHILE,
                    f"work order {name} has version {order.version}, not {version}: look again",
                )
            # One change is one version, a note that comes with it included.
            after = msgspec.structs.replace(decide(order, now), version=order.version + 1)
            return after, [ReplaceWorkOrder(order, after)]

        act = Act(
            actor=actor,
            key=key,
            action=action,
            subject=f"work-order/{name}",
            reason=reason,
            detail=detail or {},
        )
        return self.carry_out(act, request, changed, WorkOrder)[0]


def _noted(order: WorkOrder, text: str | None, at: int, actor: Actor) -> WorkOrder:
    return order if text is None else work_orders.add_note(order, text, at=at, author=actor.name)
