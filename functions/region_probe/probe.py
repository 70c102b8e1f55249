"""One HTTPS request, and what came of it."""

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException, HTTPSConnection
from typing import Protocol

OK = 200
USER_AGENT = "blue-horizons-region-probe"


class Answer(Protocol):
    """As much of `http.client.HTTPResponse` as is looked at."""

    status: int

    def read(self) -> bytes:
        """The whole body."""


class Connection(Protocol):
    """As much of `http.client.HTTPSConnection` as is used."""

    def request(self, method: str, url: str, *, headers: dict[str, str]) -> None:
        """Sends it."""

    def getresponse(self) -> Answer:
        """Waits for the answer's head."""

    def close(self) -> None:
        """Gives the socket back."""


Connect = Callable[[str, float], Connection]


@dataclass(frozen=True)
class Outcome:
    """`fault` is None when the Region is well; `milliseconds` is how long it took to know."""

    milliseconds: int
    fault: str | None

    @property
    def reachable(self) -> bool:
        """Whether the Region answered as it should."""
        return self.fault is None


def connect(host: str, timeout_seconds: float) -> Connection:
    """A verified TLS connection, at least TLS 1.2."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return HTTPSConnection(host, timeout=timeout_seconds, context=context)


def ask(
    host: str,
    path: str,
    timeout_seconds: float,
    *,
    connect: Connect = connect,
    clock: Callable[[], float] = time.monotonic,
) -> Outcome:
    """GET https://host/path; never raises for what the network or the other side does."""
    began = clock()
    connection = connect(host, timeout_seconds)
    try:
        connection.request("GET", path, headers={"User-Agent": USER_AGENT, "Accept": "application/json"})
        answer = connection.getresponse()
        answer.read()  # a body that breaks off is no answer
        fault = None if answer.status == OK else f"status {answer.status}"
    except (OSError, HTTPException) as error:
        fault = f"{type(error).__name__}: {error}"
    finally:
        connection.close()
    return Outcome(round((clock() - began) * 1000), fault)
