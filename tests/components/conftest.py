"""The whole program under mocks, once for each of the home market's stacks."""

import pytest

from tests.recording import Recording, record_program

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


@pytest.fixture(scope="session")
def dev() -> Recording:
    """The dev stack's resources."""
    return record_program("dev")


@pytest.fixture(scope="session")
def prod() -> Recording:
    """The prod stack's resources."""
    return record_program("prod")


@pytest.fixture(scope="session")
def everything() -> Recording:
    """The prod stack's resources with every switch on."""
    return record_program("prod", EVERYTHING)


@pytest.fixture(params=["dev", "prod"])
def stack(request: pytest.FixtureRequest) -> Recording:
    """Each stack in turn."""
    recording: Recording = request.getfixturevalue(request.param)
    return recording
