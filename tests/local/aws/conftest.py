"""The engines of a test."""

import pytest

from tests.local.aws.engines import Platform


@pytest.fixture
def platform() -> Platform:
    return Platform()
