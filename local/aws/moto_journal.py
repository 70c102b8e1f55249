"""Everything that no engine of ours serves: moto, made to remember.

moto keeps its state in memory. Each request that changes something is written down with a number, and its
random source is seeded with that number before it runs; so a process that starts anew runs them again, in
order, and everything has the ids that it had. One request at a time.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from threading import RLock
from typing import Any, Final

import moto.backends
from moto.moto_api._internal import mock_random
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import Client, EnvironBuilder

from local.aws.store import Store
from local.web import Request, Response

_READS: Final = ("Get", "List", "Describe", "Head", "BatchGet", "Lookup", "Search", "Query", "Filter")
_KIND: Final = "moto-request"
_KEPT_HEADERS: Final = ("authorization", "content-type", "x-amz-target", "content-encoding")


@dataclass(frozen=True)
class Changed:
    """An object of the emulated S3 that was put or deleted."""

    bucket: str
    key: str
    created: bool
    size: int


class MotoJournal:
    """`on_object`: told of objects that are put or deleted, but not again when the journal is replayed."""

    def __init__(self, store: Store, *, account: str, on_object: Callable[[Changed], None]) -> None:
        # Read by moto at every request.
        os.environ["MOTO_ACCOUNT_ID"] = account
        self._store = store
        self._on_object = on_object
        self._lock = RLock()
        self._client = Client(DomainDispatcherApplication(create_backend_app))
        self._number = 0
        for number, kept in store.load(_KIND):
            self._number = int(number)
            self._run(self._number, _restored(kept))

    def serve(self, request: Request, service: str) -> Response:
        """moto's answer, written down if the request changed something."""
        with self._lock:
            number = self._number + 1
            response = self._run(number, request)
            if response.status < 400 and _changes(request):
                self._number = number
                with self._store.transaction() as writing:
                    writing.put(_KIND, f"{number:012d}", _kept(request))
        if service == "s3" and response.status < 300:
            changed = _changed_object(request)
            if changed is not None:
                self._on_object(changed)
        return response

    def _run(self, number: int, request: Request) -> Response:
        mock_random.seed(number)
        builder = EnvironBuilder(
            path=request.path,
            query_string=request.query,
            method=request.method,
            headers=list(request.headers.items()),
            data=request.body,
        )
        answer = self._client.open(builder)
        try:
            headers = [
                (name, value)
                for name, value in answer.headers.items()
                if name.lower() not in ("content-length", "connection")
            ]
            return Response(status=answer.status_code, headers=headers, body=answer.get_data())
        finally:
            answer.close()

    def status(self) -> Mapping[str, Any]:
        """Each bucket with its number of objects."""
        with self._lock:
            return {"buckets": list(_buckets())}


def _buckets() -> Iterable[dict[str, Any]]:
    for backends in moto.backends.get_backend("s3").values():
        for backend in backends.values():
            for name, bucket in sorted(backend.buckets.items()):
                yield {"name": name, "objects": len(bucket.keys)}


def _changes(request: Request) -> bool:
    target = request.headers.get("x-amz-target")
    if target:
        return not target.rpartition(".")[2].startswith(_READS)
    if request.method == "POST" and request.headers.get("content-type", "").startswith(
        "application/x-www-form-urlencoded"
    ):
        return not request.form().get("Action", "").startswith(_READS)
    return request.method not in ("GET", "HEAD", "OPTIONS")


def _kept(request: Request) -> dict[str, Any]:
    headers = {
        name: value
        for name, value in request.headers.items()
        if name in _KEPT_HEADERS or name.startswith("x-amz-")
    }
    return {
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "headers": headers,
        "body": base64.b64encode(request.body).decode(),
    }


def _restored(kept: Mapping[str, Any]) -> Request:
    return Request(
        method=kept["method"],
        path=kept["path"],
        query=kept["query"],
        headers=kept["headers"],
        body=base64.b64decode(kept["body"]),
    )


def _changed_object(request: Request) -> Changed | None:
    bucket, _, key = request.path.lstrip("/").partition("/")
    if not key or request.method not in ("PUT", "DELETE"):
        return None
    if any(word in request.parameters() for word in ("tagging", "acl", "uploadId")):
        return None
    return Changed(bucket, key, request.method == "PUT", len(request.body))
