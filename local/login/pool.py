"""A user pool, and the app that signs people in with it."""

from dataclasses import dataclass
from typing import Final

CODE_SECONDS: Final = 300
TOKEN_SECONDS: Final = 3600
REFRESH_SECONDS: Final = 8 * 3600


@dataclass(frozen=True, slots=True)
class Client:
    """The one app that signs people in. `origin`: of its pages, allowed to ask for tokens."""

    client_id: str
    origin: str
    callback_urls: tuple[str, ...]
    logout_urls: tuple[str, ...]
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class Pool:
    """A user pool. `sign_up`: whether strangers may make themselves an account. Times in s of a
    person's, so tokens last `speed` times as long on a clock that goes faster.
    """

    pool_id: str = "pool"
    token_seconds: int = TOKEN_SECONDS
    refresh_seconds: int = REFRESH_SECONDS
    sign_up: bool = False
    speed: float = 1.0

    def until(self, now: int, seconds: int) -> int:
        """When on the clock what lasts so long is over."""
        return now + int(seconds * self.speed)
