"""HTTP/1.1 for SDKs: connections that stay open, little time per call, paths as they were sent.

`local.web` serves people and pages. SDKs call hundreds of times a second, upload what is large in chunks,
and ask first whether they may (Expect: 100-continue).
"""

import logging
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from http import HTTPStatus
from select import select
from socketserver import StreamRequestHandler
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qs

from local.listener import Listener
from local.web import Response

MAX_BODY: Final = 1024**3  # bytes
_MAX_LINE: Final = 64 * 1024
_MAX_HEADERS: Final = 200
_PHRASES: Final = {int(status): status.phrase for status in HTTPStatus}
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class Incoming:
    """`path`: as sent, still encoded. `headers`: names in lower case, the last of equal ones."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    gone: Callable[[], bool] = lambda: False

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        """The query's, the last of equal ones."""
        return {name: values[-1] for name, values in parse_qs(self.query, keep_blank_values=True).items()}


Serve: TypeAlias = Callable[[Incoming], Response]


class _BadRequestError(Exception):
    """What was sent is no HTTP, or too much of it."""


class HttpServer(Listener):
    """Answers what `serve` says."""

    def __init__(self, serve: Serve, *, port: int = 0) -> None:
        super().__init__(partial(_Connection, serve), port=port)


class _Connection(StreamRequestHandler):
    disable_nagle_algorithm = True

    def __init__(self, serve: Serve, *connection: Any) -> None:  # noqa: ANN401 - socketserver's
        self._serve = serve
        super().__init__(*connection)

    def handle(self) -> None:
        while True:
            try:
                incoming = self._read()
            except _BadRequestError as error:
                self._send(Response(400, (("Connection", "close"),), str(error).encode()))
                return
            if incoming is None:
                return
            try:
                response = self._serve(incoming)
            except Exception:
                _LOG.exception("%s %s failed", incoming.method, incoming.path)
                response = Response(500)
            self._send(response, head_only=incoming.method == "HEAD")
            if incoming.headers.get("connection", "").lower() == "close":
                return

    def _read(self) -> Incoming | None:
        line = self.rfile.readline(_MAX_LINE)
        if not line:
            return None
        parts = line.decode("latin-1").split()
        if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
            raise _BadRequestError(f"{line[:80]!r} is no request line of HTTP/1.1")
        headers: dict[str, str] = {}
        while (line := self.rfile.readline(_MAX_LINE)) not in (b"\r\n", b"\n"):
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon or len(headers) > _MAX_HEADERS:
                raise _BadRequestError(f"{line[:80]!r} is no header, or one too many")
            headers[name.strip().lower()] = value.strip()
        if headers.get("expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        path, _, query = parts[1].partition("?")
        return Incoming(parts[0], path, query, headers, self._body(headers), self._gone)

    def _gone(self) -> bool:
        """Whether the other side has hung up: it can be read, and there is nothing."""
        readable, _, _ = select([self.connection], [], [], 0)
        try:
            return bool(readable) and self.connection.recv(1, socket.MSG_PEEK) == b""
        except OSError:
            return True

    def _body(self, headers: Mapping[str, str]) -> bytes:
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return self._chunks()
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY:
            raise _BadRequestError(f"Content-Length is {length!r}: up to {MAX_BODY} bytes can be")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise _BadRequestError("the body broke off")
        return body

    def _chunks(self) -> bytes:
        parts: list[bytes] = []
        total = 0
        while True:
            line = self.rfile.readline(_MAX_LINE)
            try:
                size = int(line.split(b";")[0], 16)
            except ValueError as error:
                raise _BadRequestError(f"{line[:80]!r} is no size of a chunk") from error
            total += size
            if size < 0 or total > MAX_BODY:
                raise _BadRequestError(f"the body has more than {MAX_BODY} bytes")
            if size == 0:
                while self.rfile.readline(_MAX_LINE) not in (b"\r\n", b"\n", b""):
                    pass
                return b"".join(parts)
            parts.append(self.rfile.read(size))
            self.rfile.readline(_MAX_LINE)

    def _send(self, response: Response, *, head_only: bool = False) -> None:
        status, body = response.status, response.body
        lines = [f"HTTP/1.1 {status} {_PHRASES.get(status, 'Unknown')}"]
        lines += [f"{name}: {value}" for name, value in response.headers]
        # The answer to a HEAD says itself how long the body would be.
        if not head_only and status not in (204, 304):
            lines.append(f"Content-Length: {len(body)}")
        lines.append("\r\n")
        head = "\r\n".join(lines).encode("latin-1")
        # One write: two would wait for each other's acknowledgement.
        self.wfile.write(head if head_only or not body else head + body)
