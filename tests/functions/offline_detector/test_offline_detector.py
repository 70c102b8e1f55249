"""Cars that fall silent are lost to renting until they are heard of again, and then are what they were."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from ev_rental.rental.reading import SILENCE
from ev_rental.rental.vehicle import RentalVehicle
from ev_rental.rental.vocabulary import VehicleEvent
from ev_rental.vocabulary import RentalState
from offline_detector.handler import handler
from rental_events.timed import RESERVE_MS
from tests.functions.rental.fake_dynamodb import FAULTS, RENTAL
from tests.functions.rental.invariants import check, check_history
from tests.functions.rental.world import World
from tests.functions.rental_events.lambdas import Context, deployed, driving, held, metrics, stored

DETECT = stored(__file__, "schedule.json")
LOST = RentalState.NON_CONTACTABLE


def run(world: World, context: Context | None = None, **deployment: bool) -> dict[str, Any]:
    with deployed(world, **deployment):
        return handler(DETECT, context or Context())["ContactsChanged"]  # type: ignore[arg-type]  # as much of a context as is used


def vehicle(world: World, number: int = 0) -> RentalVehicle:
    found = world.store.vehicle(world.cars[number])
    assert found is not None
    return found


def test_a_silent_car_is_lost_and_what_it_was_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    world = World(cars=2)
    world.clock.now += SILENCE[RentalState.AVAILABLE].connected * 1000
    world.see(world.cars[1])
    assert run(world)["done"] == 1
    assert (vehicle(world).state, vehicle(world).state_before_contact_loss) == (LOST, RentalState.AVAILABLE)
    assert vehicle(world, 1).state is RentalState.AVAILABLE
    check(world.db)
    counted = metrics(capsys.readouterr().out)
    assert counted == {"ContactsChanged": 1, "Failed": 0, "Unfinished": 0}


@pytest.mark.parametrize("state", [RentalState.AVAILABLE, RentalState.RESERVED, RentalState.ON_TRIP])
def test_how_long_is_too_long_goes_by_the_state(state: RentalState) -> None:
    world = World()
    {RentalState.RESERVED: held, RentalState.ON_TRIP: driving}.get(state, lambda _: None)(world)
    world.see(world.cars[0])
    assert vehicle(world).state is state
    world.clock.now += SILENCE[state].connected * 1000 - 1
    assert run(world)["done"] == 0
    world.clock.now += 1
    assert run(world)["done"] == 1
    world.see(world.cars[0])
    assert run(world)["done"] == 1
    assert (vehicle(world).state, vehicle(world).state_before_contact_loss) == (state, None)


def test_a_lost_connection_shortens_the_wait() -> None:
    world = World()
    silence = SILENCE[RentalState.AVAILABLE]
    seen = world.clock.now
    world.clock.now += silence.disconnected * 1000
    assert silence.disconnected < silence.connected
    assert run(world)["done"] == 0
    world.see(world.cars[0], seen=seen, contact=("disconnected", seen + 1))
    assert run(world)["done"] == 1


def test_a_removed_car_is_not_waited_for() -> None:
    world = World()
    world.operations.change_vehicle(world.cars[0], VehicleEvent.SERVICE_END)
    world.operations.change_vehicle(world.cars[0], VehicleEvent.DECOMMISSIONED)
    world.clock.now += 10 * SILENCE[RentalState.NON_OPERATIONAL].connected * 1000
    assert run(world) == {"done": 0, "skipped": 0, "failed": 0, "finished": True, "fenced": False}


def test_a_word_between_look_and_write_keeps_the_car() -> None:
    world = World()
    world.clock.now += SILENCE[RentalState.AVAILABLE].connected * 1000

    def heard(operation: str) -> None:
        if operation == "TransactWriteItems":
            world.see(world.cars[0])

    world.db.fault = heard
    assert run(world)["done"] == 0
    assert vehicle(world).state is RentalState.AVAILABLE


def test_two_runs_at_once_change_each_car_once() -> None:
    world = World(cars=12)
    world.clock.now += SILENCE[RentalState.AVAILABLE].connected * 1000
    with deployed(world), ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(handler, DETECT, Context()) for _ in range(4)]  # type: ignore[arg-type]  # as much of a context as is used
        said = [one.result()["ContactsChanged"] for one in runs]
    assert sum(one["done"] for one in said) == 12
    assert all(vehicle(world, number).version == 2 for number in range(12))
    check_history(world.db)


def test_what_there_is_no_time_for_is_done_by_the_next_run() -> None:
    world = World(cars=5)
    world.clock.now += SILENCE[RentalState.AVAILABLE].connected * 1000
    first = run(world, Context(60_000, 60_000, RESERVE_MS - 1))
    assert (first["done"], first["finished"]) == (2, False)
    assert run(world)["done"] == 3


def test_a_broken_car_hides_no_other() -> None:
    world = World(cars=3)
    world.clock.now += SILENCE[RentalState.AVAILABLE].connected * 1000
    key = (f"VEHICLE#{world.cars[0]}", "VEHICLE")
    world.db.put(RENTAL, key, world.db.tables[RENTAL][key] | {"version": {"N": "0"}})
    item = world.db.tables[RENTAL][key]
    real_put = world.db.put

    # It says another version each time it is read, so no write of it ever goes through.
    def restless(operation: str) -> None:
        if operation == "TransactWriteItems":
            number = int(world.db.tables[RENTAL][key]["version"]["N"]) + 1
            real_put(RENTAL, key, item | {"version": {"N": str(number)}})

    world.db.fault = restless
    said = run(world)
    assert (said["done"], said["failed"]) == (2, 1)


@settings(max_examples=60, deadline=None)
@given(
    faults=st.lists(st.none() | st.sampled_from(FAULTS), max_size=30),
    silent=st.lists(st.booleans(), min_size=4, max_size=4),
)
def test_whatever_the_faults_silence_and_word_have_their_way(
    faults: list[str | None], silent: list[bool]
) -> None:
    world = World(cars=4, riders=4)
    held(world, 0)
    driving(world, 1)
    for seen in (silent, [not quiet for quiet in silent]):
        world.clock.now += 1_800_000
        for number, quiet in enumerate(seen):
            if not quiet:
                world.see(world.cars[number])
        world.play(faults)
        for _ in range(len(faults) + 1):
            run(world)
        world.play([])
        run(world)
        assert run(world)["done"] == 0
        for number, quiet in enumerate(seen):
            assert (vehicle(world, number).state is LOST) == quiet
        check(world.db)
    check_history(world.db)
    assert [vehicle(world, n).state_beneath for n in range(4)] == [
        RentalState.RESERVED,
        RentalState.ON_TRIP,
        RentalState.AVAILABLE,
        RentalState.AVAILABLE,
    ]


def test_a_region_that_stands_by_loses_nobody() -> None:
    world = World()
    world.clock.now += SILENCE[RentalState.AVAILABLE].connected * 1000
    assert run(world, writes_enabled=False)["fenced"]
    assert vehicle(world).state is RentalState.AVAILABLE
