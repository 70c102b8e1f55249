"""One platform for all tests of this folder: the unmodified dev stack, brought up as `ev up` does."""

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from local.control import UpOptions, forget, stop, up
from local.folder import Folder
from local.supervisor import Options
from tests.local.platform.world import World

_numbers = count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them go to one worker: a platform is dear."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("platform"))


@pytest.fixture(scope="session")
def bring_up() -> Iterator[Callable[..., None]]:
    """Brings a folder's platform up, with these settings; it ends with this process, however that ends."""
    lifeline, held = os.pipe()

    def bring(folder: Folder, *config: str) -> None:
        up(folder, UpOptions(Options(config, cars=0), lifeline=lifeline), lambda _: None)

    yield bring
    os.close(held)
    os.close(lifeline)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory, bring_up: Callable[..., None]) -> Iterator[Folder]:
    there = Folder(tmp_path_factory.mktemp("platform") / "dev")
    bring_up(there)
    yield there
    stop(there)
    forget(there)


@pytest.fixture(scope="session")
def world(folder: Folder) -> World:
    return World(folder)


@pytest.fixture
def vehicle_id(world: World) -> str:
    """A car of the test's own, in service, in a bay of its own."""
    name = f"SG-EV-{next(_numbers):06d}"
    world.register(name)
    return name
