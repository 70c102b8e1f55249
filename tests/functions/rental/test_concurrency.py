"""Many riders at once: real threads over a store that does one call at a time."""

import random
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from ev_rental.rental.booking import Booking
from ev_rental.rental.errors import ErrorCode, RentalError
from ev_rental.rental.service import EndRequest, HoldRequest
from ev_rental.rental.vocabulary import AckOutcome
from tests.functions.rental.fake_dynamodb import FakeDynamoDB
from tests.functions.rental.invariants import check, check_history
from tests.functions.rental.world import World

RIDERS, CARS, THREADS = 200, 20, 24
PASSING = ["conflict", "timeout_after", "timeout_before", "throttled", "one_reason_only"]
REFUSED = {ErrorCode.VEHICLE_NOT_AVAILABLE, ErrorCode.RIDER_HAS_LIVE_BOOKING}


@pytest.fixture(autouse=True)
def eager_switching() -> Iterator[None]:
    """Lets threads interleave within a step, not only between steps."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def unlucky(seed: int, share: float) -> FakeDynamoDB:
    """A store where each call may meet a passing fault, often one whose work is done all the same."""
    chance = random.Random(seed)  # noqa: S311 - a test's script
    lock = threading.Lock()
    db = FakeDynamoDB()

    def fault(_: str) -> str | None:
        with lock:
            if chance.random() >= share:
                return None
            return chance.choice(
                ["conflict", "timeout_after", "timeout_before", "throttled", "one_reason_only"]
            )

    db.fault = fault
    return db


def definite(call: Callable[[], object], tries: int = 20) -> object:
    """The answer, or the code of the refusal."""
    for _ in range(tries):
        try:
            return call()
        except RentalError as error:
            if not error.retryable:
                return error.code
    raise AssertionError("no definite answer")


@pytest.mark.parametrize(("seed", "share"), [(0, 0.0), (1, 0.3), (2, 0.3)])
def test_two_hundred_riders_want_twenty_cars(seed: int, share: float) -> None:
    world = World(cars=CARS, riders=RIDERS)
    db = world.db
    world.db.fault = unlucky(seed, share).fault
    order = random.Random(seed)  # noqa: S311 - a test's script
    gate = threading.Barrier(THREADS)

    def want(rider: str, cars: list[str]) -> list[object]:
        if rider in world.riders[:THREADS]:
            gate.wait()
        answers: list[object] = []
        for number, car in enumerate(cars):
            ask = partial(world.service.hold, rider, f"k{number}", HoldRequest(vehicle_id=car))
            first = definite(ask)
            assert definite(ask) == first, "a retry got another answer"
            answers.append(first)
        return answers

    wishes = {rider: order.sample(world.cars, 3) for rider in world.riders}
    with ThreadPoolExecutor(THREADS) as pool:
        futures = [pool.submit(want, rider, cars) for rider, cars in wishes.items()]
        answers = [answer for future in futures for answer in future.result()]
    bookings = [answer for answer in answers if isinstance(answer, Booking)]
    assert len(answers) == 3 * RIDERS
    assert {answer for answer in answers if isinstance(answer, ErrorCode)} <= REFUSED
    assert len({b.vehicle_id for b in bookings}) == len(bookings) == CARS
    assert len({b.rider_id for b in bookings}) == CARS
    check(db)
    check_history(db)


def test_one_riders_two_phones_make_one_booking() -> None:
    world = World(cars=CARS)
    gate = threading.Barrier(8)

    def want(number: int) -> object:
        gate.wait()
        request = HoldRequest(vehicle_id=world.cars[number])
        return definite(lambda: world.service.hold(world.riders[0], f"phone-{number}", request))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(want, range(8)))
    assert len([answer for answer in answers if isinstance(answer, Booking)]) == 1
    assert [a for a in answers if not isinstance(a, Booking)] == [ErrorCode.RIDER_HAS_LIVE_BOOKING] * 7
    check(world.db)


@pytest.mark.parametrize("seed", range(20))
def test_a_cancellation_a_start_and_the_sweep_at_the_same_moment_agree_on_one_end(seed: int) -> None:
    world = World(parked=True)
    rider, request = world.riders[0], HoldRequest(vehicle_id=world.cars[0], destination=world.bay(1))
    booking = world.service.hold(rider, "hold", request)
    world.db.fault = unlucky(seed, 0.2).fault
    gate = threading.Barrier(4)

    def sweep() -> object:
        world.clock.now = booking.hold_expires_at
        return world.operations.expire_holds()

    def at_once(step: Callable[[], object]) -> object:
        gate.wait()
        return definite(step)

    cancel = partial(world.service.cancel, rider, "cancel", booking.booking_id)
    start = partial(world.service.start, rider, "start", booking.booking_id)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(at_once, (cancel, start, sweep, sweep)))
    check(world.db)
    check_history(world.db)


def test_a_car_that_answers_many_times_at_once_ends_one_trip_with_one_invoice() -> None:
    world = World(parked=True)
    rider = world.riders[0]
    booking = world.service.hold(
        rider, "hold", HoldRequest(vehicle_id=world.cars[0], destination=world.bay(1))
    )
    unlock = world.service.start(rider, "start", booking.booking_id)
    world.operations.acknowledge(world.answer(unlock))
    lock = world.service.end(rider, "end", EndRequest(booking_id=booking.booking_id))
    world.db.fault = unlucky(5, 0.2).fault

    def answer(_: int) -> object:
        outcome = definite(lambda: world.operations.acknowledge(world.answer(lock)))
        definite(lambda: world.operations.issue_invoice(booking.booking_id))
        return outcome

    with ThreadPoolExecutor(12) as pool:
        outcomes = list(pool.map(answer, range(24)))
    assert set(outcomes) <= {AckOutcome.APPLIED, AckOutcome.DUPLICATE}
    assert len(world.db.items("INVOICE")) == 1
    check(world.db)
    check_history(world.db)
