"""How every property-based test runs, and the end of what the workers of a run share."""

import os
import shutil
import uuid

import pytest
from hypothesis import settings

from tests.program.graphs import shared_folder

# A deadline would test the machine. In CI a red run must be the change's own; new examples are met locally.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_configure(config: pytest.Config) -> None:
    """Name the run, so that its workers find what they share."""
    if not hasattr(config, "workerinput") and getattr(config.option, "testrunuid", None) is None:
        config.option.testrunuid = uuid.uuid4().hex


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Remove what the workers shared, when the last of them is done."""
    if not hasattr(session.config, "workerinput"):
        shutil.rmtree(shared_folder(session.config.option.testrunuid))
