"""The platform's APIs, as apps call them: JSON over HTTP with a token, tried again while it is away."""

from __future__ import annotations

import asyncio
import base64
import json
import urllib.error
import urllib.parse
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

_TRIES: Final = 12
_AGAIN_SECONDS: Final = 1.0
_SECONDS: Final = 40.0
_AWAY: Final = frozenset({429, 500, 502, 503, 504})


class ApiError(Exception):
    """A refused request. `code`: the problem's, or its status."""

    def __init__(self, status: int, body: Any) -> None:  # noqa: ANN401 - JSON
        self.status = status
        self.code = str(body.get("code") or status) if isinstance(body, dict) else str(status)
        super().__init__(f"{status} {self.code}")


@dataclass
class Api:
    """Of one origin. `login`: who gives tokens to `username`. Calls run in `threads`."""

    origin: str
    login: str
    username: str
    threads: ThreadPoolExecutor
    token: str = ""

    async def call(self, method: str, path: str, body: Any = None) -> Any:  # noqa: ANN401 - JSON
        """The answer's body. A change has one key however often it is tried. Raises ApiError and OSError."""
        key = uuid.uuid4().hex
        for left in reversed(range(_TRIES)):
            try:
                return await asyncio.get_running_loop().run_in_executor(
                    self.threads, self._once, method, path, body, key
                )
            except ApiError as error:
                if error.status == 401 and left:
                    self.token = ""
                elif error.status not in _AWAY or not left:
                    raise
            except OSError:
                if not left:
                    raise
            await asyncio.sleep(_AGAIN_SECONDS)
        raise AssertionError("the last try answers or raises")

    def _once(self, method: str, path: str, body: Any, key: str) -> Any:  # noqa: ANN401 - JSON
        if not self.token:
            form = urllib.parse.urlencode({"username": self.username}).encode()
            answer = _sent(urllib.request.Request(f"{self.login}/tokens", form))  # noqa: S310 - ours
            self.token = str(answer["access_token"])
        headers = {"authorization": f"Bearer {self.token}"}
        if method != "GET":
            headers["idempotency-key"] = key
        content = None
        if body is not None:
            headers["content-type"] = "application/json"
            content = json.dumps(body).encode()
        return _sent(urllib.request.Request(self.origin + path, content, headers, method=method))  # noqa: S310

    @property
    def subject(self) -> str:
        """`sub` of the token, which need not be checked here."""
        payload = self.token.split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"])


def _sent(request: urllib.request.Request) -> Any:  # noqa: ANN401 - JSON
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - an origin of ours
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        text = error.read()
        try:
            raise ApiError(error.code, json.loads(text)) from error
        except ValueError:
            raise ApiError(error.code, None) from error
