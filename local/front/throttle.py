"""How many requests an API takes: a token bucket a method, as API Gateway has it.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock


@dataclass(frozen=True)
class Limit:
    """`rate`: requests a second in the long run; `burst`: at once."""

    rate: float
    burst: int


@dataclass
class Throttle:
    """`clock` tells seconds. Every key has a bucket of its own; no limit takes everything."""

    limit: Limit | None
    clock: Callable[[], float]
    _buckets: dict[object, tuple[float, float]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def takes(self, key: object) -> bool:
        """Whether one more request is taken; it counts if so."""
        if self.limit is None:
            return True
        with self._lock:
            now = self.clock()
            tokens, at = self._buckets.get(key, (float(self.limit.burst), now))
            tokens = min(self.limit.burst, tokens + max(0.0, now - at) * self.limit.rate)
            taken = tokens >= 1
            self._buckets[key] = (tokens - 1 if taken else tokens, now)
            return taken
