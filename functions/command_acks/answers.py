"""What cars answer to commands, as the topic rule queues it, and what becomes of it."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from ev_rental.rental.command import Ack
from ev_rental.rental.operations import RentalOperations
from ev_rental.rental.vocabulary import AckOutcome, AckResult
from rental_events.messages import PoisonedError

MAX_REASON: Final = 200
_REFUSED: Final = frozenset({AckOutcome.UNKNOWN, AckOutcome.WRONG_VEHICLE})

_Id = Annotated[str, Meta(min_length=1, max_length=128)]
_Time = Annotated[int, Meta(ge=0)]


class _Answer(Struct, rename="camel"):
    """`topic_vehicle_id`, `received_at` (ms): the topic rule's, from what the broker authenticated. Whatever
    else the car says of itself is not read."""

    command_id: _Id
    result: AckResult
    topic_vehicle_id: _Id
    received_at: _Time
    at: _Time | None = None
    reason: str | None = None


_decode: Final = msgspec.json.Decoder(_Answer).decode


def ack(body: str) -> Ack:
    """The answer in a message. Raises PoisonedError."""
    try:
        answer = _decode(body)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise PoisonedError(f"no answer to a command: {error}") from error
    return Ack(
        command_id=answer.command_id,
        vehicle_id=answer.topic_vehicle_id,
        result=answer.result,
        received_at=answer.received_at,
        at=answer.at,
        reason=None if answer.reason is None else answer.reason[:MAX_REASON],
    )


def take(rental: RentalOperations, body: str) -> AckOutcome:
    """Carries out what an answer means. Raises PoisonedError for one to an unknown or another car's command,
    and RentalError."""
    answer = ack(body)
    outcome = rental.acknowledge(answer)
    if outcome in _REFUSED:
        raise PoisonedError(f"{answer.vehicle_id} answered command {answer.command_id}: {outcome}")
    return outcome
