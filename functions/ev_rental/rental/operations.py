"""What happens without a rider asking: the cars' answers, sweeps over what is due, staff and set-up.

Each is safe to repeat and to run beside itself.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from ev_rental.rental import decisions
from ev_rental.rental.command import Ack, Command
from ev_rental.rental.contact import contact_change
from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.explain import explain
from ev_rental.rental.invoice import Invoice
from ev_rental.rental.market import known_bay
from ev_rental.rental.reading import Reading
from ev_rental.rental.reconcile_sweep import reconcile, reconcile_invoices
from ev_rental.rental.rider import Rider
from ev_rental.rental.station import Bay, BayRef
from ev_rental.rental.steps import Steps, Sweep
from ev_rental.rental.vehicle import RentalVehicle, TransitionError
from ev_rental.rental.vocabulary import (
    AckOutcome,
    AckResult,
    CommandAction,
    CommandPurpose,
    CommandState,
    DueKind,
    VehicleEvent,
)
from ev_rental.rental.writes import CommitRefused, Insert, Replace, Write
from ev_rental.vocabulary import RentalState

STAFF_EVENTS: Final = frozenset(
    {
        VehicleEvent.SERVICE_START,
        VehicleEvent.SERVICE_END,
        VehicleEvent.MAINTENANCE,
        VehicleEvent.MAINTENANCE_END,
        VehicleEvent.MAINTENANCE_PICK_UP,
        VehicleEvent.DECOMMISSIONED,
        VehicleEvent.RECOMMISSIONED,
        VehicleEvent.TRIP_ENTER_JURISDICTION,
        VehicleEvent.TRIP_LEAVE_JURISDICTION,
    }
)
"""Event types that come from outside of a booking."""


class RentalOperations(Steps):
    """One market's rental, as its machines and staff use it."""

    # The car's answers and the sweeps. Each is safe to repeat.

    def acknowledge(self, ack: Ack) -> AckOutcome:
        """Takes a car's answer: starts or ends the trip, or notes the refusal.

        An unlock that nobody waits for any more (LATE) makes the car lock again. Raises
        RentalError(try_again, command_not_sent, writes_disabled): hand the answer in again.
        """
        self.check_writes()
        outcome = AckOutcome.APPLIED

        def decide(now: int) -> list[Write] | None:
            nonlocal outcome
            command = self.store.command(ack.command_id)
            outcome = _outcome(command, ack)
            if command is None or outcome is not AckOutcome.APPLIED:
                return None
            return self._answered(command, ack, now)

        self.settle(decide)
        if outcome is AckOutcome.LATE:
            self._secure(ack.command_id)
        return outcome

    def expire_holds(self) -> Sweep:
        """Ends every hold whose time is over."""

        def decide(booking_id: str, now: int) -> list[Write] | None:
            booking = self.store.booking(booking_id)
            if booking is None:
                return None
            return decisions.expire(booking, self.vehicle(booking.vehicle_id), now)

        return self.sweep(DueKind.HOLD_EXPIRY, decide)

    def expire_commands(self) -> Sweep:
        """Gives up every command whose answer is overdue. Run it before `expire_holds`: an open command
        keeps its hold alive."""

        def decide(command_id: str, now: int) -> list[Write] | None:
            command = self.store.command(command_id)
            if command is None:
                return None
            return decisions.expire_command(command, self.store.booking(command.booking_id), now)

        return self.sweep(DueKind.COMMAND_EXPIRY, decide)

    def issue_invoice(self, booking_id: str) -> Invoice | None:
        """Invoices a completed trip; the invoice there is when it was done before; None when there is
        nothing to invoice (yet)."""
        self.check_writes()
        issued: Invoice | None = None

        def decide(now: int) -> list[Write] | None:
            nonlocal issued
            issued, writes = self._invoice(booking_id, now)
            return writes or None

        self.settle(decide)
        return issued

    def issue_due_invoices(self) -> Sweep:
        """Invoices every completed trip that has none."""
        return self.sweep(DueKind.INVOICE, lambda name, now: self._invoice(name, now)[1] or None)

    def detect_lost_contact(self) -> Sweep:
        """Marks cars that fell silent as non-contactable, and those that are heard of again as they were."""
        self.take_over()
        sweep = Sweep()
        states = tuple(state for state in RentalState if state is not RentalState.REMOVED)
        for offer in self.offers(states):
            vehicle_id = offer.vehicle.vehicle_id
            if contact_change(offer.vehicle, offer.reading, self.now()) is None:
                sweep.skipped += 1
                continue

            def decide(now: int, vehicle_id: str = vehicle_id) -> list[Write] | None:
                vehicle = self.vehicle(vehicle_id)
                reading = self.store.readings([vehicle_id]).get(vehicle_id, Reading(vehicle_id=vehicle_id))
                return contact_change(vehicle, reading, now)

            self.one_of(sweep, vehicle_id, decide)
        return sweep

    def reconcile(self) -> Sweep:
        """Puts right what a failover left in halves; changes nothing where nothing is wrong."""
        return reconcile(self)

    def reconcile_invoices(self, since: int) -> Sweep:
        """Bookings follow the invoices that were issued since ms `since`, once after a failover."""
        return reconcile_invoices(self, since)

    # Staff and set-up

    def change_vehicle(self, vehicle_id: str, event: VehicleEvent) -> RentalVehicle:
        """Applies one of STAFF_EVENTS; that it was the last thing to happen is fine.

        Raises RentalError(vehicle_not_found, invalid_request, wrong_state).
        """
        self.check_writes()
        if event not in STAFF_EVENTS:
            raise RentalError(ErrorCode.INVALID_REQUEST, f"{event} belongs to a booking, not to staff")

        def decide(now: int) -> list[Write] | None:
            vehicle = self.vehicle(vehicle_id)
            if vehicle.event_types == [event]:
                return None
            try:
                return decisions.change_vehicle(vehicle, [event], now)
            except TransitionError as error:
                raise RentalError(ErrorCode.WRONG_STATE, f"vehicle {vehicle_id}: {error}") from error

        self.settle(decide)
        return self.vehicle(vehicle_id)

    def register_rider(self, rider_id: str, *, verified: bool, plan_id: str | None = None) -> Rider:
        """Creates the rider or changes what is known of them, and never their live booking."""
        self.check_writes()

        def decide(now: int) -> list[Write] | None:
            known = self.store.rider(rider_id)
            if known is None:
                rider = Rider(
                    rider_id=rider_id, verified=verified, plan_id=plan_id, version=1, changed_at=now
                )
                return [Insert(rider)]
            if (known.verified, known.plan_id) == (verified, plan_id):
                return None
            changed = msgspec.structs.replace(
                known, verified=verified, plan_id=plan_id, version=known.version + 1, changed_at=now
            )
            return [Replace(known, changed)]

        self.settle(decide)
        rider = self.store.rider(rider_id)
        if rider is None:
            raise RentalError(ErrorCode.TRY_AGAIN, f"rider {rider_id} vanished while being registered")
        return rider

    def register_bay(self, bay: BayRef) -> None:
        """Creates a bay of the market's data, free, unless it exists."""
        self.check_writes()
        known_bay(self.market.market, bay)
        self._insert(
            lambda now: [Insert(Bay(station_id=bay.station_id, bay_id=bay.bay_id, version=1, changed_at=now))]
        )

    def register_vehicle(self, vehicle_id: str, vehicle_type_id: str, bay: BayRef | None = None) -> None:
        """Creates an available vehicle, standing in `bay`, unless it exists.

        Raises RentalError(invalid_request, bay_not_found): register the bay first.
        """
        self.check_writes()
        if self.market.vehicle_type(vehicle_type_id) is None:
            raise RentalError(
                ErrorCode.INVALID_REQUEST, f"the market has no vehicle type {vehicle_type_id!r}"
            )
        self._insert(
            lambda now: decisions.register_vehicle(
                self.market, vehicle_id, vehicle_type_id, bay, self.new_id(), now
            )
        )

    def _insert(self, decide: Callable[[int], list[Write]]) -> None:
        """Creates something once: that it exists already is fine."""
        try:
            self.store.commit(decide(self.now()))
        except CommitRefused as refused:
            if not any(isinstance(write, Insert) for write, _ in refused.failed):
                error = explain(refused)
                raise error or RentalError(ErrorCode.TRY_AGAIN, f"{refused} was refused") from refused

    def _answered(self, command: Command, ack: Ack, now: int) -> list[Write]:
        trip = self.store.trip(command.booking_id, command.vehicle_id)
        if ack.result is AckResult.REFUSED:
            return decisions.answer_refused(command, trip.booking, ack, now)
        if trip.booking is None or trip.vehicle is None or not decisions.waits_for(trip.booking, command):
            return decisions.answer_done(command, now)
        if command.purpose is CommandPurpose.START_TRIP:
            return decisions.start_trip(command, trip.booking, trip.vehicle, trip.reading, ack, now)
        return decisions.end_trip(command, trip.booking, trip.vehicle, trip.reading, self.new_id(), now)

    def _invoice(self, booking_id: str, now: int) -> tuple[Invoice | None, list[Write]]:
        booking = self.store.booking(booking_id)
        if booking is None:
            return None, []
        return decisions.invoice(booking, self.store.invoice(booking_id), self.market, now)

    def _secure(self, late_command_id: str) -> None:
        late = self.store.command(late_command_id)
        vehicle = None if late is None else self.store.vehicle(late.vehicle_id)
        if late is None or vehicle is None or late.action is not CommandAction.UNLOCK:
            return
        command = decisions.secure(late, vehicle, self.now())
        if command is None:
            return
        self._insert(lambda _: [Insert(command)])
        stored = self.store.command(command.command_id)
        if stored is not None and stored.state is CommandState.SENT:
            self.send(stored)


def _outcome(command: Command | None, ack: Ack) -> AckOutcome:
    if command is None:
        return AckOutcome.UNKNOWN
    if command.vehicle_id != ack.vehicle_id:
        return AckOutcome.WRONG_VEHICLE
    if command.state is CommandState.SENT:
        return AckOutcome.APPLIED
    late = command.state is CommandState.EXPIRED and ack.result is AckResult.DONE
    return AckOutcome.LATE if late else AckOutcome.DUPLICATE
