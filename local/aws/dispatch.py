"""All AWS APIs at one address: calls go to the services that are ours, everything else behind them.

/_local/health                     200
/_local/status                     what every service shows of itself
/_local/inbox                      what SNS would have sent to people
/_local/events?after=<n>&wait=<s>  events of the buses behind number n
"""

import json
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from local.aws.elsewhere import hand_on
from local.aws.http import Incoming
from local.aws.protocols import Protocol, seconds
from local.aws.service import AwsError, Service
from local.web import Response

_LOG: Final = logging.getLogger(__name__)
_SCOPE: Final = re.compile(r"Credential=[^,]*/\d{8}/([a-z0-9-]+)/([a-zA-Z0-9-]+)/aws4_request")
_TARGETS: Final = {
    "DynamoDB": "dynamodb",
    "DynamoDBStreams": "dynamodb",
    "AmazonSQS": "sqs",
    "Kinesis": "kinesis",
    "AWSEvents": "events",
    "Firehose": "firehose",
}
_NO_REGION: Final = "us-east-1"


class Dispatcher:
    """A request in, a response out. `services`: by the names they sign with; `rest` gets other requests.
    `elsewhere`: origins of processes, by the names of the services they are. `lost`: Regions in which nothing
    is served.
    """

    def __init__(
        self,
        services: Mapping[str, Service],
        rest: Callable[[Incoming], Response],
        *,
        account: str,
        elsewhere: Mapping[str, str] | None = None,
        more_status: Callable[[], Mapping[str, Any]] = dict,
        inbox: Callable[[], list[Any]] = list,
        events_after: Callable[[int, float], tuple[int, list[Any]]] = lambda number, _: (number, []),
        lost: Callable[[], frozenset[str]] = frozenset,
    ) -> None:
        self._lost = lost
        self._services = services
        self._protocols = {name: Protocol(name, service) for name, service in services.items()}
        self._rest = rest
        self._account = account
        self._elsewhere = elsewhere or {}
        self._more_status = more_status
        self._inbox = inbox
        self._events_after = events_after

    def __call__(self, incoming: Incoming) -> Response:
        """The answer. A fault of ours is a 500 that says what it was, as AWS's SDKs read it."""
        if incoming.path.startswith("/_local/"):
            return self._local(incoming)
        service, region = scope(incoming)
        if region in self._lost():
            return _json({"__type": "ServiceUnavailable", "message": f"{region} is lost"}, 503)
        if service in self._elsewhere:
            return hand_on(self._elsewhere[service], incoming)
        protocol = self._protocols.get(service)
        if protocol is None:
            return self._rest(incoming)
        try:
            return protocol.serve(incoming, region, self._account)
        except Exception:
            _LOG.exception(
                "a call of %s failed: %s", service, incoming.headers.get("x-amz-target", incoming.path)
            )
            document = {
                "__type": "InternalFailure",
                "message": "the local platform failed: see its log of aws",
            }
            return Response(
                500, (("Content-Type", "application/x-amz-json-1.0"),), json.dumps(document).encode()
            )

    def _local(self, incoming: Incoming) -> Response:
        what = incoming.path.removeprefix("/_local/")
        try:
            if what == "health":
                return _json({"healthy": True})
            if what == "status":
                return _json(self._status())
            if what == "inbox":
                return _json(self._inbox())
            if what == "events":
                after = incoming.parameters.get("after", "0")
                if not after.isdigit():
                    raise AwsError(
                        "ValidationException", f"after is {after!r}: the number of an event is expected"
                    )
                wait = seconds(incoming.parameters.get("wait", "0"))
                number, events = self._events_after(int(after), wait)
                return _json({"next": number, "events": events})
        except AwsError as error:
            return _json({"message": error.message}, error.status)
        return _json({"message": f"there is no {incoming.path}"}, 404)

    def _status(self) -> Mapping[str, Any]:
        """Lists of the same name are of several services: they become one."""
        told: dict[str, Any] = {}
        for part in (*(service.status() for service in self._services.values()), self._more_status()):
            for name, value in part.items():
                told[name] = [*told[name], *value] if isinstance(told.get(name), list) else value
        return told


def scope(incoming: Incoming) -> tuple[str, str]:
    """The service and Region that a request is for; "" as a service that does not show."""
    signed = _SCOPE.search(incoming.headers.get("authorization", ""))
    if signed is None and "X-Amz-Credential" in incoming.query:
        signed = _SCOPE.search(f"Credential={incoming.parameters.get('X-Amz-Credential', '')}")
    if signed is not None:
        return signed[2].lower(), signed[1]
    target = incoming.headers.get("x-amz-target", "").partition("_")[0].partition(".")[0]
    return _TARGETS.get(target, ""), _NO_REGION


def _json(value: Any, status: int = 200) -> Response:  # noqa: ANN401 - JSON
    return Response(status, (("Content-Type", "application/json"),), json.dumps(value).encode())
