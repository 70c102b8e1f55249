"""One endpoint for every AWS API: engines of ours for what holds and moves records, moto for the rest."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Final, Self

from local.aws.dynamodb import DynamoDb
from local.aws.invocations import Invocations
from local.aws.messaging import Messaging
from local.aws.moto_journal import Changed, MotoJournal
from local.aws.notifications import Notifications
from local.aws.service import AwsError, Service
from local.aws.store import Store
from local.aws.wire import read_json, read_query, refuse_json, refuse_query, write_json, write_query
from local.clock import Clock
from local.web import Request, Response, Server

_SCOPE: Final = re.compile(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request")
_TARGETS: Final = {"DynamoDBStreams": "streams.dynamodb", "DynamoDB": "dynamodb"}


class Aws:
    """The emulated AWS of one account, between `start` and `stop` or as a context.

    `port` 0 takes a free one. `functions`: the origin of Lambda's API.
    """

    def __init__(
        self, store: Store, clock: Clock, *, account: str, port: int = 0, functions: str = ""
    ) -> None:
        self._account = account
        self._stack = ExitStack()
        self._server = Server(self.serve, port=port)
        self.origin = self._server.origin
        self._invocations = Invocations(store, functions)
        self.messaging = Messaging.open(
            store,
            clock,
            account=account,
            endpoint=self.origin,
            invoke=self._invocations.put,
            put_object=self._put_object,
        )
        self.dynamodb = DynamoDb(store, clock, account=account)
        self._moto = MotoJournal(store, account=account, on_object=self._object_changed)
        self._notifications = Notifications(clock, self.messaging, self._invocations.put)
        self._services: Mapping[str, Service] = {
            "sqs": self.messaging.sqs,
            "kinesis": self.messaging.kinesis,
            "sns": self.messaging.sns,
            "events": self.messaging.events,
            "firehose": self.messaging.firehose,
            "dynamodb": self.dynamodb,
            "streams.dynamodb": self.dynamodb.streams,
        }

    def start(self) -> None:
        """Begin to answer, and with what happens by itself."""
        for start in (self.dynamodb.start, self.messaging.firehose.start, self._invocations.start):
            self._stack.callback(start())
        self._stack.enter_context(self._server)

    def stop(self) -> None:
        """Answer nothing any more."""
        self._stack.close()

    def serve(self, request: Request) -> Response:
        """The answer to any request."""
        if request.path.startswith("/_local/"):
            return self._local(request)
        service, region = _addressed(request)
        engine = self._services.get(service)
        if engine is None:
            return self._moto.serve(request, service)
        if service == "sns":
            try:
                call = read_query(request, region, self._account)
                return write_query(call, engine.call(call))
            except AwsError as error:
                return refuse_query(error)
        try:
            return write_json(engine.call(read_json(request, region, self._account)))
        except AwsError as error:
            return refuse_json(error)

    def _local(self, request: Request) -> Response:
        """What no AWS has: for `ev`, and for tests."""
        parameters = request.parameters()
        match request.path.removeprefix("/_local/"):
            case "status":
                body: Any = {**self._moto.status(), **self._invocations.status()}
                for service in self._services.values():
                    body |= service.status()
            case "inbox":
                body = self.messaging.sns.inbox()
            case "events":
                after, wait = int(parameters.get("after", "0")), float(parameters.get("wait", "0"))
                number, events = self.messaging.events.events_after(after, wait)
                body = {"next": number, "events": events}
            case _:
                return Response(404)
        return Response(200, [("Content-Type", "application/json")], json.dumps(body).encode())

    def _put_object(self, bucket: str, key: str, body: bytes) -> None:
        scope = "Credential=local/20000101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=none"
        headers = {"authorization": f"AWS4-HMAC-SHA256 {scope}", "content-type": "application/octet-stream"}
        response = self._moto.serve(Request("PUT", f"/{bucket}/{key}", "", headers, body), "s3")
        if response.status != 200:
            raise AwsError("InternalError", f"s3://{bucket}/{key} was not taken: {response.body.decode()}")

    def _object_changed(self, changed: Changed) -> None:
        self._notifications.tell(changed)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _addressed(request: Request) -> tuple[str, str]:
    """(service, Region) that a request is signed for; S3 when it is not signed."""
    scope = _SCOPE.search(request.headers.get("authorization", ""))
    region, service = (scope[1], scope[2]) if scope else ("us-east-1", "")
    target = request.headers.get("x-amz-target", "")
    prefix = target.partition("_")[0]
    return _TARGETS.get(prefix, service or "s3") if target else service or "s3", region
