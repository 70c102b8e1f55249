"""HTTP/1.1 for SDKs: connections that stay open, little time per call, paths as they were sent.

`local.web` serves people and pages. SDKs call hundreds of times a second, upload what is large in chunks,
and ask first whether they may (Expect: 100-continue).
"""

import logging
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from select import select
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from types import TracebackType
from typing import Final, Self
from urllib.parse import parse_qs

from local.web import HOST, Response

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


class _BadRequestError(Exception):
    """What was sent is no HTTP, or too much of it."""


class HttpServer:
    """Answers what `serve` says, a thread a connection, between `start` and `stop`, or as a context.

    `port` 0 takes a free one. Raises OSError when the port is taken.
    """

    def __init__(self, serve: Callable[[Incoming], Response], *, port: int = 0) -> None:
        self._server = _Connections((HOST, port), serve)
        self.port: int = self._server.server_address[1]
        self.origin = f"http://{HOST}:{self.port}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> None:
        """Begins to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answers nothing any more and frees the port."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Connections(ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], serve: Callable[[Incoming], Response]) -> None:
        self.serve = serve
        self.open: set[socket.socket] = set()
        super().__init__(address, _Connection)

    def server_close(self) -> None:
        super().server_close()
        for connection in list(self.open):
            with suppress(OSError):  # it may be gone already
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that broke off is no news; a fault of the app was answered with 500."""


class _Connection(StreamRequestHandler):
    disable_nagle_algorithm = True
    server: _Connections

    def setup(self) -> None:
        super().setup()
        self.server.open.add(self.connection)

    def finish(self) -> None:
        self.server.open.discard(self.connection)
        super().finish()

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
                response = self.server.serve(incoming)
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
