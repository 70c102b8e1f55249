"""Sweeps of a function: they end before its time does, and one broken item stops nobody."""

from collections.abc import Callable
from typing import Final, Unpack

from msgspec import Struct, field

from ev_rental.rental.command import CommandSender
from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.operations import RentalOperations
from ev_rental.rental.steps import Sweep
from ev_rental.rental.writes import Write
from rental_store.connect import Parts

RESERVE_MS: Final = 8_000
"""No step begins with less time than this left: a step that waits for a slow store takes seconds."""


class OutOfTimeError(Exception):
    """A sweep ended before its list did; `sweep` is what it had done."""

    def __init__(self, sweep: Sweep) -> None:
        super().__init__("the function's time is nearly over")
        self.sweep = sweep


class Swept(Struct, kw_only=True):
    """A sweep's end. `failed`: id -> error. `finished`: False when something due was not looked at.
    `fenced`: this Region stands by, nothing was done."""

    done: int = 0
    skipped: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    finished: bool = True
    fenced: bool = False


class TimedOperations(RentalOperations):
    """The operations of one invocation. `time_left`: ms, Lambda's `get_remaining_time_in_millis`."""

    def __init__(
        self, *, sender: CommandSender, time_left: Callable[[], int], **parts: Unpack[Parts]
    ) -> None:
        super().__init__(sender=sender, **parts)
        self._time_left = time_left

    def one_of(self, sweep: Sweep, name: str, decide: Callable[[int], list[Write] | None]) -> None:
        """One step of a sweep, whatever it meets. Raises OutOfTimeError."""
        if self._time_left() < RESERVE_MS:
            raise OutOfTimeError(sweep)
        try:
            super().one_of(sweep, name, decide)
        except RentalError:
            raise  # another Region writes
        except Exception as error:  # reason: the oldest is first, so a broken item would stop all for ever
            sweep.failed[name] = type(error).__name__


def in_time(step: Callable[[], Sweep]) -> Swept:
    """Carries out a sweep of TimedOperations. Errors that are not the store's silence are raised."""
    try:
        sweep, finished = step(), True
    except OutOfTimeError as stopped:
        sweep, finished = stopped.sweep, False
    except RentalError as error:
        if error.code is ErrorCode.WRITES_DISABLED:
            return Swept(fenced=True)
        if not error.retryable:
            raise
        return Swept(failed={"list": str(error)}, finished=False)
    return Swept(done=sweep.done, skipped=sweep.skipped, failed=sweep.failed, finished=finished)
