"""Preview any Pulumi Python program without the CLI, without credentials and without a network.

`offline.run` runs stacks, `offline.analyzer` runs a policy pack over it; the command line is in `cli/`.
docs/offline.md says how it works and what an offline preview cannot know.
"""

import os
from typing import Final

# gRPC logs connections that end, which is how each of ours does; it reads this when it is first imported.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

DEFAULT_TIMEOUT: Final = 120.0
"""Seconds that a program may take."""
