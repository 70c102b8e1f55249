"""Each message of a batch succeeds or fails alone."""

import pytest

from ev_rental.rental.errors import ErrorCode, RentalError
from rental_events.messages import RESERVE_MS, PoisonedError, work_off
from tests.functions.rental_events.lambdas import sqs_event

PLENTY = 60_000


def passing() -> RentalError:
    return RentalError(ErrorCode.TRY_AGAIN, "the store did not answer")


class Consumer:
    """Handles bodies; those that are listed raise what is listed, one at each attempt."""

    def __init__(self, **errors: list[Exception]) -> None:
        self.errors = errors
        self.handled: list[str] = []
        self.problems: list[tuple[str, str]] = []
        self.pauses: list[float] = []

    def __call__(self, body: str) -> None:
        errors = self.errors.get(body, [])
        if errors:
            raise errors.pop(0)
        self.handled.append(body)

    def consume(self, *bodies: str, left: int = PLENTY, rounds: int = 1) -> list[str]:
        batch = work_off(
            sqs_event(*bodies)["Records"],
            self,
            time_left=lambda: left,
            on_problem=lambda name, error: self.problems.append((name, type(error).__name__)),
            rounds=rounds,
            pause=self.pauses.append,
        )
        assert batch.done == len(self.handled)
        return [failure["itemIdentifier"] for failure in batch.response["batchItemFailures"]]


def test_a_poisoned_message_fails_alone() -> None:
    consumer = Consumer(b=[KeyError("x")])
    assert consumer.consume("a", "b", "c") == ["message-1"]
    assert consumer.handled == ["a", "c"]
    assert consumer.problems == [("message-1", "KeyError")]


def test_what_may_pass_is_tried_again_at_once_and_the_others_do_not_wait() -> None:
    consumer = Consumer(a=[passing(), passing()])
    assert consumer.consume("a", "b", rounds=3) == []
    assert consumer.handled == ["b", "a"]
    assert len(consumer.pauses) == 2


def test_what_does_not_pass_comes_again_by_the_queue() -> None:
    consumer = Consumer(a=[passing(), passing(), passing()])
    assert consumer.consume("a", "b", rounds=3) == ["message-0"]


@pytest.mark.parametrize(
    "error", [PoisonedError("no JSON"), RentalError(ErrorCode.WRITES_DISABLED, "this Region stands by")]
)
def test_what_cannot_pass_is_not_tried_again(error: Exception) -> None:
    consumer = Consumer(a=[error])
    assert consumer.consume("a", rounds=3) == ["message-0"]
    assert not consumer.pauses


def test_without_time_no_message_is_begun() -> None:
    consumer = Consumer()
    assert consumer.consume("a", "b", left=RESERVE_MS - 1) == ["message-0", "message-1"]
    assert not consumer.handled
