"""API Gateway: a REST API as its deployed OpenAPI document says.

A request is throttled, authorized and checked, becomes a proxy event, and the function's answer is sent on;
what the gateway refuses itself is worded by the document's gateway responses.
"""

import gzip
import logging
import time
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, Final
from uuid import uuid4

import jwt

from local.front import answers
from local.front.answers import GatewayResponses, Refusal
from local.front.functions import (
    AwayError,
    FunctionFailedError,
    Invoke,
    InvokeError,
    ThrottledError,
    TooSlowError,
)
from local.front.operations import Document, Operation, names, operations, pattern, specificity
from local.front.proxy import Call, MalformedError, is_binary, proxy_event, proxy_response
from local.front.throttle import Limit, Throttle
from local.front.validation import RequestValidator, Wrong
from local.web import MAX_BODY, Request, Response

Claims = Callable[[str], Mapping[str, Any]]
"""An access token -> its claims. Raises jwt.InvalidTokenError."""
_log: Final = logging.getLogger(__name__)


class _RefusedError(Exception):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


@dataclass(frozen=True)
class Settings:
    """How an API is served. `limit`: of each method. `compress_from`: bytes from which answers are
    compressed, None for never. `origins`: the deployment's web origins -> where they are here.
    """

    api_id: str = "local"
    stage: str = "live"
    account: str = "000000000000"
    limit: Limit | None = None
    compress_from: int | None = None
    binary_types: tuple[str, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)


class Gateway:
    """A REST API. `clock`: s since the epoch.

    Raises NotServedError for a document that asks for what is not done here.
    """

    def __init__(
        self,
        document: Document,
        invoke: Invoke,
        *,
        claims: Claims,
        settings: Settings | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._invoke = invoke
        self._claims = claims
        self._settings = settings or Settings()
        self._clock = clock
        self._responses = GatewayResponses(document)
        self._throttle = Throttle(self._settings.limit, clock)
        self.counts: Counter[str] = Counter()
        self._counting = Lock()
        by_path: dict[str, dict[str, tuple[Operation, RequestValidator]]] = {}
        for operation in operations(document):
            known = by_path.setdefault(operation.resource, {})
            known[operation.method] = (operation, RequestValidator(document, operation.checks))
        self._routes = [(pattern(path), by_path[path]) for path in sorted(by_path, key=specificity)]

    def app(self, request: Request) -> Response:
        """The API as a web app."""
        request_id = str(uuid4())
        context = {
            "requestId": request_id,
            "extendedRequestId": request_id,
            "httpMethod": request.method,
            "path": request.path,
            "stage": self._settings.stage,
            "identity.sourceIp": "127.0.0.1",
        }
        try:
            answer = self._answer(request, context)
        except _RefusedError as refused:
            answer = self._responses.answer(refused.refusal, context)
        self._count(answer.status)
        return self._sent(request, answer, request_id)

    def too_large(self, request: Request) -> Response:
        """The answer to a request whose body is not read, since it is above 10 MB."""
        self._count(answers.TOO_LARGE.status)
        request_id = str(uuid4())
        answer = self._responses.answer(answers.TOO_LARGE, {"requestId": request_id})
        return self._sent(request, answer, request_id)

    def _answer(self, request: Request, context: dict[str, str]) -> Response:
        operation, validator, path = self._found(request)
        context["resourcePath"] = operation.resource
        if not self._throttle.takes((operation.resource, operation.method)):
            raise _RefusedError(answers.THROTTLED)
        claims = None if operation.scopes is None else self._authorized(request, operation.scopes)
        body = self._body(request)
        try:
            validator.check(request, path, body)
        except Wrong as wrong:
            of_body = "body" in str(wrong)
            raise _RefusedError(answers.bad_request(str(wrong), of_body=of_body)) from None
        if operation.function is None:
            status, headers = operation.mock
            return Response(status, headers)
        call = Call(
            request_id=context["requestId"],
            api_id=self._settings.api_id,
            stage=self._settings.stage,
            account=self._settings.account,
            resource=operation.resource,
            path=path,
            claims=claims,
            at_ms=int(self._clock() * 1_000),
        )
        return self._asked(operation, request, call, body)

    def _found(self, request: Request) -> tuple[Operation, RequestValidator, dict[str, str]]:
        for template, methods in self._routes:
            match = template.fullmatch(request.path)
            if match is None:
                continue
            found = methods.get(request.method)
            if found is None:
                break
            return *found, dict(zip(names(found[0].resource), match.groups(), strict=True))
        raise _RefusedError(answers.MISSING_TOKEN)

    def _authorized(self, request: Request, scopes: tuple[str, ...]) -> Mapping[str, Any]:
        token = request.headers.get("authorization", "")
        try:
            claims = self._claims(token.removeprefix("Bearer ").strip())
        except jwt.ExpiredSignatureError:
            raise _RefusedError(answers.EXPIRED) from None
        except jwt.InvalidTokenError:
            raise _RefusedError(answers.UNAUTHORIZED) from None
        if scopes and not set(scopes) & set(str(claims.get("scope", "")).split()):
            raise _RefusedError(answers.OUT_OF_SCOPE)
        return claims

    def _body(self, request: Request) -> bytes:
        coding = request.headers.get("content-encoding", "").strip().lower()
        if coding not in ("gzip", "deflate") or self._settings.compress_from is None:
            return request.body
        unpack = zlib.decompressobj(wbits=47 if coding == "gzip" else 15)
        try:
            body = unpack.decompress(request.body, MAX_BODY + 1)
        except zlib.error:
            raise _RefusedError(answers.bad_request("Invalid request body", of_body=True)) from None
        if len(body) > MAX_BODY:
            raise _RefusedError(answers.TOO_LARGE)
        return body

    def _asked(self, operation: Operation, request: Request, call: Call, body: bytes) -> Response:
        """The function's answer."""
        function = str(operation.function)
        binary = is_binary(request.headers.get("content-type", ""), self._settings.binary_types)
        event = proxy_event(request, call, body=body, binary=binary)
        try:
            answer = proxy_response(self._invoke(function, event, operation.timeout_seconds))
        except MalformedError as error:
            _log.error("%s %s: %s gave a malformed answer: %s", request.method, request.path, function, error)
            raise _RefusedError(answers.FAILED) from None
        except InvokeError as error:
            _log.error("%s %s: %s", request.method, request.path, error)
            raise _RefusedError(_refusal(error)) from None
        return _without_tls(answer, request.headers.get("host", ""))

    def _sent(self, request: Request, answer: Response, request_id: str) -> Response:
        """With the headers that API Gateway adds, the origins that are here, and compressed if it may be."""
        origins = self._settings.origins
        headers = [(name, origins.get(value, value)) for name, value in answer.headers]
        headers += [("x-amzn-RequestId", request_id), ("x-amz-apigw-id", request_id)]
        least = self._settings.compress_from
        given = {name.lower() for name, _ in headers}
        if (
            least is None
            or len(answer.body) < max(1, least)
            or "content-encoding" in given
            or "gzip" not in request.headers.get("accept-encoding", "").lower()
        ):
            return replace(answer, headers=headers)
        body = gzip.compress(answer.body, compresslevel=5, mtime=0)
        return Response(answer.status, [*headers, ("Content-Encoding", "gzip")], body)

    def _count(self, status: int) -> None:
        with self._counting:
            self.counts["requests"] += 1
            self.counts["4xx"] += 400 <= status < 500
            self.counts["5xx"] += status >= 500
            self.counts["throttled"] += status == 429


def _without_tls(answer: Response, host: str) -> Response:
    """Functions know that every API has TLS; here it has none, so links to itself would lead nowhere."""
    secure = f"https://{host}/".encode()
    kind = next((value for name, value in answer.headers if name.lower() == "content-type"), "")
    if not host or "json" not in kind or secure not in answer.body:
        return answer
    return replace(answer, body=answer.body.replace(secure, b"http" + secure.removeprefix(b"https")))


def _refusal(error: InvokeError) -> Refusal:
    if isinstance(error, TooSlowError):
        return answers.TIMED_OUT
    if isinstance(error, AwayError):
        return Refusal("INTEGRATION_FAILURE", 503, "The functions are away: try again in a moment")
    if isinstance(error, ThrottledError):
        return answers.BUSY
    if isinstance(error, FunctionFailedError) and "TooLarge" in error.type_:
        return replace(answers.TOO_LARGE, message="Request Too Long")
    return answers.FAILED
