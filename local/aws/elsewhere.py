"""APIs that a process of its own serves, at the one address of all: calls are handed on."""

import json
from http.client import HTTPConnection
from typing import Final
from urllib.parse import urlsplit

from local.aws.http import Incoming
from local.web import Response

_SECONDS: Final = 910.0
"""A function may run for 15 minutes."""
_OF_A_CONNECTION: Final = frozenset(
    {"connection", "host", "transfer-encoding", "content-length", "keep-alive"}
)


def hand_on(origin: str, incoming: Incoming) -> Response:
    """What the process at `origin` answers; 503 while it is away."""
    path = incoming.path + (f"?{incoming.query}" if incoming.query else "")
    headers = {name: value for name, value in incoming.headers.items() if name not in _OF_A_CONNECTION}
    connection = HTTPConnection(urlsplit(origin).netloc, timeout=_SECONDS)
    try:
        connection.request(incoming.method, path, incoming.body, headers)
        answer = connection.getresponse()
        told = [(name, value) for name, value in answer.getheaders() if name.lower() not in _OF_A_CONNECTION]
        return Response(answer.status, told, answer.read())
    except OSError as error:
        away = {"__type": "ServiceUnavailable", "message": f"{origin} is away: {error}"}
        return Response(503, [("Content-Type", "application/json")], json.dumps(away).encode())
    finally:
        connection.close()
