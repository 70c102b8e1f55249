"""A Region is lost: riders still see what they had, the standby is promoted and books, and the Region that
comes back writes no more (docs/runbooks/failover.md)."""

from collections.abc import Callable, Iterator

import pytest

from local.control import forget, stop
from local.folder import Folder
from local.lost import LostRegions
from tests.local.platform.world import Api, World, eventually

HERE, THERE = "ap-southeast-1", "ap-southeast-5"
STANDBY = "blue-horizons:standby=true"
CAR = "SG-EV-000001"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, bring_up: Callable[..., None]) -> Iterator[World]:
    folder = Folder(tmp_path_factory.mktemp("drill") / "dev")
    bring_up(folder, STANDBY)
    yield World(folder)
    stop(folder)
    forget(folder)


def states(rider: Api) -> dict[str, str]:
    """The rider's bookings."""
    return {one["bookingId"]: one["state"] for one in rider.get("/v1/bookings")["bookings"]}


def test_the_standby_takes_over_and_the_lost_region_writes_no_more(
    world: World, bring_up: Callable[..., None]
) -> None:
    lost = LostRegions(world.folder)
    rider = world.rider("fay@example.com")
    world.register(CAR)
    body = {"vehicleId": CAR}
    with world.car(CAR) as car:
        car.send()

        def booked() -> str:
            answer = rider.call("POST", "/v1/bookings", body)
            return str(answer.body["bookingId"]) if answer.status == 201 else ""

        first = eventually(booked, "a booking")
        everything = eventually(lambda: world.status()["replicating"] == 0, "the replica")
        assert everything

        lost.lose(HERE)
        # The health checks see it at once here; Route 53 takes half a minute.
        assert states(rider) == {first: "HELD"}
        refused = rider.call("POST", f"/v1/bookings/{first}/cancel")
        assert (refused.status, refused.body["code"]) == (503, "writes_disabled")

        promoted = (STANDBY, "blue-horizons:writer=standby", "blue-horizons:writerEpoch=2")
        bring_up(world.folder, *promoted)
        cancelled = eventually(
            lambda: rider.call("POST", f"/v1/bookings/{first}/cancel").status == 200, "the standby to write"
        )
        assert cancelled
        assert states(rider) == {first: "CANCELLED"}

        lost.restore(HERE)
        eventually(lambda: world.status()["replicating"] == 0, "the other replica")
        assert states(rider) == {first: "CANCELLED"}
