"""After a release: what the canary asks from outside, asked at once and a few times."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from components.observability.canary_script.rider_api import Answer, ProbeError, ask, probe

ATTEMPTS = 5
PAUSE_SECONDS = 10.0


def smoke(
    url: str,
    say: Callable[[str], None],
    *,
    asker: Callable[[str], Answer] = ask,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Probe the rider API until it passes. Raises ProbeError with what was wrong last."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            probe(url, asker, now())
        except ProbeError as error:
            say(f"attempt {attempt} of {ATTEMPTS}: {error}")
            if attempt == ATTEMPTS:
                raise
            pause(PAUSE_SECONDS)
        else:
            say(f"{url} answers as it should")
            return
