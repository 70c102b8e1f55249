"""The whole program under mocks, once for each of the home market's stacks."""

import runpy
from collections.abc import Mapping

import pytest

from tests.recording import Recording, record
from tests.stacks import ROOT, stack_config

EVERYTHING = {
    "blue-horizons:containerPlatform": "ecs",
    "blue-horizons:redshift": "true",
    "blue-horizons:openSearch": "true",
    "blue-horizons:prometheus": "true",
    "blue-horizons:directConnect": "true",
    "blue-horizons:depotVpnAddress": "203.0.113.7",
    "blue-horizons:shieldAdvanced": "true",
    "blue-horizons:containerImageDigest": f"sha256:{'0' * 64}",
    "blue-horizons:githubRepository": "blue-horizons/platform",
    "blue-horizons:organizationEmail": "aws@bluehorizons.example",
    "blue-horizons:alertSms": "+6561234567",
    "blue-horizons:onCallUrl": "https://on-call.example/aws",
    "blue-horizons:slack": "T0123456789/C0123456789",
    "blue-horizons:ticketWebhookUrl": "https://tickets.example/alerts",
    "blue-horizons:ticketWebhookKey": "a-key-of-the-tests-only",
    "blue-horizons:pushCredential": "{}",
}


def _program(stack: str, switches: Mapping[str, str] | None = None) -> Recording:
    def build() -> None:
        runpy.run_path(str(ROOT / "__main__.py"))

    return record(build, stack=stack, config={**stack_config(stack), **(switches or {})})


@pytest.fixture(scope="session")
def dev() -> Recording:
    """The dev stack's resources."""
    return _program("dev")


@pytest.fixture(scope="session")
def prod() -> Recording:
    """The prod stack's resources."""
    return _program("prod")


@pytest.fixture(scope="session")
def everything() -> Recording:
    """The prod stack's resources with every switch on."""
    return _program("prod", EVERYTHING)


@pytest.fixture(params=["dev", "prod"])
def stack(request: pytest.FixtureRequest) -> Recording:
    """Each stack in turn."""
    recording: Recording = request.getfixturevalue(request.param)
    return recording
