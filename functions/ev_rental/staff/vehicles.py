"""What staff do to cars, bays and riders."""

from typing import Final

import msgspec
from msgspec import Struct

from ev_rental.decoding import VEHICLE_ID
from ev_rental.rental import decisions
from ev_rental.rental.command import LIFETIME_MS, Command
from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.ids import derived_id
from ev_rental.rental.market import known_bay
from ev_rental.rental.rider import Rider
from ev_rental.rental.station import Bay, BayRef
from ev_rental.rental.vehicle import RentalVehicle, TransitionError, after
from ev_rental.rental.vocabulary import (
    CommandAction,
    CommandPurpose,
    CommandState,
    VehicleEvent,
)
from ev_rental.rental.writes import Insert, MirrorState, Replace, Write
from ev_rental.staff.acts import PREFIX, Act, Acts
from ev_rental.staff.audit import Actor, Outcome

NO_BOOKING: Final = "none"
"""The booking of a command that staff give to a car which nobody has booked."""


class CommandRequest(Struct, frozen=True, kw_only=True):
    """What a car is told to do with its doors."""

    action: CommandAction
    reason: str


class ServiceRequest(Struct, frozen=True, kw_only=True):
    """`version`: of the car as whoever asks saw it, None when that does not matter."""

    reason: str | None = None
    version: int | None = None


class VehicleRequest(Struct, frozen=True, kw_only=True):
    """A car to register; it stands in `bay`."""

    vehicle_id: str
    vehicle_type_id: str
    bay: BayRef | None = None


class VerificationRequest(Struct, frozen=True, kw_only=True):
    """`plan_id`: None leaves the rider's plan as it is."""

    verified: bool
    reason: str
    plan_id: str | None = None


class VehicleActs(Acts):
    """Each raises RentalError as it says, and what every keyed request may: invalid_idempotency_key,
    idempotency_key_reused, writes_disabled, try_again."""

    def command(self, actor: Actor, key: str, vehicle_id: str, request: CommandRequest) -> Command:
        """Tells a car to lock or unlock; poll the command for its answer.

        Raises RentalError: vehicle_not_found, command_not_sent (try again with the same key).
        """
        command_id = derived_id("command", "staff", actor.sub, key)
        act = Act(
            actor=actor,
            key=key,
            action="commandVehicle",
            subject=f"vehicle/{vehicle_id}",
            reason=request.reason,
            detail={"command": request.action.value, "commandId": command_id},
        )

        def decide(now: int) -> tuple[Command, list[Write]]:
            vehicle = self.vehicle(vehicle_id)
            command = Command(
                command_id=command_id,
                booking_id=vehicle.booking_id or NO_BOOKING,
                rider_id=PREFIX + actor.sub,
                vehicle_id=vehicle_id,
                market=self.market.market,
                action=request.action,
                purpose=CommandPurpose.SERVICE,
                state=CommandState.SENT,
                issued_at=now,
                expires_at_ms=now + LIFETIME_MS,
                version=1,
                changed_at=now,
            )
            return command, [Insert(command)]

        command, repeated = self.carry_out(act, request, decide, Command, outcome=Outcome.REQUESTED)
        return self._deliver(act, command, repeated=repeated)

    def _deliver(self, act: Act, command: Command, *, repeated: bool) -> Command:
        """Hands it to the car; again, when a repeated request finds it unanswered."""
        if repeated:
            known = self.store.command(command.command_id)
            if known is None or known.state is not CommandState.SENT or self.now() >= known.expires_at_ms:
                return command
        try:
            self.send(command)
        except RentalError as error:
            self.note_outcome(act, Outcome.FAILED, error.code)
            raise
        self.note_outcome(act, Outcome.DONE)
        return command

    def take_out_of_service(
        self, actor: Actor, key: str, vehicle_id: str, request: ServiceRequest
    ) -> RentalVehicle:
        """Nobody can book the car any more; that it is so already is fine.

        Raises RentalError: vehicle_not_found, changed_meanwhile, wrong_state for a car that is held or
        driven: MDS knows no way from there.
        """
        return self._change(
            actor, key, vehicle_id, request, "takeVehicleOutOfService", VehicleEvent.SERVICE_END
        )

    def put_back_in_service(
        self, actor: Actor, key: str, vehicle_id: str, request: ServiceRequest
    ) -> RentalVehicle:
        """The car may be booked again, unless telemetry forbids it; that it is so already is fine.

        Raises RentalError: vehicle_not_found, changed_meanwhile, wrong_state.
        """
        return self._change(
            actor, key, vehicle_id, request, "putVehicleBackInService", VehicleEvent.SERVICE_START
        )

    def _change(
        self,
        actor: Actor,
        key: str,
        vehicle_id: str,
        request: ServiceRequest,
        action: str,
        event: VehicleEvent,
    ) -> RentalVehicle:
        act = Act(actor=actor, key=key, action=action, subject=f"vehicle/{vehicle_id}", reason=request.reason)

        def decide(now: int) -> tuple[RentalVehicle, list[Write]]:
            vehicle = self.vehicle(vehicle_id)
            if vehicle.event_types == [event]:
                return vehicle, []
            if request.version not in (None, vehicle.version):
                raise RentalError(
                    ErrorCode.CHANGED_MEANWHILE,
                    f"vehicle {vehicle_id} has version {vehicle.version}, not {request.version}: look again",
                )
            try:
                changed = after(vehicle, [event], now)
            except TransitionError as error:
                raise RentalError(
                    ErrorCode.WRONG_STATE,
                    f"vehicle {vehicle_id} is {vehicle.state_beneath}: {event} is not possible from there",
                ) from error
            return changed, [Replace(vehicle, changed), MirrorState(vehicle_id, changed.state)]

        return self.carry_out(act, request, decide, RentalVehicle)[0]

    def register_vehicle(self, actor: Actor, key: str, request: VehicleRequest) -> RentalVehicle:
        """A new car, available, standing in its bay.

        Raises RentalError: invalid_request, vehicle_exists, station_not_found, bay_not_found, bay_taken.
        """
        name = request.vehicle_id
        act = Act(actor=actor, key=key, action="registerVehicle", subject=f"vehicle/{name}")
        public_id = self.new_id()

        def decide(now: int) -> tuple[RentalVehicle, list[Write]]:
            self._check_new_vehicle(request)
            writes = decisions.register_vehicle(
                self.market, name, request.vehicle_type_id, request.bay, public_id, now
            )
            made = next(
                write.entity
                for write in writes
                if isinstance(write, Insert) and isinstance(write.entity, RentalVehicle)
            )
            return made, writes

        return self.carry_out(act, request, decide, RentalVehicle)[0]

    def _check_new_vehicle(self, request: VehicleRequest) -> None:
        market = self.market
        prefix = market.market.value.upper()
        if VEHICLE_ID.fullmatch(request.vehicle_id) is None or request.vehicle_id[:2] != prefix:
            raise RentalError(
                ErrorCode.INVALID_REQUEST,
                f"{request.vehicle_id!r} is not a vehicle id of this market, such as {prefix}-EV-000123",
            )
        kinds = [kind.vehicle_type_id for kind in market.vehicle_types]
        if request.vehicle_type_id not in kinds:
            raise RentalError(
                ErrorCode.INVALID_REQUEST,
                f"there is no vehicle type {request.vehicle_type_id!r}: choose one of {', '.join(kinds)}",
            )
        if request.bay is not None:
            known_bay(market.market, request.bay)
        if self.store.vehicle(request.vehicle_id) is not None:
            raise RentalError(ErrorCode.VEHICLE_EXISTS, f"vehicle {request.vehicle_id} is registered already")

    def register_bay(self, actor: Actor, key: str, bay: BayRef) -> Bay:
        """Sets a bay of the market's data up, free; that it is so already is fine.

        Raises RentalError: station_not_found, bay_not_found.
        """
        act = Act(
            actor=actor,
            key=key,
            action="registerBay",
            subject=f"station/{bay.station_id}",
            detail={"bayId": bay.bay_id},
        )

        def decide(now: int) -> tuple[Bay, list[Write]]:
            known_bay(self.market.market, bay)
            known = self.store.bay(bay)
            if known is not None:
                return known, []
            made = Bay(station_id=bay.station_id, bay_id=bay.bay_id, version=1, changed_at=now)
            return made, [Insert(made)]

        return self.carry_out(act, bay, decide, Bay)[0]

    def verify_rider(self, actor: Actor, key: str, rider_id: str, request: VerificationRequest) -> Rider:
        """Says whether a rider's licence was checked, and which plan they have.

        Raises RentalError: rider_not_found (they sign up themselves), plan_unknown.
        """
        act = Act(
            actor=actor,
            key=key,
            action="verifyRider",
            subject=f"rider/{rider_id}",
            reason=request.reason,
            detail={"verified": str(request.verified).lower()},
        )

        def decide(now: int) -> tuple[Rider, list[Write]]:
            known = self.rider(rider_id)
            plan_id = known.plan_id
            if request.plan_id is not None:
                plan_id = self.market.plan(self.market.tariff_at(now), request.plan_id).plan_id
            if (known.verified, known.plan_id) == (request.verified, plan_id):
                return known, []
            changed = msgspec.structs.replace(
                known,
                verified=request.verified,
                plan_id=plan_id,
                version=known.version + 1,
                changed_at=now,
            )
            return changed, [Replace(known, changed)]

        return self.carry_out(act, request, decide, Rider)[0]

    def rider(self, rider_id: str) -> Rider:
        """Raises RentalError(rider_not_found)."""
        rider = self.store.rider(rider_id)
        if rider is None:
            raise RentalError(ErrorCode.RIDER_NOT_FOUND, f"there is no rider {rider_id!r}")
        return rider
