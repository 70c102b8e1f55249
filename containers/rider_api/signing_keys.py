"""The user pool's public keys, as far as tokens ask for them."""

import json
from collections.abc import Callable
from threading import Lock
from typing import Final

import jwt
import urllib3

MAX_AGE_SECONDS: Final = 6 * 3_600
"""After this keys are fetched anew, for one of them may have been withdrawn."""
GRACE_SECONDS: Final = 6 * 3_600
"""For so long beyond, keys that cannot be fetched anew are believed."""
PAUSE_SECONDS: Final = 30
"""Between two fetches: tokens with invented key ids must not become requests to the pool."""
PAUSE_AFTER_FAILURE_SECONDS: Final = 2
ALGORITHM: Final = "RS256"
_MAX_BYTES: Final = 64 * 1_024
_TIMEOUT: Final = urllib3.Timeout(connect=1.0, read=2.0)


class KeysUnavailableError(Exception):
    """The pool's keys could not be had, so nothing can be said of a token."""


class SigningKeys:
    """Keys by their id. Thread-safe.

    `fetch` gives the pool's JSON Web Key Set as bytes, or raises OSError or KeysUnavailableError; `clock`
    gives seconds and never goes back.
    """

    def __init__(self, fetch: Callable[[], bytes], clock: Callable[[], float]) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = Lock()
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at: float | None = None
        self._next_fetch_at: float | None = None
        self._failure = ""

    def find(self, key_id: str) -> jwt.PyJWK | None:
        """The key, or None when the pool has no such key (as of the last fetch).

        Raises KeysUnavailableError when it is not known and cannot be asked for now.
        """
        with self._lock:
            if self._is_due(key_id):
                self._refresh()
            key, failure = self._keys.get(key_id), self._failure
        if key is None and failure:
            raise KeysUnavailableError(failure)
        return key

    def _is_due(self, key_id: str) -> bool:
        now = self._clock()
        if self._next_fetch_at is not None and now < self._next_fetch_at:
            return False
        old = self._fetched_at is None or now - self._fetched_at >= MAX_AGE_SECONDS
        return old or key_id not in self._keys

    def _refresh(self) -> None:
        """Replace all keys; when that fails, keep those that were had not too long ago."""
        now = self._clock()
        try:
            self._keys = read_key_set(self._fetch())
        except (OSError, KeysUnavailableError) as error:
            self._failure = f"the user pool's signing keys cannot be fetched: {error}"
            self._next_fetch_at = now + PAUSE_AFTER_FAILURE_SECONDS
            if self._fetched_at is not None and now - self._fetched_at >= MAX_AGE_SECONDS + GRACE_SECONDS:
                self._keys = {}
            return
        self._failure = ""
        self._fetched_at = now
        self._next_fetch_at = now + PAUSE_SECONDS


def read_key_set(content: bytes) -> dict[str, jwt.PyJWK]:
    """The RS256 signing keys of a JSON Web Key Set (RFC 7517), by id; others are left out.

    Raises KeysUnavailableError when it is none.
    """
    try:
        given = json.loads(content)["keys"]
        usable = [key for key in given if key.get("alg") == ALGORITHM and key.get("use") == "sig"]
        return {str(key["kid"]): jwt.PyJWK(key, ALGORITHM) for key in usable}
    except (ValueError, KeyError, TypeError, AttributeError, jwt.PyJWTError) as error:
        raise KeysUnavailableError(f"the key set is not one: {type(error).__name__}") from error


def fetch_over_https(url: str) -> Callable[[], bytes]:
    """What fetches the key set of a pool. It raises KeysUnavailableError."""
    pool = urllib3.PoolManager(num_pools=1, retries=urllib3.Retry(total=1, redirect=0))

    def fetch() -> bytes:
        try:
            answer = pool.request("GET", url, timeout=_TIMEOUT, preload_content=False)
            content = answer.read(_MAX_BYTES)
            answer.release_conn()
        except urllib3.exceptions.HTTPError as error:
            raise KeysUnavailableError(f"{url}: {type(error).__name__}") from error
        if answer.status != 200:
            raise KeysUnavailableError(f"{url} answered {answer.status}")
        return content

    return fetch
