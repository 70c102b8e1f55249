"""How a step is carried out: read, decide, commit; decide anew when somebody else was faster."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from ev_rental.rental.command import Command, CommandNotSentError, CommandSender
from ev_rental.rental.decisions import TornReadError
from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.explain import explain, recorded
from ev_rental.rental.idempotency import IdempotencyRecord, Refusal, check_key, record, request_hash
from ev_rental.rental.market import RentalMarket
from ev_rental.rental.reading import Reading, unfit
from ev_rental.rental.store import Store
from ev_rental.rental.vehicle import RentalVehicle
from ev_rental.rental.vocabulary import DueKind
from ev_rental.rental.writes import CommitRefused, Remember, Write
from ev_rental.vocabulary import RentalState

_T = TypeVar("_T")

DECISIONS: Final = 6
"""How often a step is decided, because somebody else changed what it had read."""


class Offer(Struct, frozen=True, kw_only=True):
    """A vehicle with its reading. `unfit`: why telemetry forbids to book it, or None."""

    vehicle: RentalVehicle
    reading: Reading
    unfit: ErrorCode | None


class Sweep(Struct, kw_only=True):
    """What a sweep did. `done`: changed, `skipped`: nothing (any more) to do, `failed`: to be tried again by
    the next sweep, id -> error."""

    done: int = 0
    skipped: int = 0
    failed: dict[str, str] = msgspec.field(default_factory=dict)


class Steps:
    """Safe to share between threads if store and sender are."""

    def __init__(
        self,
        *,
        market: RentalMarket,
        store: Store,
        sender: CommandSender,
        clock: Callable[[], int],
        new_id: Callable[[], str],
        writes_enabled: bool = True,
    ) -> None:
        """`clock`: ms since the epoch. `new_id`: an unguessable id. `writes_enabled`: False in a standby
        Region; then everything that writes raises RentalError(writes_disabled)."""
        self.market = market
        self.store = store
        self.now = clock
        self.new_id = new_id
        self._sender = sender
        self._writes_enabled = writes_enabled

    def check_writes(self) -> None:
        """Raises RentalError(writes_disabled) in a standby Region."""
        if not self._writes_enabled:
            raise RentalError(ErrorCode.WRITES_DISABLED, "this Region stands by and takes no changes")

    def take_over(self) -> None:
        """What every sweep begins with, so that a Region that was promoted is the writer within a minute,
        though nobody books. Raises RentalError(writes_disabled)."""
        self.check_writes()
        self.store.claim()

    def vehicle(self, vehicle_id: str) -> RentalVehicle:
        """Raises RentalError(vehicle_not_found)."""
        vehicle = self.store.vehicle(vehicle_id)
        if vehicle is None:
            raise RentalError(ErrorCode.VEHICLE_NOT_FOUND, f"there is no vehicle {vehicle_id!r}")
        return vehicle

    def offers(self, states: Iterable[RentalState] = (RentalState.AVAILABLE,)) -> Iterator[Offer]:
        """All vehicles in these states, with what telemetry says of each.

        The list of vehicles may lag by a moment; the readings do not, and mirror the state, so a car that
        was just held is not among them.
        """
        now = self.now()
        wanted = frozenset(states)
        vehicles = list(self.store.vehicles(wanted))
        readings = self.store.readings(vehicle.vehicle_id for vehicle in vehicles)
        for vehicle in vehicles:
            reading = readings[vehicle.vehicle_id]
            if reading.rental_state is not None and reading.rental_state not in wanted:
                continue
            yield Offer(vehicle=vehicle, reading=reading, unfit=unfit(reading, self.market.limits, now))

    def send(self, command: Command) -> None:
        """Hands a command to its car. Raises RentalError(command_not_sent)."""
        try:
            self._sender.send(command)
        except CommandNotSentError as error:
            raise RentalError(
                ErrorCode.COMMAND_NOT_SENT,
                f"command {command.command_id} did not reach the broker: try again with the same key",
            ) from error

    def once(
        self,
        rider_id: str,
        key: str,
        operation: str,
        request: Struct,
        decide: Callable[[int], tuple[_T, list[Write]]],
        kind: type[_T],
        witness: Callable[[int, RentalError | None], list[Write]] = lambda _, __: [],
    ) -> tuple[_T, bool]:
        """The answer of a keyed request, and whether it is a repetition of an earlier one.

        `witness`: (now, the refusal or None) -> what is written with the answer, or with its refusal.

        Raises the RentalError that is, or from now on will be, the answer; and those of kind UNAVAILABLE.
        """
        self.check_writes()
        digest = request_hash(operation, request)
        check_key(key)
        for _ in range(DECISIONS):
            now = self.now()
            try:
                answer, writes = decide(now)
                remember = Remember(record(rider_id, key, digest, answer, now))
                self.store.commit([*writes, *witness(now, None), remember])
            except CommitRefused as refused:
                known = recorded(refused)
                if known is not None:
                    return _replay(known, digest, kind), True
                error = explain(refused)
                if error is None:
                    continue
            except TornReadError:
                continue
            except RentalError as refusal:
                if refusal.retryable:
                    raise
                error = refusal
            else:
                return answer, False
            told = Remember(record(rider_id, key, digest, error, now))
            return self._refuse(error, told, witness(now, error), kind)
        raise RentalError(ErrorCode.TRY_AGAIN, f"{operation}: others kept changing the same things")

    def _refuse(
        self, error: RentalError, refusal: Remember, beside: list[Write], kind: type[_T]
    ) -> tuple[_T, bool]:
        """Remembers the refusal, unless the key has an answer already: then that is the answer.

        This also catches our own commit whose answer was lost, when its record was not among the reasons.
        """
        try:
            self.store.commit([*beside, refusal])
        except CommitRefused as refused:
            mine = refusal.record
            known = recorded(refused) or self.store.remembered(mine.rider_id, mine.key)
            if known is None:
                raise RentalError(ErrorCode.TRY_AGAIN, "the answer is being written: try again") from refused
            return _replay(known, mine.request_hash, kind), True
        raise error

    def settle(self, decide: Callable[[int], list[Write] | None]) -> bool:
        """Carries out a step that may be repeated; False when there is nothing (any more) to do.

        Raises RentalError(try_again) when others keep changing the same things.
        """
        met: Exception | None = None
        for _ in range(DECISIONS):
            try:
                writes = decide(self.now())
                if writes is None:
                    return False
                self.store.commit(writes)
            except (CommitRefused, TornReadError) as error:
                met = error
                continue
            return True
        raise RentalError(ErrorCode.TRY_AGAIN, f"others kept changing the same things: {met}")

    def sweep(self, kind: DueKind, decide: Callable[[str, int], list[Write] | None]) -> Sweep:
        """Carries out a step for everything that is due; what fails does not hold up the others."""
        self.take_over()
        done = Sweep()
        for name in self.store.due(kind, self.now()):
            self.one_of(done, name, lambda now, name=name: decide(name, now))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        return done

    def one_of(self, sweep: Sweep, name: str, decide: Callable[[int], list[Write] | None]) -> None:
        """Carries out one step of a sweep and counts it. Raises RentalError(writes_disabled): another Region
        writes, so none of the others can be done either."""
        try:
            changed = self.settle(decide)
        except RentalError as error:
            if error.code is ErrorCode.WRITES_DISABLED:
                raise
            sweep.failed[name] = str(error)
        else:
            sweep.done += changed
            sweep.skipped += not changed


def _replay(known: IdempotencyRecord, digest: str, kind: type[_T]) -> _T:
    if known.request_hash != digest:
        raise RentalError(
            ErrorCode.IDEMPOTENCY_KEY_REUSED,
            f"Idempotency-Key {known.key} was used for another request: use a new one",
        )
    if known.refused:
        refusal = msgspec.json.decode(known.answer, type=Refusal)
        raise RentalError(refusal.code, refusal.detail)
    return msgspec.json.decode(known.answer, type=kind)
