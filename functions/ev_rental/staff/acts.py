"""How staff's acts are carried out: once for a key, and never without a record of it."""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from msgspec import Struct

from ev_rental.rental.errors import RentalError
from ev_rental.rental.steps import Steps
from ev_rental.rental.writes import Write
from ev_rental.staff.audit import Actor, AuditRecord, Outcome, audit_record
from ev_rental.staff.store import StaffStore
from ev_rental.staff.writes import AppendAudit

_T = TypeVar("_T")

PREFIX: Final = "staff:"
"""Before a `sub` of the staff pool where the rental expects a rider's: the pools' ids never meet."""


class Act(Struct, frozen=True, kw_only=True):
    """Somebody doing something to something. `action`: the operation's name. `subject`: `<kind>/<id>`.
    `key`: the Idempotency-Key. `detail`: what else the record shall tell."""

    actor: Actor
    key: str
    action: str
    subject: str
    reason: str | None = None
    detail: Mapping[str, str] = {}


class _Asked(Struct, frozen=True):
    """What a repetition of a key must ask for again."""

    subject: str
    request: Struct


class Acts(Steps):
    """Base of what staff do: every answer, and every refusal, is written with its audit record."""

    store: StaffStore

    def carry_out(
        self,
        act: Act,
        request: Struct,
        decide: Callable[[int], tuple[_T, list[Write]]],
        kind: type[_T],
        *,
        outcome: Outcome = Outcome.DONE,
    ) -> tuple[_T, bool]:
        """The act's answer, and whether it is a repetition. `decide`: ms -> answer and writes.

        One transaction holds the change, its audit record and the record of the key. Raises the RentalError
        that is the answer; of one that may be tried again nothing is kept.
        """

        def witness(now: int, error: RentalError | None) -> list[Write]:
            if error is None:
                return [AppendAudit(self._record(act, outcome, now))]
            return [AppendAudit(self._record(act, Outcome.REFUSED, now, error.code))]

        asked = _Asked(act.subject, request)
        return self.once(PREFIX + act.actor.sub, act.key, act.action, asked, decide, kind, witness)

    def note_outcome(self, act: Act, outcome: Outcome, code: str | None = None) -> None:
        """A record on its own, of what no transaction can hold: a message to a car, or a denial.

        Raises RentalError(try_again).
        """
        self.store.append(self._record(act, outcome, self.now(), code))

    def deny(self, act: Act, code: str) -> None:
        """Records that a group was not allowed to act. In a Region that stands by nothing is written."""
        if self._writes_enabled:
            self.note_outcome(act, Outcome.DENIED, code)

    def _record(self, act: Act, outcome: Outcome, at: int, code: str | None = None) -> AuditRecord:
        return audit_record(
            act.actor,
            action=act.action,
            subject=act.subject,
            outcome=outcome,
            at=at,
            time_zone=self.market.time_zone,
            cause=act.key,
            reason=act.reason,
            code=code,
            detail=act.detail,
        )
