"""The two errors of the offline engine: one that a program sees, and one that its user sees."""

from __future__ import annotations

import grpc


class UsageError(Exception):
    """The command, a project file or a stack file is wrong; nothing was run."""


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
