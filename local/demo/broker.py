"""AWS IoT's data plane as far as commands go: what is published is kept until the cars take it.

https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_Publish.html
"""

from collections.abc import Mapping
from queue import Empty, SimpleQueue
from typing import Any, Final

import msgspec

from local.web import Request, Response

_PREFIX: Final = "/topics/"


class Broker:
    """Takes `POST /topics/<topic>`."""

    def __init__(self) -> None:
        self._published: SimpleQueue[tuple[str, Mapping[str, Any]]] = SimpleQueue()

    def app(self, request: Request) -> Response:
        """The data plane as a web app."""
        if request.method != "POST" or not request.path.startswith(_PREFIX):
            return Response(status=404)
        topic = request.path.removeprefix(_PREFIX)
        self._published.put((topic, msgspec.json.decode(request.body, type=dict[str, Any])))
        return Response(headers=[("Content-Type", "application/json")], body=b"{}")

    def take(self) -> list[tuple[str, Mapping[str, Any]]]:
        """(topic, message) of everything published since the last time."""
        taken = []
        while True:
            try:
                taken.append(self._published.get_nowait())
            except Empty:
                return taken
