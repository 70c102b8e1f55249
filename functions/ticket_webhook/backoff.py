"""How long a ticket waits before it is tried again: the queue itself is the memory."""

from typing import Final

FIRST_SECONDS: Final = 30
LONGEST_SECONDS: Final = 3_600


def delay(receives: int, retry_after: int | None = None) -> int:
    """Seconds until the next attempt, after `receives`; what the receiver asks for counts if longer."""
    doubled = FIRST_SECONDS << min(receives - 1, 10)
    return min(LONGEST_SECONDS, max(doubled, retry_after or 0))
