"""Batches of SQS messages, each of which succeeds or fails alone.

A message that fails is shown again after the queue's visibility timeout, and goes to the dead-letter queue
after the queue's `maxReceiveCount`.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct, field

from ev_rental.rental.errors import ErrorCode, RentalError

RESERVE_MS: Final = 4_000
"""No message is begun with less time than this left: a batch that ran out of time would come again whole."""
PAUSE: Final = 0.5  # seconds before what may pass is tried again

Problem = Callable[[str, Exception], None]
"""Told (id of the message, the error)."""


class PoisonedError(ValueError):
    """A message that no repetition will make good; it names the value and the reason."""


class Batch(Struct, kw_only=True):
    """`failed`: ids of messages that are to come again."""

    done: int = 0
    failed: list[str] = field(default_factory=list)

    @property
    def response(self) -> dict[str, list[dict[str, str]]]:
        """The partial batch response."""
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in self.failed]}


def work_off(
    records: Sequence[Mapping[str, Any]],
    handle: Callable[[str], object],
    *,
    time_left: Callable[[], int],
    on_problem: Problem,
    rounds: int = 1,
    pause: Callable[[float], None] | None = None,
) -> Batch:
    """Hands the body of each message of an SQS event to `handle`, and again up to `rounds` times in all while
    it raises what may pass: anything but PoisonedError and a standby's refusal.

    `time_left`: ms. `pause`: sleeps that many seconds, `time.sleep` by default.
    """
    batch = Batch()
    waiting = list(records)
    for number in range(1, rounds + 1):
        again = []
        for record in waiting:
            try:
                if time_left() < RESERVE_MS:
                    raise TimeoutError("the function's time is nearly over")
                handle(record["body"])
            except Exception as error:  # reason: whatever one message meets must not hold up the others
                if number < rounds and _may_pass(error):
                    again.append(record)
                    continue
                batch.failed.append(record["messageId"])
                on_problem(record["messageId"], error)
            else:
                batch.done += 1
        waiting = again
        if not waiting:
            break
        (pause or time.sleep)(PAUSE)
    return batch


def _may_pass(error: Exception) -> bool:
    fenced = isinstance(error, RentalError) and error.code is ErrorCode.WRITES_DISABLED
    return not fenced and not isinstance(error, PoisonedError)
