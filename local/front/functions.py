"""Calls functions by Lambda's API, over connections that are kept, one a thread.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

import json
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from threading import local
from typing import Any
from urllib.parse import quote

from local.listener import HOST

Invoke = Callable[[str, Any, float], Any]
"""(ARN or name, event, seconds to wait) -> the function's answer. Raises InvokeError."""


class InvokeError(Exception):
    """A function gave no answer; the message says why."""


class FunctionFailedError(InvokeError):
    """The function raised, ended or ran out of time. `type_` and the message are Lambda's."""

    def __init__(self, type_: str, message: str) -> None:
        super().__init__(f"{type_}: {message}")
        self.type_ = type_
        self.message = message


class TooSlowError(InvokeError):
    """No answer came in time; the function may still run."""


class ThrottledError(InvokeError):
    """Lambda takes no more invocations just now."""


class AwayError(InvokeError):
    """Lambda's API cannot be reached."""


class Functions:
    """Lambda's API at a port of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._own = local()

    def invoke(self, function: str, event: object, seconds: float) -> Any:  # noqa: ANN401 - JSON
        """See `Invoke`."""
        path = f"/2015-03-31/functions/{quote(function, safe='')}/invocations"
        body = json.dumps(event).encode()
        for again in (True, False):
            kept = getattr(self._own, "connection", None)
            connection = kept or HTTPConnection(HOST, self._port, timeout=seconds)
            self._own.connection = None
            try:
                connection.timeout = seconds
                if connection.sock is not None:
                    connection.sock.settimeout(seconds)
                connection.request("POST", path, body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                told = answer.read()
            except TimeoutError:
                connection.close()
                raise TooSlowError(f"{function} did not answer within {seconds:g} s") from None
            except (OSError, HTTPException) as error:
                connection.close()
                # A kept connection may have been closed meanwhile: the request reached nobody then.
                if again and kept is not None and _unanswered(error):
                    continue
                raise AwayError(f"the functions do not answer at {HOST}:{self._port} ({error!r})") from None
            self._own.connection = connection
            return _answer(answer.status, answer.getheader("X-Amz-Function-Error"), told)
        raise AssertionError  # the second try returns or raises


def _unanswered(error: Exception) -> bool:
    return isinstance(error, ConnectionError | BrokenPipeError)


def _answer(status: int, fault: str | None, told: bytes) -> Any:  # noqa: ANN401 - JSON
    try:
        value = json.loads(told) if told.strip() else None
    except ValueError:
        raise FunctionFailedError("InvalidAnswer", "what came back is no JSON") from None
    if status == 429:
        raise ThrottledError("the function is throttled")
    words = value if isinstance(value, dict) else {}
    if status >= 400:
        kind = words.get("__type") or words.get("Type") or f"HTTP {status}"
        said = words.get("message") or words.get("Message") or "no reason was given"
        raise FunctionFailedError(str(kind), str(said))
    if fault:
        raise FunctionFailedError(
            str(words.get("errorType", fault)), str(words.get("errorMessage", "no reason was given"))
        )
    return value
