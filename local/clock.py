"""The time on a local platform: the real one, or one that runs faster.

What AWS times (schedules, visibility, TTL), what functions call now and what cars send go by it. How long a
function may run does not: its code runs in real time.
"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from local.folder import write_whole


@dataclass(frozen=True)
class Clock:
    """It showed `then` (s since the epoch) when it really was `really`, and goes `speed` times as fast.

    Calling it tells the time in s.
    """

    really: float
    then: float
    speed: float = 1.0
    real: Callable[[], float] = field(default=time.time, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not 0 < self.speed <= 1_000:
            raise ValueError(f"the speed is {self.speed}: above 0 and up to 1000 can be")

    @classmethod
    def starting(cls, speed: float = 1.0, *, before: Self | None = None) -> Self:
        """A clock that starts now, never behind where `before` got to: no record is of the future."""
        now = time.time()
        return cls(really=now, then=max(now, before() if before else now), speed=speed)

    def __call__(self) -> float:
        return self.then + (self.real() - self.really) * self.speed

    def ms(self) -> int:
        """The time in ms."""
        return int(self() * 1_000)

    def real_seconds(self, seconds: float) -> float:
        """How long `seconds` of this clock really take."""
        return seconds / self.speed

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read `clock.json`."""
        return cls(**json.loads(file.read_text(encoding="utf-8")))

    def save(self, file: Path) -> None:
        """Write `clock.json`."""
        known = {name: value for name, value in asdict(self).items() if name != "real"}
        write_whole(file, json.dumps(known) + "\n")
