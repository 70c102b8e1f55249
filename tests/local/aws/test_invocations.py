"""A function that another service calls gets its event, now or when Lambda is there again."""

import json
from queue import Queue
from urllib.parse import unquote

from local.aws.http import HttpServer, Incoming
from local.aws.invocations import Invocations
from local.aws.store import Store
from local.web import Response

ARN = "arn:aws:lambda:ap-southeast-1:111122223333:function:told"


def test_an_event_is_posted_to_its_function_and_then_forgotten() -> None:
    calls: Queue[Incoming] = Queue()

    def serve(incoming: Incoming) -> Response:
        calls.put(incoming)
        return Response(202)

    store = Store()
    with HttpServer(serve) as functions:
        # It was put before a restart, while Lambda was away.
        Invocations(store, "http://127.0.0.1:9").put(ARN, {"n": 1})
        with Invocations(store, functions.origin):
            call = calls.get(timeout=10)
    assert unquote(call.path) == f"/2015-03-31/functions/{ARN}/invocations"
    assert call.headers["x-amz-invocation-type"] == "Event"
    assert json.loads(call.body) == {"n": 1}
    assert Invocations(store, "").status() == {"invocationsWaiting": 0}
