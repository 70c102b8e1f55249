"""One HTTPS request, no redirects: a redirect would take the signed ticket to somebody else."""

import ssl
from collections.abc import Mapping
from http.client import HTTPException, HTTPSConnection
from typing import Final

from msgspec import Struct

TIMEOUT_SECONDS: Final = 5


class NotTakenError(Exception):
    """The receiver did not take it, or did not say so. `retry_after`: seconds it asked for."""

    def __init__(self, reason: str, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Receiver(Struct, frozen=True):
    """Where tickets go."""

    host: str
    path: str

    def post(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Raises NotTakenError for anything but a 2xx."""
        connection = HTTPSConnection(self.host, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context())
        try:
            connection.request("POST", self.path, body=body, headers=dict(headers))
            answer = connection.getresponse()
            status, after = answer.status, answer.getheader("Retry-After", "")
        except (OSError, HTTPException) as error:
            raise NotTakenError(f"no answer: {type(error).__name__}") from error
        finally:
            connection.close()
        if not 200 <= status < 300:
            raise NotTakenError(f"answered {status}", int(after) if after.isdecimal() else None)
