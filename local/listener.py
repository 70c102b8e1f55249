"""A port of this machine that is listened at: what our HTTP servers have in common."""

from collections.abc import Callable
from contextlib import suppress
from socket import SHUT_RDWR, socket
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any, Final, TypeAlias

from local.running import Running

HOST: Final = "127.0.0.1"
Handler: TypeAlias = Callable[[Any, Any, Any], BaseRequestHandler]


class Listener(Running):
    """Gives each connection to a `handler`, in a thread of its own, until it stops: then all are cut.

    `port` 0 takes a free one. Raises OSError when the port is taken.
    """

    def __init__(self, handler: Handler, *, port: int = 0) -> None:
        self._connections = _Connections((HOST, port), handler)
        self.port: int = self._connections.server_address[1]
        self.origin = f"http://{HOST}:{self.port}"
        self._thread = Thread(target=self._connections.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> None:
        """Begins to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Answers nothing any more and frees the port."""
        if self._thread.is_alive():
            self._connections.shutdown()
        self._connections.server_close()


class _Connections(ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False  # browsers and SDKs keep their connections open
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: Handler) -> None:
        self._open: set[socket] = set()
        super().__init__(address, handler)

    def get_request(self) -> tuple[socket, Any]:
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 - as the base class has it
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        for connection in list(self._open):
            with suppress(OSError):  # it may be gone already
                connection.shutdown(SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that broke off is no news; a fault of the app was answered with 500."""
