"""HTTP/1.1 on a port of 127.0.0.1: a request in, a response out, one app a port.

Nothing here is for the open network: no TLS, no limits but the ones below.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from traceback import print_exc
from typing import Any, Final
from urllib.parse import parse_qs, unquote

from local.listener import Listener

MAX_BODY: Final = 10 * 1024 * 1024  # bytes, API Gateway's limit
_IDLE_SECONDS: Final = 60
_PHRASES: Final = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Request:
    """`path`: decoded. `query`: as it was sent. `headers`: names in lower case, the last of equal ones."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def parameters(self) -> dict[str, str]:
        """The query's parameters, the last of equal ones."""
        return {name: values[-1] for name, values in parse_qs(self.query, keep_blank_values=True).items()}

    def form(self) -> dict[str, str]:
        """The fields of a URL-encoded form, the last of equal ones."""
        found = parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)
        return {name: values[-1] for name, values in found.items()}

    def cookies(self) -> dict[str, str]:
        """The cookies that came along."""
        pairs = [part.strip().partition("=") for part in self.headers.get("cookie", "").split(";")]
        return {name: value for name, _, value in pairs if name}


@dataclass(frozen=True, slots=True)
class Response:
    """`headers`: in order, a name may come twice."""

    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""


App = Callable[[Request], Response]


def _too_large(_: Request) -> Response:
    return Response(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


class Server(Listener):
    """Serves an app. `too_large` answers a request whose body is above MAX_BODY and was not read."""

    def __init__(self, app: App, *, port: int = 0, too_large: App | None = None) -> None:
        super().__init__(partial(_Handler, app, too_large or _too_large), port=port)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "local"
    sys_version = ""
    timeout = _IDLE_SECONDS

    def __init__(self, app: App, too_large: App, *connection: Any) -> None:  # noqa: ANN401 - socketserver's
        self._app = app
        self._too_large = too_large
        super().__init__(*connection)

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdecimal()):
            self.close_connection = True
            self._send(Response(status=HTTPStatus.LENGTH_REQUIRED))
            return
        fits = int(length) <= MAX_BODY
        self.close_connection = self.close_connection or not fits
        # Not urlsplit: a path that begins with two slashes has no host in it.
        path, _, query = self.path.partition("#")[0].partition("?")
        request = Request(
            method=self.command,
            path=unquote(path),
            query=query,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(length)) if fits else b"",
        )
        try:
            response = (self._app if fits else self._too_large)(request)
        except Exception:
            print_exc()
            response = Response(status=HTTPStatus.INTERNAL_SERVER_ERROR)
        self._send(response)

    def _send(self, response: Response) -> None:
        lines = [f"HTTP/1.1 {response.status} {_PHRASES.get(response.status, '')}"]
        lines += [f"{name}: {value}" for name, value in response.headers]
        if response.status != HTTPStatus.NO_CONTENT:
            lines.append(f"Content-Length: {len(response.body)}")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        # One write: two would wait for each other's acknowledgement.
        self.wfile.write(head if self.command == "HEAD" else head + response.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Quiet: the page shows what is wrong."""


for _method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
    setattr(_Handler, f"do_{_method}", _Handler._serve)
