"""The whole program under mocks, once for each of the home market's stacks."""

import runpy

import pytest

from tests.recording import Recording, record
from tests.stacks import ROOT, stack_config


def _program(stack: str) -> Recording:
    def build() -> None:
        runpy.run_path(str(ROOT / "__main__.py"))

    return record(build, stack=stack, config=stack_config(stack))


@pytest.fixture(scope="session")
def dev() -> Recording:
    """The dev stack's resources."""
    return _program("dev")


@pytest.fixture(scope="session")
def prod() -> Recording:
    """The prod stack's resources."""
    return _program("prod")


@pytest.fixture(params=["dev", "prod"])
def stack(request: pytest.FixtureRequest) -> Recording:
    """Each stack in turn."""
    recording: Recording = request.getfixturevalue(request.param)
    return recording
