"""How every property-based test runs: no deadlines, and the same examples each time in CI."""

import os

from hypothesis import settings

# A deadline would test the machine. In CI a red run must be the change's own; new examples are met locally.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")
