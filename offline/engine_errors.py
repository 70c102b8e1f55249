"""The errors that a program sees: what the engine answers when a request cannot be served."""

from __future__ import annotations

import grpc


class EngineError(grpc.RpcError):
    """What the engine answers when a request cannot be served.

    It is a gRPC error, so the SDK treats it alike when the monitor is an object in its own process and
    when it is a server.
    """

    def __init__(self, message: str, code: grpc.StatusCode = grpc.StatusCode.INVALID_ARGUMENT) -> None:
        super().__init__(message)
        self._message = message
        self._code = code

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return self._message


class NeedsStackError(EngineError):
    """The program reads a stack of the same project that has not been previewed yet."""

    def __init__(self, stack: str) -> None:
        super().__init__(f"the outputs of stack {stack!r} are needed first")
        self.stack = stack
