"""Everything that is not ours: moto, made to remember.

moto keeps its state in memory. Each request that changes something is written down with a number, and moto's
random source is seeded with the number before it runs; so a process that starts again runs them again, in
order, and everything has the ids that it had (not the times). One request at a time.
"""

import base64
import io
import logging
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from threading import RLock
from typing import Any, Final
from unittest.mock import patch
from urllib.parse import parse_qs, quote, unquote, unquote_to_bytes

import moto.backends
import moto.kms.utils
import moto.s3.models
import moto.s3.notifications
from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from moto.iam.access_control import PermissionResult
from moto.moto_api._internal import mock_random
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from local.aws.http import Incoming
from local.aws.service import AwsError
from local.aws.store import Store
from local.web import Response

_LOG: Final = logging.getLogger(__name__)
_KIND: Final = "moto/request"
_READS: Final = re.compile(
    "(BatchGet|Check|Describe|Estimate|Filter|Get|Head|List|Lookup|Preview|Search|Simulate|Test|Validate)(?![a-z])"
    # Of KMS, which only calculates:
    "|(Decrypt|Encrypt|ReEncrypt|GenerateDataKey.*|GenerateMac|GenerateRandom|Sign|Verify|VerifyMac)$"
)
_NOT_KEPT: Final = frozenset(
    {"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "PutLogEvents", "PutMetricData"}
)
"""What is written all the time and read soon or never."""
_CBOR: Final = re.compile(r"/service/[^/]+/operation/(\w+)")
_OBJECT: Final = re.compile(r"/([^/]+)/(.+)")
_OURS: Final = {
    "authorization": "AWS4-HMAC-SHA256 Credential=local/20000101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=0"
}
_SERVERS: Final = frozenset({"connection", "content-length", "date", "server", "transfer-encoding"})

Changed = Callable[[str, Any, Any], None]
"""(event such as `s3:ObjectCreated:Put`, moto's bucket, moto's key); (`s3:TestEvent`, bucket, None)."""


class MotoJournal:
    """`changed` is told of objects that come and go, but not of those of before a restart."""

    def __init__(
        self, store: Store, clock: Callable[[], float], *, account: str, changed: Changed = lambda *_: None
    ) -> None:
        self._store = store
        self._clock = clock
        self._account = account
        self._changed = changed
        self._lock = RLock()
        self._app = DomainDispatcherApplication(create_backend_app)
        self._objects: dict[str, str] = {}
        self._number = 0
        for number, kept in store.load(_KIND):
            self._number = int(number)
            self._again(number, kept)

    def _again(self, number: str, kept: Mapping[str, Any]) -> None:
        request = Incoming(
            kept["method"], kept["path"], kept["query"], kept["headers"], base64.b64decode(kept["body"])
        )
        response, _ = self._run(int(number), request)
        if response.status >= 400:
            _LOG.warning("%s %s of before is refused now: %s", request.method, request.path, response.status)
        self._objects |= dict.fromkeys(self._replaced(request), number)

    def __call__(self, request: Incoming) -> Response:
        """moto's answer, the request kept if it changed something. What moto cannot do is a 500."""
        with self._lock:
            try:
                response, events = self._run(self._number + 1, request)
            except Exception:
                what = request.headers.get("x-amz-target") or f"{request.method} {request.path}"
                _LOG.exception("moto failed at %s", what)
                told = f"moto failed at {what}: see the log of aws"
                return Response(500, (("Content-Type", "text/plain"),), told.encode("ascii", "replace"))
            if response.status < 400 and changes(request):
                self._keep(request)
        for event in events:
            self._changed(*event)
        return response

    def put_object(self, bucket: str, key: str, body: bytes) -> None:
        """For a service of ours. Raises AwsError when S3 does not take it."""
        response = self(Incoming("PUT", quote(f"/{bucket}/{key}"), headers=_OURS, body=body))
        if response.status >= 300:
            raise AwsError("S3Exception", f"s3://{bucket}/{key} was not taken: {response.body.decode()}", 500)

    def _run(self, number: int, request: Incoming) -> tuple[Response, list[tuple[str, Any, Any]]]:
        events: list[tuple[str, Any, Any]] = []
        begun: list[Any] = []
        mock_random.seed(number)
        with _as_we_want_it(events):
            answer = self._app(_environ(request, self._account), lambda *head: begun.extend(head[:2]))
            try:
                body = b"".join(answer)
            finally:
                getattr(answer, "close", lambda: None)()
        status, listed = begun
        headers = [(name, value) for name, value in listed if name.lower() not in _SERVERS]
        if request.method == "HEAD":
            headers += [(name, value) for name, value in listed if name.lower() == "content-length"]
        return Response(int(status.split()[0]), headers, body), events

    def _keep(self, request: Incoming) -> None:
        self._number += 1
        number = f"{self._number:012d}"
        kept = {
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "headers": dict(request.headers),
            "body": base64.b64encode(request.body).decode(),
            "at": self._clock(),
        }
        replaced = self._replaced(request)
        with self._store.transaction() as writing:
            for name in replaced:
                if name in self._objects:
                    writing.delete(_KIND, self._objects[name])
            writing.put(_KIND, number, kept)
        self._objects |= dict.fromkeys(replaced, number)
        # What was copied must be there when it is copied again.
        self._objects.pop(
            unquote(request.headers.get("x-amz-copy-source", "")).lstrip("/").partition("?")[0], None
        )

    def _replaced(self, request: Incoming) -> list[str]:
        """The object, if this puts or deletes the whole of one that has no versions: its earlier ones go."""
        found = _OBJECT.fullmatch(request.path)
        plain = not request.query or request.query.startswith("x-id=")
        if request.method not in ("PUT", "DELETE") or not found or not plain or service_of(request) != "s3":
            return []
        bucket = self._bucket(found[1])
        return [] if bucket is None or bucket.is_versioned else [unquote(f"{found[1]}/{found[2]}")]

    def _bucket(self, name: str) -> Any:  # noqa: ANN401 - moto's
        return next((bucket for its, bucket in self._buckets() if its == name), None)

    def _buckets(self) -> Iterator[tuple[str, Any]]:
        for backend in moto.backends.get_backend("s3")[self._account].values():
            yield from list(backend.buckets.items())

    def status(self) -> Mapping[str, Any]:
        """Buckets {name, objects}."""
        with self._lock:
            return {
                "buckets": [{"name": name, "objects": len(its.keys)} for name, its in sorted(self._buckets())]
            }


def service_of(request: Incoming) -> str:
    """Whom a request that moto gets is for, as it is signed; not signed, it is for S3."""
    signed = re.search(r"/([a-zA-Z0-9-]+)/aws4_request", request.headers.get("authorization", ""))
    return signed[1] if signed else "" if "x-amz-target" in request.headers else "s3"


def operation_of(request: Incoming) -> str:
    """Which operation it is; "" if only method and path say."""
    if "x-amz-target" in request.headers:
        return request.headers["x-amz-target"].rpartition(".")[2]
    cbor = _CBOR.fullmatch(request.path)
    if cbor:
        return cbor[1]
    if request.method == "POST" and "x-www-form-urlencoded" in request.headers.get("content-type", ""):
        return parse_qs(request.body.decode("utf-8", "replace")).get("Action", [""])[0]
    return ""


def changes(request: Incoming) -> bool:
    """Whether a request has to be kept."""
    operation = operation_of(request)
    if operation:
        return operation not in _NOT_KEPT and _READS.match(operation) is None
    return request.method not in ("GET", "HEAD", "OPTIONS")


@contextmanager
def _as_we_want_it(events: list[tuple[str, Any, Any]]) -> Iterator[None]:
    """Nobody's rights are checked, events are ours to tell, and keys come of moto's random source."""

    def send(_: str, event: Any, bucket: Any, key: Any) -> None:  # noqa: ANN401 - moto's
        events.append((str(getattr(event, "value", event)), bucket, key))

    def send_test(account_id: str, bucket: Any) -> None:  # noqa: ANN401, ARG001 - moto's
        events.append(("s3:TestEvent", bucket, None))

    def permission(*_: Any) -> PermissionResult:  # noqa: ANN401 - moto's
        return PermissionResult.NEUTRAL

    with ExitStack() as stack:
        for target, name, ours in (
            (moto.s3.notifications, "send_event", send),
            (
                moto.s3.notifications,
                "send_test_event",
                send_test,
            ),
            (moto.s3.models.FakeBucket, "get_permission", permission),
            (moto.kms.utils, "generate_data_key", mock_random.randbytes),
        ):
            stack.enter_context(patch.object(target, name, ours))
        yield


def _environ(request: Incoming, account: str) -> dict[str, Any]:
    """As WSGI has it."""
    host, _, port = request.headers.get("host", "127.0.0.1").partition(":")
    target = f"{request.path}?{request.query}" if request.query else request.path
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"),
        "QUERY_STRING": request.query,
        "RAW_URI": target,
        "REQUEST_URI": target,
        "SERVER_NAME": host,
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    preserved: dict[str, str] = {}
    for name, value in request.headers.items():
        if name == "content-type":
            environ["CONTENT_TYPE"] = value
        elif name not in ("content-length", "transfer-encoding", "expect", "x-moto-account-id"):
            key = environ_key_for_header(name)
            environ[key] = value
            if should_preserve_original_header_name(name):
                preserved[key] = name
    environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = preserved
    environ["HTTP_X_MOTO_ACCOUNT_ID"] = account
    return environ
